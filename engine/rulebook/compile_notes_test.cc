// Notes and how often members are written to, and the mistakes one can make
// there.
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/rulebook/compile.h"
#include "engine/rulebook/mistake.h"
#include "engine/rulebook/test_support.h"

namespace pistis {
namespace {

Rulebook WithNotes(absl::string_view rest) {
  const auto rulebook = CompileYaml(absl::StrCat(kHeader, rest), 1);
  EXPECT_TRUE(rulebook.ok()) << Explained(rulebook.status());
  return rulebook.ok() ? *rulebook : Rulebook();
}

std::string Note(absl::string_view channel, absl::string_view rest) {
  return absl::StrCat("notes:\n  - id: a\n    channel: ", channel,
                      "\n    text: {en: Hi}\n    ", rest, "\n");
}

TEST(NotesTest, ANoteIsReadAsItIsStated) {
  const Rulebook rulebook = WithNotes(R"(
notes:
  - id: mail
    channel: email
    kind: birthday
    text: {en: "{{name}}", el: "Ω {{name}}"}
    subject: {en: "{{years}}"}
    html: {el: "<b>{{code}}</b>"}
    priority: -5
    beyond_cap: true
  - {id: text, channel: sms, text: {en: Hi}, max_parts: 10}
)");
  ASSERT_EQ(rulebook.notes.size(), 2U);
  const NoteTemplate& mail = rulebook.notes[0];
  EXPECT_EQ(mail.kind, "birthday");
  EXPECT_EQ(mail.text.at("el"), "Ω {{name}}");
  EXPECT_EQ(mail.subject.at("en"), "{{years}}");
  EXPECT_EQ(mail.html.at("el"), "<b>{{code}}</b>");
  EXPECT_EQ(mail.priority, -5);
  EXPECT_TRUE(mail.beyond_cap);
  const NoteTemplate& text = rulebook.notes[1];
  EXPECT_EQ(text.kind, "other");
  EXPECT_EQ(text.priority, 100);
  EXPECT_EQ(text.max_parts, 10);
  EXPECT_FALSE(text.beyond_cap);
  EXPECT_FALSE(rulebook.contact);
}

TEST(NotesTest, ContactIsReadAsItIsStated) {
  const Rulebook rulebook = WithNotes(
      "contact: {max: 2, window: 7d, quiet: \"21:00-09:00\", consent: "
      "required}\n");
  ASSERT_TRUE(rulebook.contact);
  EXPECT_EQ(rulebook.contact->max, 2);
  EXPECT_EQ(rulebook.contact->window, absl::Hours(7 * 24));
  ASSERT_TRUE(rulebook.contact->quiet);
  EXPECT_EQ(rulebook.contact->quiet->begin, 21 * 60);
  EXPECT_EQ(rulebook.contact->quiet->end, 9 * 60);
  EXPECT_TRUE(rulebook.contact->needs_consent);
  const Rulebook plain = WithNotes("contact: {quiet: \"22:00-08:00\"}\n");
  EXPECT_FALSE(plain.contact->max);
  EXPECT_FALSE(plain.contact->needs_consent);
}

TEST(NotesTest, ACodeInSubjectOrHtmlIsACodeOfTheNote) {
  const auto with = [](const char* texts) {
    return absl::StrCat(
        kHeader,
        "rules:\n  - {id: r, note: n}\nnotes:\n  - {id: n, channel: email, "
        "text: {en: Hi}, ",
        texts, "}\n");
  };
  EXPECT_FALSE(CompileYaml(with("subject: {en: \"{{code}}\"}"), 1).ok());
  EXPECT_FALSE(CompileYaml(with("html: {en: \"{{code}}\"}"), 1).ok());
  EXPECT_TRUE(CompileYaml(with("html: {en: \"Hi\"}"), 1).ok());
}

TEST(NotesTest, MistakesInNotesArePointedOut) {
  ExpectAllPointedOut({
      {Note("email", "kind: @@thankyou"), "did you mean \"thank-you\"?"},
      {Note("email", "subject: {en: \"Hi @@{{nmae}}\"}"),
       "did you mean \"name\"?"},
      {Note("email", "html: {en: \"<b>@@{{voucher}}</b>\"}"),
       "known are name, code"},
      {Note("email", "html: {english language: @@Hi}"), "BCP 47"},
      {Note("email", "kind: thank-you\n    html: {en: \"@@{{expires}}\"}"),
       "known are name, code"},
      {Note("sms", "subject: @@{en: Hi}"), "is not for SMS"},
      {Note("sms", "html: @@{en: Hi}"), "is for e-mail alone"},
      {Note("print", "html: @@{en: Hi}"), "is for e-mail alone"},
      {Note("email", "max_parts: @@2"), "is for SMS alone"},
      {Note("sms", "max_parts: @@11"), "write 1 to 10"},
      {Note("sms", "max_parts: @@0"), "write 1 to 10"},
  });
}

TEST(NotesTest, MistakesInContactArePointedOut) {
  ExpectAllPointedOut({
      {"contact: @@{max: 2}\n", "add window: 7d"},
      {"contact: {window: @@7d}\n", "does nothing without max"},
      {"contact: {max: @@0, window: 7d}\n", "write 1 to 100"},
      {"contact: {max: @@101, window: 7d}\n", "write 1 to 100"},
      {"contact: {max: 2, window: @@367d}\n", "write 1d to 366d"},
      {"contact: {max: 2, window: @@week}\n", "write it as 365d"},
      {"contact: {quiet: @@\"21:00\"}\n", "write them as"},
      {"contact: {quiet: @@\"09:00-09:00\"}\n", "begin when they end"},
      {"contact: {consent: @@always}\n", "write assumed or required"},
      {"contact: {@@maximum: 2}\n", "max"},
  });
}

}  // namespace
}  // namespace pistis
