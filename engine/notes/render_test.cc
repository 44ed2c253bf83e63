#include "engine/notes/render.h"

#include "gtest/gtest.h"

namespace pistis {
namespace {

NoteTemplate ThankYou() {
  NoteTemplate note;
  note.id = "thank-you";
  note.text = {{"el", "Ευχαριστούμε, {{name}}!"},
               {"en", "Thank you, {{name}}! {{ code }} saves 10 %."},
               {"pt", "Obrigado, {{name}}!"}};
  return note;
}

TEST(RenderTest, PlaceholdersAreFilledWhereverTheyStand) {
  EXPECT_EQ(
      RenderNote(ThankYou(), "en", {{"name", "Ann"}, {"code", "X1"}}).text,
      "Thank you, Ann! X1 saves 10 %.");
}

TEST(RenderTest, AValueIsNotReadAsATemplateAgain) {
  EXPECT_EQ(RenderNote(ThankYou(), "pt", {{"name", "{{code}}"}}).text,
            "Obrigado, {{code}}!");
}

TEST(RenderTest, TheLanguageFallsBackToItsFirstPartThenEnglish) {
  EXPECT_EQ(RenderNote(ThankYou(), "el", {}).language, "el");
  EXPECT_EQ(RenderNote(ThankYou(), "pt-BR", {}).language, "pt");
  EXPECT_EQ(RenderNote(ThankYou(), "ru", {}).language, "en");
  EXPECT_EQ(RenderNote(ThankYou(), "", {}).language, "en");
  EXPECT_EQ(RenderNote(ThankYou(), "EL_gr", {}).language, "el");
  NoteTemplate brazil = ThankYou();
  brazil.text["pt-BR"] = "Valeu";
  EXPECT_EQ(RenderNote(brazil, "pt_br", {}).language, "pt-BR");
  NoteTemplate greek_only = ThankYou();
  greek_only.text.erase("en");
  EXPECT_EQ(RenderNote(greek_only, "ru", {}).language, "el");
}

NoteTemplate Mail() {
  NoteTemplate note;
  note.text = {{"el", "Γεια, {{name}}"}, {"en", "Hi, {{name}}"}};
  note.subject = {{"en", "For {{name}}"}};
  note.html = {{"en", "<p title=\"{{name}}\">{{name}}</p>"}};
  return note;
}

TEST(RenderTest, ValuesAreEscapedInHtmlAlone) {
  const RenderedNote note =
      RenderNote(Mail(), "en", {{"name", "<b>\"A\" & 'B'</b>"}});
  EXPECT_EQ(note.text, "Hi, <b>\"A\" & 'B'</b>");
  EXPECT_EQ(note.html,
            "<p title=\"&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;\">"
            "&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;</p>");
}

TEST(RenderTest, NoValueAddsAHeader) {
  NoteTemplate note = Mail();
  note.subject["en"] = "For\n{{name}}";
  const RenderedNote rendered =
      RenderNote(note, "en", {{"name", "Ann\r\nBcc: all@example.org"}});
  EXPECT_EQ(rendered.subject, "For Ann  Bcc: all@example.org");
  EXPECT_EQ(rendered.text, "Hi, Ann  Bcc: all@example.org");
  EXPECT_EQ(
      RenderNote(note, "en", {{"name", "A\u0085B\u2028C\u2029D\u00a0Ω"}}).text,
      "Hi, A B C D\u00a0Ω");
}

TEST(RenderTest, SubjectAndHtmlFallBackByThemselvesAndSaySo) {
  const RenderedNote note = RenderNote(Mail(), "el", {{"name", "Άννα"}});
  EXPECT_EQ(note.language, "el");
  EXPECT_EQ(note.text, "Γεια, Άννα");
  EXPECT_EQ(note.subject, "For Άννα");
  EXPECT_EQ(note.warnings,
            (std::vector<std::string>{"there is no subject in el; it is in en",
                                      "there is no html in el; it is in en"}));
  EXPECT_EQ(RenderNote(Mail(), "ru", {}).warnings,
            (std::vector<std::string>{"there is no text in ru; it is in en"}));
}

TEST(RenderTest, ALongValueIsCutBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 400; ++i)
    name += "ω";
  const std::string text = RenderNote(Mail(), "en", {{"name", name}}).text;
  EXPECT_EQ(text.size(), std::string("Hi, ").size() + 500);
  EXPECT_EQ(text.substr(text.size() - 2), "ω");
}

TEST(RenderTest, AnSmsIsOneLineAndCutToItsPartsButForTheCode) {
  NoteTemplate note;
  note.channel = Channel::kSms;
  note.max_parts = 1;
  note.text = {{"en", "Dear {{name}}\nuse {{code}}"}};
  const RenderedNote rendered = RenderNote(
      note, "en", {{"name", std::string(200, 'x')}, {"code", "TY-7K3M"}});
  EXPECT_EQ(rendered.sms_parts, 1);
  EXPECT_EQ(rendered.text.size(), 160U);
  EXPECT_EQ(rendered.text.substr(153), "TY-7K3M");
  EXPECT_EQ(
      rendered.warnings,
      (std::vector<std::string>{"the text takes 2 messages and was cut to 1"}));
  EXPECT_EQ(RenderNote(note, "en",
                       {{"name", "TY-7K3M " + std::string(200, 'x')},
                        {"code", "TY-7K3M"}})
                .text.substr(153),
            "TY-7K3M");
  EXPECT_EQ(RenderNote(note, "en", {{"name", "Ann"}, {"code", "X"}}).text,
            "Dear Ann use X");
}

}  // namespace
}  // namespace pistis
