#include "tests/crash/orders.h"

#include <algorithm>
#include <array>
#include <random>

#include "absl/strings/str_cat.h"

namespace pistis::crash {
namespace {

constexpr std::array<const char*, 4> kCategories = {
    "drinks/coffee", "food/bakery", "home/cleaning", "garden/tools"};

class Dice {
 public:
  Dice(uint64_t seed, const OrderKey& key, int use) {
    std::seed_seq words{
        static_cast<uint32_t>(seed),       static_cast<uint32_t>(seed >> 32),
        static_cast<uint32_t>(key.cycle),  static_cast<uint32_t>(key.loop),
        static_cast<uint32_t>(key.number), static_cast<uint32_t>(use)};
    random_.seed(words);
  }

  int Below(int bound) {
    return static_cast<int>(random_() % static_cast<uint32_t>(bound));
  }

 private:
  std::minstd_rand random_;
};

}  // namespace

const char kRulebook[] = R"(
program: crash
currency: EUR
time_zone: Europe/Athens
points:
  value: "0.01"
  redeem: {minimum: 10, step: 1, max_share: "50%"}
  expire: {after: 365d}
  refund_shortfall: negative
earning_basis: {tax: excluded, after_discounts: true}
tax: {prices_include_tax: true}
margin:
  unknown_cost: {assume: "70%"}
  category_cost: {"drinks/coffee": "25%"}
  order: {max_discount: "12%", max_share_of_margin: "50%"}
  line: {never_below_cost: true}
  on_exceed: trim
rules:
  - id: base
    earn: {points: 1, per: "1.00"}
  - id: big
    when: order.subtotal >= amount("80.00")
    earn: {points: 10}
  - id: returning
    when: member.orders >= 3 && order.channel == "pos"
    discount: {percent: "5%"}
    priority: 200
  - id: bakery
    lines: line.category == "food/bakery"
    discount: {percent: "20%", max: "5.00"}
    priority: 150
  - id: web
    when: order.channel == "web" && order.subtotal >= amount("30.00")
    discount: {amount: "2.50"}
  - id: thanks
    when: order.subtotal >= amount("150.00")
    issue_code: thank-you
    note: thank-you
codes:
  - id: thank-you
    discount: {percent: "10%", max: "20.00"}
    uses: 1
    bound_to_member: true
    expires: 60d
    format: {prefix: TY, symbols: 12}
notes:
  - id: thank-you
    channel: email
    text: {en: "Thank you, {{name}}! {{code}} takes 10 % off your next order."}
)";

std::string MemberName(int number) {
  return absl::StrCat("m-", number);
}

std::string OrderName(const OrderKey& key) {
  return absl::StrCat("o-", key.cycle, "-", key.loop, "-", key.number);
}

v1::CommitOrderRequest MakeCommit(uint64_t seed, const OrderKey& key) {
  Dice dice(seed, key, 1);
  v1::CommitOrderRequest request;
  request.set_program_id(kProgram);
  v1::Order& order = *request.mutable_order();
  order.set_order_id(OrderName(key));
  order.set_channel(dice.Below(3) == 0 ? "web" : "pos");
  order.set_store_id("athens-1");
  const int lines = 1 + dice.Below(4);
  for (int i = 0; i < lines; ++i) {
    v1::OrderLine& line = *order.add_lines();
    const int article = dice.Below(100);
    const int quantity = 1 + dice.Below(5);
    line.set_line_id(absl::StrCat("l", i));
    line.set_sku(absl::StrCat("sku-", article));
    line.set_category(kCategories[article % kCategories.size()]);
    line.set_quantity(quantity);
    line.set_amount_minor((99 + int64_t{37} * article) * quantity);
    line.set_tax_minor(line.amount_minor() * 24 / 124);
    if (article % 2 == 0) line.set_cost_minor(line.amount_minor() / 2);
  }
  if (dice.Below(20) != 0) {
    order.set_member_id(MemberName(dice.Below(kMembers)));
    if (dice.Below(8) == 0) order.mutable_redeem()->set_all(true);
  }
  return request;
}

v1::RefundOrderRequest MakeRefund(uint64_t seed, const OrderKey& key) {
  Dice dice(seed, key, 2);
  const v1::CommitOrderRequest sale = MakeCommit(seed, key);
  const v1::OrderLine& first = sale.order().lines(0);
  v1::RefundOrderRequest request;
  request.set_program_id(kProgram);
  request.set_order_id(OrderName(key));
  request.set_refund_id(absl::StrCat("r-", OrderName(key)));
  const int part = dice.Below(3);
  if (part == 0) return request;
  v1::RefundLine& line = *request.add_lines();
  line.set_line_id(first.line_id());
  if (part == 1) {
    line.set_quantity(1 + dice.Below(static_cast<int>(first.quantity())));
  } else {
    line.set_amount_minor(1 +
                          dice.Below(static_cast<int>(first.amount_minor())));
  }
  return request;
}

}  // namespace pistis::crash
