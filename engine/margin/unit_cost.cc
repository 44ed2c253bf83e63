#include "engine/margin/unit_cost.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "engine/base/rate.h"
#include "engine/base/status_macros.h"

namespace pistis {

absl::StatusOr<UnitCost> ParseUnitCost(absl::string_view text,
                                       const Currency& currency) {
  const int decimals = currency.decimals + kUnitCostDecimals;
  PISTIS_ASSIGN_OR_RETURN(const Decimal parsed, ParseDecimal(text, decimals));
  const Int128 cost =
      Int128{parsed.digits} * PowerOfTen(decimals - parsed.decimals);
  if (parsed.negative && cost != 0) {
    return absl::InvalidArgumentError("a cost is never negative");
  }
  if (cost > kMaxUnitCost.value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("at most ", FormatMoney(kMaxLineMoney, currency), " ",
                     currency.code, " are allowed"));
  }
  return UnitCost(static_cast<int64_t>(cost));
}

std::string FormatUnitCost(UnitCost cost, const Currency& currency) {
  const Currency finer{.code = currency.code,
                       .decimals = currency.decimals + kUnitCostDecimals};
  std::string text = FormatMoney(Money(cost.value()), finer);
  int spare = kUnitCostDecimals;
  while (spare > 0 && text.back() == '0') {
    text.pop_back();
    --spare;
  }
  if (text.back() == '.') text.pop_back();
  return text;
}

Money CostOfUnits(UnitCost cost, int64_t units) {
  const Int128 whole =
      CeilDiv(Int128{cost.value()} * units, PowerOfTen(kUnitCostDecimals));
  return Money(
      static_cast<int64_t>(std::min(whole, Int128{kMaxLineMoney.value()})));
}

}  // namespace pistis
