// Random sales, reservations, cancellations, expiries, returns and visits
// against a naive count of what replies say was given: no budget is ever
// overspent, and what is stored is what was given.
// PISTIS_TEST_SEED=n repeats a run.
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/queries.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/order/order.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr int kSteps = 250;
constexpr int64_t kShare = 20;  // 1 in so many
constexpr int64_t kStores = 700;
constexpr int64_t kWeek = 1500;
constexpr int64_t kPoints = 400;
constexpr int64_t kNamed = 2500;
constexpr int kNamedTimes = 20;

constexpr absl::string_view kRules = R"(
points: {value: "0.01"}
budgets:
  - {id: share, per: program, max_discount: "5%"}
  - {id: stores, per: store, window: day, max_discount: "7.00"}
  - {id: week, per: member, window: 7d, max_discount: "15.00", max_points: 400}
  - {id: named, per: program, window: month, max_discount: "25.00", max_times: 20}
rules:
  - {id: ten, priority: 300, discount: {percent: "10%"}}
  - {id: three, discount: {amount: "3.00"}, budget: named}
  - {id: base, earn: {points: 2, per: "1.00"}}
  - {id: double, when: order.channel == "web", earn: {multiply: "2"}}
  - {id: visit, on: visit, earn: {points: 25}}
)";

// What one order, reservation or visit was given.
struct Given {
  absl::CivilDay day;
  std::string member;
  std::string store;
  int64_t discount = 0;
  int64_t named = 0;
  int64_t points = 0;
  // Zero while it is held.
  int64_t sales = 0;
  absl::Time expire = absl::InfiniteFuture();
};

class RandomBudgets {
 public:
  explicit RandomBudgets(uint64_t seed) : random_(seed) {
    OpenWith(kRules, shop_);
    for (const std::string member : {"ann", "ben"})
      EXPECT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
  }

  void Step() {
    clock_.Advance(absl::Minutes(Below(500)));
    EXPECT_TRUE(shop_.ExpireAll(ProgramId(kShop)).ok());
    for (auto held = held_.begin(); held != held_.end();) {
      held = held->second.expire <= clock_.Now() ? held_.erase(held)
                                                 : std::next(held);
    }
    const int kind = Below(20);
    if (kind < 9) {
      Sell();
    } else if (kind < 13) {
      Hold();
    } else if (kind < 15) {
      Capture();
    } else if (kind < 16) {
      Cancel();
    } else if (kind < 18) {
      Return();
    } else {
      Visit();
    }
    ExpectNoneIsOverspent();
  }

  void ExpectSound() const {
    EXPECT_EQ(Audit(shop_, ProgramId(kShop)), std::vector<std::string>());
  }
  // That there was more demand than the budgets allowed.
  void ExpectCutSomething() const { EXPECT_GT(cuts_, 5); }

 private:
  int Below(int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random_);
  }

  v1::Order RandomOrder() {
    static const std::vector<std::string> kMembers = {"ann", "ben", ""};
    v1::CommitOrderRequest sale = SaleRequest(
        absl::StrCat("o", ++orders_), kMembers[static_cast<size_t>(Below(3))],
        {Below(3000), Below(3000) + 1});
    v1::Order order = sale.order();
    order.set_store_id(absl::StrCat("s", Below(2)));
    order.set_channel(Below(2) == 0 ? "web" : "pos");
    if (!order.member_id().empty() && Below(4) == 0) {
      order.mutable_redeem()->set_all(true);
    }
    return order;
  }

  Given GivenBy(const v1::Order& order, const v1::Quote& quote) {
    Given given{.day = absl::ToCivilDay(clock_.Now(), Athens()),
                .member = order.member_id(),
                .store = order.store_id()};
    given.discount = quote.discount_minor();
    for (const v1::AppliedDiscount& discount : quote.discounts()) {
      if (discount.rule_id() == "three") given.named = discount.amount_minor();
    }
    given.points = quote.points_earned();
    cuts_ += quote.caps_size();
    ExpectShareKept(given.discount);
    return given;
  }

  // What is given is a part of what was sold before.
  void ExpectShareKept(int64_t discount) const {
    int64_t given = discount;
    int64_t sales = 0;
    for (const auto* all : {&sold_, &held_}) {
      for (const auto& [id, other] : *all) {
        given += other.discount;
        sales += other.sales;
      }
    }
    EXPECT_TRUE(discount == 0 || given <= sales / kShare) << given;
  }

  static int64_t SalesOf(const v1::Quote& quote) {
    return quote.subtotal_minor() - quote.discount_minor();
  }

  void Sell() {
    const v1::Order order = RandomOrder();
    v1::CommitOrderRequest request;
    request.set_program_id(std::string(kShop));
    *request.mutable_order() = order;
    const auto sold = shop_.Commit(request);
    ASSERT_TRUE(sold.ok()) << sold.status();
    Given given = GivenBy(order, sold->quote());
    given.sales = SalesOf(sold->quote());
    sold_[order.order_id()] = given;
  }

  void Hold() {
    const v1::Order order = RandomOrder();
    v1::HoldOrderRequest request;
    request.set_program_id(std::string(kShop));
    request.set_reservation_id(absl::StrCat("r-", order.order_id()));
    *request.mutable_order() = order;
    const auto held = shop_.Hold(request);
    ASSERT_TRUE(held.ok()) << held.status();
    Given given = GivenBy(order, held->quote());
    given.expire =
        absl::FromUnixSeconds(held->reservation().expire_time().seconds());
    held_[order.order_id()] = given;
  }

  void Capture() {
    if (held_.empty()) return;
    const auto held = held_.begin();
    v1::CommitOrderRequest request;
    request.set_program_id(std::string(kShop));
    request.set_reservation_id(absl::StrCat("r-", held->first));
    const auto sold = shop_.Commit(request);
    ASSERT_TRUE(sold.ok()) << sold.status();
    Given given = held->second;
    EXPECT_EQ(sold->quote().discount_minor(), given.discount);
    EXPECT_EQ(sold->quote().points_earned(), given.points);
    given.sales = SalesOf(sold->quote());
    given.expire = absl::InfiniteFuture();
    sold_[held->first] = given;
    held_.erase(held);
  }

  void Cancel() {
    if (held_.empty()) return;
    v1::CancelReservationRequest request;
    request.set_program_id(std::string(kShop));
    request.set_reservation_id(absl::StrCat("r-", held_.begin()->first));
    const auto cancelled = shop_.Cancel(request);
    ASSERT_TRUE(cancelled.ok()) << cancelled.status();
    held_.erase(held_.begin());
  }

  // In two parts; what the first gives back is not counted before the second.
  void Return() {
    if (sold_.empty()) return;
    auto order = sold_.begin();
    std::advance(order, Below(static_cast<int>(sold_.size())));
    if (order->second.store.empty()) return;
    v1::RefundOrderRequest part =
        RefundRequest(order->first, absl::StrCat("part-", order->first));
    v1::RefundLine* line = part.add_lines();
    line->set_line_id("l2");
    line->set_amount_minor(1);
    ASSERT_TRUE(shop_.Refund(part).ok());
    const auto rest = shop_.Refund(
        RefundRequest(order->first, absl::StrCat("rest-", order->first)));
    ASSERT_TRUE(rest.ok()) << rest.status();
    EXPECT_TRUE(rest->whole());
    sold_.erase(order);
  }

  void Visit() {
    v1::RecordActivityRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id(absl::StrCat("v", ++visits_));
    request.set_member_id(Below(2) == 0 ? "ann" : "ben");
    request.set_name("visit");
    const auto seen = shop_.Act(request);
    ASSERT_TRUE(seen.ok()) << seen.status();
    Given given{.day = absl::ToCivilDay(clock_.Now(), Athens()),
                .member = request.member_id()};
    for (const v1::EarnedPoints& earned : seen->earned())
      given.points += earned.points();
    sold_[absl::StrCat("visit", visits_)] = given;
  }

  void ExpectNoneIsOverspent() const {
    std::map<std::string, int64_t> by_store;
    std::map<absl::CivilMonth, int64_t> by_month;
    std::map<absl::CivilMonth, int> times;
    std::map<std::string, std::map<absl::CivilDay, Given>> by_member;
    for (const auto* all : {&sold_, &held_}) {
      for (const auto& [id, given] : *all) {
        by_store[absl::StrCat(given.store, "/",
                              absl::FormatCivilTime(given.day))] +=
            given.discount;
        by_month[absl::CivilMonth(given.day)] += given.named;
        times[absl::CivilMonth(given.day)] += given.named > 0 ? 1 : 0;
        Given& day = by_member[given.member][given.day];
        day.discount += given.discount;
        day.points += given.points;
      }
    }
    for (const auto& [store, spent] : by_store)
      EXPECT_LE(spent, kStores) << store;
    for (const auto& [month, spent] : by_month)
      EXPECT_LE(spent, kNamed);
    for (const auto& [month, spent] : times)
      EXPECT_LE(spent, kNamedTimes);
    by_member.erase("");
    for (const auto& [member, days] : by_member) {
      for (const auto& [last, of_last] : days) {
        int64_t discount = 0;
        int64_t points = 0;
        for (const auto& [day, given] : days) {
          if (day > last || last - day >= 7) continue;
          discount += given.discount;
          points += given.points;
        }
        EXPECT_LE(discount, kWeek) << member;
        EXPECT_LE(points, kPoints) << member;
      }
    }
  }

  std::mt19937_64 random_;
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00", Athens())};
  TestShop shop_{store_, clock_};
  int orders_ = 0;
  int visits_ = 0;
  int cuts_ = 0;
  // By order; those of which something is left, and those that are held.
  std::map<std::string, Given> sold_;
  std::map<std::string, Given> held_;
};

TEST(RandomBudgetsTest, AreNeverOverspentAndGivenBackOnce) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed));
  for (int run = 0; run < 4; ++run) {
    RandomBudgets budgets(seed + static_cast<uint64_t>(run));
    for (int i = 0; i < kSteps; ++i) {
      budgets.Step();
      if (i % 50 == 0) budgets.ExpectSound();
      if (testing::Test::HasFailure()) return;
    }
    budgets.ExpectSound();
    budgets.ExpectCutSomething();
  }
}

}  // namespace
}  // namespace pistis
