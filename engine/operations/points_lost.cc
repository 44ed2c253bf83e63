#include "engine/operations/points_lost.h"

#include <set>
#include <string>
#include <utility>

#include "pistis/v1/checkout_service.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/catalogue.h"
#include "engine/operations/limit_uses.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_standing.h"
#include "engine/operations/reprice_order.h"
#include "engine/order/order.h"
#include "engine/rules/recompute.h"

namespace pistis {
namespace {

// The rules that gave the sale nothing though they concerned it, where codes
// may be why.
absl::StatusOr<std::set<std::string>> KeptOutByCodes(
    const Order& order, const store::v1::OrderRecord& record) {
  std::set<std::string> rules;
  if (order.codes.empty()) return rules;
  v1::CommitOrderResponse first;
  if (!first.ParseFromString(record.reply())) {
    return RecordCorrupt("OrderRecord");
  }
  for (const v1::WithheldRule& withheld : first.quote().withheld())
    rules.insert(withheld.rule_id());
  return rules;
}

}  // namespace

absl::StatusOr<Points> PointsLost(const Rulebook& of_sale,
                                  const store::v1::OrderRecord& record,
                                  const std::vector<SoldLine>& lines) {
  const Points in_proportion = SumReturned(lines).points;
  if (of_sale.points.on_return == OnReturn::kProportional) {
    return in_proportion;
  }
  v1::Order sold;
  if (!sold.ParseFromString(record.order())) {
    return RecordCorrupt("OrderRecord");
  }
  PISTIS_ASSIGN_OR_RETURN(Order parsed, ParseOrder(sold, OrderUse::kCommit,
                                                   absl::InfiniteFuture()));
  const Order order = WithKeptCosts(std::move(parsed), record);
  const MemberFacts member =
      ToFacts(record.facts(), MemberId(record.member_id()));
  PISTIS_ASSIGN_OR_RETURN(const std::set<std::string> kept_out,
                          KeptOutByCodes(order, record));
  const absl::StatusOr<Points> kept =
      RecomputePoints({.rulebook = of_sale,
                       .order = order,
                       .member = member,
                       .time = PricedAt(order, record),
                       .limits = LimitsOfOrder(record)},
                      lines, kept_out);
  // A return is not refused for what its rulebook's conditions cost.
  if (absl::IsResourceExhausted(kept.status())) return in_proportion;
  PISTIS_RETURN_IF_ERROR(kept.status());
  return Points(record.points_earned()) - *kept;
}

}  // namespace pistis
