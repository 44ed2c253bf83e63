// Whether an order takes longer the more rules there are that do not concern
// it: the time to price one, and to answer QuoteOrder, with 10 to 10,000
// selective rules.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/operations/price_order.h"
#include "engine/operations/testing.h"
#include "engine/rulebook/compile.h"
#include "engine/rules/admission.h"
#include "engine/storage/memory/memory_store.h"
#include "tests/bench/products.h"
#include "tests/bench/timing.h"

namespace pistis::bench {
namespace {

constexpr int kSizes[] = {10, 100, 1000, 10'000};
constexpr size_t kOrders = 200;
constexpr size_t kLines = 5;
constexpr size_t kPromoted = 3;
constexpr int kRounds = 41;
// Looking at ten thousand rules for each order takes long.
constexpr size_t kPlainOrders = 20;
constexpr int kPlainRounds = 7;
constexpr size_t kStores = 457;
constexpr absl::string_view kMember = "ann";
constexpr absl::string_view kDay = "2026-01-01 12:00";

// A product by number; the same numbers give the same products in each run.
const Product& ProductOf(const Range& range, size_t number) {
  return range.products[number * 7919 % range.products.size()];
}

std::string StoreOf(size_t number) {
  return absl::StrCat("store-", number % kStores);
}

std::string SkuCondition(const Product& product) {
  return absl::StrCat("line.sku == '", product.sku, "'");
}

// Gives the rule of this number what tells it apart.
void Select(const Range& range, size_t number, v1::Rule& rule) {
  const Product& product = ProductOf(range, number);
  switch (number % 10) {
    case 0:
    case 1:
      rule.set_lines(absl::StrCat("line.category == '", product.category, "'"));
      return;
    case 2:
      rule.set_lines(absl::StrCat("line.category.startsWith('",
                                  product.category, "') && line.quantity > 0"));
      return;
    case 3:
      rule.set_lines(absl::StrCat("'", product.maker, "' in line.tags"));
      return;
    case 4:
      rule.set_when(absl::StrCat("order.store == '", StoreOf(number),
                                 "' && order.subtotal > 500"));
      return;
    case 5: {
      const std::string day = absl::FormatCivilTime(
          absl::CivilDay(2026) + static_cast<int64_t>(number / 10));
      rule.mutable_valid()->set_from(day);
      rule.mutable_valid()->set_to(day);
      return;
    }
    default:
      rule.set_lines(SkuCondition(product));
  }
}

void Give(size_t number, v1::Rule& rule) {
  switch (number % 3) {
    case 0:
      rule.mutable_discount()->set_percent("10%");
      return;
    case 1:
      rule.mutable_earn()->set_multiply("2");
      return;
    default:
      rule.mutable_earn()->set_points(20);
  }
}

// So many rules: one for every order, the others selective.
v1::Rulebook RulebookOf(const Range& range, int rules) {
  v1::Rulebook rulebook;
  rulebook.set_program(std::string(kShop));
  rulebook.set_currency("EUR");
  rulebook.set_time_zone("Europe/Athens");
  rulebook.mutable_points()->set_value("0.01");
  v1::Rule& base = *rulebook.add_rules();
  base.set_id("base");
  base.mutable_earn()->set_points(1);
  base.mutable_earn()->set_per("1.00");
  std::set<std::string> taken;
  for (size_t i = 1; i < static_cast<size_t>(rules); ++i) {
    v1::Rule& rule = *rulebook.add_rules();
    rule.set_id(absl::StrCat("r", i));
    Select(range, i, rule);
    // There are fewer categories, makers and stores than rules.
    if (!taken.insert(rule.lines() + rule.when() + rule.valid().from())
             .second) {
      rule.clear_when();
      rule.set_lines(SkuCondition(ProductOf(range, i)));
    }
    Give(i, rule);
  }
  return rulebook;
}

// Some lines of products that the first ten rules are on, as promoted goods
// sell, and others that chance picks.
std::vector<v1::Order> MakeOrders(const Range& range) {
  std::mt19937_64 chance(7);
  std::vector<v1::Order> orders;
  for (size_t i = 0; i < kOrders; ++i) {
    v1::Order& order = orders.emplace_back();
    order.set_member_id(std::string(kMember));
    order.set_channel("pos");
    order.set_store_id(StoreOf(chance()));
    for (size_t j = 0; j < kLines; ++j) {
      const Product& product =
          ProductOf(range, j < kPromoted ? 1 + (i + j) % 9 : chance());
      v1::OrderLine& line = *order.add_lines();
      line.set_line_id(absl::StrCat("l", j));
      line.set_sku(product.sku);
      line.set_category(product.category);
      line.add_tags(product.maker);
      line.set_quantity(1);
      line.set_amount_minor(static_cast<int64_t>(100 + chance() % 900));
    }
  }
  return orders;
}

// The same, but the goods by chance and the store are ones that no rule is on.
std::vector<v1::Order> WithoutChance(std::vector<v1::Order> orders) {
  for (v1::Order& order : orders) {
    order.set_store_id("store-without-rules");
    for (int i = kPromoted; i < order.lines_size(); ++i) {
      v1::OrderLine& line = *order.mutable_lines(i);
      line.set_sku("sku-without-rules");
      line.set_category("category-without-rules");
      line.set_tags(0, "maker-without-rules");
    }
  }
  return orders;
}

// A program with so many rules, and the orders to price.
class Shop {
 public:
  Shop(const Range& range, int rules)
      : rules_(rules),
        clock_(TimeAt(kDay)),
        shop_(std::make_unique<TestShop>(store_, clock_)),
        messages_(MakeOrders(range)) {
    OpenWith("rules: []", *shop_);
    v1::PublishRulebookRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id("publish-2");
    *request.mutable_rulebook() = RulebookOf(range, rules);
    const auto published = shop_->Publish(request);
    if (!published.ok()) Stop(published.status().ToString());
    if (!shop_->Enrol(MemberRequest(kMember)).ok()) Stop("no member");
    auto rulebook = CompileMessage(request.rulebook(), 2);
    if (!rulebook.ok()) Stop(rulebook.status().ToString());
    indexed_ = *std::move(rulebook);
    plain_ = indexed_;
    plain_.index.reset();
    orders_ = Parse(messages_);
    alike_ = Parse(WithoutChance(messages_));
  }

  void MeasureRound() {
    alike_priced_.push_back(MicrosEach(
        kOrders, [&](size_t order) { Price(indexed_, alike_[order]); }));
    priced_.push_back(MicrosEach(
        kOrders, [&](size_t order) { Price(indexed_, orders_[order]); }));
    quoted_.push_back(MicrosEach(kOrders, [&](size_t order) { Quote(order); }));
  }

  void MeasurePlainRound() {
    plainly_priced_.push_back(MicrosEach(
        kPlainOrders, [&](size_t order) { Price(plain_, orders_[order]); }));
  }

  // Beside the same of the shop with the fewest rules.
  void Print(const Shop& least) const {
    std::printf(
        "| %d | %.1f | %.2f | %.1f | %.1f | %.2f | %.1f | %.2f | %.1f |\n",
        rules_, Median(alike_priced_),
        Ratio(alike_priced_, least.alike_priced_), CandidatesEach(),
        Median(priced_), Ratio(priced_, least.priced_), Median(quoted_),
        Ratio(quoted_, least.quoted_), Median(plainly_priced_));
  }

 private:
  [[noreturn]] static void Stop(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(1);
  }

  // Of the same rounds, as the machine's speed changes with time.
  static double Ratio(const std::vector<double>& times,
                      const std::vector<double>& least) {
    std::vector<double> ratios;
    for (size_t i = 0; i < times.size(); ++i)
      ratios.push_back(times[i] / least[i]);
    return Median(std::move(ratios));
  }

  [[nodiscard]] std::vector<Order> Parse(
      const std::vector<v1::Order>& messages) const {
    std::vector<Order> orders;
    for (const v1::Order& message : messages) {
      auto order = ParseOrder(message, OrderUse::kQuote, clock_.Now());
      if (!order.ok()) Stop(order.status().ToString());
      orders.push_back(*std::move(order));
    }
    return orders;
  }

  [[nodiscard]] SaleView SaleOf(const Rulebook& rulebook,
                                const Order& order) const {
    return {.rulebook = rulebook,
            .order = order,
            .member = member_,
            .time = clock_.Now(),
            .limits = {}};
  }

  void Price(const Rulebook& rulebook, const Order& order) const {
    const auto priced = PriceOrder(SaleOf(rulebook, order), {});
    if (!priced.ok()) Stop(priced.status().ToString());
  }

  void Quote(size_t order) const {
    v1::QuoteOrderRequest request;
    request.set_program_id(std::string(kShop));
    *request.mutable_order() = messages_[order];
    const auto quote = shop_->Ask(QuoteOrder, request);
    if (!quote.ok()) Stop(quote.status().ToString());
  }

  [[nodiscard]] double CandidatesEach() const {
    size_t candidates = 0;
    for (size_t i = 0; i < orders_.size(); ++i)
      candidates += Admission(SaleOf(indexed_, orders_[i])).candidates().size();
    return static_cast<double>(candidates) /
           static_cast<double>(orders_.size());
  }

  const int rules_;
  FakeClock clock_;
  MemoryStore store_;
  std::unique_ptr<TestShop> shop_;
  std::vector<v1::Order> messages_;
  std::vector<Order> orders_;
  // Orders that mostly the same rules concern, however many there are.
  std::vector<Order> alike_;
  const MemberFacts member_{.member_id = MemberId(kMember),
                            .available = Points(1000),
                            .orders = 3,
                            .language = "en"};
  Rulebook indexed_;
  Rulebook plain_;
  std::vector<double> alike_priced_;
  std::vector<double> priced_;
  std::vector<double> quoted_;
  std::vector<double> plainly_priced_;
};

int Run() {
  const Range range = LoadProducts();
  std::vector<std::unique_ptr<Shop>> shops;
  for (const int rules : kSizes)
    shops.push_back(std::make_unique<Shop>(range, rules));
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& shop : shops)
      shop->MeasureRound();
  }
  for (int round = 0; round < kPlainRounds; ++round) {
    for (const auto& shop : shops)
      shop->MeasurePlainRound();
  }
  std::printf("Products: %s, %zu.\n\n", range.source.c_str(),
              range.products.size());
  std::printf(
      "| rules | promoted goods: priced µs | times 10 rules | and goods by "
      "chance: rules looked at | priced µs | times 10 rules | QuoteOrder µs | "
      "times 10 rules | priced without the index µs |\n");
  std::printf("|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  for (const auto& shop : shops)
    shop->Print(*shops.front());
  return 0;
}

}  // namespace
}  // namespace pistis::bench

int main() {
  return pistis::bench::Run();
}
