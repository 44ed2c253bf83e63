#include "tests/bench/orders.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace pistis::bench {
namespace {

constexpr int kLines = 5;
constexpr int kArticles = 200;
constexpr std::array<const char*, 6> kCategories = {
    "drinks/coffee", "drinks/tea",    "food/bakery",
    "food/dairy",    "home/cleaning", "garden/tools"};
constexpr std::array<const char*, 4> kStores = {"athens-1", "athens-2",
                                                "patras-1", "volos-1"};

uint64_t SeedOf(const std::string& prefix) {
  std::seed_seq seed(prefix.begin(), prefix.end());
  std::array<uint32_t, 2> words{};
  seed.generate(words.begin(), words.end());
  return (uint64_t{words[0]} << 32) | words[1];
}

}  // namespace

std::string MemberName(int number) {
  return absl::StrFormat("m-%05d", number);
}

OrderMaker::OrderMaker(std::string prefix, int members)
    : prefix_(std::move(prefix)), members_(members), random_(SeedOf(prefix_)) {}

int OrderMaker::Below(int bound) {
  return static_cast<int>(random_() % static_cast<uint64_t>(bound));
}

std::string OrderMaker::IdOf(int64_t number) const {
  return absl::StrCat(prefix_, "-", absl::Dec(number, absl::kZeroPad10));
}

void OrderMaker::FillLine(v1::OrderLine& line) {
  const int article = Below(kArticles);
  const int quantity = 1 + Below(4);
  const int64_t amount = (100 + int64_t{15} * article) * quantity;
  line.set_sku(absl::StrCat("sku-", article));
  line.set_category(kCategories[article % kCategories.size()]);
  line.set_quantity(quantity);
  line.set_amount_minor(amount);
  line.set_tax_minor(amount * 24 / 124);
  line.clear_tags();
  if (article % 20 == 0) line.add_tags("clearance");
  line.clear_cost_minor();
  if (article % 2 == 0) line.set_cost_minor(amount / 2);
}

void OrderMaker::Next(v1::Order& order) {
  order.set_order_id(IdOf(++made_));
  order.set_member_id(MemberName(Below(members_)));
  order.set_channel(Below(4) == 0 ? "web" : "pos");
  order.set_store_id(kStores[Below(kStores.size())]);
  order.set_terminal_id("till-1");
  while (order.lines_size() < kLines) {
    const std::string line_id = absl::StrCat(order.lines_size() + 1);
    order.add_lines()->set_line_id(line_id);
  }
  for (v1::OrderLine& line : *order.mutable_lines())
    FillLine(line);
}

}  // namespace pistis::bench
