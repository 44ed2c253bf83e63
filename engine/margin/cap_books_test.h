// The inequalities of the caps, from the rulebook alone: for tests.
#ifndef PISTIS_ENGINE_MARGIN_CAP_BOOKS_TEST_H_
#define PISTIS_ENGINE_MARGIN_CAP_BOOKS_TEST_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/margin/guard.h"
#include "tests/support/builders.h"
#include "tests/support/random_sale.h"

namespace pistis {

__extension__ using Wide = __int128;

// Where a benefit stands; redeemed points are the last.
struct Benefit {
  size_t index = 0;
  int priority = 0;
  bool is_points = false;
  std::vector<Money> requested;
  std::vector<Money> granted;
  Money requested_shipping;
  Money shipping;
  Money minimum;

  // True where the caps allow less than is given at all.
  [[nodiscard]] bool is_dropped() const {
    return minimum.is_positive() && (SumOf(granted) + shipping).is_zero();
  }
};

// The benefits, highest priority first, of equal ones the earlier.
inline std::vector<Benefit> InOrder(const Proposal& proposal,
                                    const Grant& grant) {
  std::vector<Benefit> benefits;
  for (size_t i = 0; i < proposal.discounts.size(); ++i) {
    benefits.push_back({.index = i,
                        .priority = proposal.discounts[i].priority,
                        .requested = proposal.discounts[i].shares,
                        .granted = grant.discounts[i].shares,
                        .requested_shipping = proposal.discounts[i].shipping,
                        .shipping = grant.discounts[i].shipping,
                        .minimum = proposal.discounts[i].minimum});
  }
  if (proposal.redemption) {
    benefits.push_back({.index = benefits.size(),
                        .priority = proposal.redemption->priority,
                        .is_points = true,
                        .requested = proposal.redemption->shares,
                        .granted = grant.redeemed_shares});
  }
  std::stable_sort(benefits.begin(), benefits.end(),
                   [](const Benefit& a, const Benefit& b) {
                     return a.priority > b.priority;
                   });
  return benefits;
}

// Discounts and counted points by line, checked against every cap from scratch.
class Books {
 public:
  explicit Books(const RandomSale& sale)
      : sale_(sale),
        discount_(sale.order.lines.size()),
        counted_(sale.order.lines.size()) {}

  void Add(const Benefit& benefit) {
    for (size_t i = 0; i < benefit.granted.size(); ++i) {
      Add(benefit, i, benefit.granted[i].value());
    }
    AddShipping(benefit.shipping.value());
  }

  void AddShipping(int64_t minor) { shipping_ += minor; }

  void Add(const Benefit& benefit, size_t line, int64_t minor) {
    if (!benefit.is_points) discount_[line] += minor;
    if (!benefit.is_points || !sale_.rulebook.margin ||
        sale_.rulebook.margin->counts_redeemed_points) {
      counted_[line] += minor;
    }
  }

  // The worth of points that the order earns.
  void AddEarned(const std::vector<Money>& worth) {
    if (!sale_.rulebook.margin->counts_earned_points) return;
    for (size_t i = 0; i < worth.size(); ++i)
      counted_[i] += worth[i].value();
  }

  // True where no cap is broken.
  [[nodiscard]] bool Hold() const {
    for (size_t i = 0; i < discount_.size(); ++i) {
      if (!BrokenOnLine(i).empty()) return false;
    }
    return BrokenOnOrder().empty();
  }

  // The cap that the line's discounts break, or nothing.
  [[nodiscard]] std::string BrokenOnLine(size_t i) const {
    if (discount_[i] > Amount(i)) return "more than the line";
    if (!sale_.rulebook.margin || discount_[i] == 0) return "";
    if (IsExcluded(i)) return "margin.excluded_categories";
    const std::optional<int64_t> cost = Cost(i);
    if (!cost) return "margin.unknown_cost.refuse_discounts";
    if (*cost > Net(i)) return "margin.line.negative_margin";
    const MarginPolicy& policy = *sale_.rulebook.margin;
    if (policy.never_below_cost && Net(i) - NetOf(i, discount_[i]) < *cost) {
      return "margin.line.never_below_cost";
    }
    const std::vector<std::string> broken =
        BrokenOf(policy.line, "margin.line.",
                 {.amount = Amount(i),
                  .net = Net(i),
                  .cost = *cost,
                  .given = discount_[i],
                  .net_given = NetOf(i, discount_[i])});
    return broken.empty() ? "" : broken.front();
  }

  // The caps of the order and of categories that are broken.
  [[nodiscard]] std::vector<std::string> BrokenOnOrder() const {
    if (!sale_.rulebook.margin) return {};
    const MarginPolicy& policy = *sale_.rulebook.margin;
    std::vector<std::string> broken =
        BrokenOf(policy.order, "margin.order.", SumsOf(""));
    for (const auto& [category, caps] : policy.category) {
      for (const std::string& cap :
           BrokenOf(caps, absl::StrCat("margin.category[\"", category, "\"]."),
                    SumsOf(category))) {
        broken.push_back(cap);
      }
    }
    return broken;
  }

  [[nodiscard]] int64_t NetGiven() const {
    return static_cast<int64_t>(SumsOf("").net_given);
  }

  [[nodiscard]] int64_t MarginBefore() const {
    const Sums sums = SumsOf("");
    return static_cast<int64_t>(sums.net - sums.cost);
  }

 private:
  // Of some lines: before discounts, and what is given.
  struct Sums {
    Wide amount = 0;
    Wide net = 0;
    Wide cost = 0;
    Wide given = 0;
    Wide net_given = 0;
  };

  // Of the lines in a category, or of all with what is off the shipping.
  [[nodiscard]] Sums SumsOf(const std::string& category) const {
    Sums sums;
    if (category.empty()) sums.given = sums.net_given = shipping_;
    for (size_t i = 0; i < counted_.size(); ++i) {
      if (IsExcluded(i) || !IsIn(i, category)) continue;
      sums.amount += Amount(i);
      sums.net += Net(i);
      sums.cost += Cost(i).value_or(Net(i));
      sums.given += counted_[i];
      sums.net_given += NetOf(i, counted_[i]);
    }
    return sums;
  }

  static std::vector<std::string> BrokenOf(const MarginCaps& caps,
                                           const std::string& path,
                                           const Sums& sums) {
    // What may always be given: nothing.
    if (sums.given == 0 && sums.net_given == 0) return {};
    std::vector<std::string> broken;
    if (caps.max_discount && sums.given * caps.max_discount->denominator() >
                                 sums.amount * caps.max_discount->numerator()) {
      broken.push_back(path + "max_discount");
    }
    if (caps.max_discount_amount &&
        sums.given > caps.max_discount_amount->value()) {
      broken.push_back(path + "max_discount_amount");
    }
    if (caps.max_share_of_margin &&
        sums.net_given * caps.max_share_of_margin->denominator() >
            std::max<Wide>(sums.net - sums.cost, 0) *
                caps.max_share_of_margin->numerator()) {
      broken.push_back(path + "max_share_of_margin");
    }
    const Wide left = sums.net - sums.net_given;
    if (caps.min_margin && sums.net_given > 0 &&
        (left < 0 || (left - sums.cost) * caps.min_margin->denominator() <
                         left * caps.min_margin->numerator())) {
      broken.push_back(path + "min_margin");
    }
    return broken;
  }

  [[nodiscard]] bool IsIn(size_t i, const std::string& category) const {
    return category.empty() ||
           absl::StartsWith(sale_.order.lines[i].category + "/",
                            category + "/");
  }

  [[nodiscard]] bool IsExcluded(size_t i) const {
    if (!sale_.rulebook.margin) return false;
    for (const std::string& category :
         sale_.rulebook.margin->excluded_categories) {
      if (IsIn(i, category)) return true;
    }
    return false;
  }

  [[nodiscard]] int64_t Amount(size_t i) const {
    return sale_.order.lines[i].amount.value();
  }

  [[nodiscard]] int64_t Net(size_t i) const {
    if (!sale_.rulebook.prices_include_tax) return Amount(i);
    return Amount(i) - sale_.order.lines[i].tax.value();
  }

  // `part` less its share of the tax, rounded up.
  [[nodiscard]] int64_t NetOf(size_t i, int64_t part) const {
    if (Amount(i) == 0) return part;
    return static_cast<int64_t>((Wide{part} * Net(i) + Amount(i) - 1) /
                                Amount(i));
  }

  [[nodiscard]] std::optional<int64_t> Cost(size_t i) const {
    const MarginPolicy& policy = *sale_.rulebook.margin;
    const OrderLine& line = sale_.order.lines[i];
    if (line.cost) return line.cost->value();
    const Rate* rate = std::get_if<Rate>(&policy.unknown_cost);
    size_t longest = 0;
    for (const auto& [category, of_category] : policy.category_cost) {
      const bool above = absl::StartsWith(line.category + "/", category + "/");
      if (above && category.size() > longest) {
        longest = category.size();
        rate = &of_category;
      }
    }
    if (rate == nullptr) return std::nullopt;
    const Wide twice = Wide{Net(i)} * rate->numerator() * 2;
    return static_cast<int64_t>((twice + rate->denominator()) /
                                (Wide{rate->denominator()} * 2));
  }

  const RandomSale& sale_;
  std::vector<int64_t> discount_;
  std::vector<int64_t> counted_;
  int64_t shipping_ = 0;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_MARGIN_CAP_BOOKS_TEST_H_
