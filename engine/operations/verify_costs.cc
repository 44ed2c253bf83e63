#include "engine/operations/verify_costs.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/cost_records.pb.h"

#include "engine/margin/unit_cost.h"

namespace pistis {
namespace {

using store::v1::ArticleCostsRecord;

bool IsOrdered(const ArticleCostsRecord& costs) {
  const auto& times = costs.valid_from_us();
  return std::adjacent_find(times.begin(), times.end(),
                            std::less_equal<int64_t>()) == times.end();
}

bool IsInBounds(const ArticleCostsRecord& costs) {
  return costs.cost_size() > 0 &&
         costs.cost_size() == costs.valid_from_us_size() &&
         *costs.valid_from_us().rbegin() >= 0 &&
         std::all_of(costs.cost().begin(), costs.cost().end(),
                     [](int64_t cost) {
                       return cost >= 0 && cost <= kMaxUnitCost.value();
                     });
}

}  // namespace

absl::Status VerifyCosts(Recount& recount,
                         const store::v1::TotalsRecord& totals) {
  recount.tally().Claim(Book::kTotals, "catalogue_costs",
                        totals.catalogue_costs());
  return recount.Scan(
      {.letter = 'K', .stage = "costs"},
      [&](absl::string_view rest, absl::string_view value) {
        const std::optional<NamedRest> sku = SplitName(rest);
        if (!sku || sku->name.empty() || !sku->after.empty()) {
          FindMalformedKey('K', rest, recount);
          return absl::OkStatus();
        }
        const std::string where =
            absl::StrCat("costs of ", Printable(sku->name));
        const auto costs = recount.Parse<ArticleCostsRecord>(value, where);
        if (!costs) return absl::OkStatus();
        recount.CountTotal("catalogue_costs", costs->cost_size());
        if (!IsInBounds(*costs) || !IsOrdered(*costs)) {
          recount.Find({"record", where},
                       "has costs or times that no catalogue has");
        }
        return absl::OkStatus();
      });
}

}  // namespace pistis
