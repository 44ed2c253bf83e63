#include "engine/operations/prune_requests.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/testing.h"
#include "engine/storage/keys.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kPrunedRulebook = R"(
points: {value: "0.01"}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
)";

constexpr absl::Duration kRetention = absl::Hours(24 * 90);

using Ids = std::vector<std::string>;

class PruneRequestsTest : public testing::Test {
 protected:
  void SetUp() override { OpenWith(kPrunedRulebook, shop_); }

  void Enrol(const std::string& member) {
    const auto enrolled = shop_.Enrol(MemberRequest(member));
    ASSERT_TRUE(enrolled.ok()) << enrolled.status();
  }
  [[nodiscard]] absl::Time Before() const { return clock_.Now() - kRetention; }
  [[nodiscard]] OldRequests Find(const ProgramId& program) const {
    return FindOldRequests(*store_.GetSnapshot(),
                           {.program = program, .before = Before()})
        .value();
  }
  // Commits what PruneRequests decides; how many went.
  size_t Prune(const PruneRequestsInput& input) {
    const auto decided = PruneRequests(shop_.env(), *store_.GetSnapshot(),
                                       {.now = clock_.Now()}, input);
    EXPECT_TRUE(decided.ok()) << decided.status();
    EXPECT_EQ(decided->writes.count(), decided->reply->pruned);
    const std::unique_ptr<Txn> txn = store_.Begin();
    decided->writes.ApplyTo(*txn);
    EXPECT_TRUE(txn->Commit().ok());
    return decided->reply->pruned;
  }
  size_t PruneOld(const ProgramId& program) {
    return Prune({.program = program,
                  .requests = Find(program).requests,
                  .before = Before()});
  }
  [[nodiscard]] bool IsRemembered(const ProgramId& program,
                                  const char* request) const {
    return shop_.All().count(RequestKey(program, RequestId(request))) == 1;
  }

  const ProgramId program_{kShop};
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
};

Ids TextsOf(const std::vector<RequestId>& requests) {
  Ids texts;
  for (const RequestId& request : requests)
    texts.push_back(request.text());
  return texts;
}

TEST_F(PruneRequestsTest, OldOnesGoAndYoungOnesStay) {
  Enrol("ann");
  clock_.Advance(absl::Hours(1));
  Enrol("ben");
  clock_.Advance(kRetention);
  EXPECT_EQ(TextsOf(Find(program_).requests), (Ids{"enrol-ann", "publish-1"}))
      << "at the end of the retention itself it is not old";
  EXPECT_EQ(PruneOld(program_), 2U);
  EXPECT_FALSE(IsRemembered(program_, "enrol-ann"));
  EXPECT_TRUE(IsRemembered(program_, "enrol-ben"));
  EXPECT_EQ(PruneOld(program_), 0U);
}

TEST_F(PruneRequestsTest, AnIdIsNewAgainAfterwards) {
  Enrol("ann");
  v1::CreateMemberRequest other = MemberRequest("ben");
  other.set_request_id("enrol-ann");
  EXPECT_EQ(NameOf(shop_.Enrol(other).status()), "REQUEST_ID_REUSED");
  clock_.Advance(kRetention + absl::Seconds(1));
  EXPECT_EQ(NameOf(shop_.Enrol(other).status()), "REQUEST_ID_REUSED")
      << "as long as it is remembered";
  PruneOld(program_);
  EXPECT_EQ(shop_.Enrol(other)->member_id(), "ben");
  EXPECT_EQ(shop_.Enrol(other)->member_id(), "ben");
  EXPECT_EQ(NameOf(shop_.Enrol(MemberRequest("ann")).status()),
            "REQUEST_ID_REUSED");
}

TEST_F(PruneRequestsTest, ARememberedRefusalGoesToo) {
  Enrol("ann");
  v1::CreateMemberRequest twice = MemberRequest("ann");
  twice.set_request_id("again");
  EXPECT_EQ(NameOf(shop_.Enrol(twice).status()), "ALREADY_EXISTS");
  EXPECT_TRUE(IsRemembered(program_, "again"));
  clock_.Advance(kRetention + absl::Seconds(1));
  PruneOld(program_);
  EXPECT_FALSE(IsRemembered(program_, "again"));
}

TEST_F(PruneRequestsTest, AnIdThatWasUsedAnewMeanwhileIsKept) {
  Enrol("ann");
  clock_.Advance(kRetention + absl::Seconds(1));
  const absl::Time before = Before();
  const OldRequests old = Find(program_);
  PruneOld(program_);
  v1::CreateMemberRequest other = MemberRequest("ben");
  other.set_request_id("enrol-ann");
  ASSERT_TRUE(shop_.Enrol(other).ok());
  EXPECT_EQ(
      Prune({.program = program_, .requests = old.requests, .before = before}),
      0U);
  EXPECT_TRUE(IsRemembered(program_, "enrol-ann"));
}

TEST_F(PruneRequestsTest, AWalkGoesOnBehindItsCursor) {
  for (const char* member : {"a", "b", "c", "d"})
    Enrol(member);
  clock_.Advance(kRetention + absl::Seconds(1));
  Enrol("bb");
  RequestSlice slice{
      .program = program_, .before = Before(), .max_requests = 2};
  std::vector<Ids> slices;
  bool more = true;
  while (more) {
    const auto old = FindOldRequests(*store_.GetSnapshot(), slice);
    ASSERT_TRUE(old.ok());
    slices.push_back(TextsOf(old->requests));
    Prune({.program = program_,
           .requests = old->requests,
           .before = slice.before});
    slice.after = old->reached;
    more = old->more;
  }
  EXPECT_EQ(slices,
            (std::vector<Ids>{
                {"enrol-a", "enrol-b"}, {"enrol-c"}, {"enrol-d", "publish-1"}}))
      << "the young one in the second slice is passed over";
  EXPECT_TRUE(IsRemembered(program_, "enrol-bb"));
}

TEST_F(PruneRequestsTest, NothingElseIsDeleted) {
  Enrol("ann");
  const auto sold = shop_.Commit(SaleRequest("o1", "ann", {500}));
  ASSERT_TRUE(sold.ok()) << sold.status();
  ASSERT_TRUE(shop_.Refund(RefundRequest("o1", "r1")).ok());
  clock_.Advance(kRetention * 40);
  Contents expected = shop_.All();
  for (const char* request : {"enrol-ann", "publish-1"}) {
    EXPECT_EQ(expected.erase(RequestKey(program_, RequestId(request))), 1U);
  }
  EXPECT_EQ(PruneOld(program_), 2U);
  EXPECT_EQ(shop_.All(), expected);
  const auto again = shop_.Commit(SaleRequest("o1", "ann", {500}));
  EXPECT_EQ(again->SerializeAsString(), sold->SerializeAsString())
      << "order ids are remembered for ever";
  EXPECT_FALSE(shop_.last_one_wrote());
}

TEST_F(PruneRequestsTest, TheIdsOfCreateProgramArePrunedToo) {
  clock_.Advance(kRetention + absl::Seconds(1));
  EXPECT_EQ(TextsOf(Find({}).requests), Ids{"open-shop"})
      << "and no other program's are among them";
  EXPECT_EQ(PruneOld({}), 1U);
  EXPECT_FALSE(IsRemembered({}, "open-shop"));
  EXPECT_TRUE(IsRemembered(program_, "publish-1"));
}

TEST_F(PruneRequestsTest, AProgramWithALongerNameIsAnother) {
  clock_.Advance(kRetention + absl::Seconds(1));
  EXPECT_EQ(TextsOf(Find(ProgramId("sho")).requests), Ids());
  EXPECT_EQ(TextsOf(Find(ProgramId("shop2")).requests), Ids());
}

TEST_F(PruneRequestsTest, OneCommitForgetsABoundedNumber) {
  store::v1::RequestRecord record;
  record.set_answered_us(absl::ToUnixMicros(clock_.Now()));
  Contents requests;
  for (int i = 0; i < 1200; ++i) {
    requests[RequestKey(program_, RequestId(absl::StrCat("r", i)))] =
        record.SerializeAsString();
  }
  ASSERT_TRUE(CommitAll(store_, requests).ok());
  clock_.Advance(kRetention + absl::Seconds(1));
  EXPECT_EQ(PruneOld(program_), kMaxPrunedAtOnce);
  EXPECT_EQ(PruneOld(program_), kMaxPrunedAtOnce);
  EXPECT_EQ(PruneOld(program_), 201U);
}

TEST_F(PruneRequestsTest, WhatCannotBeReadIsPassedOver) {
  ASSERT_TRUE(CommitAll(store_, {{RequestKey(program_, RequestId("broken")),
                                  "\xff\xff"}})
                  .ok());
  Enrol("ann");
  clock_.Advance(kRetention + absl::Seconds(1));
  EXPECT_EQ(PruneOld(program_), 2U);
  EXPECT_TRUE(IsRemembered(program_, "broken"));
}

}  // namespace
}  // namespace pistis
