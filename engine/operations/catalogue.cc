#include "engine/operations/catalogue.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::ArticleCostsRecord;

// The cost of a unit at `time_us`; nothing where the catalogue does not say.
absl::StatusOr<std::optional<UnitCost>> FindCost(const Reader& reader,
                                                 const ProgramId& program,
                                                 const std::string& sku,
                                                 int64_t time_us) {
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<ArticleCostsRecord> costs,
      GetRecord<ArticleCostsRecord>(reader, ArticleCostsKey(program, sku)));
  if (!costs) return std::nullopt;
  const int place = PlaceOfCost(*costs, time_us);
  if (place == costs->valid_from_us_size()) return std::nullopt;
  if (place >= costs->cost_size()) return RecordCorrupt("ArticleCostsRecord");
  return UnitCost(costs->cost(place));
}

bool MayBeListed(const OrderLine& line) {
  return !line.cost && !line.sku.empty() && !absl::StrContains(line.sku, '\0');
}

}  // namespace

int PlaceOfCost(const ArticleCostsRecord& costs, int64_t time_us) {
  const auto& times = costs.valid_from_us();
  const auto found = std::lower_bound(times.begin(), times.end(), time_us,
                                      std::greater<int64_t>());
  return static_cast<int>(found - times.begin());
}

absl::StatusOr<std::optional<Order>> WithCatalogueCosts(
    const Reader& reader, const ProgramId& program, const Order& order,
    absl::Time sold) {
  absl::flat_hash_map<absl::string_view, std::optional<UnitCost>> known;
  std::optional<Order> costed;
  for (size_t i = 0; i < order.lines.size(); ++i) {
    const OrderLine& line = order.lines[i];
    if (!MayBeListed(line)) continue;
    const auto [cost, is_new] = known.try_emplace(line.sku);
    if (is_new) {
      PISTIS_ASSIGN_OR_RETURN(cost->second, FindCost(reader, program, line.sku,
                                                     absl::ToUnixMicros(sold)));
    }
    if (!cost->second) continue;
    if (!costed) costed = order;
    costed->lines[i].cost = CostOfUnits(*cost->second, line.quantity);
  }
  return costed;
}

Order WithKeptCosts(Order order, const store::v1::OrderRecord& record) {
  const size_t lines =
      std::min(order.lines.size(), static_cast<size_t>(record.lines_size()));
  for (size_t i = 0; i < lines; ++i) {
    const store::v1::OrderLineRecord& line = record.lines(static_cast<int>(i));
    if (line.has_catalogue_cost_minor()) {
      order.lines[i].cost = Money(line.catalogue_cost_minor());
    }
  }
  return order;
}

}  // namespace pistis
