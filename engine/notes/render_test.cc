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
  NoteTemplate greek_only = ThankYou();
  greek_only.text.erase("en");
  EXPECT_EQ(RenderNote(greek_only, "ru", {}).language, "el");
}

}  // namespace
}  // namespace pistis
