// Sales small enough to try everything: for tests.
#ifndef PISTIS_ENGINE_MARGIN_SMALL_SALE_TEST_H_
#define PISTIS_ENGINE_MARGIN_SMALL_SALE_TEST_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "rapidcheck.h"
#include "tests/support/builders.h"
#include "tests/support/random_sale.h"

namespace pistis {

// Whether a small sale's lines hold tax.
enum class SmallTax { kNone, kSome };

// Draws small sales from RapidCheck: one to three lines of up to twelve minor
// units with stated costs, one or two discounts, perhaps points, and any caps.
class SmallSales {
 public:
  explicit SmallSales(SmallTax tax) : tax_(tax) {}

  [[nodiscard]] RandomSale Draw() const {
    RandomSale sale;
    sale.rulebook.currency = {.code = "EUR", .decimals = 2};
    sale.rulebook.points.value = Rate(1, 100);
    sale.rulebook.points.step = Points(UpTo(3) + 1);
    sale.rulebook.margin = Policy();
    std::vector<OrderLine> lines;
    const int64_t count = UpTo(2) + 1;
    for (int64_t i = 0; i < count; ++i)
      lines.push_back(Line());
    sale.order = OrderWith(std::move(lines));
    sale.order.shipping = Money(UpTo(5));
    Propose(sale);
    return sale;
  }

 private:
  static int64_t UpTo(int64_t most) {
    // The whole range from the first case on.
    return *rc::gen::resize(rc::kNominalSize,
                            rc::gen::inRange<int64_t>(0, most + 1));
  }
  static bool Chance() { return UpTo(1) == 1; }
  static std::string Category() {
    const std::vector<std::string> all = {"", "a", "a/b", "c"};
    return all[static_cast<size_t>(UpTo(3))];
  }

  [[nodiscard]] OrderLine Line() const {
    OrderLine line{.category = Category(), .amount = Money(UpTo(12))};
    if (tax_ == SmallTax::kSome) line.tax = Money(UpTo(line.amount.value()));
    line.cost = Money(UpTo(line.amount.value() + 1));
    return line;
  }

  static MarginCaps Caps() {
    MarginCaps caps;
    if (Chance()) caps.max_discount = Rate(UpTo(10), 10);
    if (Chance()) caps.max_discount_amount = Money(UpTo(12));
    if (Chance()) caps.max_share_of_margin = Rate(UpTo(10), 10);
    if (Chance()) caps.min_margin = Rate(UpTo(10), 10);
    return caps;
  }

  static MarginPolicy Policy() {
    MarginPolicy policy{.unknown_cost = Rate(1, 2), .category_cost = {}};
    policy.order = Caps();
    if (Chance()) policy.line = Caps();
    policy.never_below_cost = Chance();
    if (Chance()) policy.category["a"] = Caps();
    if (Chance()) policy.category["a/b"] = Caps();
    if (UpTo(3) == 0) policy.excluded_categories = {"c"};
    policy.counts_redeemed_points = Chance();
    return policy;
  }

  static void Propose(RandomSale& sale) {
    std::vector<Money> left;
    for (const OrderLine& line : sale.order.lines)
      left.push_back(line.amount);
    const auto draw = [&] {
      std::vector<Money> shares;
      for (Money& of_line : left) {
        shares.emplace_back(UpTo(of_line.value()));
        of_line -= shares.back();
      }
      return shares;
    };
    const int64_t count = UpTo(1) + 1;
    for (int64_t i = 0; i < count; ++i) {
      ProposedDiscount discount{.rule_id = absl::StrCat("r", i), .code = ""};
      discount.priority = static_cast<int>(UpTo(2)) * 100;
      discount.shares.resize(left.size());
      if (i == 0 && UpTo(4) == 0) {
        discount.shipping = Money(UpTo(sale.order.shipping.value()));
      } else {
        discount.shares = draw();
      }
      discount.requested = SumOf(discount.shares) + discount.shipping;
      if (UpTo(3) == 0) discount.minimum = discount.requested;
      sale.proposal.discounts.push_back(std::move(discount));
    }
    if (Chance()) Redeem(draw(), sale);
  }

  // In whole steps, as rules propose it.
  static void Redeem(std::vector<Money> shares, RandomSale& sale) {
    int64_t over = SumOf(shares).value() % sale.rulebook.points.step.value();
    for (Money& share : shares) {
      const Money less(std::min(over, share.value()));
      share -= less;
      over -= less.value();
    }
    ProposedRedemption redemption{.priority = static_cast<int>(UpTo(3)) * 100};
    redemption.worth = SumOf(shares);
    redemption.points = Points(redemption.worth.value());
    redemption.share_limit = redemption.worth;
    redemption.requested_worth = redemption.worth;
    redemption.shares = std::move(shares);
    if (redemption.worth.is_positive()) sale.proposal.redemption = redemption;
  }

  SmallTax tax_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_MARGIN_SMALL_SALE_TEST_H_
