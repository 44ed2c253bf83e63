// What sales come to, measure by measure, and the rows such sums are kept in.
#ifndef PISTIS_ENGINE_INSIGHT_MARGIN_SUMS_H_
#define PISTIS_ENGINE_INSIGHT_MARGIN_SUMS_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace pistis {

// What is summed: counts, minor units and points. The order is that of stored
// records: new ones come last. All but the counts and kTrimmed are less what
// came back.
enum class Measure {
  kOrders,
  kRefunds,
  // Net sales before discounts, and the part of them that came back.
  kSales,
  kReturned,
  // Net sales of excluded categories, which are not in kSales.
  kExcluded,
  // The part of kSales whose cost nobody knows; the cost of the rest, and what
  // was given on it, without tax.
  kUnknownCostSales,
  kCost,
  kGiven,
  // Discounts as priced.
  kLineDiscount,
  kOrderDiscount,
  kCodeDiscount,
  kShippingDiscount,
  // What points paid; points earned, and their worth.
  kRedeemed,
  kPoints,
  kPointsWorth,
  // What a cap cut off.
  kTrimmed,
};
// For people: "cost".
[[nodiscard]] absl::string_view NameOf(Measure measure);
inline constexpr size_t kMeasures = static_cast<size_t>(Measure::kTrimmed) + 1;

// One number for each measure. Sums never wrap: they stay at the largest
// number. Value type.
class MarginSums {
 public:
  [[nodiscard]] int64_t operator[](Measure measure) const {
    return values_[static_cast<size_t>(measure)];
  }
  void Set(Measure measure, int64_t value) {
    values_[static_cast<size_t>(measure)] = value;
  }
  void Add(Measure measure, int64_t amount);
  MarginSums& operator+=(const MarginSums& other);
  MarginSums& operator-=(const MarginSums& other);

  [[nodiscard]] bool is_zero() const { return *this == MarginSums(); }
  // False where there are sales and none of them has a known cost.
  [[nodiscard]] bool has_cost() const;
  // Requires has_cost().
  [[nodiscard]] int64_t margin_before() const;
  [[nodiscard]] int64_t margin_after() const;

  friend bool operator==(const MarginSums&, const MarginSums&) = default;

 private:
  std::array<int64_t, kMeasures> values_ = {};
};

// By what sums are kept. The order is that of stored records: new ones come
// last.
enum class MarginRows { kDay, kCategory, kStore, kRule, kCode, kTier, kCap };
inline constexpr size_t kMarginRows = static_cast<size_t>(MarginRows::kCap) + 1;
// Its word in keys: "category".
[[nodiscard]] absl::string_view NameOf(MarginRows rows);

// Which row of a day. Of kDay there is one, of no name.
struct MarginRow {
  MarginRows rows = MarginRows::kDay;
  // kNamed: `id` says whose, which may be empty. kNobody: sales without a
  // member, among tiers. kOthers: all for which there was no more room.
  enum class Of { kNamed, kNobody, kOthers };
  Of of = Of::kNamed;
  std::string id;

  // NOLINTNEXTLINE(modernize-use-nullptr): the check misreads `<=>`.
  friend auto operator<=>(const MarginRow&, const MarginRow&) = default;
};
using RowSums = std::map<MarginRow, MarginSums>;

// The row as keys have it behind their day, and back; text that is none is the
// row of others.
[[nodiscard]] std::string RowText(const MarginRow& row);
[[nodiscard]] MarginRow ParseRowText(MarginRows rows, absl::string_view text);

// The `most` rows with the largest `by`, largest first, then by id; behind them
// the sum of all others, where there are any.
using RankedRows = std::vector<std::pair<MarginRow, MarginSums>>;
[[nodiscard]] RankedRows Rank(const RowSums& rows, Measure by, size_t most);

}  // namespace pistis

#endif  // PISTIS_ENGINE_INSIGHT_MARGIN_SUMS_H_
