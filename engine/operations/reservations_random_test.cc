// Random holds, commits, cancels, expiries, sales and refunds under limits,
// budgets, codes and points: whatever happens, all that is stored agrees with a
// recount, and what was held and not committed leaves nothing behind.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/explain_order.h"
#include "engine/operations/reservations.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/order/order.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kRulebooks[] = {
    R"(
points: {value: "0.01", redeem: {minimum: 1}, expire: {after: 4d, refund_grace: 2d}}
margin: {unknown_cost: {assume: "60%"}, order: {max_discount: "40%"}}
budgets:
  - {id: day, per: program, window: day, max_discount: "20.00"}
  - {id: three, per: program, window: 3d, max_discount: "45.00", max_points: 400}
  - {id: share, per: store, window: month, max_discount: "30%"}
  - {id: once, per: rule, window: day, max_times: 4}
rules:
  - {id: base, earn: {points: 5, per: "1.00"}, budget: three}
  - {id: tenth, discount: {percent: "10%"}, limits: [{per: member, window: day, times: 3}], budget: day}
  - {id: web, when: order.channel == "web", discount: {amount: "2.00"}, limits: [{per: campaign, window: 2d, discount: "14.00"}], budget: once}
  - {id: thanks, when: order.subtotal >= amount("30.00"), issue_code: next, limits: [{per: campaign, window: day, times: 5}]}
codes:
  - {id: next, discount: {amount: "1.00"}, uses: 2, expires: 3d, limits: [{per: campaign, window: day, times: 4}]}
)",
    R"(
points: {value: "0.02", expire: {after_inactivity: 3d}, on_return: recompute}
budgets:
  - {id: day, per: member, window: day, max_discount: "9.00"}
  - {id: share, per: program, window: week, max_discount: "15%"}
rules:
  - {id: base, earn: {points: 3, per: "1.00"}}
  - {id: big, when: order.subtotal >= amount("25.00"), discount: {percent: "20%"}}
  - {id: more, earn: {multiply: "1.5"}, limits: [{per: member, window: 2d, times: 2}]}
)"};

class Checkout {
 public:
  explicit Checkout(uint64_t seed) : random_(seed) {
    OpenWith(kRulebooks[0], shop_);
    for (const char* member : {"ann", "ben"}) {
      EXPECT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
    }
  }

  // One random step; what it was.
  std::string Step() {
    clock_.Advance(absl::Minutes(Below(200)));
    const int kind = Below(100);
    if (kind < 25) return Sell();
    if (kind < 50) return Hold();
    if (kind < 65) return CommitHeld();
    if (kind < 75) return Cancel();
    if (kind < 85) return Expire();
    if (kind < 97) return Refund();
    return Publish();
  }

  // Holds many orders, and gives all of them back, one way or another.
  void HoldAndGiveBack() {
    const absl::Time until = clock_.Now() + absl::Hours(1);
    for (int i = 0; i < 12; ++i) {
      v1::HoldOrderRequest request = NextHold();
      *request.mutable_expire_time() = ToTimestamp(until);
      if (shop_.Hold(request).ok() && Chance(50)) {
        EXPECT_TRUE(shop_.Cancel(CancelRequest(request.reservation_id())).ok());
      }
    }
    clock_.Set(until);
    EXPECT_TRUE(shop_.ExpireAll(program_).ok());
  }

  // So that members have points that do not expire today.
  void SellSome() {
    for (int i = 0; i < 8; ++i)
      Sell();
  }

  // Works off all that is due, after which no reservation is open.
  void EndAll() {
    clock_.Advance(absl::Hours(24 * 32));
    EXPECT_TRUE(shop_.ExpireAll(program_).ok());
  }

  [[nodiscard]] std::vector<std::string> Findings() const {
    return Audit(shop_, program_);
  }

  // Codes, and what limits and budgets have counted, where that is not nothing.
  [[nodiscard]] Contents Counted() const {
    Contents counted;
    for (const auto& [key, value] : shop_.All()) {
      store::v1::LimitRecord sum;
      if (key[0] == 'C') counted.emplace(key, value);
      if (key[0] != 'L' || absl::StrContains(key, "rolling")) continue;
      EXPECT_TRUE(sum.ParseFromString(value));
      sum.clear_told_percent();
      if (sum.ByteSizeLong() > 0) counted.emplace(key, sum.SerializeAsString());
    }
    return counted;
  }

  [[nodiscard]] std::vector<int64_t> Balances() const {
    std::vector<int64_t> balances;
    for (const char* member : {"ann", "ben"}) {
      v1::GetAccountRequest request;
      request.set_program_id(program_.text());
      request.set_member_id(member);
      const auto account = shop_.Ask(GetAccount, request);
      EXPECT_TRUE(account.ok()) << account.status();
      balances.push_back(account->available());
      balances.push_back(account->held());
    }
    return balances;
  }

 private:
  int Below(int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random_);
  }
  bool Chance(int percent) { return Below(100) < percent; }
  template <typename T>
  const T& AnyOf(const std::vector<T>& all) {
    return all[static_cast<size_t>(Below(static_cast<int>(all.size())))];
  }

  v1::CommitOrderRequest NextSale() {
    const std::string member = Chance(20) ? "" : (Chance(60) ? "ann" : "ben");
    v1::CommitOrderRequest sale =
        SaleRequest(absl::StrCat("o", ++orders_), member,
                    {1 + Below(4000), 1 + Below(300)});
    v1::Order& order = *sale.mutable_order();
    if (Chance(40)) order.set_channel("web");
    order.set_store_id(Chance(50) ? "north" : "south");
    if (!member.empty() && Chance(40)) order.mutable_redeem()->set_all(true);
    if (!codes_.empty() && Chance(40)) order.add_codes(AnyOf(codes_));
    return sale;
  }

  v1::HoldOrderRequest NextHold() {
    v1::CommitOrderRequest sale = NextSale();
    // Now and then a second basket for the same order.
    if (!held_.empty() && Chance(10)) {
      sale.mutable_order()->set_order_id(AnyOf(held_).order().order_id());
    }
    v1::HoldOrderRequest request =
        HoldRequest(absl::StrCat("r", ++reservations_), sale);
    *request.mutable_expire_time() =
        ToTimestamp(clock_.Now() + absl::Minutes(1 + Below(3000)));
    return request;
  }

  void Keep(const std::string& order, const v1::CommitOrderResponse& reply) {
    sold_.push_back(order);
    for (const v1::IssuedCode& code : reply.issued_codes())
      codes_.push_back(code.code());
    v1::ExplainOrderRequest explain;
    explain.set_program_id(program_.text());
    explain.set_order_id(order);
    EXPECT_TRUE(shop_.Ask(ExplainOrder, explain).ok()) << order;
  }

  std::string Sell() {
    const v1::CommitOrderRequest sale = NextSale();
    const auto sold = shop_.Commit(sale);
    if (sold.ok()) Keep(sale.order().order_id(), *sold);
    return absl::StrCat("sell -> ", NameOf(sold.status()));
  }

  std::string Hold() {
    const v1::HoldOrderRequest request = NextHold();
    const Contents before = shop_.All();
    const auto held = shop_.Hold(request);
    if (held.ok()) {
      held_.push_back(request);
      EXPECT_EQ(shop_.Hold(request)->SerializeAsString(),
                held->SerializeAsString());
    } else {
      EXPECT_EQ(shop_.All(), before);
    }
    return absl::StrCat("hold ", request.ShortDebugString(), " -> ",
                        NameOf(held.status()));
  }

  v1::HeldOrder Show(const std::string& id) const {
    v1::GetReservationRequest request;
    request.set_program_id(program_.text());
    request.set_reservation_id(id);
    const auto shown = shop_.Ask(GetReservation, request);
    EXPECT_TRUE(shown.ok()) << shown.status();
    return shown.value_or(v1::HeldOrder());
  }

  // It is committed as quoted exactly if it was open, and its order not there.
  std::string CommitHeld() {
    if (held_.empty()) return "nothing is held";
    const v1::HoldOrderRequest& request = AnyOf(held_);
    const std::string& id = request.reservation_id();
    const std::string& order = request.order().order_id();
    const v1::HeldOrder shown = Show(id);
    const bool is_sold =
        std::find(sold_.begin(), sold_.end(), order) != sold_.end();
    const Contents before = shop_.All();
    const auto committed = shop_.Commit(CommitRequest(id));
    const std::string name = NameOf(committed.status());
    const v1::Reservation::State state = shown.reservation().state();
    if (state == v1::Reservation::OPEN) {
      EXPECT_EQ(name, is_sold ? "ORDER_EXISTS" : "OK");
    } else if (state == v1::Reservation::COMMITTED) {
      EXPECT_EQ(name, "OK");
      EXPECT_EQ(shop_.All(), before);
    } else {
      EXPECT_EQ(name, state == v1::Reservation::CANCELLED
                          ? "RESERVATION_NOT_OPEN"
                          : "RESERVATION_EXPIRED");
    }
    if (committed.ok()) {
      EXPECT_EQ(committed->quote().SerializeAsString(),
                shown.quote().SerializeAsString());
      if (!is_sold) Keep(order, *committed);
    } else {
      EXPECT_EQ(shop_.All(), before);
    }
    return absl::StrCat("commit ", id, " -> ", name);
  }

  std::string Cancel() {
    if (held_.empty()) return "nothing is held";
    const std::string id = AnyOf(held_).reservation_id();
    const auto state = Show(id).reservation().state();
    const std::string name = NameOf(shop_.Cancel(CancelRequest(id)).status());
    if (state == v1::Reservation::OPEN || state == v1::Reservation::CANCELLED) {
      EXPECT_EQ(name, "OK");
    } else {
      EXPECT_EQ(name, state == v1::Reservation::EXPIRED
                          ? "RESERVATION_EXPIRED"
                          : "RESERVATION_NOT_OPEN");
    }
    return absl::StrCat("cancel ", id, " -> ", name);
  }

  std::string Expire() {
    clock_.Advance(absl::Hours(Below(30)));
    if (Chance(30)) return "time passes";
    const auto reply = shop_.Expire(
        {.program = program_, .max_members = size_t(1 + Below(3))});
    EXPECT_TRUE(reply.ok()) << reply.status();
    return "expire";
  }

  std::string Refund() {
    if (sold_.empty()) return "nothing to refund";
    v1::RefundOrderRequest request =
        RefundRequest(AnyOf(sold_), absl::StrCat("f", ++refunds_));
    if (Chance(50)) {
      v1::RefundLine& part = *request.add_lines();
      part.set_line_id("l1");
      part.set_amount_minor(1 + Below(2000));
    }
    const auto refunded = shop_.Refund(request);
    return absl::StrCat("refund ", request.order_id(), " -> ",
                        NameOf(refunded.status()));
  }

  std::string Publish() {
    const auto published = shop_.Publish(
        RulebookRequest(absl::StrCat("publish-", ++published_),
                        kRulebooks[Below(std::size(kRulebooks))]));
    EXPECT_TRUE(published.ok()) << published.status();
    return "publish";
  }

  const ProgramId program_{kShop};
  std::mt19937_64 random_;
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  int orders_ = 0;
  int reservations_ = 0;
  int refunds_ = 0;
  int published_ = 1;
  std::vector<v1::HoldOrderRequest> held_;
  std::vector<std::string> sold_;
  std::vector<std::string> codes_;
};

TEST(ReservationRandomTest, AllThatIsStoredAgreesAfterEveryStep) {
  constexpr int kShops = 6;
  constexpr int kSteps = 150;
  const uint64_t seed = TestSeed();
  for (int i = 0; i < kShops; ++i) {
    SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed, ", shop ", i));
    Checkout checkout(seed + static_cast<uint64_t>(i));
    for (int step = 0; step < kSteps; ++step) {
      const std::string what = checkout.Step();
      ASSERT_EQ(checkout.Findings(), std::vector<std::string>())
          << "step " << step << ": " << what;
      if (testing::Test::HasFailure()) GTEST_FAIL() << what;
    }
    checkout.EndAll();
    ASSERT_EQ(checkout.Findings(), std::vector<std::string>());
  }
}

TEST(ReservationRandomTest, WhatComesToNothingLeavesNothingBehind) {
  const uint64_t seed = TestSeed();
  for (int i = 0; i < 6; ++i) {
    SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed, ", shop ", i));
    Checkout checkout(seed + 1000 + static_cast<uint64_t>(i));
    for (int step = 0; step < 60; ++step)
      checkout.Step();
    checkout.EndAll();
    checkout.SellSome();
    const Contents counted = checkout.Counted();
    const std::vector<int64_t> balances = checkout.Balances();
    checkout.HoldAndGiveBack();
    EXPECT_EQ(checkout.Counted(), counted);
    EXPECT_EQ(checkout.Balances(), balances);
    EXPECT_EQ(checkout.Findings(), std::vector<std::string>());
  }
}

}  // namespace
}  // namespace pistis
