#include "engine/members/standing.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "engine/members/segments.h"
#include "engine/rulebook/vocabulary.h"

namespace pistis {
namespace {

const absl::TimeZone kZone = absl::UTCTimeZone();

absl::Time Day(int day, int hour = 12) {
  return absl::FromCivil(absl::CivilHour(2026, 1, day, hour), kZone);
}

Tier SpendTier(std::string id, int64_t spend, std::optional<int> within,
               std::optional<int> keep) {
  return {.id = std::move(id),
          .qualify = {.spend = Money(spend), .within_days = within},
          .keep_days = keep};
}

Rulebook TwoTiers() {
  Rulebook rulebook;
  rulebook.time_zone = kZone;
  rulebook.tiers = {SpendTier("silver", 100, 10, 20),
                    SpendTier("gold", 300, 10, 20)};
  return rulebook;
}

Progress Spend(int64_t minor) {
  return {.spend = Money(minor), .orders = 1};
}

std::vector<std::string> Moves(const std::vector<TierChange>& changes) {
  std::vector<std::string> moves;
  for (const TierChange& change : changes) {
    moves.push_back(change.from + ">" + change.to +
                    (change.is_review ? " by review" : ""));
  }
  return moves;
}

using Texts = std::vector<std::string>;

TEST(StandingTest, RisesToTheHighestTierThatIsMet) {
  const Rulebook rulebook = TwoTiers();
  Standing standing;
  EXPECT_EQ(Moves(standing.Count(Spend(99), Day(1), rulebook)), Texts{});
  EXPECT_EQ(Moves(standing.Count(Spend(1), Day(2), rulebook)),
            Texts{">silver"});
  EXPECT_EQ(standing.NextDue(), Day(23, 0));
  EXPECT_EQ(Moves(standing.Count(Spend(200), Day(3), rulebook)),
            Texts{"silver>gold"});
  EXPECT_EQ(standing.tier(), "gold");
  EXPECT_EQ(standing.NextDue(), Day(24, 0));
}

TEST(StandingTest, WhatLiesBeforeTheWindowDoesNotCount) {
  const Rulebook rulebook = TwoTiers();
  Standing standing;
  standing.Count(Spend(60), Day(1), rulebook);
  standing.Count(Spend(60), Day(11, 0), rulebook);
  EXPECT_EQ(standing.tier(), "");
  EXPECT_EQ(standing.state().days.size(), 1U);
  EXPECT_EQ(standing.state().ever.spend, Money(120));
}

TEST(StandingTest, ADayInTheWindowCountsToItsLastHour) {
  const Rulebook rulebook = TwoTiers();
  Standing standing;
  standing.Count(Spend(60), Day(1, 0), rulebook);
  standing.Count(Spend(60), Day(10, 23), rulebook);
  EXPECT_EQ(standing.tier(), "silver");
}

TEST(StandingTest, LandsOneTierAtATime) {
  const Rulebook rulebook = TwoTiers();
  Standing standing;
  standing.Count(Spend(300), Day(1), rulebook);
  EXPECT_EQ(
      Moves(standing.AdvanceTo(Day(22, 0) - absl::Microseconds(1), rulebook)),
      Texts{});
  const std::vector<TierChange> down = standing.AdvanceTo(Day(22, 0), rulebook);
  EXPECT_EQ(Moves(down), Texts{"gold>silver by review"});
  EXPECT_EQ(down[0].at, Day(22, 0));
  EXPECT_EQ(down[0].until, Day(42, 0));
  EXPECT_EQ(Moves(standing.AdvanceTo(Day(90), rulebook)),
            Texts{"silver> by review"});
  EXPECT_EQ(standing.NextDue(), absl::InfiniteFuture());
}

TEST(StandingTest, ALongTimeIsReviewedStepByStep) {
  const Rulebook rulebook = TwoTiers();
  Standing standing;
  standing.Count(Spend(300), Day(1), rulebook);
  EXPECT_EQ(Moves(standing.AdvanceTo(Day(90), rulebook)),
            (Texts{"gold>silver by review", "silver> by review"}));
}

TEST(StandingTest, KeepsTheTierThatIsStillMetWhenItsTimeIsOver) {
  const Rulebook rulebook = TwoTiers();
  Standing standing;
  standing.Count(Spend(100), Day(1), rulebook);
  standing.Count(Spend(100), Day(15), rulebook);
  EXPECT_EQ(Moves(standing.AdvanceTo(Day(22, 0), rulebook)), Texts{});
  EXPECT_EQ(standing.tier(), "silver");
  EXPECT_EQ(standing.NextDue(), Day(42, 0));
  EXPECT_EQ(standing.state().periods.size(), 1U);
}

TEST(StandingTest, AReturnCountsOnTheDayOfItsSaleAndTakesNoTier) {
  const Rulebook rulebook = TwoTiers();
  Standing standing;
  standing.Count(Spend(100), Day(1), rulebook);
  standing.Count(Spend(100), Day(15), rulebook);
  standing.TakeBack(Spend(1), Day(15), rulebook);
  EXPECT_EQ(standing.tier(), "silver");
  EXPECT_EQ(standing.state().days.back().counted.spend, Money(99));
  EXPECT_EQ(standing.state().ever.spend, Money(199));
  EXPECT_EQ(Moves(standing.AdvanceTo(Day(22, 0), rulebook)),
            Texts{"silver> by review"});
}

TEST(StandingTest, AReturnOfWhatWasNotCountedLeavesNothingBelowZero) {
  const Rulebook rulebook = TwoTiers();
  Standing standing;
  standing.Count(Spend(10), Day(2), rulebook);
  standing.TakeBack(Spend(50), Day(1), rulebook);
  standing.TakeBack(Spend(50), Day(2), rulebook);
  EXPECT_EQ(standing.state().ever.spend, Money());
  EXPECT_EQ(standing.state().days.back().counted.spend, Money());
}

TEST(StandingTest, AllThatIsAskedForMustBeMet) {
  Rulebook rulebook = TwoTiers();
  rulebook.tiers = {
      {.id = "friend",
       .qualify = {.spend = Money(10), .orders = 2, .tier_points = Points(5)}}};
  Standing standing;
  const Progress sale{
      .spend = Money(10), .orders = 1, .tier_points = Points(5)};
  standing.Count(sale, Day(1), rulebook);
  EXPECT_EQ(standing.tier(), "");
  standing.Count(sale, Day(300), rulebook);
  EXPECT_EQ(standing.tier(), "friend");
  EXPECT_EQ(standing.NextDue(), absl::InfiniteFuture());
  EXPECT_TRUE(standing.state().days.empty());
}

TEST(StandingTest, ATierThatTheRulebookDroppedEndsWithItsTime) {
  Standing standing;
  standing.Count(Spend(300), Day(1), TwoTiers());
  Rulebook without;
  without.time_zone = kZone;
  EXPECT_EQ(Moves(standing.AdvanceTo(Day(21), without)), Texts{});
  EXPECT_EQ(standing.tier(), "gold");
  EXPECT_EQ(Moves(standing.AdvanceTo(Day(22), without)),
            Texts{"gold> by review"});
}

TEST(StandingTest, AnEasierRulebookLiftsAtTheNextLook) {
  Standing standing;
  standing.Count(Spend(100), Day(1), TwoTiers());
  Rulebook easier = TwoTiers();
  easier.tiers[1].qualify.spend = Money(100);
  EXPECT_EQ(Moves(standing.AdvanceTo(Day(2), easier)), Texts{"silver>gold"});
}

TEST(StandingTest, IsOfBoundedSize) {
  Rulebook rulebook = TwoTiers();
  rulebook.tiers = {SpendTier("silver", 1, 1, 1)};
  Standing standing;
  for (int day = 1; day < 400; day += 3) {
    standing.AdvanceTo(Day(day), rulebook);
    standing.Count(Spend(1), Day(day), rulebook);
  }
  EXPECT_EQ(standing.state().days.size(), 1U);
  EXPECT_EQ(standing.state().periods.size(), kMaxTierPeriods);
}

Condition Compiled(absl::string_view source) {
  const Vocabulary vocabulary = MakeVocabulary({"EUR", 2});
  return std::make_shared<const expr::Expression>(
      *expr::Expression::Compile(source, vocabulary.members));
}

TEST(SegmentsTest, AConditionSeesThoseBeforeItAndThoseWithoutOne) {
  Rulebook rulebook;
  rulebook.time_zone = kZone;
  rulebook.segments = {
      {.id = "z", .when = Compiled("'fan' in member.segments")},
      {.id = "b", .when = Compiled("'z' in member.segments")},
      {.id = "c", .when = Compiled("'later' in member.segments")},
      {.id = "later", .when = Compiled("member.tier == ''")},
      {.id = "fan"},
      {.id = "other"}};
  MemberFacts facts;
  facts.segments = {"c", "fan", "gone"};
  EXPECT_EQ(SegmentsOf(rulebook, facts, Day(1)),
            (Texts{"b", "fan", "later", "z"}));
}

TEST(SegmentsTest, WhatFailsAtRunTimeDoesNotHold) {
  Rulebook rulebook;
  rulebook.segments = {
      {.id = "a", .when = Compiled("member.attributes['size'] == 'L'")},
      {.id = "b", .when = Compiled("member.birthday.getMonth() == 1")},
      {.id = "c", .when = Compiled("!has(member.birthday)")}};
  MemberFacts facts;
  EXPECT_EQ(SegmentsOf(rulebook, facts, Day(1)), Texts{"c"});
  facts.attributes["size"] = "L";
  facts.birthday = absl::CivilDay(1992, 2, 29);
  EXPECT_EQ(SegmentsOf(rulebook, facts, Day(1)), (Texts{"a", "b"}));
}

TEST(SegmentsTest, TimeIsLookedAtWhenADayEnds) {
  Rulebook rulebook;
  rulebook.time_zone = kZone;
  EXPECT_EQ(SegmentsDue(rulebook, Day(1)), absl::InfiniteFuture());
  rulebook.segments_follow_time = true;
  EXPECT_EQ(SegmentsDue(rulebook, Day(1)), Day(2, 0));
}

TEST(StandingTest, WhatIsStoredInDisorderIsNotWhole) {
  EXPECT_TRUE(IsWhole(StandingState()));
  StandingState state;
  state.days = {{.day = absl::CivilDay(2026, 3, 1), .counted = {}},
                {.day = absl::CivilDay(2026, 3, 2), .counted = {}}};
  EXPECT_TRUE(IsWhole(state));
  std::swap(state.days[0], state.days[1]);
  EXPECT_FALSE(IsWhole(state));
  EXPECT_FALSE(IsWhole({.tier_until = absl::FromUnixMicros(INT64_MIN)}));
  StandingState many;
  many.periods.resize(kMaxTierPeriods + 1);
  EXPECT_FALSE(IsWhole(many));
}

}  // namespace
}  // namespace pistis
