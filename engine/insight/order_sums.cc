#include "engine/insight/order_sums.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/order/share_out.h"

namespace pistis {
namespace {

// What each gives itself in its row.
constexpr Measure kOwn[] = {Measure::kLineDiscount,     Measure::kOrderDiscount,
                            Measure::kCodeDiscount,     Measure::kPoints,
                            Measure::kShippingDiscount, Measure::kPointsWorth};

Money Sum(absl::Span<const Money> amounts) {
  return std::accumulate(amounts.begin(), amounts.end(), Money());
}

// `total` by the weights, each as it is where that is their sum.
std::vector<Money> Split(Money total, std::vector<Money> weights) {
  const Money sum = Sum(weights);
  if (sum == total || sum.is_zero()) return weights;
  return ShareOut(total, weights);
}

// Points that are left, by line: what the lines keep, where that is all.
std::vector<Money> PointsByLine(const OrderLeft& left, Points points) {
  std::vector<Money> kept;
  std::vector<Money> earned;
  for (const SoldLine& line : left.lines) {
    kept.emplace_back(PointsKept(line).value());
    earned.emplace_back(line.points.value());
  }
  const bool none_kept = Sum(kept).is_zero();
  return Split(Money(points.value()), none_kept ? earned : kept);
}

class OrderSummer {
 public:
  OrderSummer(const SummedOrder& order, const OrderLeft& left)
      : order_(order),
        left_(left),
        points_left_(std::max(Points(), order.points - left.clawed_back)),
        is_whole_back_(SumReturned(left.lines).whole) {}

  RowSums Run() {
    all_.Set(Measure::kOrders, 1);
    const std::vector<Money> points = PointsByLine(left_, points_left_);
    for (size_t i = 0; i < order_.lines.size(); ++i)
      AddLine(i, points[i]);
    AddShipping();
    SetPoints(points_left_.value(), all_);
    AddOwnPoints();
    for (auto& [row, sums] : rows_) {
      SetPoints(sums[Measure::kPoints], sums);
      if (row.rows != MarginRows::kCategory) AddOrderTo(sums);
    }
    rows_[{.rows = MarginRows::kDay}] = all_;
    rows_[{.rows = MarginRows::kStore, .id = order_.store_id}] = all_;
    MarginRow tier{.rows = MarginRows::kTier, .of = MarginRow::Of::kNobody};
    if (order_.tier) {
      tier.of = MarginRow::Of::kNamed;
      tier.id = *order_.tier;
    }
    rows_[std::move(tier)] = all_;
    return std::move(rows_);
  }

 private:
  void AddLine(size_t index, Money points) {
    const SummedLine& line = order_.lines[index];
    const SoldLine& sold = left_.lines[index];
    const auto left = [&](Money whole) {
      return (whole - ShareReturned(sold, whole)).value();
    };
    MarginSums sums;
    if (line.is_excluded) {
      sums.Set(Measure::kExcluded, left(line.net));
    } else {
      sums.Set(Measure::kSales, left(line.net));
      sums.Set(Measure::kReturned, ShareReturned(sold, line.net).value());
      has_cost_ = has_cost_ || line.cost.has_value();
      sums.Set(Measure::kUnknownCostSales, line.cost ? 0 : left(line.net));
      sums.Set(Measure::kCost, line.cost ? left(*line.cost) : 0);
      sums.Set(Measure::kGiven, line.cost ? left(line.given) : 0);
    }
    sums.Set(Measure::kRedeemed, left(sold.redeemed));
    AddDiscounts(index, Money(left(sold.discount)), sums);
    all_ += sums;
    sums.Set(Measure::kPoints, points.value());
    MarginSums& row =
        rows_[{.rows = MarginRows::kCategory, .id = line.category}];
    row += sums;
    row.Set(Measure::kOrders, 1);
  }

  // What is left of the discounts on a line, by who gave them.
  void AddDiscounts(size_t line, Money left, MarginSums& sums) {
    std::vector<Money> shares;
    for (const SummedGift& gift : order_.gifts)
      shares.push_back(gift.shares[line]);
    if (shares.empty()) return;
    const std::vector<Money> parts = Split(left, std::move(shares));
    for (size_t i = 0; i < parts.size(); ++i) {
      const SummedGift& gift = order_.gifts[i];
      sums.Add(gift.kind, parts[i].value());
      rows_[gift.of].Add(gift.kind, parts[i].value());
    }
  }

  // Discounts on shipping stay until nothing of the order is left.
  void AddShipping() {
    for (const SummedGift& gift : order_.gifts) {
      const int64_t left = is_whole_back_ ? 0 : gift.shipping.value();
      rows_[gift.of].Add(Measure::kShippingDiscount, left);
      all_.Add(Measure::kShippingDiscount, left);
      if (has_cost_) all_.Add(Measure::kGiven, left);
    }
  }

  void AddOwnPoints() {
    const std::vector<int64_t> own = OwnPoints();
    for (size_t i = 0; i < own.size(); ++i)
      rows_[order_.earned[i].of].Add(Measure::kPoints, own[i]);
  }

  // What is left of each rule's points, all together points_left_.
  [[nodiscard]] std::vector<int64_t> OwnPoints() const {
    std::vector<int64_t> own;
    for (const SummedPoints& rule : order_.earned)
      own.push_back(rule.points.value());
    if (points_left_ == order_.points && !is_whole_back_) return own;
    Money left(points_left_.value());
    std::vector<Money> weights;
    for (int64_t& points : own) {
      weights.emplace_back(std::max<int64_t>(points, 0));
      points = points < 0 && points_left_.is_positive()
                   ? -MulDivHalfUp(-points, points_left_.value(),
                                   order_.points.value())
                   : 0;
      left -= Money(points);
    }
    const std::vector<Money> parts = Split(left, std::move(weights));
    for (size_t i = 0; i < own.size(); ++i)
      own[i] += parts[i].value();
    return own;
  }

  void SetPoints(int64_t points, MarginSums& sums) const {
    sums.Set(Measure::kPoints, points);
    if (!order_.point_value) return;
    const auto worth = [&](int64_t of) {
      return order_.point_value->WorthOf(Points(of), order_.minor_per_major)
          .value();
    };
    sums.Set(Measure::kPointsWorth,
             points < 0 ? -worth(-points) : worth(points));
  }

  // All that is the whole order's in the row of a rule or code.
  void AddOrderTo(MarginSums& sums) const {
    MarginSums shared = all_;
    for (const Measure own : kOwn)
      shared.Set(own, 0);
    sums += shared;
  }

  const SummedOrder& order_;
  const OrderLeft& left_;
  const Points points_left_;
  const bool is_whole_back_;
  bool has_cost_ = false;
  MarginSums all_;
  RowSums rows_;
};

}  // namespace

RowSums SumsOf(const SummedOrder& order, const OrderLeft& left) {
  return OrderSummer(order, left).Run();
}

RowSums RefundSums(const SummedOrder& order, const OrderLeft& before,
                   const OrderLeft& after) {
  RowSums changes;
  const RowSums earlier = SumsOf(order, before);
  for (auto& [row, sums] : SumsOf(order, after)) {
    MarginSums change = sums;
    change -= earlier.at(row);
    const bool is_of_order = row.rows == MarginRows::kDay ||
                             row.rows == MarginRows::kStore ||
                             row.rows == MarginRows::kTier;
    if (!is_of_order && change.is_zero()) continue;
    change.Set(Measure::kRefunds, 1);
    changes.emplace(row, change);
  }
  return changes;
}

}  // namespace pistis
