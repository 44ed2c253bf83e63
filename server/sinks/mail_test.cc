#include "server/sinks/mail.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"

#include "server/ending.h"
#include "server/sinks/smtp.h"

namespace pistis::server {
namespace {

constexpr absl::string_view kGreek =
    "Ευχαριστούμε για την πρώτη σας παραγγελία, κυρία Παπαδοπούλου!";

v1::Event NoteEvent() {
  v1::Event event;
  event.set_event_id("7-2");
  event.mutable_effective_time()->set_seconds(1767225600);
  v1::NoteRequested& note = *event.mutable_note_requested();
  note.set_note_id("n-7-1");
  note.set_channel("email");
  note.set_language("el");
  note.set_subject(std::string(kGreek));
  note.set_text("Text");
  note.set_html("<p>Text</p>");
  note.set_address("ann@mail.example");
  return event;
}

constexpr absl::string_view kFrom = "Corner shop <shop@mail.example>";

// What the encoded words of a header say.
std::string Decoded(const std::string& header) {
  std::string text;
  for (absl::string_view word : absl::StrSplit(header, "\r\n ")) {
    EXPECT_LE(word.size(), 75U);
    EXPECT_TRUE(absl::ConsumePrefix(&word, "=?UTF-8?B?")) << word;
    EXPECT_TRUE(absl::ConsumeSuffix(&word, "?=")) << word;
    std::string bytes;
    EXPECT_TRUE(absl::Base64Unescape(word, &bytes));
    text += bytes;
  }
  return text;
}

TEST(MailTest, LongAndForeignHeadersAreEncodedWithoutCuttingACharacter) {
  EXPECT_EQ(HeaderText("Thank you"), "Thank you");
  EXPECT_EQ(Decoded(HeaderText(kGreek)), kGreek);
  const std::string longer(200, 'a');
  EXPECT_EQ(Decoded(HeaderText(longer)), longer);
  EXPECT_EQ(Decoded(HeaderText("=?no?")), "=?no?");
}

TEST(MailTest, NoHeaderCanBeSmuggledIn) {
  v1::Event event = NoteEvent();
  event.mutable_note_requested()->set_subject("Hi\r\nBcc: all@mail.example");
  event.mutable_note_requested()->set_note_id("n\r\nBcc: x");
  event.mutable_note_requested()->set_language("en\r\nBcc: y");
  EXPECT_FALSE(absl::StrContains(MailText(event, kFrom), "\nBcc:"));
  for (const char* address :
       {"a@b\r\nRCPT TO:<c@d>", "a b@c", "<a@b>", "a@b,c@d", "a", "@b", "a@",
        "a@b@c", "", "\"a\"@b", "a@b\"", "a\\@b", "a@b;c", "a(c)@b", "a\x01@b",
        "a@b\x7f"}) {
    EXPECT_FALSE(IsMailAddress(address)) << address;
  }
  EXPECT_TRUE(IsMailAddress("ann+shop@mail.example"));
}

TEST(MailTest, TextAndHtmlStandSideBySide) {
  const std::string mail = MailText(NoteEvent(), kFrom);
  EXPECT_TRUE(absl::StartsWith(mail,
                               "From: \"Corner shop\" <shop@mail.example>\r\n"
                               "To: <ann@mail.example>\r\n"));
  EXPECT_TRUE(
      absl::StrContains(mail, "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"));
  EXPECT_TRUE(
      absl::StrContains(mail, "Message-ID: <n-7-1.7-2@mail.example>\r\n"));
  EXPECT_TRUE(absl::StrContains(mail, "multipart/alternative"));
  EXPECT_TRUE(absl::StrContains(mail, absl::Base64Escape("<p>Text</p>")));
  EXPECT_EQ(mail, MailText(NoteEvent(), kFrom))
      << "the same event, the same mail";
  for (absl::string_view line : absl::StrSplit(mail, "\r\n")) {
    EXPECT_LE(line.size(), 998U);
    EXPECT_EQ(line.find_first_of("\r\n"), line.npos);
  }
}

TEST(MailTest, ANoteWithoutHtmlIsText) {
  v1::Event event = NoteEvent();
  event.mutable_note_requested()->clear_html();
  event.mutable_note_requested()->clear_subject();
  const std::string mail = MailText(event, "shop@mail.example");
  EXPECT_FALSE(absl::StrContains(mail, "multipart"));
  EXPECT_FALSE(absl::StrContains(mail, "Subject"));
  EXPECT_TRUE(absl::StartsWith(mail, "From: shop@mail.example\r\n"));
}

TEST(MailTest, ANoteThatAnImportTellsOfIsNoMail) {
  Ending ending;
  v1::SmtpSink smtp;
  smtp.set_url("smtp://127.0.0.1:1");
  smtp.set_from(std::string(kFrom));
  SmtpSink sink(smtp, ending);
  v1::Event event = NoteEvent();
  constexpr int64_t kThreeDays = int64_t{3} * 24 * 3600;
  auto& commit = *event.mutable_commit_time();
  commit.set_seconds(event.effective_time().seconds() + kThreeDays);
  EXPECT_EQ(sink.Deliver(event).outcome, Outcome::kUnreachable);
  commit.set_seconds(commit.seconds() + 1);
  EXPECT_EQ(sink.Deliver(event).outcome, Outcome::kSkipped);
}

}  // namespace
}  // namespace pistis::server
