// Random sales and refunds under several rulebooks: the report is what a naive
// reading of the orders comes to, wherever the fold stood and whatever it
// crashed in.
#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/margin_report.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/operations/testing_margins.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kRulebooks[] = {
    R"(
points: {value: "0.01", redeem: {step: 5}}
margin:
  unknown_cost: {assume: "70%"}
  category_cost: {drinks: "33.3%"}
  order: {max_discount: "20%"}
tiers:
  - {id: silver, qualify: {spend: "20.00"}}
rules:
  - {id: base, earn: {points: 7, per: "0.90"}}
  - {id: less, when: order.channel == "pos", earn: {multiply: "0.7"}}
  - {id: drinks, lines: line.category == "drinks", discount: {percent: "12.5%"}}
  - {id: loyal, when: member.orders >= 3, discount: {percent: "3.3%"}}
  - {id: send, discount: {shipping: {percent: "50%"}}}
  - {id: first, when: member.orders < 9, issue_code: next}
codes:
  - {id: next, discount: {amount: "0.77"}, uses: 2}
)",
    R"(
points: {value: "0.003", on_return: recompute}
tax: {prices_include_tax: false}
margin:
  unknown_cost: {refuse_discounts: true}
  order: {max_discount: "40%"}
  counts: {redeemed_points: false}
  excluded_categories: [gifts]
rules:
  - {id: base, earn: {points: 1, per: "0.07"}}
  - {id: off, discount: {percent: "9%"}}
  - {id: first, when: member.orders < 9, issue_code: next}
codes:
  - {id: next, discount: {percent: "50%"}}
)",
    R"(
points: {value: "0.05", redeem: {step: 3}}
rules:
  - {id: visit, earn: {points: 11}}
  - {id: set, discount: {buy: {quantity: 2}, get: {quantity: 1, percent: "33%"}}}
)"};

// What one day, or one store of it, came to.
struct NaiveSums {
  int64_t orders = 0;
  int64_t refunds = 0;
  int64_t sales = 0;
  int64_t returned = 0;
  int64_t discount = 0;
  int64_t redeemed = 0;
  int64_t points = 0;

  friend bool operator==(const NaiveSums&, const NaiveSums&) = default;
  friend std::ostream& operator<<(std::ostream& out, const NaiveSums& sums) {
    return out << "orders " << sums.orders << " refunds " << sums.refunds
               << " sales " << sums.sales << " returned " << sums.returned
               << " discount " << sums.discount << " redeemed " << sums.redeemed
               << " points " << sums.points;
  }
};

class NaiveReport {
 public:
  // What an order is worth now, by its record alone; `sign` takes it away.
  void AddLeft(const std::string& day, const std::string& store,
               const store::v1::OrderRecord& record, int sign) {
    v1::Order order;
    EXPECT_TRUE(order.ParseFromString(record.order()));
    const bool whole = record.refunded().whole();
    NaiveSums left;
    for (int i = 0; i < record.lines_size(); ++i) {
      const store::v1::OrderLineRecord& line = record.lines(i);
      const v1::OrderLine& sold = order.lines(i);
      const auto gone = [&](int64_t amount) {
        const bool all = line.amount_minor() == 0
                             ? whole
                             : line.returned_minor() == line.amount_minor();
        if (all) return amount;
        return line.amount_minor() == 0
                   ? amount * line.returned_quantity() / line.quantity()
                   : amount * line.returned_minor() / line.amount_minor();
      };
      // The second rulebook's prices are without tax; its gifts are no sales.
      const bool on_top = record.rulebook_version() % 3 == 2;
      const int64_t net = sold.amount_minor() - (on_top ? 0 : sold.tax_minor());
      if (!on_top || sold.category() != "gifts") {
        left.sales += net - gone(net);
        left.returned += gone(net);
      }
      left.discount += line.discount_minor() - gone(line.discount_minor());
      left.redeemed += line.redeemed_minor() - gone(line.redeemed_minor());
    }
    if (!whole) left.discount += record.shipping_discount_minor();
    left.points =
        record.points_earned() - record.refunded().points_clawed_back();
    for (NaiveSums* sums : {&days[day], &stores[store], &all}) {
      sums->sales += sign * left.sales;
      sums->returned += sign * left.returned;
      sums->discount += sign * left.discount;
      sums->redeemed += sign * left.redeemed;
      sums->points += sign * left.points;
    }
  }
  void Count(const std::string& day, const std::string& store,
             int64_t NaiveSums::*what) {
    for (NaiveSums* sums : {&days[day], &stores[store], &all})
      ++(sums->*what);
  }

  std::map<std::string, NaiveSums> days;
  std::map<std::string, NaiveSums> stores;
  NaiveSums all;
};

NaiveSums FromReport(const v1::MarginSums& sums) {
  return {.orders = sums.orders(),
          .refunds = sums.refunds(),
          .sales = sums.sales_minor(),
          .returned = sums.returned_minor(),
          .discount = sums.line_discount_minor() + sums.order_discount_minor() +
                      sums.code_discount_minor() +
                      sums.shipping_discount_minor(),
          .redeemed = sums.redeemed_minor(),
          .points = sums.points_earned()};
}

class MarginTrade {
 public:
  explicit MarginTrade(uint64_t seed) : random_(seed) {
    OpenWith(kRulebooks[0], shop_);
    for (const char* member : {"ann", "ben"})
      EXPECT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
  }

  void Step() {
    // Over the whole year, both changes of the clocks in it.
    clock_.Advance(absl::Minutes(Below(1500)));
    const int kind = Below(100);
    if (kind < 60) {
      Sell();
    } else if (kind < 90) {
      Refund();
    } else if (kind < 93) {
      Publish();
    } else {
      Fold();
    }
  }

  void Check() {
    const auto reply = shop_.Ask(GetMarginReport,
                                 ReportRequest("2026-01-01", "2026-12-31", {}));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(FromReport(reply->sums()), naive_.all);
    std::map<std::string, NaiveSums> days;
    for (const v1::MarginRow& row : reply->days())
      days[row.day()] = FromReport(row.sums());
    EXPECT_EQ(days, naive_.days);
    std::map<std::string, NaiveSums> stores;
    for (const v1::MarginRow& row : reply->stores())
      stores[row.store_id()] = FromReport(row.sums());
    EXPECT_EQ(stores, naive_.stores);
    CheckRows(*reply);
    EXPECT_EQ(Audit(shop_, program_), std::vector<std::string>());
  }

  // The same sums from the beginning, in steps of so many commits.
  [[nodiscard]] Contents FoldedAnew(size_t max_commits) const {
    MemoryStore other;
    Contents contents = shop_.All();
    for (const auto& [key, value] : MarginsOf(store_))
      contents.erase(key);
    EXPECT_TRUE(CommitAll(other, contents).ok());
    const TestShop again(other, clock_);
    FoldAll(again, other, max_commits);
    return MarginsOf(other);
  }
  [[nodiscard]] Contents Folded() {
    FoldAll(shop_, store_);
    return MarginsOf(store_);
  }

 private:
  int Below(int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random_);
  }
  bool Chance(int percent) { return Below(100) < percent; }

  // Tiers and rules sum to the whole, categories but for the shipping.
  static void CheckRows(const v1::MarginReport& report) {
    int64_t shipping = report.sums().shipping_discount_minor();
    NaiveSums categories;
    for (const v1::MarginRow& row : report.categories()) {
      const NaiveSums sums = FromReport(row.sums());
      categories.sales += sums.sales;
      categories.discount += sums.discount;
      categories.points += sums.points;
    }
    EXPECT_EQ(categories.sales, report.sums().sales_minor());
    EXPECT_EQ(categories.points, report.sums().points_earned());
    NaiveSums rules;
    for (const v1::MarginRow& row : report.rules()) {
      const NaiveSums sums = FromReport(row.sums());
      rules.discount += sums.discount;
      rules.points += sums.points;
    }
    const NaiveSums all = FromReport(report.sums());
    EXPECT_EQ(categories.discount + shipping, all.discount);
    EXPECT_EQ(rules.discount, all.discount);
    EXPECT_EQ(rules.points, all.points);
    v1::MarginSums tiers;
    for (const v1::MarginRow& row : report.tiers()) {
      tiers.set_cost_minor(tiers.cost_minor() + row.sums().cost_minor());
      tiers.set_margin_after_minor(tiers.margin_after_minor() +
                                   row.sums().margin_after_minor());
    }
    EXPECT_EQ(tiers.cost_minor(), report.sums().cost_minor());
    EXPECT_EQ(tiers.margin_after_minor(), report.sums().margin_after_minor());
  }

  [[nodiscard]] store::v1::OrderRecord RecordOf(
      const std::string& order) const {
    auto record = GetExpectedRecord<store::v1::OrderRecord>(
        *shop_.GetSnapshot(), OrderKey(program_, OrderId(order)));
    EXPECT_TRUE(record.ok()) << record.status();
    return record.value_or(store::v1::OrderRecord());
  }
  [[nodiscard]] static std::string DayOf(absl::Time time) {
    return absl::FormatTime("%Y-%m-%d", time, Athens());
  }

  v1::CommitOrderRequest RandomSale() {
    const char* members[] = {"ann", "ben", ""};
    const std::string member = members[Below(3)];
    v1::CommitOrderRequest request =
        SaleRequest(absl::StrCat("o", ++orders_), member, {});
    v1::Order& order = *request.mutable_order();
    const char* categories[] = {"drinks", "gifts", ""};
    for (int i = Below(4); i >= 0; --i) {
      v1::OrderLine& line = *order.add_lines();
      line.set_line_id(absl::StrCat("l", i));
      line.set_quantity(1 + Below(4));
      line.set_amount_minor(Chance(10) ? Below(3) : Below(900));
      line.set_tax_minor(line.amount_minor() * Below(25) / 125);
      if (Chance(50)) line.set_cost_minor(Below(700));
      line.set_category(categories[Below(3)]);
    }
    order.set_store_id(absl::StrCat("s", Below(3)));
    if (Chance(50)) order.set_channel("pos");
    if (Chance(30)) order.set_shipping_minor(Below(500));
    if (!member.empty() && Chance(30)) order.mutable_redeem()->set_all(true);
    if (!codes_.empty() && Chance(40)) order.add_codes(codes_.back());
    if (Chance(20)) {
      *order.mutable_placed_time() =
          ToTimestamp(clock_.Now() - absl::Hours(Below(48)));
    }
    return request;
  }

  void Sell() {
    const v1::CommitOrderRequest request = RandomSale();
    const auto sold = shop_.Commit(request);
    if (!sold.ok()) return;
    for (const v1::IssuedCode& code : sold->issued_codes())
      codes_.push_back(code.code());
    const v1::Order& order = request.order();
    sold_.push_back(order);
    const store::v1::OrderRecord record = RecordOf(order.order_id());
    const std::string day =
        DayOf(order.has_placed_time()
                  ? absl::FromUnixSeconds(order.placed_time().seconds())
                  : absl::FromUnixMicros(record.effective_us()));
    naive_.AddLeft(day, order.store_id(), record, 1);
    naive_.Count(day, order.store_id(), &NaiveSums::orders);
  }

  void Refund() {
    if (sold_.empty()) return;
    const v1::Order& order =
        sold_[static_cast<size_t>(Below(static_cast<int>(sold_.size())))];
    v1::RefundOrderRequest request =
        RefundRequest(order.order_id(), absl::StrCat("r", ++refunds_));
    if (Chance(70)) {
      const v1::OrderLine& line = order.lines(Below(order.lines_size()));
      v1::RefundLine& part = *request.add_lines();
      part.set_line_id(line.line_id());
      if (Chance(50)) {
        part.set_quantity(1 + Below(2));
      } else {
        part.set_amount_minor(1 +
                              Below(static_cast<int>(line.amount_minor()) + 1));
      }
    }
    const store::v1::OrderRecord before = RecordOf(order.order_id());
    if (!shop_.Refund(request).ok()) return;
    const std::vector<v1::Event> events = *shop_.Events(program_, "");
    const auto event =
        std::find_if(events.rbegin(), events.rend(), [&](const v1::Event& e) {
          return e.order_refunded().refund_id() == request.refund_id();
        });
    ASSERT_NE(event, events.rend());
    const std::string day =
        DayOf(absl::FromUnixSeconds(event->effective_time().seconds()));
    naive_.AddLeft(day, order.store_id(), before, -1);
    naive_.AddLeft(day, order.store_id(), RecordOf(order.order_id()), 1);
    naive_.Count(day, order.store_id(), &NaiveSums::refunds);
  }

  void Publish() {
    ++published_;
    EXPECT_TRUE(
        shop_
            .Publish(RulebookRequest(absl::StrCat("publish-", published_),
                                     kRulebooks[(published_ - 1) % 3]))
            .ok());
  }

  // A step that is put, lost in a crash, put twice, or overtaken.
  void Fold() {
    const size_t commits = static_cast<size_t>(1 + Below(9));
    FoldedMargins step = FoldStep(shop_, commits);
    FoldedMargins other = FoldStep(shop_, commits + 1);
    if (Chance(30)) return;
    const bool moves = step.to_commit != step.from_commit;
    EXPECT_TRUE(PutStep(std::move(step), store_));
    EXPECT_EQ(PutStep(std::move(other), store_), !moves);
  }

  const ProgramId program_{kShop};
  std::mt19937_64 random_;
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-05 10:00")};
  TestShop shop_{store_, clock_};
  NaiveReport naive_;
  std::vector<v1::Order> sold_;
  std::vector<std::string> codes_;
  int orders_ = 0;
  int refunds_ = 0;
  int published_ = 1;
};

TEST(MarginRandomTest, AReportIsWhatTheOrdersComeTo) {
  constexpr int kSteps = 400;
  constexpr uint64_t kTrades = 6;
  const uint64_t first = TestSeed();
  for (uint64_t seed = first; seed < first + kTrades; ++seed) {
    SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed));
    MarginTrade trade(seed);
    for (int i = 0; i < kSteps; ++i) {
      trade.Step();
      if (i % 100 == 99) trade.Check();
      if (testing::Test::HasFailure()) return;
    }
    const Contents folded = trade.Folded();
    EXPECT_FALSE(folded.empty());
    for (const size_t commits : {1, 7, 100'000})
      EXPECT_EQ(trade.FoldedAnew(commits), folded);
    trade.Check();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace pistis
