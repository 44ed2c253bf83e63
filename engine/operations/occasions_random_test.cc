// Random visits, birthdays, friends, sales, returns and expiries against the
// recount, and against a naive sum of what rules should have given.
// PISTIS_TEST_SEED=n repeats a run.
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/queries.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr int kSteps = 400;
constexpr int kVisitsADay = 2;
constexpr int64_t kVisit = 3;
constexpr int64_t kReferrer = 50;
constexpr int64_t kFriend = 20;
constexpr int64_t kBirthday = 100;

constexpr absl::string_view kRules = R"(
points: {value: "0.01", expire: {after: 40d}, expiring_notice: 7d}
referral: {qualify: order.subtotal >= amount("10.00")}
tiers:
  - {id: keen, qualify: {tier_points: 9, within: 20d}, keep_for: 20d}
rules:
  - {id: visit, on: visit, earn: {points: 3}, tier_points: {points: 1}, limits: [{per: member, window: day, times: 2}]}
  - {id: happy, on: member.birthday, earn: {points: 100}}
  - {id: thanks, on: referral.qualified, when: event.role == "referrer", earn: {points: 50}}
  - {id: hello, on: referral.qualified, when: event.role == "friend", earn: {points: 20}, issue_code: gift, note: gift, limits: [{per: campaign, times: 5}]}
  - {id: soon, on: points.expiring, note: soon}
  - {id: keen, on: tier.changed, note: soon}
codes:
  - {id: gift, discount: {amount: "1.00"}}
notes:
  - {id: soon, channel: print, text: {en: "{{points}}"}}
  - {id: gift, channel: print, text: {en: "{{code}}"}}
)";

// What the rules should have given each member, by rule, ever.
using Given = std::map<std::string, std::map<std::string, int64_t>>;

class RandomLives {
 public:
  explicit RandomLives(uint64_t seed) : random_(seed) {
    OpenWith(kRules, shop_);
    Enrol();
  }

  void Step() {
    const absl::CivilDay before = Today();
    clock_.Advance(absl::Minutes(Below(700)));
    EXPECT_TRUE(shop_.ExpireAll(ProgramId(kShop)).ok());
    for (absl::CivilDay day = before + 1; day <= Today(); ++day) {
      visits_.clear();
      for (const auto& [member, born] : birthdays_) {
        if (born.month() == day.month() && born.day() == day.day()) {
          given_[member]["happy"] += kBirthday;
        }
      }
    }
    const int kind = Below(10);
    if (kind < 2) {
      Enrol();
    } else if (kind < 5) {
      Visit();
    } else if (kind < 8) {
      Sell();
    } else {
      Return();
    }
  }

  void Check() const {
    EXPECT_EQ(Audit(shop_, ProgramId(kShop)), std::vector<std::string>());
    Given found;
    const auto events = shop_.Events(ProgramId(kShop), "");
    ASSERT_TRUE(events.ok());
    for (const v1::Event& event : *events) {
      for (const auto& earned : event.member_occasion().earned())
        found[event.member_id()][earned.rule_id()] += earned.points();
    }
    EXPECT_EQ(found, given_);
  }

 private:
  int Below(int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random_);
  }
  [[nodiscard]] absl::CivilDay Today() const {
    return absl::ToCivilDay(clock_.Now(), Athens());
  }
  std::string AnyMember() {
    return members_[static_cast<size_t>(
        Below(static_cast<int>(members_.size())))];
  }

  void Enrol() {
    const std::string member = absl::StrCat("m", members_.size());
    v1::CreateMemberRequest request = MemberRequest(member);
    if (Below(2) == 0) {
      const absl::CivilDay born =
          absl::CivilDay(1990, 1 + Below(12), 1 + Below(28));
      request.mutable_member()->set_birthday(absl::FormatCivilTime(born));
      birthdays_[member] = born;
    }
    if (!members_.empty() && Below(3) > 0) {
      v1::GetMemberRequest asked;
      asked.set_program_id(std::string(kShop));
      asked.set_member_id(AnyMember());
      asked.set_with_referral_code(true);
      request.set_referral_code(shop_.Ask(GetMember, asked)->referral_code());
      referrers_[member] = asked.member_id();
    }
    EXPECT_TRUE(shop_.Enrol(request).ok());
    members_.push_back(member);
  }

  void Visit() {
    const std::string member = AnyMember();
    v1::RecordActivityRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id(absl::StrCat("visit-", ++requests_));
    request.set_member_id(member);
    request.set_name("visit");
    for (int i = 0; i <= Below(2); ++i)
      EXPECT_TRUE(shop_.Act(request).ok());
    if (++visits_[member] <= kVisitsADay) given_[member]["visit"] += kVisit;
  }

  void Sell() {
    const std::string member = AnyMember();
    const std::string order = absl::StrCat("o", ++requests_);
    const int64_t amount = 500 + 100 * Below(10);
    EXPECT_TRUE(shop_.Commit(SaleRequest(order, member, {amount})).ok());
    orders_.push_back(order);
    const auto referrer = referrers_.find(member);
    if (referrer == referrers_.end() || amount < 1000) return;
    given_[referrer->second]["thanks"] += kReferrer;
    const bool has_room = friends_.size() < 5;
    // The code that comes with it makes its use of the limit one for good.
    if (has_room) {
      friends_.insert(member);
      given_[member]["hello"] += kFriend;
    }
    referrers_.erase(referrer);
  }

  void Return() {
    if (orders_.empty()) return;
    const size_t which =
        static_cast<size_t>(Below(static_cast<int>(orders_.size())));
    EXPECT_TRUE(shop_
                    .Refund(RefundRequest(orders_[which],
                                          absl::StrCat("r", ++requests_)))
                    .ok());
    orders_.erase(orders_.begin() + static_cast<std::ptrdiff_t>(which));
  }

  std::mt19937_64 random_;
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-01", Athens())};
  TestShop shop_{store_, clock_};
  std::vector<std::string> members_;
  std::map<std::string, absl::CivilDay> birthdays_;
  std::map<std::string, std::string> referrers_;
  std::map<std::string, int> visits_;
  std::set<std::string> friends_;
  std::vector<std::string> orders_;
  int requests_ = 0;
  Given given_;
};

TEST(OccasionsRandomTest, WhatRulesGaveIsWhatHappenedAndWhatTheRecountFinds) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed));
  RandomLives lives(seed);
  for (int step = 1; step <= kSteps; ++step) {
    lives.Step();
    if (step % 40 == 0) lives.Check();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace pistis
