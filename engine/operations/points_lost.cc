#include "engine/operations/points_lost.h"

#include <memory>
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
#include "engine/order/order.h"
#include "engine/rules/limits.h"
#include "engine/rules/recompute.h"

namespace pistis {
namespace {

// Its codes, and what they did to its points: the rules that gave the sale
// nothing though they concerned it may have been kept out by them.
struct CodesOfSale {
  std::vector<LoadedCode> loaded;
  KeptCodes kept;
};

absl::StatusOr<CodesOfSale> CodesOfOrder(
    const StoredSale& sale, const Order& order,
    const std::shared_ptr<const Rulebook>& of_sale) {
  CodesOfSale codes;
  if (order.codes.empty()) return codes;
  v1::CommitOrderResponse first;
  if (!first.ParseFromString(sale.record.reply())) {
    return RecordCorrupt("OrderRecord");
  }
  for (const v1::WithheldRule& withheld : first.quote().withheld())
    codes.kept.kept_out.insert(withheld.rule_id());
  PISTIS_ASSIGN_OR_RETURN(codes.loaded, FindCodes(sale, order, of_sale));
  std::set<std::string> earning;
  for (const v1::EarnedPoints& earned : first.quote().earned())
    earning.insert(earned.rule_id());
  for (const LoadedCode& code : codes.loaded) {
    if (earning.count(HolderOf(*code.apply.code_template)) == 0) continue;
    codes.kept.earning.push_back(code.apply);
  }
  return codes;
}

}  // namespace

absl::StatusOr<Points> PointsLost(const StoredSale& sale,
                                  const std::vector<SoldLine>& lines) {
  const store::v1::OrderRecord& record = sale.record;
  const Points in_proportion = SumReturned(lines).points;
  PISTIS_ASSIGN_OR_RETURN(const std::shared_ptr<const Rulebook> of_sale,
                          sale.env.rulebooks.Get(sale.reader, sale.program,
                                                 record.rulebook_version()));
  // Of an order that was erased too little is left to work it out once more.
  if (of_sale->points.on_return == OnReturn::kProportional ||
      !record.erased_digest().empty()) {
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
  PISTIS_ASSIGN_OR_RETURN(const CodesOfSale codes,
                          CodesOfOrder(sale, order, of_sale));
  const absl::StatusOr<Points> kept =
      RecomputePoints({.rulebook = *of_sale,
                       .order = order,
                       .member = member,
                       .time = PricedAt(order, record),
                       .limits = LimitsOfOrder(record)},
                      lines, codes.kept);
  // A return is not refused for what its rulebook's conditions cost.
  if (absl::IsResourceExhausted(kept.status())) return in_proportion;
  PISTIS_RETURN_IF_ERROR(kept.status());
  return Points(record.points_earned()) - *kept;
}

}  // namespace pistis
