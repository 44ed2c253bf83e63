// What is left of one order, as the rows of a margin report count it.
#ifndef PISTIS_ENGINE_INSIGHT_ORDER_SUMS_H_
#define PISTIS_ENGINE_INSIGHT_ORDER_SUMS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"

#include "engine/base/amount.h"
#include "engine/base/rate.h"
#include "engine/insight/margin_sums.h"
#include "engine/order/refund.h"

namespace pistis {

// A line as it was sold.
struct SummedLine {
  std::string category;
  // Its amount without tax.
  Money net;
  // True: a deposit or the like, which is no sale.
  bool is_excluded = false;
  // Nothing: nobody knows.
  std::optional<Money> cost;
  // Discounts and counted points on it, without tax.
  Money given;
};

// A discount of a rule or code.
struct SummedGift {
  // One of kRule or kCode.
  MarginRow of;
  // kLineDiscount, kOrderDiscount or kCodeDiscount; for what is not shipping.
  Measure kind = Measure::kOrderDiscount;
  // By line.
  std::vector<Money> shares;
  Money shipping;
};

// What a rule or code earned the order; below zero where it multiplies by less
// than one.
struct SummedPoints {
  // One of kRule or kCode.
  MarginRow of;
  Points points;
};

// An order as it was sold.
struct SummedOrder {
  std::string store_id;
  // Nothing: a sale without a member; empty: a member in no tier.
  std::optional<std::string> tier;
  std::vector<SummedLine> lines;
  std::vector<SummedGift> gifts;
  std::vector<SummedPoints> earned;
  Points points;
  // What a point pays, and minor units in a major one; nothing: no value.
  std::optional<Rate> point_value;
  int64_t minor_per_major = 1;
};

// What has come back of it, and how its points were taken back.
struct OrderLeft {
  // In the order of SummedOrder::lines, which it is as long as.
  absl::Span<const SoldLine> lines;
  Points clawed_back;
};

// What is left of the order by row: of the day, its categories, store and tier,
// and the rules and codes that gave something. Figures of a line that came back
// in part go with it as ShareReturned says; what is left of a line's discount
// is shared out over those who gave it, and points that are left over lines and
// rules, by the largest remainder: kinds, categories and rules sum to the whole
// exactly, and of an order that came back nothing is left. A row's orders do
// not come back. The rows are the same whatever is left, so that a refund
// changes each by the difference.
[[nodiscard]] RowSums SumsOf(const SummedOrder& order, const OrderLeft& left);

// What a refund changes, counted as one: in each row that it changes, and those
// of the day, the store and the tier in any case.
[[nodiscard]] RowSums RefundSums(const SummedOrder& order,
                                 const OrderLeft& before,
                                 const OrderLeft& after);

}  // namespace pistis

#endif  // PISTIS_ENGINE_INSIGHT_ORDER_SUMS_H_
