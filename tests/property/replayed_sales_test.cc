// The same rulebook, state, order and time: the same outcome and the same
// trace, bit for bit.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "clients/cli/csv.h"
#include "clients/cli/replay_plan.h"
#include "clients/cli/sales_file.h"
#include "engine/operations/explain_order.h"
#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr int kSales = 3000;

constexpr absl::string_view kRules = R"(
points: {value: "0.01", redeem: {minimum: 10, step: 10, max_share: "60%"}}
margin:
  unknown_cost: {assume: "70%"}
  order: {max_discount: "30%", max_share_of_margin: "60%"}
  line: {never_below_cost: true}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: tea, lines: line.category.startsWith("drinks/tea"), earn: {multiply: "2"}}
  - {id: size, when: 'order.attributes["size"] == "L"', earn: {points: 7}}
  - {id: returning, when: member.orders >= 3 && order.channel == "pos", discount: {percent: "5%"}, priority: 200}
  - {id: big, when: order.subtotal >= amount("40.00") || order.quantity > 6, discount: {amount: "4.00", minimum: "1.00"}}
  - {id: daily, discount: {amount: "1.00"}, earn: {points: 5}, limits: [{per: member, window: day, times: 2}, {per: campaign, window: month, discount: "50.00"}]}
  - {id: rich, when: member.points > 50, lines: line.remaining > 500, discount: {percent: "10%"}, stack: {group: one, mode: best}}
  - {id: pair, discount: {buy: {quantity: 2}, get: {quantity: 1, percent: "50%"}}, stack: {group: one, mode: best}}
  - {id: freight, when: order.remaining > 2000, discount: {shipping: {percent: "50%"}}}
  - {id: mornings, valid: {hours: "08:00-12:00"}, earn: {points: 3}}
  - {id: thanks, when: member.orders % 4 == 1, issue_code: ten, note: hello}
codes:
  - {id: ten, discount: {percent: "10%", max: "5.00"}, when: order.subtotal >= amount("10.00"), bound_to_member: true, expires: 20d, stack: {group: one}, limits: [{per: member, window: week, times: 1}, {per: campaign, window: 10d, discount: "9.00"}]}
notes:
  - {id: hello, channel: email, text: {en: "Hello"}}
)";

constexpr absl::string_view kLaterRules = R"(
points: {value: "0.02", on_return: recompute}
rules:
  - {id: base, earn: {points: 2, per: "1.00"}}
  - {id: weekly, discount: {percent: "8%"}, limits: [{per: member, window: week, discount: "3.00"}]}
codes:
  - {id: ten, discount: {percent: "1%"}}
)";

uint32_t Seed() {
  const char* text = std::getenv("PISTIS_TEST_SEED");
  return text == nullptr ? 20260110U : static_cast<uint32_t>(std::atoi(text));
}

// Sells on a shop, and remembers what each sale was told before it was
// committed.
class Ledger {
 public:
  explicit Ledger(TestShop& shop) : shop_(shop) {}

  // False where the sale is refused, then as a quote as well.
  bool Sell(const v1::CommitOrderRequest& request) {
    v1::QuoteOrderRequest asked;
    asked.set_program_id(request.program_id());
    *asked.mutable_order() = request.order();
    asked.set_explain(true);
    const absl::StatusOr<v1::Quote> quote = shop_.Ask(QuoteOrder, asked);
    const absl::StatusOr<v1::CommitOrderResponse> reply = shop_.Commit(request);
    EXPECT_EQ(quote.status(), reply.status());
    if (!reply.ok() || !quote.ok()) return false;
    program_id_ = request.program_id();
    told_[request.order().order_id()] = quote->SerializeAsString();
    for (const v1::IssuedCode& code : reply->issued_codes())
      codes_.push_back({request.order().member_id(), code.code()});
    v1::Quote untold = *quote;
    untold.clear_trace();
    EXPECT_EQ(untold.SerializeAsString(), reply->quote().SerializeAsString());
    return true;
  }

  void ExpectEachComesOutTheSame() const {
    for (const auto& [order_id, told] : told_) {
      v1::ExplainOrderRequest request;
      request.set_program_id(program_id_);
      request.set_order_id(order_id);
      const absl::StatusOr<v1::Quote> again = shop_.Ask(ExplainOrder, request);
      ASSERT_TRUE(again.ok()) << order_id << ": " << again.status();
      ASSERT_EQ(again->SerializeAsString(), told) << again->ShortDebugString();
    }
  }

  [[nodiscard]] size_t sales() const { return told_.size(); }
  struct Issued {
    std::string member_id;
    std::string code;
  };
  [[nodiscard]] const std::vector<Issued>& codes() const { return codes_; }

 private:
  TestShop& shop_;
  std::string program_id_;
  std::map<std::string, std::string> told_;
  std::vector<Issued> codes_;
};

class Chance {
 public:
  explicit Chance(uint32_t seed) : random_(seed) {}

  int64_t UpTo(int64_t most) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(most + 1));
  }
  bool OneIn(int64_t n) { return UpTo(n - 1) == 0; }

 private:
  std::mt19937 random_;
};

v1::CommitOrderRequest AnySale(int number, const Ledger& ledger,
                               Chance& chance) {
  std::string member =
      chance.OneIn(6) ? "" : absl::StrCat("m", chance.UpTo(19));
  std::string code;
  if (!ledger.codes().empty() && chance.OneIn(3)) {
    const auto& issued = ledger.codes()[static_cast<size_t>(
        chance.UpTo(static_cast<int64_t>(ledger.codes().size()) - 1))];
    member = issued.member_id;
    code = issued.code;
  }
  std::vector<int64_t> amounts(static_cast<size_t>(1 + chance.UpTo(4)));
  for (int64_t& amount : amounts)
    amount = chance.UpTo(3000);
  v1::CommitOrderRequest request =
      SaleRequest(absl::StrCat("o", number), member, amounts);
  v1::Order& order = *request.mutable_order();
  for (v1::OrderLine& line : *order.mutable_lines()) {
    line.set_quantity(1 + chance.UpTo(3));
    line.set_category(chance.OneIn(2) ? "drinks/tea/green" : "food");
    line.set_tax_minor(line.amount_minor() / 6);
    if (chance.OneIn(2)) line.set_cost_minor(line.amount_minor() / 2);
  }
  order.set_channel(chance.OneIn(2) ? "pos" : "web");
  order.set_shipping_minor(chance.UpTo(900));
  if (!code.empty()) order.add_codes(code);
  if (!member.empty() && chance.OneIn(4)) order.mutable_redeem()->set_all(true);
  if (chance.OneIn(3)) {
    (*order.mutable_attributes())["size"] = chance.OneIn(2) ? "L" : "S";
  }
  return request;
}

TEST(ReplayedSalesTest, RandomSalesComeOutTheSameFromWhatTheirOrdersKept) {
  const uint32_t seed = Seed();
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed));
  Chance chance(seed);
  MemoryStore store;
  FakeClock clock(TimeAt("2026-01-10 06:00", Athens()));
  TestShop shop(store, clock);
  OpenWith(kRules, shop);
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(shop.Enrol(MemberRequest(absl::StrCat("m", i))).ok());
  Ledger ledger(shop);
  for (int i = 0; i < kSales; ++i) {
    clock.Advance(absl::Minutes(chance.UpTo(40)));
    if (i == kSales * 2 / 3) {
      ASSERT_TRUE(shop.Publish(RulebookRequest("later", kLaterRules)).ok());
    }
    ledger.Sell(AnySale(i, ledger, chance));
    if (chance.OneIn(5)) {
      // An order that was refused, or is gone already, is no matter here.
      const std::string order = absl::StrCat("o", chance.UpTo(i));
      shop.Refund(RefundRequest(order, absl::StrCat("r", i))).IgnoreError();
    }
  }
  EXPECT_GT(ledger.sales(), size_t{kSales * 3 / 4});
  ledger.ExpectEachComesOutTheSame();
}

TEST(ReplayedSalesTest, TheSampleOfRealSalesComesOutTheSame) {
  const std::string folder = absl::StrCat(PISTIS_SOURCE_DIR, "/deploy/sample/");
  const auto csv = ReadTextFile(folder + "online_retail_slice.csv.gz");
  const auto yaml = ReadTextFile(folder + "rulebook.yaml");
  ASSERT_TRUE(csv.ok() && yaml.ok());
  const auto sample = ParseSalesFile(*csv);
  ASSERT_TRUE(sample.ok()) << sample.status();
  ReplayTarget target{.program_id = "gift-shop", .currency = {"GBP", 2}};
  ASSERT_TRUE(absl::LoadTimeZone("Europe/London", &target.calendar.zone));

  MemoryStore store;
  FakeClock clock(target.calendar.At(sample->invoices.front().time));
  TestShop shop(store, clock);
  v1::CreateProgramRequest open;
  open.set_request_id("open");
  open.mutable_program()->set_program_id(target.program_id);
  open.mutable_program()->set_currency("GBP");
  open.mutable_program()->set_time_zone("Europe/London");
  ASSERT_TRUE(shop.Open(open).ok());
  v1::PublishRulebookRequest publish;
  publish.set_program_id(target.program_id);
  publish.set_request_id("publish");
  publish.set_yaml(*yaml);
  ASSERT_TRUE(shop.Publish(publish).ok());

  Ledger ledger(shop);
  std::set<std::string> enrolled;
  for (const Invoice& invoice : sample->invoices) {
    if (invoice.kind != Invoice::Kind::kSale) continue;
    clock.Set(target.calendar.At(invoice.time));
    const bool is_new =
        !invoice.member_id.empty() && enrolled.insert(invoice.member_id).second;
    if (is_new) {
      ASSERT_TRUE(shop.Enrol(EnrolmentOf(invoice, target)).ok());
    }
    EXPECT_TRUE(ledger.Sell(OrderOf(invoice, target))) << invoice.number;
  }
  EXPECT_GT(ledger.sales(), 10U);
  ledger.ExpectEachComesOutTheSame();
}

}  // namespace
}  // namespace pistis
