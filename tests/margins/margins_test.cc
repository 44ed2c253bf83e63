// Aggressive rules on real sales with real costs: no order goes below the
// floor. PISTIS_MARGINS_ALL=1 takes all sales rather than a tenth.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"

#include "clients/cli/table.h"
#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"
#include "tests/margins/real_sales.h"

namespace pistis::margins {
namespace {

constexpr int kMembers = 50;
constexpr int64_t kPointsPaid = 100;

// What an eager shop may come to: deals on top of a member's price on top of a
// free article, and points on top of it all.
constexpr absl::string_view kRules = R"(program: juice
currency: USD
time_zone: America/Chicago
points: {value: "0.01"}
rules:
  - {id: deal, lines: '"deal" in line.tags', discount: {percent: "20%"}}
  - {id: member, when: member.known, discount: {percent: "10%"}}
  - {id: third-free, discount: {buy: {quantity: 2}, get: {quantity: 1, percent: "100%"}}}
  - {id: big, when: order.subtotal >= amount("25.00"), discount: {amount: "3.00"}}
  - {id: base, earn: {points: 2, per: "1.00"}}
)";
// The caps, which HoldsTheCaps states once more.
constexpr absl::string_view kCaps = R"(margin:
  unknown_cost: {refuse_discounts: true}
  order: {max_discount: "40%", max_share_of_margin: "60%", min_margin: "8%"}
  line: {never_below_cost: true}
)";

// What an order, or many, came to; without tax, as the data has none.
struct Books {
  int64_t orders = 0;
  int64_t sales = 0;
  int64_t cost = 0;
  int64_t given = 0;
  int64_t below_floor = 0;
  int64_t at_a_loss = 0;

  [[nodiscard]] int64_t before() const { return sales - cost; }
  [[nodiscard]] int64_t after() const { return before() - given; }
};

// From the order and the reply alone.
Books BooksOf(const v1::Order& order, const v1::Quote& quote) {
  Books books{.orders = 1};
  for (const v1::OrderLine& line : order.lines()) {
    books.sales += line.amount_minor();
    books.cost += line.cost_minor();
  }
  books.given = quote.discount_minor() + quote.redeemed_minor();
  const int64_t paid = books.sales - books.given;
  books.below_floor = books.after() * 100 < paid * 8 ? 1 : 0;
  books.at_a_loss = books.after() < 0 ? 1 : 0;
  return books;
}

// Every inequality of the caps, in whole cents.
testing::AssertionResult HoldsTheCaps(const v1::Order& order,
                                      const v1::Quote& quote) {
  const Books books = BooksOf(order, quote);
  const int64_t margin = std::max<int64_t>(books.before(), 0);
  if (books.given > 0 && books.below_floor > 0) {
    return testing::AssertionFailure() << "below the floor";
  }
  if (books.given * 100 > books.sales * 40) {
    return testing::AssertionFailure() << "more than 40 % off";
  }
  if (books.given * 100 > margin * 60) {
    return testing::AssertionFailure() << "more than 60 % of the margin";
  }
  for (int i = 0; i < order.lines_size(); ++i) {
    const v1::OrderLine& line = order.lines(i);
    const int64_t off = quote.lines(i).discount_minor();
    if (off > 0 && line.amount_minor() - off < line.cost_minor()) {
      return testing::AssertionFailure() << line.line_id() << " below cost";
    }
  }
  return testing::AssertionSuccess();
}

// A shop whose members have more points than they can spend.
class JuiceShop {
 public:
  explicit JuiceShop(const std::string& rulebook) {
    v1::CreateProgramRequest open;
    open.set_request_id("open");
    open.mutable_program()->set_program_id("juice");
    open.mutable_program()->set_currency("USD");
    open.mutable_program()->set_time_zone("America/Chicago");
    EXPECT_TRUE(shop_.Open(open).ok());
    v1::PublishRulebookRequest publish;
    publish.set_program_id("juice");
    publish.set_request_id("publish");
    publish.set_yaml(rulebook);
    const absl::Status published = shop_.Publish(publish).status();
    EXPECT_TRUE(published.ok()) << published;
    for (int i = 0; i < kMembers; ++i)
      Enrol(absl::StrCat("m", i));
  }

  // What the order came to; its points always pay.
  v1::Quote Sell(v1::Order order, size_t number) {
    order.set_member_id(absl::StrCat("m", number % kMembers));
    order.mutable_redeem()->set_points(kPointsPaid);
    v1::CommitOrderRequest request;
    request.set_program_id("juice");
    *request.mutable_order() = std::move(order);
    const auto sold = shop_.Commit(request);
    EXPECT_TRUE(sold.ok()) << sold.status();
    return sold.ok() ? sold->quote() : v1::Quote();
  }

 private:
  void Enrol(const std::string& member) {
    v1::CreateMemberRequest request;
    request.set_program_id("juice");
    request.set_request_id(member);
    request.mutable_member()->set_member_id(member);
    EXPECT_TRUE(shop_.Enrol(request).ok());
    v1::EarnPointsRequest earn;
    earn.set_program_id("juice");
    earn.set_request_id(absl::StrCat("points-", member));
    earn.set_member_id(member);
    earn.set_points(100'000'000);
    EXPECT_TRUE(shop_.Post(earn).ok());
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
};

void Add(const Books& books, Books& sum) {
  sum.orders += books.orders;
  sum.sales += books.sales;
  sum.cost += books.cost;
  sum.given += books.given;
  sum.below_floor += books.below_floor;
  sum.at_a_loss += books.at_a_loss;
}

std::string Dollars(int64_t cents) {
  return absl::StrFormat("%s%d.%02d", cents < 0 ? "-" : "",
                         std::abs(cents) / 100, std::abs(cents) % 100);
}

std::string TableText(const std::vector<std::pair<std::string, Books>>& rows) {
  constexpr Table::Align kRight = Table::Align::kRight;
  Table table({{"", Table::Align::kLeft},
               {"orders", kRight},
               {"sales, USD", kRight},
               {"given away", kRight},
               {"margin before", kRight},
               {"margin after", kRight},
               {"below 8 %", kRight},
               {"at a loss", kRight}});
  for (const auto& [name, books] : rows) {
    table.AddRow({name, absl::StrCat(books.orders), Dollars(books.sales),
                  Dollars(books.given), Dollars(books.before()),
                  Dollars(books.after()), absl::StrCat(books.below_floor),
                  absl::StrCat(books.at_a_loss)});
  }
  return table.Text();
}

// Sells all of it without and with the caps.
void SellTwice(const std::string& name, const std::vector<v1::Order>& orders) {
  JuiceShop without{std::string(kRules)};
  JuiceShop with(absl::StrCat(kRules, kCaps));
  Books given;
  Books granted;
  Books before;
  std::map<std::string, int64_t> bound;
  for (size_t i = 0; i < orders.size(); ++i) {
    const v1::Quote free = without.Sell(orders[i], i);
    const v1::Quote guarded = with.Sell(orders[i], i);
    ASSERT_TRUE(HoldsTheCaps(orders[i], guarded)) << guarded.DebugString();
    ASSERT_LE(guarded.discount_minor() + guarded.redeemed_minor(),
              free.discount_minor() + free.redeemed_minor());
    for (const v1::BoundCap& cap : guarded.caps())
      ++bound[cap.cap_id()];
    Add(BooksOf(orders[i], v1::Quote()), before);
    Add(BooksOf(orders[i], free), given);
    Add(BooksOf(orders[i], guarded), granted);
  }
  EXPECT_GT(granted.given, 0);
  EXPECT_LT(granted.given, given.given);
  // What is below the floor with the caps was so before anything was given.
  EXPECT_LE(granted.below_floor, before.below_floor);
  std::cout << TableText({{name + ", no discounts", before},
                          {name + ", no caps", given},
                          {name + ", caps", granted}})
            << "held back: " << Dollars(given.given - granted.given)
            << " USD\n";
  for (const auto& [cap, times] : bound)
    std::cout << "  " << cap << " bound " << times << " times\n";
}

Share ShareToTry() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing writes the environment.
  return std::getenv("PISTIS_MARGINS_ALL") != nullptr ? Share::kAll
                                                      : Share::kTenth;
}

TEST(RealMarginsTest, NoOrderOfOrangeJuiceGoesBelowTheFloor) {
  const auto orders =
      DrawOrangeJuice(DataFolder(PISTIS_SOURCE_DIR), ShareToTry());
  if (absl::IsNotFound(orders.status())) GTEST_SKIP() << orders.status();
  ASSERT_TRUE(orders.ok()) << orders.status();
  SellTwice("orange juice", *orders);
}

TEST(RealMarginsTest, NoOrderOfLiquorGoesBelowTheFloor) {
  const auto orders = DrawLiquor(DataFolder(PISTIS_SOURCE_DIR), ShareToTry());
  if (absl::IsNotFound(orders.status())) GTEST_SKIP() << orders.status();
  ASSERT_TRUE(orders.ok()) << orders.status();
  SellTwice("liquor", *orders);
}

}  // namespace
}  // namespace pistis::margins
