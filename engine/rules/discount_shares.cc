#include "engine/rules/discount_shares.h"

#include <algorithm>
#include <numeric>

#include "engine/base/rate.h"
#include "engine/order/share_out.h"

namespace pistis {
namespace {

Money Sum(absl::Span<const Money> amounts) {
  return std::accumulate(amounts.begin(), amounts.end(), Money());
}

// The rate of `amount`; half a minor unit goes to the even neighbour.
Money OfHalfEven(const Rate& rate, Money amount) {
  const Int128 parts = Int128{amount.value()} * rate.numerator();
  const bool is_half = parts % rate.denominator() * 2 == rate.denominator();
  const Money rounded = rate.OfHalfUp(amount);
  return is_half && rounded.value() % 2 != 0 ? rounded - Money(1) : rounded;
}

Money PartOf(const Rate& rate, Money amount, MoneyRounding rounding) {
  switch (rounding) {
    case MoneyRounding::kHalfUp:
      return rate.OfHalfUp(amount);
    case MoneyRounding::kHalfEven:
      return OfHalfEven(rate, amount);
  }
  return Money();
}

// Works out the shares of one discount; called with its shape.
class Shares {
 public:
  Shares(const Discount& discount, const DiscountedLines& order,
         MoneyRounding rounding)
      : discount_(discount), order_(order), rounding_(rounding) {}

  std::vector<Money> operator()(const PercentOff& shape) const {
    std::vector<Money> bases(size());
    for (size_t i = 0; i < size(); ++i) {
      if (order_.selected[i]) bases[i] = BaseOf(i);
    }
    return PartsOf(shape.percent, bases);
  }

  std::vector<Money> operator()(const AmountOff& shape) const {
    std::vector<Money> left = Left();
    if (shape.per_unit) {
      for (size_t i = 0; i < size(); ++i) {
        left[i] = std::min(left[i], Units(shape.amount, i));
      }
      return left;
    }
    return ShareOut(std::min(shape.amount, Sum(left)), left);
  }

  std::vector<Money> operator()(const FixedPrice& shape) const {
    std::vector<Money> left = Left();
    if (shape.together) {
      return ShareOut(std::max(Sum(left) - shape.price, Money()), left);
    }
    for (size_t i = 0; i < size(); ++i) {
      left[i] = std::max(left[i] - Units(shape.price, i), Money());
    }
    return left;
  }

  std::vector<Money> operator()(const FreeItem& shape) const {
    std::vector<bool> of_sku = order_.selected;
    for (size_t i = 0; i < size(); ++i) {
      if (order_.lines[i].sku != shape.sku) of_sku[i] = false;
    }
    return OfUnits(Rate(1, 1), CheapestUnits(of_sku, shape.quantity));
  }

  std::vector<Money> operator()(const BuyAndGet& shape) const {
    const std::vector<int64_t> units = UnitsGot(shape);
    if (const Rate* percent = std::get_if<Rate>(&shape.off)) {
      return OfUnits(*percent, units);
    }
    const Money each = std::get<Money>(shape.off);
    std::vector<Money> shares = PricesOf(units, order_.remaining);
    for (size_t i = 0; i < size(); ++i) {
      shares[i] = std::min(shares[i], Money(each.value() * units[i]));
    }
    return shares;
  }

  std::vector<Money> operator()(const CheapestOff& shape) const {
    return OfUnits(shape.percent,
                   CheapestUnits(order_.selected, shape.quantity));
  }

  std::vector<Money> operator()(const ShippingOff& /*shape*/) const {
    return std::vector<Money>(size());
  }

 private:
  [[nodiscard]] size_t size() const { return order_.lines.size(); }

  // What the selected lines have left to pay.
  [[nodiscard]] std::vector<Money> Left() const {
    std::vector<Money> left(size());
    for (size_t i = 0; i < size(); ++i) {
      if (order_.selected[i]) left[i] = order_.remaining[i];
    }
    return left;
  }

  [[nodiscard]] Money Units(Money each, size_t line) const {
    return Money(each.value() * order_.lines[line].quantity);
  }

  // What a percentage of the line is a part of.
  [[nodiscard]] Money BaseOf(size_t line) const {
    return discount_.of == PercentOf::kOriginal ? order_.lines[line].amount
                                                : order_.remaining[line];
  }

  [[nodiscard]] std::vector<Money> PartsOf(
      const Rate& percent, absl::Span<const Money> bases) const {
    Money sum = PartOf(percent, Sum(bases), rounding_);
    if (discount_.max) sum = std::min(sum, *discount_.max);
    std::vector<Money> shares = ShareOut(sum, bases);
    for (size_t i = 0; i < shares.size(); ++i) {
      shares[i] = std::min(shares[i], order_.remaining[i]);
    }
    return shares;
  }

  // The same of so many units of each line.
  [[nodiscard]] std::vector<Money> OfUnits(
      const Rate& percent, const std::vector<int64_t>& units) const {
    std::vector<Money> bases(size());
    for (size_t i = 0; i < size(); ++i) {
      bases[i] = BaseOf(i);
    }
    return PartsOf(percent, PricesOf(units, bases));
  }

  // What so many units of each line are of its amount.
  [[nodiscard]] std::vector<Money> PricesOf(
      const std::vector<int64_t>& units,
      absl::Span<const Money> amounts) const {
    std::vector<Money> prices(size());
    for (size_t i = 0; i < size(); ++i) {
      prices[i] = Money(
          MulDivDown(amounts[i].value(), units[i], order_.lines[i].quantity));
    }
    return prices;
  }

  // Units that there are to pay for.
  [[nodiscard]] int64_t UnitsOf(const std::vector<bool>& of,
                                size_t line) const {
    const bool counts = of[line] && order_.remaining[line].is_positive();
    return counts ? order_.lines[line].quantity : 0;
  }

  // The lines, the cheapest unit first, of equal ones the earlier line.
  [[nodiscard]] std::vector<size_t> CheapestFirst() const {
    std::vector<size_t> lines(size());
    std::iota(lines.begin(), lines.end(), size_t{0});
    std::stable_sort(lines.begin(), lines.end(), [&](size_t a, size_t b) {
      return Int128{BaseOf(a).value()} * order_.lines[b].quantity <
             Int128{BaseOf(b).value()} * order_.lines[a].quantity;
    });
    return lines;
  }

  [[nodiscard]] std::vector<int64_t> CheapestUnits(const std::vector<bool>& of,
                                                   int64_t most) const {
    std::vector<int64_t> units(size());
    for (const size_t line : CheapestFirst()) {
      units[line] = std::min(UnitsOf(of, line), most);
      most -= units[line];
    }
    return units;
  }

  // The units that may be bought, may be got, and may be either.
  struct Counts {
    int64_t bought = 0;
    int64_t selected = 0;
    int64_t either = 0;
  };

  // Units to buy for so many to get, the last set perhaps short of some.
  static int64_t BoughtFor(const BuyAndGet& shape, int64_t got) {
    return (got + shape.get - 1) / shape.get * shape.buy;
  }

  // The most units that can be got while other units are left to be bought.
  static int64_t MostGot(const BuyAndGet& shape, const Counts& counts) {
    int64_t low = 0;
    int64_t high = counts.selected;
    while (low < high) {
      const int64_t got = low + (high - low + 1) / 2;
      const int64_t bought = BoughtFor(shape, got);
      const bool fits =
          bought <= counts.bought &&
          bought + got <= counts.bought + counts.selected - counts.either;
      if (fits) {
        low = got;
      } else {
        high = got - 1;
      }
    }
    return low;
  }

  [[nodiscard]] std::vector<int64_t> UnitsGot(const BuyAndGet& shape) const {
    Counts counts;
    for (size_t i = 0; i < size(); ++i) {
      const int64_t bought = UnitsOf(order_.bought, i);
      const int64_t selected = UnitsOf(order_.selected, i);
      counts.bought += bought;
      counts.selected += selected;
      counts.either += std::min(bought, selected);
    }
    int64_t most = MostGot(shape, counts);
    if (shape.most_sets) most = std::min(most, *shape.most_sets * shape.get);
    // Of the units that may be either, those that are not needed as bought.
    int64_t spare = counts.bought - BoughtFor(shape, most);
    std::vector<int64_t> units(size());
    for (const size_t line : CheapestFirst()) {
      units[line] = std::min(UnitsOf(order_.selected, line), most);
      if (order_.bought[line]) {
        units[line] = std::min(units[line], spare);
        spare -= units[line];
      }
      most -= units[line];
    }
    return units;
  }

  const Discount& discount_;
  const DiscountedLines& order_;
  const MoneyRounding rounding_;
};

}  // namespace

std::vector<Money> DiscountShares(const Discount& discount,
                                  const DiscountedLines& order,
                                  MoneyRounding rounding) {
  std::vector<Money> shares =
      std::visit(Shares(discount, order, rounding), discount.shape);
  if (Sum(shares) < discount.minimum) return std::vector<Money>(shares.size());
  return shares;
}

Money ShippingShare(const Discount& discount, Money shipping,
                    MoneyRounding rounding) {
  const auto* shape = std::get_if<ShippingOff>(&discount.shape);
  if (shape == nullptr) return Money();
  const Rate* percent = std::get_if<Rate>(&shape->off);
  Money share = percent != nullptr
                    ? PartOf(*percent, shipping, rounding)
                    : std::min(std::get<Money>(shape->off), shipping);
  if (discount.max) share = std::min(share, *discount.max);
  return share < discount.minimum ? Money() : share;
}

}  // namespace pistis
