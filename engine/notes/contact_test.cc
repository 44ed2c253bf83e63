#include "engine/notes/contact.h"

#include <vector>

#include "gtest/gtest.h"

namespace pistis {
namespace {

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone));
  return zone;
}

absl::Time At(const char* text, absl::TimeZone zone) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", text, zone, &time, &error))
      << error;
  return time;
}

constexpr Validity::Hours kNight{.begin = 21 * 60, .end = 9 * 60};

class ContactTest : public testing::Test {
 protected:
  [[nodiscard]] NoteDecision Decide(const char* at) const {
    return DecideNote(&policy_, {.note = note_,
                                 .at = At(at, zone_),
                                 .sent = sent_,
                                 .consent = consent_,
                                 .zone = zone_});
  }

  [[nodiscard]] std::string ReasonAt(const char* at) const {
    return std::string(Decide(at).reason);
  }

  absl::TimeZone zone_ = Zone("Europe/Athens");
  NoteTemplate note_ = {.id = "n", .text = {{"en", "Hi"}}};
  ContactPolicy policy_ = {
      .max = 2, .window = absl::Hours(7 * 24), .quiet = kNight};
  std::vector<absl::Time> sent_;
  std::optional<bool> consent_;
};

TEST_F(ContactTest, WithoutAPolicyEverythingIsSentButWhatWasDeclined) {
  sent_.assign(50, At("2026-01-10 10:00", zone_));
  NoteQuestion asked{.note = note_,
                     .at = At("2026-01-10 23:00", zone_),
                     .sent = sent_,
                     .zone = zone_};
  EXPECT_EQ(DecideNote(nullptr, asked).fate, NoteFate::kSend);
  asked.consent = false;
  EXPECT_EQ(DecideNote(nullptr, asked).reason, "no_consent");
}

TEST_F(ContactTest, TheCapCountsWhatWasSentInTheWindow) {
  sent_ = {At("2026-01-03 12:00", zone_), At("2026-01-09 12:00", zone_)};
  EXPECT_EQ(ReasonAt("2026-01-10 11:59"), "contact_cap");
  EXPECT_EQ(ReasonAt("2026-01-10 12:00"), "");
}

TEST_F(ContactTest, ANoteBeyondTheCapIsSentButNotAtNight) {
  sent_ = {At("2026-01-08 12:00", zone_), At("2026-01-09 12:00", zone_)};
  note_.beyond_cap = true;
  EXPECT_EQ(ReasonAt("2026-01-10 12:00"), "");
  EXPECT_EQ(ReasonAt("2026-01-10 22:00"), "quiet_hours");
}

TEST_F(ContactTest, APrintedNoteIsUnderNoPolicy) {
  note_.channel = Channel::kPrint;
  consent_ = false;
  EXPECT_EQ(Decide("2026-01-10 22:00").fate, NoteFate::kSend);
}

TEST_F(ContactTest, ConsentComesBeforeTheHourAndTheCap) {
  EXPECT_EQ(ReasonAt("2026-01-10 12:00"), "");
  policy_.needs_consent = true;
  EXPECT_EQ(ReasonAt("2026-01-10 22:00"), "no_consent");
  consent_ = true;
  EXPECT_EQ(ReasonAt("2026-01-10 12:00"), "");
  policy_.needs_consent = false;
  consent_ = false;
  EXPECT_EQ(ReasonAt("2026-01-10 12:00"), "no_consent");
}

TEST_F(ContactTest, WhoDoesNotTakePartOrWasToldIsNotWrittenTo) {
  NoteQuestion asked{.note = note_,
                     .at = At("2026-01-10 12:00", zone_),
                     .zone = zone_,
                     .already_told = true};
  EXPECT_EQ(DecideNote(nullptr, asked).reason, "already_told");
  asked.suspended = true;
  EXPECT_EQ(DecideNote(&policy_, asked).reason, "suspended");
}

TEST_F(ContactTest, ANoteNeedsAnAddressWhereThereAreOthersUnlessItIsPrinted) {
  NoteQuestion asked{.note = note_,
                     .at = At("2026-01-10 22:00", zone_),
                     .consent = false,
                     .zone = zone_,
                     .has_address = false};
  EXPECT_EQ(DecideNote(nullptr, asked).reason, "no_address");
  EXPECT_EQ(DecideNote(&policy_, asked).reason, "no_address");
  note_.channel = Channel::kPrint;
  EXPECT_EQ(DecideNote(&policy_, asked).fate, NoteFate::kSend);
}

TEST_F(ContactTest, APastNoteHasNoQuietHours) {
  const NoteDecision decision =
      DecideNote(&policy_, {.note = note_,
                            .at = At("2026-01-10 23:00", zone_),
                            .zone = zone_,
                            .is_past = true});
  EXPECT_EQ(decision.fate, NoteFate::kSend);
}

TEST(QuietTest, TheNightEndsInTheMorning) {
  const absl::TimeZone zone = Zone("Europe/Athens");
  EXPECT_EQ(QuietUntil(kNight, At("2026-01-10 20:59", zone), zone),
            std::nullopt);
  EXPECT_EQ(QuietUntil(kNight, At("2026-01-10 21:00", zone), zone),
            At("2026-01-11 09:00", zone));
  EXPECT_EQ(QuietUntil(kNight, At("2026-01-11 08:59", zone), zone),
            At("2026-01-11 09:00", zone));
  EXPECT_EQ(QuietUntil(kNight, At("2026-01-11 09:00", zone), zone),
            std::nullopt);
}

TEST(QuietTest, HoursOfOneDayEndOnIt) {
  const absl::TimeZone zone = Zone("Europe/Athens");
  const Validity::Hours siesta{.begin = 14 * 60, .end = 17 * 60};
  EXPECT_EQ(QuietUntil(siesta, At("2026-07-10 15:00", zone), zone),
            At("2026-07-10 17:00", zone));
  const Validity::Hours evening{.begin = 20 * 60, .end = 24 * 60};
  EXPECT_EQ(QuietUntil(evening, At("2026-07-10 23:59", zone), zone),
            At("2026-07-11 00:00", zone));
}

TEST(QuietTest, TheNightOfASpringChangeEndsByTheWallClock) {
  // Athens goes from 03:00 to 04:00 on 29 March 2026.
  const absl::TimeZone zone = Zone("Europe/Athens");
  const absl::Time begin = At("2026-03-28 21:00", zone);
  const auto end = QuietUntil(kNight, begin, zone);
  ASSERT_TRUE(end);
  EXPECT_EQ(*end - begin, absl::Hours(11));
  // An end that the clock skips is where it goes on.
  const Validity::Hours to_half_past_three{.begin = 21 * 60,
                                           .end = 3 * 60 + 30};
  EXPECT_EQ(QuietUntil(to_half_past_three, begin, zone),
            At("2026-03-29 04:00", zone));
}

TEST(QuietTest, WhatTheClockShowsTwiceIsQuietTwice) {
  // New York goes from 02:00 back to 01:00 on 1 November 2026.
  const absl::TimeZone zone = Zone("America/New_York");
  const Validity::Hours to_half_past_one{.begin = 22 * 60, .end = 60 + 30};
  const absl::Time evening = At("2026-10-31 23:00", zone);
  const auto first = QuietUntil(to_half_past_one, evening, zone);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first - evening, absl::Hours(2) + absl::Minutes(30));
  EXPECT_EQ(QuietUntil(to_half_past_one, *first, zone), std::nullopt);
  const absl::Time again = *first + absl::Minutes(40);
  EXPECT_EQ(QuietUntil(to_half_past_one, again, zone), *first + absl::Hours(1));
}

TEST(QuietTest, EveryMinuteOfAYearEndsItsNightOutsideOfIt) {
  for (const char* name : {"Europe/Athens", "America/New_York"}) {
    const absl::TimeZone zone = Zone(name);
    for (const Validity::Hours& quiet :
         {kNight, Validity::Hours{.begin = 23 * 60, .end = 2 * 60 + 30},
          Validity::Hours{.begin = 60 + 15, .end = 3 * 60 + 45}}) {
      const absl::Time end = At("2027-01-01 00:00", zone);
      for (absl::Time at = At("2026-01-01 00:00", zone); at < end;
           at += absl::Minutes(7)) {
        const auto until = QuietUntil(quiet, at, zone);
        if (!until) continue;
        ASSERT_GT(*until, at);
        ASSERT_LE(*until - at, absl::Hours(14));
        ASSERT_EQ(QuietUntil(quiet, *until, zone), std::nullopt)
            << name << " " << absl::FormatTime(at, zone);
      }
    }
  }
}

TEST(ContactTimesTest, TheOldestAreForgotten) {
  std::vector<absl::Time> sent;
  for (int i = 0; i < 150; ++i)
    sent = WithContact(std::move(sent), absl::FromUnixSeconds(i));
  ASSERT_EQ(sent.size(), kMostContacts);
  EXPECT_EQ(sent.front(), absl::FromUnixSeconds(50));
  EXPECT_EQ(sent.back(), absl::FromUnixSeconds(149));
}

}  // namespace
}  // namespace pistis
