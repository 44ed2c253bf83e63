// What is held is certain: committed as it was quoted, or given back whole.
#include "engine/operations/reservations.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/explain_order.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/order/order.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kRules = R"(
points: {value: "0.01", redeem: {minimum: 1}, expire: {after: 30d, refund_grace: 5d}}
budgets: [{id: all, per: program, window: month, max_discount: "3.00"}]
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - id: tenth
    discount: {percent: "10%"}
    limits: [{per: campaign, window: day, times: 2}]
)";

constexpr absl::string_view kCodes = R"(
points: {value: "0.01"}
rules:
  - {id: thanks, when: order.channel == "pos", issue_code: ten-off}
codes:
  - {id: ten-off, discount: {amount: "10.00"}, uses: 1}
)";

class ReservationTest : public testing::Test {
 protected:
  void TearDown() override {
    ASSERT_TRUE(shop_.ExpireAll(program_).ok());
    EXPECT_EQ(Audit(shop_, program_), std::vector<std::string>());
  }

  // Ann, with points that expire after ten days.
  void OpenWithAnn(absl::string_view rules) {
    OpenWith(rules, shop_);
    ASSERT_TRUE(shop_.Enrol(MemberRequest("ann")).ok());
    v1::AdjustPointsRequest given;
    given.set_program_id(program_.text());
    given.set_request_id("welcome");
    given.set_member_id("ann");
    given.set_points(500);
    given.set_reason("welcome");
    *given.mutable_expire_time() =
        ToTimestamp(clock_.Now() + absl::Hours(24 * 10));
    ASSERT_TRUE(shop_.Post(given).ok());
  }

  static v1::HoldOrderRequest Hold(absl::string_view reservation,
                                   absl::string_view order,
                                   int64_t amount_minor) {
    return HoldRequest(reservation, SaleRequest(order, "ann", {amount_minor}));
  }
  static v1::HoldOrderRequest HoldPoints(absl::string_view reservation,
                                         absl::string_view order,
                                         int64_t points) {
    v1::HoldOrderRequest request = Hold(reservation, order, 2000);
    request.mutable_order()->mutable_redeem()->set_points(points);
    return request;
  }
  static v1::HoldOrderRequest HoldUntil(v1::HoldOrderRequest request,
                                        absl::Time expire) {
    *request.mutable_expire_time() = ToTimestamp(expire);
    return request;
  }

  [[nodiscard]] v1::Account Ann() const {
    v1::GetAccountRequest request;
    request.set_program_id(program_.text());
    request.set_member_id("ann");
    const auto account = shop_.Ask(GetAccount, request);
    EXPECT_TRUE(account.ok()) << account.status();
    return account.value_or(v1::Account());
  }

  [[nodiscard]] v1::Reservation::State StateOf(absl::string_view id) const {
    v1::GetReservationRequest request;
    request.set_program_id(program_.text());
    request.set_reservation_id(std::string(id));
    const auto held = shop_.Ask(GetReservation, request);
    EXPECT_TRUE(held.ok()) << held.status();
    return held.ok() ? held->reservation().state()
                     : v1::Reservation::STATE_UNSPECIFIED;
  }

  v1::HoldOrderResponse Held(const v1::HoldOrderRequest& request) {
    const auto held = shop_.Hold(request);
    EXPECT_TRUE(held.ok()) << held.status();
    return held.value_or(v1::HoldOrderResponse());
  }
  v1::CommitOrderResponse Committed(absl::string_view reservation) {
    const auto committed = shop_.Commit(CommitRequest(reservation));
    EXPECT_TRUE(committed.ok()) << committed.status();
    return committed.value_or(v1::CommitOrderResponse());
  }
  std::string CommitOf(absl::string_view reservation) {
    return NameOf(shop_.Commit(CommitRequest(reservation)).status());
  }
  std::string CancelOf(absl::string_view reservation) {
    return NameOf(shop_.Cancel(CancelRequest(reservation)).status());
  }
  int64_t DiscountOf(absl::string_view order) {
    const auto sold = shop_.Commit(SaleRequest(order, "ann", {1000}));
    EXPECT_TRUE(sold.ok()) << sold.status();
    return sold.ok() ? sold->quote().discount_minor() : -1;
  }

  FakeClock clock_{TimeAt("2026-01-10 12:00", Athens())};
  MemoryStore store_;
  TestShop shop_{store_, clock_};
  ProgramId program_{kShop};
};

TEST_F(ReservationTest, IsCommittedExactlyAsItWasQuoted) {
  OpenWithAnn(kRules);
  const v1::HoldOrderResponse held = Held(HoldPoints("r1", "o1", 300));
  EXPECT_EQ(held.quote().discount_minor(), 200);
  EXPECT_EQ(held.account().available(), 200);
  EXPECT_EQ(held.account().held(), 300);
  clock_.Advance(absl::Minutes(5));
  ASSERT_TRUE(shop_
                  .Publish(RulebookRequest("publish-2", R"(
rules: [{id: none, note: none}]
notes: [{id: none, channel: email, text: {en: "None"}}]
)"))
                  .ok());
  v1::UpdateMemberRequest suspend;
  suspend.set_program_id(program_.text());
  suspend.set_request_id("suspend");
  suspend.mutable_member()->set_member_id("ann");
  suspend.mutable_member()->set_state(v1::Member::SUSPENDED);
  suspend.add_update_fields("state");
  ASSERT_TRUE(shop_.Update(suspend).ok());
  const v1::CommitOrderResponse committed = Committed("r1");
  EXPECT_EQ(committed.quote().SerializeAsString(),
            held.quote().SerializeAsString());
  EXPECT_EQ(committed.account().available(), 200 + 15);
  EXPECT_EQ(committed.account().held(), 0);
  EXPECT_EQ(Ann().worth_minor(), 0);
  EXPECT_EQ(StateOf("r1"), v1::Reservation::COMMITTED);
}

TEST_F(ReservationTest, IsExplainedAndRefundedAsAnyOrder) {
  OpenWithAnn(kRules);
  Held(HoldPoints("r1", "o1", 300));
  clock_.Advance(absl::Minutes(14));
  Committed("r1");
  v1::ExplainOrderRequest explain;
  explain.set_program_id(program_.text());
  explain.set_order_id("o1");
  EXPECT_TRUE(shop_.Ask(ExplainOrder, explain).ok());
  v1::GetOrderRequest get;
  get.set_program_id(program_.text());
  get.set_order_id("o1");
  EXPECT_EQ(shop_.Ask(GetOrder, get)->reservation_id(), "r1");
  const auto refunded = shop_.Refund(RefundRequest("o1", "f1"));
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(refunded->points_restored(), 300);
  EXPECT_EQ(Ann().available(), 500);
}

TEST_F(ReservationTest, GivesBackEverythingOnceWhenItIsCancelled) {
  OpenWithAnn(kRules);
  Held(HoldPoints("r1", "o1", 300));
  const auto cancelled = shop_.Cancel(CancelRequest("r1"));
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->account().available(), 500);
  const Contents after = shop_.All();
  EXPECT_EQ(shop_.Cancel(CancelRequest("r1"))->SerializeAsString(),
            cancelled->SerializeAsString());
  EXPECT_EQ(CommitOf("r1"), "RESERVATION_NOT_OPEN");
  EXPECT_EQ(shop_.All(), after);
  EXPECT_EQ(DiscountOf("o2"), 100);
  EXPECT_EQ(DiscountOf("o3"), 100);
}

TEST_F(ReservationTest, TakesLimitsAndBudgetsFromOthersWhileItIsOpen) {
  OpenWithAnn(kRules);
  EXPECT_EQ(Held(Hold("r1", "o1", 2500)).quote().discount_minor(), 250);
  EXPECT_EQ(DiscountOf("o2"), 50);
  EXPECT_EQ(DiscountOf("o3"), 0);
  ASSERT_EQ(CancelOf("r1"), "OK");
  EXPECT_EQ(DiscountOf("o4"), 100);
}

TEST_F(ReservationTest, ExpiresOnTheStrokeForGood) {
  OpenWithAnn(kRules);
  const absl::Time expire = clock_.Now() + absl::Hours(2);
  Held(HoldUntil(HoldPoints("r1", "o1", 300), expire));
  Held(HoldUntil(HoldPoints("r2", "o2", 100), expire));
  clock_.Set(expire - absl::Microseconds(1));
  EXPECT_EQ(StateOf("r1"), v1::Reservation::OPEN);
  EXPECT_EQ(CommitOf("r1"), "OK");
  clock_.Set(expire);
  EXPECT_EQ(StateOf("r2"), v1::Reservation::EXPIRED);
  EXPECT_EQ(CommitOf("r2"), "RESERVATION_EXPIRED");
  EXPECT_EQ(CancelOf("r2"), "RESERVATION_EXPIRED");
  ASSERT_TRUE(shop_.ExpireAll(program_).ok());
  EXPECT_EQ(Ann().held(), 0);
  EXPECT_EQ(CommitOf("r2"), "RESERVATION_EXPIRED");
  EXPECT_EQ(CommitOf("r1"), "OK");
}

TEST_F(ReservationTest, GivesExpiredPointsTheirGrace) {
  OpenWithAnn(kRules);
  Held(HoldUntil(HoldPoints("r1", "o1", 300),
                 clock_.Now() + absl::Hours(24 * 12)));
  clock_.Advance(absl::Hours(24 * 13));
  ASSERT_TRUE(shop_.ExpireAll(program_).ok());
  EXPECT_EQ(Ann().available(), 300);
  clock_.Advance(absl::Hours(24 * 5));
  ASSERT_TRUE(shop_.ExpireAll(program_).ok());
  EXPECT_EQ(Ann().available(), 0);
}

TEST_F(ReservationTest, ExpiresInBatchesHoweverLongTheServerWasAway) {
  OpenWithAnn(kRules);
  for (int i = 0; i < 7; ++i) {
    Held(HoldPoints(absl::StrCat("r", i), absl::StrCat("o", i), 10));
  }
  clock_.Advance(absl::Hours(24 * 40));
  WorkOffDueInput input{.program = program_, .max_members = 3};
  for (int steps = 0; steps < 3; ++steps) {
    const auto reply = shop_.Expire(input);
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_TRUE(reply->more);
  }
  EXPECT_EQ(Ann().held(), 0);
  EXPECT_EQ(StateOf("r6"), v1::Reservation::EXPIRED);
}

TEST_F(ReservationTest, EndsWhileOldSalesAreImported) {
  OpenWithAnn(kRules);
  Held(HoldPoints("r1", "o1", 300));
  clock_.Advance(absl::Minutes(20));
  v1::CommitOrderRequest old = SaleRequest("old", "", {1000});
  *old.mutable_order()->mutable_placed_time() =
      ToTimestamp(clock_.Now() - absl::Hours(24 * 300));
  ASSERT_TRUE(shop_.Commit(old).ok());
  ASSERT_TRUE(shop_.ExpireAll(program_).ok());
  EXPECT_EQ(Ann().available(), 500);
}

TEST_F(ReservationTest, TheSameCallAgainGetsTheFirstReply) {
  OpenWithAnn(kRules);
  const auto held = Held(HoldPoints("r1", "o1", 300));
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(shop_.ExpireAll(program_).ok());
  const Contents before = shop_.All();
  EXPECT_EQ(Held(HoldPoints("r1", "o1", 300)).SerializeAsString(),
            held.SerializeAsString());
  EXPECT_EQ(NameOf(shop_.Hold(HoldPoints("r1", "o1", 200)).status()),
            "REQUEST_ID_REUSED");
  EXPECT_EQ(shop_.All(), before);
}

TEST_F(ReservationTest, TheSecondReservationOfAnOrderFindsItCommitted) {
  OpenWithAnn(kRules);
  Held(HoldPoints("r1", "o1", 100));
  Held(HoldPoints("r2", "o1", 200));
  const v1::CommitOrderResponse first = Committed("r2");
  const Contents before = shop_.All();
  EXPECT_EQ(CommitOf("r1"), "ORDER_EXISTS");
  EXPECT_EQ(NameOf(shop_.Hold(HoldPoints("r3", "o1", 1)).status()),
            "ORDER_EXISTS");
  EXPECT_EQ(Committed("r2").SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(NameOf(shop_.Commit(SaleRequest("o1", "ann", {2000})).status()),
            "REQUEST_ID_REUSED");
  EXPECT_EQ(shop_.All(), before);
  EXPECT_EQ(StateOf("r1"), v1::Reservation::OPEN);
  EXPECT_EQ(CancelOf("r1"), "OK");
  EXPECT_EQ(CancelOf("r2"), "RESERVATION_NOT_OPEN");
}

TEST_F(ReservationTest, SetsACodesOnlyUseAside) {
  OpenWithAnn(kCodes);
  v1::CommitOrderRequest first = SaleRequest("o0", "ann", {1000});
  first.mutable_order()->set_channel("pos");
  const auto sold = shop_.Commit(first);
  ASSERT_TRUE(sold.ok()) << sold.status();
  v1::CommitOrderRequest with_code = SaleRequest("o1", "", {5000});
  with_code.mutable_order()->add_codes(sold->issued_codes(0).code());
  EXPECT_EQ(Held(HoldRequest("r1", with_code)).quote().discount_minor(), 1000);
  v1::CommitOrderRequest other = with_code;
  other.mutable_order()->set_order_id("o2");
  EXPECT_EQ(NameOf(shop_.Commit(other).status()), "CODE_USED");
  EXPECT_EQ(CancelOf("r1"), "OK");
  EXPECT_EQ(Held(HoldRequest("r2", with_code)).quote().discount_minor(), 1000);
  EXPECT_EQ(Committed("r2").quote().discount_minor(), 1000);
  EXPECT_EQ(NameOf(shop_.Commit(other).status()), "CODE_USED");
  ASSERT_TRUE(shop_.Refund(RefundRequest("o1", "f1")).ok());
  EXPECT_TRUE(shop_.Commit(other).ok());
}

TEST_F(ReservationTest, IsOutOfReachOfWhoHoldsPoints) {
  OpenWithAnn(kRules);
  Held(HoldPoints("r1", "o1", 300));
  for (const char* id : {"reservation r1", "r1"}) {
    v1::ReleaseHoldRequest release;
    release.set_program_id(program_.text());
    release.set_request_id(absl::StrCat("release-", std::string(id).size()));
    release.set_hold_id(id);
    EXPECT_FALSE(shop_.Post(release).ok());
  }
  v1::ListLotsRequest list;
  list.set_program_id(program_.text());
  list.set_member_id("ann");
  const auto lots = shop_.Ask(ListLots, list);
  ASSERT_TRUE(lots.ok()) << lots.status();
  ASSERT_EQ(lots->holds_size(), 1);
  EXPECT_EQ(lots->holds(0).points(), 300);
  EXPECT_EQ(lots->holds(0).state(), v1::Hold::OPEN);
}

TEST_F(ReservationTest, KeepsNoFactsOfTheMemberOnceItIsOver) {
  OpenWithAnn(kRules);
  Held(HoldPoints("r1", "o1", 100));
  Held(HoldPoints("r2", "o2", 100));
  Committed("r1");
  ASSERT_EQ(CancelOf("r2"), "OK");
  for (const char* id : {"r1", "r2"}) {
    const auto record =
        LoadReservation(*shop_.GetSnapshot(), program_, ReservationId(id));
    ASSERT_TRUE(record.ok()) << record.status();
    EXPECT_FALSE(record->order().has_facts());
    EXPECT_TRUE(record->order().limits_used().empty());
  }
}

TEST_F(ReservationTest, RefusesWhatCannotBeHeld) {
  OpenWithAnn(kRules);
  const auto refused = [&](const v1::HoldOrderRequest& request) {
    const Contents before = shop_.All();
    const std::string name = NameOf(shop_.Hold(request).status());
    EXPECT_EQ(shop_.All(), before);
    return name;
  };
  v1::HoldOrderRequest placed = Hold("r1", "o1", 1000);
  *placed.mutable_order()->mutable_placed_time() = ToTimestamp(clock_.Now());
  EXPECT_EQ(refused(placed), "FIELD_INVALID order.placed_time");
  EXPECT_EQ(refused(Hold("r 1", "o1", 1000)), "FIELD_INVALID reservation_id");
  EXPECT_EQ(refused(Hold("r1", "", 1000)), "FIELD_INVALID order.order_id");
  EXPECT_EQ(refused(HoldPoints("r1", "o1", 501)), "INSUFFICIENT_POINTS");
  EXPECT_EQ(refused(HoldUntil(Hold("r1", "o1", 1000), clock_.Now())),
            "FIELD_INVALID expire_time");
  EXPECT_EQ(refused(HoldUntil(Hold("r1", "o1", 1000),
                              clock_.Now() + absl::Hours(24 * 31 + 1))),
            "FIELD_INVALID expire_time");
  EXPECT_EQ(CommitOf("r9"), "NOT_FOUND");
  EXPECT_EQ(CancelOf("r9"), "NOT_FOUND");
  v1::CommitOrderRequest both = SaleRequest("o1", "ann", {1000});
  both.set_reservation_id("r1");
  EXPECT_EQ(NameOf(shop_.Commit(both).status()),
            "FIELD_INVALID reservation_id");
}

}  // namespace
}  // namespace pistis
