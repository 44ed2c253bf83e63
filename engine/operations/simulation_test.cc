// What a simulation says of rulebooks that differ.
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/store/v1/refund_records.pb.h"

#include "engine/operations/simulation_trial_test.h"
#include "engine/operations/testing.h"
#include "engine/order/order.h"
#include "engine/storage/keys.h"
#include "engine/storage/memory/memory_store.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

// A point a euro, and what each test adds.
std::string Rules(absl::string_view more, int points = 1) {
  return absl::StrCat(
      "points: {value: \"0.01\", redeem: {minimum: 10}}\n"
      "rules:\n  - {id: base, earn: {points: ",
      points, ", per: \"1.00\"}}\n", more);
}

// Ann and Ben, who buy on the days that a test names.
class TwoMembers {
 public:
  explicit TwoMembers(absl::string_view rules) {
    OpenWith(rules, shop_);
    for (const char* member : {"ann", "ben"})
      EXPECT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
  }

  v1::CommitOrderResponse Sell(v1::CommitOrderRequest request) {
    clock_.Advance(absl::Hours(24));
    const auto sold = shop_.Commit(request);
    EXPECT_TRUE(sold.ok()) << sold.status();
    return sold.value_or(v1::CommitOrderResponse());
  }
  void Return(const v1::RefundOrderRequest& request) {
    clock_.Advance(absl::Hours(24));
    const auto refunded = shop_.Refund(request);
    EXPECT_TRUE(refunded.ok()) << refunded.status();
  }

  [[nodiscard]] v1::SimulationReport Against(absl::string_view rules) const {
    return Report(Trial(shop_).Against(rules));
  }
  [[nodiscard]] static v1::SimulationReport Report(const Trial& trial) {
    const auto report = trial.Run();
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(v1::SimulationReport());
  }

  void PassDays(int days) { clock_.Advance(absl::Hours(24 * days)); }
  // As a refund of old was stored.
  void ForgetPartsOf(const std::string& refund) {
    const std::string key = RefundKey(ProgramId(kShop), RefundId(refund));
    store::v1::RefundRecord record;
    EXPECT_TRUE(record.ParseFromString(shop_.All().at(key)));
    record.clear_parts();
    record.clear_rest();
    EXPECT_TRUE(CommitAll(store_, {{key, record.SerializeAsString()}}).ok());
  }

  TestShop& shop() { return shop_; }

 private:
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-01 10:00")};
  TestShop shop_{store_, clock_};
};

v1::CommitOrderRequest Paying(v1::CommitOrderRequest request, int64_t points) {
  request.mutable_order()->mutable_redeem()->set_points(points);
  return request;
}

TEST(SimulationTest, TwiceThePointsAreTwiceThePoints) {
  TwoMembers past(Rules(""));
  past.Sell(SaleRequest("o1", "ann", {2000, 550}));
  past.Sell(SaleRequest("o2", "ben", {1000}));
  past.Sell(SaleRequest("o3", "", {700}));
  past.Return(RefundRequest("o2", "r2"));
  const v1::SimulationReport report = past.Against(Rules("", 2));
  EXPECT_EQ(report.current().points_issued(), 25);
  EXPECT_EQ(report.candidate().points_issued(), 50);
  EXPECT_EQ(report.difference().points_issued(), 25);
  EXPECT_EQ(report.difference().issued_worth_minor(), 25);
  EXPECT_EQ(report.difference().discount_minor(), 0);
  EXPECT_EQ(report.current().net_sales_minor(), 3250);
  ASSERT_EQ(report.rules_size(), 1);
  EXPECT_EQ(report.rules(0).rule_id(), "base");
  EXPECT_EQ(report.rules(0).difference().points(), 35);
  ASSERT_EQ(report.winners_size(), 1);
  EXPECT_EQ(report.winners(0).member_id(), "ann");
  EXPECT_EQ(report.winners(0).difference_minor(), 25);
  EXPECT_EQ(report.members_who_lose(), 0);
  EXPECT_EQ(report.current_version(), 1);
  EXPECT_EQ(report.candidate_version(), 0);
}

// Nobody noticed the four anniversaries between an imported sale and its
// import: the simulated shop notices none either.
TEST(SimulationTest, TimeThatAnImportPassedOverSetsNothingOff) {
  MemoryStore store;
  FakeClock clock{TimeAt("2026-01-01 10:00")};
  TestShop shop{store, clock};
  OpenWith(Rules("  - {id: years, on: member.years, earn: {points: 100}}\n"),
           shop);
  v1::CreateMemberRequest zoe = MemberRequest("zoe");
  *zoe.mutable_member()->mutable_joined_time() =
      ToTimestamp(TimeAt("2021-05-01"));
  ASSERT_TRUE(shop.Enrol(zoe).ok());
  v1::CommitOrderRequest old = SaleRequest("o1", "zoe", {2000});
  *old.mutable_order()->mutable_placed_time() =
      ToTimestamp(TimeAt("2021-06-01"));
  ASSERT_TRUE(shop.Commit(old).ok());
  clock.Advance(absl::Hours(24));
  ASSERT_TRUE(shop.Expire({.program = ProgramId(kShop)}).ok());
  v1::GetAccountRequest account;
  account.set_program_id(std::string(kShop));
  account.set_member_id("zoe");
  EXPECT_EQ(shop.Ask(GetAccount, account)->available(), 20);
  const auto report = Trial(shop).Against(Rules("")).Run();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->current().points_issued(), 20);
}

TEST(SimulationTest, PointsThatAMemberDoesNotHaveAreNotRedeemed) {
  TwoMembers past(Rules("", 2));
  past.Sell(SaleRequest("o1", "ann", {2000}));
  past.Sell(Paying(SaleRequest("o2", "ann", {2000}), 40));
  const v1::SimulationReport report = past.Against(Rules("", 1));
  EXPECT_EQ(report.current().points_redeemed(), 40);
  EXPECT_EQ(report.candidate().points_redeemed(), 20);
  EXPECT_EQ(report.current().redemptions_cut(), 0);
  EXPECT_EQ(report.candidate().redemptions_cut(), 1);
  EXPECT_EQ(report.candidate().redemption_points_cut(), 20);
  ASSERT_EQ(report.losers_size(), 1);
  EXPECT_EQ(report.losers(0).member_id(), "ann");
}

constexpr absl::string_view kCodes = R"(
  - {id: thanks, when: order.subtotal >= amount("10.00"), issue_code: off}
codes:
  - {id: off, discount: {amount: "1.00"}}
)";

TEST(SimulationTest, ACodeThatARulebookDoesNotIssueIsLeftOut) {
  TwoMembers past(Rules(kCodes));
  const auto first = past.Sell(SaleRequest("o1", "ann", {1000}));
  ASSERT_EQ(first.issued_codes_size(), 1);
  v1::CommitOrderRequest typed = SaleRequest("o2", "ann", {900});
  typed.mutable_order()->add_codes(first.issued_codes(0).code());
  past.Sell(typed);
  const v1::SimulationReport report = past.Against(Rules(""));
  EXPECT_EQ(report.current().discount_minor(), 100);
  EXPECT_EQ(report.candidate().discount_minor(), 0);
  EXPECT_EQ(report.candidate().codes_left_out(), 1);
  ASSERT_EQ(report.refusals_size(), 1);
  EXPECT_EQ(report.refusals(0).kind(), v1::SimulatedRefusal::CODE);
  EXPECT_EQ(report.refusals(0).reason(), "CODE_NOT_FOUND");
  EXPECT_EQ(report.refusals(0).candidate(), 1);
}

TEST(SimulationTest, AWordIsTypedWhereTheRulebookHasIt) {
  TwoMembers past(Rules(R"(
codes:
  - {id: hello, word: HELLO, discount: {amount: "1.00"}, uses_per_member: 1, on_return: kept}
)"));
  v1::CommitOrderRequest typed = SaleRequest("o1", "ann", {1000});
  typed.mutable_order()->add_codes("hello");
  past.Sell(typed);
  const v1::SimulationReport other = past.Against(Rules(R"(
codes:
  - {id: hi, word: HE-LLO, discount: {amount: "2.00"}}
)"));
  EXPECT_EQ(other.current().codes_used(), 1);
  EXPECT_EQ(other.current().discount_minor(), 100);
  EXPECT_EQ(other.candidate().codes_used(), 1);
  EXPECT_EQ(other.candidate().discount_minor(), 200);
  const v1::SimulationReport without = past.Against(Rules(""));
  EXPECT_EQ(without.candidate().codes_left_out(), 1);
}

TEST(SimulationTest, ACodeIsTheSameUnderAnotherSpelling) {
  TwoMembers past(Rules(kCodes));
  const auto first = past.Sell(SaleRequest("o1", "ann", {1000}));
  v1::CommitOrderRequest typed = SaleRequest("o2", "ann", {900});
  typed.mutable_order()->add_codes(first.issued_codes(0).code());
  past.Sell(typed);
  const v1::SimulationReport report = past.Against(Rules(R"(
  - {id: thanks, when: order.subtotal >= amount("10.00"), issue_code: off}
codes:
  - {id: off, discount: {amount: "2.00"}, format: {prefix: NEW, symbols: 16}}
)"));
  EXPECT_EQ(report.candidate().discount_minor(), 200);
  EXPECT_EQ(report.candidate().codes_used(), 1);
  EXPECT_EQ(report.candidate().codes_left_out(), 0);
}

TEST(SimulationTest, WhoWasThereBeforeBeginsAsTheFirstOrderOfThePeriodFound) {
  TwoMembers past(Rules(kCodes));
  const auto first = past.Sell(SaleRequest("o1", "ann", {5000}));
  v1::CommitOrderRequest typed = Paying(SaleRequest("o2", "ann", {900}), 30);
  typed.mutable_order()->add_codes(first.issued_codes(0).code());
  past.Sell(typed);
  past.Return(RefundRequest("o1", "r1"));
  Trial trial(past.shop());
  trial.Against(Rules(kCodes));
  *trial.request().mutable_from_time() =
      ToTimestamp(TimeAt("2026-01-03 00:00", Athens()));
  const v1::SimulationReport report = TwoMembers::Report(trial);
  EXPECT_EQ(report.history().orders(), 1);
  EXPECT_EQ(report.history().known_before(), 1);
  EXPECT_EQ(report.history().refunds_of_earlier_orders(), 1);
  EXPECT_EQ(report.current().members(), 1);
  EXPECT_EQ(report.current().points_brought(), 50);
  EXPECT_EQ(report.current().points_redeemed(), 30);
  // The code was issued before, and belongs to both.
  EXPECT_EQ(report.current().discount_minor(), 100);
  ExpectNoDifference(report);
}

TEST(SimulationTest, BirthdaysComeAlsoWhereNobodyBuys) {
  TwoMembers past(Rules(""));
  v1::CreateMemberRequest cleo = MemberRequest("cleo");
  cleo.mutable_member()->set_birthday("1990-03-10");
  ASSERT_TRUE(past.shop().Enrol(cleo).ok());
  past.Sell(SaleRequest("o1", "cleo", {1000}));
  past.PassDays(150);
  past.Sell(SaleRequest("o2", "ann", {1000}));
  const v1::SimulationReport report = past.Against(Rules(R"(
  - {id: birthday, on: member.birthday, earn: {points: 50}}
)"));
  EXPECT_EQ(report.current().points_issued(), 20);
  EXPECT_EQ(report.candidate().points_issued(), 70);
}

TEST(SimulationTest, OrdersThatARulebookRefusesAreCountedByReason) {
  TwoMembers past(Rules(""));
  past.Sell(SaleRequest("o1", "ann", {1000}));
  past.Return(RefundRequest("o1", "r1"));
  const v1::SimulationReport report = past.Against(R"(
margin: {unknown_cost: {assume: "90%"}, order: {max_share_of_margin: "10%"}, on_exceed: refuse}
rules:
  - {id: half, discount: {percent: "50%"}}
)");
  EXPECT_EQ(report.candidate().orders(), 0);
  ASSERT_EQ(report.refusals_size(), 2);
  EXPECT_EQ(report.refusals(0).kind(), v1::SimulatedRefusal::ORDER);
  EXPECT_EQ(report.refusals(0).reason(), "MARGIN_CAP");
  EXPECT_EQ(report.refusals(0).current(), 0);
  EXPECT_EQ(report.refusals(0).candidate(), 1);
  EXPECT_EQ(report.refusals(1).kind(), v1::SimulatedRefusal::REFUND);
  EXPECT_EQ(report.refusals(1).reason(), "NOT_FOUND");
}

TEST(SimulationTest, PointsThatCommandsMovedAreCountedAsLeftOut) {
  TwoMembers past(Rules(""));
  v1::EarnPointsRequest earn;
  earn.set_program_id(std::string(kShop));
  earn.set_request_id("e1");
  earn.set_member_id("ann");
  earn.set_points(100);
  ASSERT_TRUE(past.shop().Post(earn).ok());
  const v1::SimulationReport report = past.Against(Rules(""));
  EXPECT_EQ(report.history().other_postings(), 1);
  EXPECT_EQ(report.current().points_issued(), 0);
}

TEST(SimulationTest, AnOrderThatWasHeldIsSoldWhenItWasCommitted) {
  TwoMembers trade(Rules(""));
  trade.Sell(SaleRequest("o1", "ann", {5000}));
  for (const char* id : {"r1", "r2"}) {
    v1::HoldOrderRequest hold = HoldRequest(
        id, SaleRequest(absl::StrCat("order-of-", id), "ann", {2000}));
    hold.mutable_order()->mutable_redeem()->set_points(20);
    ASSERT_TRUE(trade.shop().Hold(hold).ok());
  }
  ASSERT_TRUE(trade.shop().Commit(CommitRequest("r1")).ok());
  ASSERT_TRUE(trade.shop().Cancel(CancelRequest("r2")).ok());
  const v1::SimulationReport report = trade.Against(Rules(""));
  EXPECT_EQ(report.history().orders(), 2);
  EXPECT_EQ(report.history().other_postings(), 0);
  ExpectNoDifference(report);
}

TEST(SimulationTest, RequestsThatMakeNoSenseAreRefusedByName) {
  TwoMembers past(Rules(""));
  const auto refusal = [&](auto change) {
    Trial trial(past.shop());
    trial.Against(Rules(""));
    change(trial.request());
    return NameOf(trial.Run().status());
  };
  EXPECT_EQ(refusal([](auto& request) { request.clear_candidate(); }),
            "FIELD_INVALID candidate");
  EXPECT_EQ(refusal([](auto& request) { request.set_yaml("rules: 7"); }),
            "RULEBOOK_INVALID");
  EXPECT_EQ(refusal([](auto& request) { request.set_version(9); }),
            "NOT_FOUND");
  EXPECT_EQ(refusal([](auto& request) { request.set_current_version(-1); }),
            "FIELD_INVALID current_version");
  EXPECT_EQ(refusal([](auto& request) { request.set_program_id("nowhere"); }),
            "NOT_FOUND");
  EXPECT_EQ(refusal([](auto& request) {
              *request.mutable_from_time() = ToTimestamp(TimeAt("2026-02-01"));
              *request.mutable_to_time() = ToTimestamp(TimeAt("2026-01-01"));
            }),
            "FIELD_INVALID to_time");
  EXPECT_EQ(refusal([](auto& request) {
              std::string other = request.yaml();
              request.set_yaml(other.replace(other.find("EUR"), 3, "USD"));
            }),
            "FIELD_INVALID rulebook.currency");
}

TEST(SimulationTest, ARefundOfUnknownPartsIsCountedAsLeftOut) {
  TwoMembers past(Rules(""));
  past.Sell(SaleRequest("o1", "ann", {1000}));
  past.Return(RefundRequest("o1", "r1"));
  EXPECT_EQ(past.Against(Rules("")).history().refunds_untold(), 0);
  past.ForgetPartsOf("r1");
  const v1::SimulationReport report = past.Against(Rules(""));
  EXPECT_EQ(report.history().refunds_untold(), 1);
  EXPECT_EQ(report.current().refunds(), 0);
}

}  // namespace
}  // namespace pistis
