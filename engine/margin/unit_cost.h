// What one unit of an article costs: finer than money, as a carton of 144 for
// 20.00 asks for.
#ifndef PISTIS_ENGINE_MARGIN_UNIT_COST_H_
#define PISTIS_ENGINE_MARGIN_UNIT_COST_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/base/amount.h"
#include "engine/base/decimal.h"

namespace pistis {

// Ten-thousandths of a minor unit.
using UnitCost = Amount<struct UnitCostTag>;

// The largest is that of kMaxLineMoney.
inline constexpr int kUnitCostDecimals = 4;
inline constexpr UnitCost kMaxUnitCost{kMaxLineMoney.value() * 10'000};

// Parses a non-negative cost in the major unit, such as "3.4175".
// InvalidArgument where it has more than kUnitCostDecimals decimals beyond the
// currency's, or is above kMaxUnitCost.
absl::StatusOr<UnitCost> ParseUnitCost(absl::string_view text,
                                       const Currency& currency);

// "3.4175"; "3.40", too: never fewer decimals than the currency has.
[[nodiscard]] std::string FormatUnitCost(UnitCost cost,
                                         const Currency& currency);

// What so many units cost, rounded up; at most kMaxLineMoney, which is more
// than any line is sold for.
[[nodiscard]] Money CostOfUnits(UnitCost cost, int64_t units);

}  // namespace pistis

#endif  // PISTIS_ENGINE_MARGIN_UNIT_COST_H_
