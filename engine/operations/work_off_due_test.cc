#include "engine/operations/work_off_due.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kDueRulebook = R"(
points: {value: "0.01", expire: {after: 30d}}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
)";

// One expiry: whose, how many points, when.
struct Expiry {
  std::string member;
  int64_t points = 0;
  std::string day;

  friend bool operator==(const Expiry&, const Expiry&) = default;
  friend void PrintTo(const Expiry& expiry, std::ostream* out) {
    *out << expiry.member << " -" << expiry.points << " on " << expiry.day;
  }
};

class WorkOffDueTest : public testing::Test {
 protected:
  void SetUp() override {
    OpenWith(kDueRulebook, shop_);
    for (const char* member : {"ann", "ben", "cleo"}) {
      ASSERT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
    }
  }
  void TearDown() override {
    EXPECT_EQ(Audit(shop_, program_), std::vector<std::string>());
  }

  void SellAt(absl::string_view day, const std::string& member,
              int64_t points) {
    clock_.Set(TimeAt(day, Athens()));
    SellNow(member, points);
  }
  void SellNow(const std::string& member, int64_t points) {
    const auto sold = shop_.Commit(
        SaleRequest(absl::StrCat("o", ++orders_), member, {points * 100}));
    ASSERT_TRUE(sold.ok()) << sold.status();
  }
  // Works the queue off as a job does, in steps of so many members; how many
  // steps wrote something.
  int ExpireInSteps(size_t members) {
    int steps = 0;
    WorkOffDueInput input{.program = program_, .max_members = members};
    bool more = true;
    while (more) {
      const auto reply = shop_.Expire(input);
      EXPECT_TRUE(reply.ok()) << reply.status();
      EXPECT_GE(reply->reached.due, input.from.due);
      steps += shop_.last_one_wrote() ? 1 : 0;
      input.from = reply->reached;
      more = reply->more;
    }
    return steps;
  }
  [[nodiscard]] std::vector<Expiry> Expiries() const {
    std::vector<Expiry> expiries;
    const auto events = shop_.Events(program_, "");
    for (const v1::Event& event : *events) {
      if (!event.has_points_expired()) continue;
      expiries.push_back(
          {event.member_id(), event.points_expired().points(),
           absl::FormatTime(
               "%Y-%m-%d",
               absl::FromUnixSeconds(event.effective_time().seconds()),
               Athens())});
    }
    return expiries;
  }
  // "ann 2026-02-10" for each turn in the queue but for anniversaries, which
  // every member has.
  [[nodiscard]] std::vector<std::string> Queue() const {
    std::vector<std::string> queue;
    for (const auto& [key, value] : ContentsOf(
             *store_.GetSnapshot(), DueKey(program_, absl::UnixEpoch(), {}),
             DueKey(program_, absl::FromUnixSeconds(1LL << 33U), {}))) {
      const std::optional<DueMember> due = ParseDueKey(program_, key);
      if (IsAnniversary(*due)) continue;
      queue.push_back(
          absl::StrCat(due->member.text(), " ",
                       absl::FormatTime("%Y-%m-%d", due->due, Athens())));
    }
    return queue;
  }
  // Of joining, or of the first order.
  [[nodiscard]] bool IsAnniversary(const DueMember& due) const {
    const auto account = GetRecord<store::v1::AccountRecord>(
        *store_.GetSnapshot(), AccountKey(program_, due.member));
    if (!account.ok() || !account->has_value()) return false;
    const auto& occasions = (*account)->standing().occasions();
    const int64_t due_us = absl::ToUnixMicros(due.due);
    return due_us == occasions.anniversary_us() ||
           due_us == occasions.years_us();
  }
  void Enqueue(const char* member, absl::string_view day) {
    ASSERT_TRUE(
        CommitAll(
            store_,
            {{DueKey(program_, TimeAt(day, Athens()), MemberId(member)), ""}})
            .ok());
  }

  const ProgramId program_{kShop};
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-01", Athens())};
  TestShop shop_{store_, clock_};
  int orders_ = 0;
};

using Turns = std::vector<std::string>;

TEST_F(WorkOffDueTest, AccountsTakeTurnsEachEntryAtItsOwnTime) {
  SellAt("2026-01-10", "ben", 7);
  SellAt("2026-01-11", "ann", 5);
  SellAt("2026-01-12", "ben", 3);
  SellAt("2026-01-20", "ann", 2);
  EXPECT_EQ(Queue(), (Turns{"ben 2026-02-10", "ann 2026-02-11"}))
      << "one turn for each member";
  clock_.Set(TimeAt("2026-02-13", Athens()));
  EXPECT_EQ(ExpireInSteps(1), 3);
  EXPECT_EQ(Expiries(), (std::vector<Expiry>{{"ben", 7, "2026-02-10"},
                                             {"ann", 5, "2026-02-11"},
                                             {"ben", 3, "2026-02-12"}}));
  EXPECT_EQ(Queue(), Turns{"ann 2026-02-20"});
}

TEST_F(WorkOffDueTest, NothingExpiresTwiceOrBeforeItsTime) {
  SellAt("2026-01-10", "ann", 5);
  clock_.Set(TimeAt("2026-02-10", Athens()) - absl::Microseconds(1));
  EXPECT_EQ(ExpireInSteps(10), 0);
  EXPECT_EQ(Expiries(), std::vector<Expiry>());
  clock_.Set(TimeAt("2026-02-10", Athens()));
  EXPECT_EQ(ExpireInSteps(10), 1);
  const Contents after = shop_.All();
  EXPECT_EQ(ExpireInSteps(10), 0);
  clock_.Advance(absl::Hours(1000));
  EXPECT_EQ(ExpireInSteps(10), 0);
  EXPECT_EQ(shop_.All(), after);
  EXPECT_EQ(Expiries(), (std::vector<Expiry>{{"ann", 5, "2026-02-10"}}));
}

TEST_F(WorkOffDueTest, ARestartGoesOnWhereTheLastStepWasCommitted) {
  for (const char* member : {"ann", "ben", "cleo"})
    SellAt("2026-01-10", member, 5);
  clock_.Set(TimeAt("2027-01-01", Athens()));
  ASSERT_TRUE(shop_.Expire({.program = program_, .max_members = 1}).ok());
  TestShop restarted(store_, clock_);
  ASSERT_TRUE(restarted.ExpireAll(program_).ok());
  EXPECT_EQ(Expiries(), (std::vector<Expiry>{{"ann", 5, "2026-02-10"},
                                             {"ben", 5, "2026-02-10"},
                                             {"cleo", 5, "2026-02-10"}}));
  EXPECT_EQ(Queue(), Turns());
}

// A turn sees what those before it have used of a limit of everybody.
TEST_F(WorkOffDueTest, ABirthdayComesOnceOverARestartAndWithinItsLimit) {
  ASSERT_TRUE(shop_
                  .Publish(RulebookRequest("birthdays", R"(
rules:
  - {id: happy, on: member.birthday, earn: {points: 100}, limits: [{per: day, times: 2}]}
)"))
                  .ok());
  for (const char* member : {"dora", "eli", "fay"}) {
    v1::CreateMemberRequest request = MemberRequest(member);
    request.mutable_member()->set_birthday("1990-03-05");
    ASSERT_TRUE(shop_.Enrol(request).ok());
  }
  clock_.Set(TimeAt("2026-03-05 10:00", Athens()));
  ASSERT_TRUE(shop_.Expire({.program = program_, .max_members = 1}).ok());
  TestShop restarted(store_, clock_);
  ASSERT_TRUE(restarted.ExpireAll(program_).ok());
  ASSERT_TRUE(restarted.ExpireAll(program_).ok());
  std::vector<std::string> given;
  const auto events = restarted.Events(program_, "");
  for (const v1::Event& event : *events) {
    if (event.has_member_occasion()) given.push_back(event.member_id());
  }
  EXPECT_EQ(given, (std::vector<std::string>{"dora", "eli"}));
}

TEST_F(WorkOffDueTest, WhatACommandPostedAlreadyIsNotPostedAgain) {
  SellAt("2026-01-10", "ann", 5);
  SellAt("2026-02-15", "ann", 1);
  EXPECT_EQ(Expiries(), (std::vector<Expiry>{{"ann", 5, "2026-02-10"}}));
  EXPECT_EQ(Queue(), Turns{"ann 2026-03-18"});
  EXPECT_EQ(ExpireInSteps(10), 0);
  EXPECT_EQ(Expiries().size(), 1U);
}

TEST_F(WorkOffDueTest, StepsAreBoundedAndTogetherDoItAll) {
  for (int i = 0; i < 40; ++i) {
    const std::string member = absl::StrCat("m", i);
    ASSERT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
    SellAt(i < 20 ? "2026-01-10" : "2026-01-11", member, 1 + i);
  }
  clock_.Set(TimeAt("2026-03-01", Athens()));
  WorkOffDueInput input{.program = program_, .max_members = 7};
  auto reply = shop_.Expire(input);
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(reply->more);
  EXPECT_EQ(Expiries().size(), 7U);
  EXPECT_EQ(Queue().size(), 33U);
  EXPECT_EQ(ExpireInSteps(7), 5);
  EXPECT_EQ(Expiries().size(), 40U);
  EXPECT_EQ(Queue(), Turns());
}

TEST_F(WorkOffDueTest, ALongStopIsCaughtUpWhateverTheSteps) {
  for (const size_t members : {size_t{1}, size_t{2}, size_t{5}, size_t{256}}) {
    const std::string ann = absl::StrCat("ann", members);
    const std::string ben = absl::StrCat("ben", members);
    ASSERT_TRUE(shop_.Enrol(MemberRequest(ann)).ok());
    ASSERT_TRUE(shop_.Enrol(MemberRequest(ben)).ok());
    const size_t before = Expiries().size();
    for (int day = 0; day < 20; ++day) {
      clock_.Advance(absl::Hours(24));
      SellNow(ann, 1);
      if (day % 3 == 0) SellNow(ben, 1);
    }
    clock_.Advance(absl::Hours(24 * 100));
    ExpireInSteps(members);
    EXPECT_EQ(Expiries().size() - before, 27U) << "in steps of " << members;
    EXPECT_EQ(Queue(), Turns());
  }
}

TEST_F(WorkOffDueTest, ATurnThatComesAgainWithinAStepIsNotLost) {
  SellAt("2026-01-10", "ann", 5);
  SellAt("2026-01-12", "ann", 2);
  SellAt("2026-01-15", "ben", 3);
  clock_.Set(TimeAt("2026-03-01", Athens()));
  auto reply = shop_.Expire({.program = program_});
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(reply->more);
  EXPECT_EQ(reply->reached.due, TimeAt("2026-02-12", Athens()));
  reply = shop_.Expire({.program = program_, .from = reply->reached});
  EXPECT_FALSE(reply->more);
  EXPECT_EQ(Expiries().size(), 3U);
}

TEST_F(WorkOffDueTest, AStepGoesOnWithinAMoment) {
  for (const char* member : {"ann", "ben", "cleo"})
    SellAt("2026-01-10", member, 5);
  clock_.Set(TimeAt("2026-03-01", Athens()));
  const auto reply = shop_.Expire({.program = program_, .max_members = 2});
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(reply->more);
  EXPECT_EQ(reply->reached.due, TimeAt("2026-02-10", Athens()));
  EXPECT_EQ(reply->reached.member, MemberId("ben"));
}

TEST_F(WorkOffDueTest, ExactlyTheLastMembersLeaveNothingMore) {
  SellAt("2026-01-10", "ann", 5);
  SellNow("ben", 5);
  clock_.Set(TimeAt("2026-03-01", Athens()));
  const auto reply = shop_.Expire({.program = program_, .max_members = 2});
  ASSERT_TRUE(reply.ok());
  EXPECT_FALSE(reply->more);
  EXPECT_EQ(reply->reached.due, TimeAt("2026-02-10", Athens()));
}

TEST_F(WorkOffDueTest, TheQueueBeforeItsStartIsNotLookedAt) {
  SellAt("2026-01-10", "ann", 5);
  clock_.Set(TimeAt("2026-03-01", Athens()));
  const DueMember behind{.due = TimeAt("2026-02-11", Athens()), .member = {}};
  const auto reply = shop_.Expire({.program = program_, .from = behind});
  ASSERT_TRUE(reply.ok());
  EXPECT_FALSE(reply->more);
  EXPECT_FALSE(shop_.last_one_wrote());
  EXPECT_EQ(reply->reached.due, behind.due);
  EXPECT_EQ(ExpireInSteps(10), 1);
}

TEST_F(WorkOffDueTest, ASpentLotLeavesTheQueueWithoutAnEntry) {
  SellAt("2026-01-10", "ann", 5);
  v1::CommitOrderRequest spend = SaleRequest("spend", "ann", {5});
  spend.mutable_order()->mutable_redeem()->set_all(true);
  ASSERT_TRUE(shop_.Commit(spend).ok());
  clock_.Set(TimeAt("2026-03-01", Athens()));
  ExpireInSteps(10);
  EXPECT_EQ(Expiries(), std::vector<Expiry>());
  EXPECT_EQ(Queue(), Turns());
}

TEST_F(WorkOffDueTest, ATurnThatCameForNothingMovesToWhatFallsDueNext) {
  SellAt("2026-01-10", "ann", 5);
  v1::CommitOrderRequest spend = SaleRequest("spend", "ann", {5});
  spend.mutable_order()->mutable_redeem()->set_all(true);
  ASSERT_TRUE(shop_.Commit(spend).ok());
  SellAt("2026-01-20", "ann", 2);
  clock_.Set(TimeAt("2026-02-12", Athens()));
  ExpireInSteps(10);
  EXPECT_EQ(Expiries(), std::vector<Expiry>());
  EXPECT_EQ(Queue(), Turns{"ann 2026-02-20"});
}

TEST_F(WorkOffDueTest, PendingPointsAreReleasedAtTheirOwnTime) {
  const auto published = shop_.Publish(RulebookRequest("pending", R"(
points: {value: "0.01", pending: {for: 14d}}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
)"));
  ASSERT_TRUE(published.ok()) << published.status();
  SellAt("2026-01-10", "ann", 5);
  EXPECT_EQ(Queue(), Turns{"ann 2026-01-25"});
  v1::GetAccountRequest account;
  account.set_program_id(std::string(kShop));
  account.set_member_id("ann");
  EXPECT_EQ(shop_.Ask(GetAccount, account)->pending(), 5);
  clock_.Set(TimeAt("2026-01-26", Athens()));
  EXPECT_EQ(ExpireInSteps(10), 1);
  EXPECT_EQ(Queue(), Turns());
  const auto events = shop_.Events(program_, "");
  const v1::Event& last = events->back();
  ASSERT_TRUE(last.has_points_posted());
  EXPECT_EQ(last.points_posted().kind(), v1::LedgerEntry::RELEASE);
  EXPECT_EQ(last.effective_time().seconds(),
            absl::ToUnixSeconds(TimeAt("2026-01-25", Athens())));
  EXPECT_EQ(shop_.Ask(GetAccount, account)->available(), 5);
}

TEST_F(WorkOffDueTest, AHoldWhoseTimeIsOverGivesItsPointsBack) {
  SellAt("2026-01-10", "ann", 5);
  v1::HoldPointsRequest hold;
  hold.set_program_id(std::string(kShop));
  hold.set_hold_id("h1");
  hold.set_member_id("ann");
  hold.set_points(3);
  *hold.mutable_expire_time() = ToTimestamp(clock_.Now() + absl::Hours(1));
  const auto held = shop_.Post(hold);
  ASSERT_TRUE(held.ok()) << held.status();
  clock_.Advance(absl::Hours(2));
  EXPECT_EQ(ExpireInSteps(10), 1);
  const auto events = shop_.Events(program_, "");
  const v1::Event& last = events->back();
  EXPECT_EQ(last.points_posted().kind(), v1::LedgerEntry::HOLD_RELEASE);
  EXPECT_EQ(last.points_posted().available_after(), 5);
  EXPECT_EQ(Queue(), Turns{"ann 2026-02-10"});
}

TEST_F(WorkOffDueTest, AnAccountThatIsGoneHoldsNobodyUp) {
  SellAt("2026-01-10", "ann", 5);
  Enqueue("aaron", "2026-02-10");
  clock_.Set(TimeAt("2026-03-01", Athens()));
  ExpireInSteps(10);
  EXPECT_EQ(Expiries(), (std::vector<Expiry>{{"ann", 5, "2026-02-10"}}));
  EXPECT_EQ(Queue(), Turns());
}

TEST_F(WorkOffDueTest, AMemberWhoIsQueuedTwiceIsPostedOnce) {
  SellAt("2026-01-10", "ann", 5);
  Enqueue("ann", "2026-02-11");
  clock_.Set(TimeAt("2026-03-01", Athens()));
  ExpireInSteps(10);
  EXPECT_EQ(Expiries(), (std::vector<Expiry>{{"ann", 5, "2026-02-10"}}));
  EXPECT_EQ(Queue(), Turns());
}

TEST_F(WorkOffDueTest, AnImportDoesNotExpireAheadOfItsSales) {
  clock_.Set(TimeAt("2026-06-01", Athens()));
  v1::CreateMemberRequest member = MemberRequest("old");
  const absl::Time joined = TimeAt("2025-01-01", Athens());
  *member.mutable_member()->mutable_joined_time() = ToTimestamp(joined);
  // A program of its own: in this one, live members have been enrolled.
  v1::CreateProgramRequest open;
  open.set_request_id("open-import");
  open.mutable_program()->set_program_id("import");
  open.mutable_program()->set_currency("EUR");
  open.mutable_program()->set_time_zone("Europe/Athens");
  ASSERT_TRUE(shop_.Open(open).ok());
  v1::PublishRulebookRequest rulebook = RulebookRequest("p", kDueRulebook);
  rulebook.set_program_id("import");
  rulebook.set_yaml(
      absl::StrCat("program: import\ncurrency: EUR\ntime_zone: Europe/Athens\n",
                   kDueRulebook));
  ASSERT_TRUE(shop_.Publish(rulebook).ok());
  member.set_program_id("import");
  ASSERT_TRUE(shop_.Enrol(member).ok());
  const ProgramId import("import");
  const auto sell = [&](const char* id, absl::string_view day) {
    v1::CommitOrderRequest sale = SaleRequest(id, "old", {1000});
    sale.set_program_id("import");
    *sale.mutable_order()->mutable_placed_time() =
        ToTimestamp(TimeAt(day, Athens()));
    sale.mutable_order()->mutable_redeem()->set_all(true);
    return shop_.Commit(sale)->quote().points_redeemed();
  };
  EXPECT_EQ(sell("i1", "2025-01-10 12:00"), 0);
  ASSERT_TRUE(shop_.ExpireAll(import).ok());
  EXPECT_EQ(sell("i2", "2025-02-09 23:59"), 10)
      << "the points of i1 live until the end of 2025-02-09";
  ASSERT_TRUE(shop_.ExpireAll(import).ok());
  EXPECT_EQ(sell("i3", "2025-05-01"), 0) << "those of i2 are gone by then";
  v1::GetAccountRequest account;
  account.set_program_id("import");
  account.set_member_id("old");
  EXPECT_EQ(shop_.Ask(GetAccount, account)->available(), 10)
      << "as of the latest sale, while the import goes on";
  EXPECT_EQ(Audit(shop_, import), std::vector<std::string>());
  clock_.Advance(absl::Minutes(4));
  ASSERT_TRUE(shop_.ExpireAll(import).ok());
  EXPECT_EQ(shop_.Ask(GetAccount, account)->available(), 10);
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(shop_.ExpireAll(import).ok());
  EXPECT_EQ(shop_.Ask(GetAccount, account)->available(), 0);
  EXPECT_EQ(Audit(shop_, import), std::vector<std::string>());
}

TEST_F(WorkOffDueTest, ProgramsExpireApart) {
  SellAt("2026-01-10", "ann", 5);
  clock_.Set(TimeAt("2026-03-01", Athens()));
  EXPECT_EQ(NameOf(shop_.Expire({.program = ProgramId("sho")}).status()),
            "NOT_FOUND");
  EXPECT_EQ(Expiries(), std::vector<Expiry>());
  const auto programs = ListProgramIds(*store_.GetSnapshot());
  EXPECT_EQ(programs.value(), std::vector<ProgramId>{program_});
}

}  // namespace
}  // namespace pistis
