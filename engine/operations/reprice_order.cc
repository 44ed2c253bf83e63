#include "engine/operations/reprice_order.h"

#include <string>
#include <utility>

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/budget_uses.h"
#include "engine/operations/catalogue.h"
#include "engine/operations/limits_seen.h"
#include "engine/operations/member_standing.h"

namespace pistis {
absl::StatusOr<std::vector<LoadedCode>> FindCodes(
    const StoredSale& sale, const Order& order,
    const std::shared_ptr<const Rulebook>& of_sale) {
  std::vector<LoadedCode> codes;
  for (const std::string& typed : order.codes) {
    PISTIS_ASSIGN_OR_RETURN(LoadedCode code, FindCode({.env = sale.env,
                                                       .reader = sale.reader,
                                                       .program = sale.program,
                                                       .rulebook = of_sale},
                                                      typed));
    codes.push_back(std::move(code));
  }
  return codes;
}

absl::Time PricedAt(const Order& order, const store::v1::OrderRecord& record) {
  return SoldAt(order, absl::FromUnixMicros(record.priced_us() != 0
                                                ? record.priced_us()
                                                : record.effective_us()));
}

absl::StatusOr<RepricedOrder> RepriceOrder(const StoredSale& kept,
                                           Trace* trace) {
  const store::v1::OrderRecord& record = kept.record;
  v1::Order sold;
  if (!sold.ParseFromString(record.order())) {
    return RecordCorrupt("OrderRecord");
  }
  RepricedOrder again;
  PISTIS_ASSIGN_OR_RETURN(Order parsed, ParseOrder(sold, OrderUse::kCommit,
                                                   absl::InfiniteFuture()));
  again.order = WithKeptCosts(std::move(parsed), record);
  PISTIS_ASSIGN_OR_RETURN(again.rulebook,
                          kept.env.rulebooks.Get(kept.reader, kept.program,
                                                 record.rulebook_version()));
  PISTIS_ASSIGN_OR_RETURN(again.codes,
                          FindCodes(kept, again.order, again.rulebook));
  std::vector<CodeToApply> apply;
  for (const LoadedCode& code : again.codes)
    apply.push_back(code.apply);
  if (!record.member_id().empty()) {
    again.member = ToFacts(record.facts(), MemberId(record.member_id()));
  }
  PISTIS_ASSIGN_OR_RETURN(
      again.priced,
      PriceOrder({.rulebook = *again.rulebook,
                  .order = again.order,
                  .member = again.member,
                  .time = PricedAt(again.order, record),
                  .limits = LimitsAsSeen(
                      {.rulebook = *again.rulebook, .codes = apply}, record),
                  .budgets = BudgetsAsSeen(record),
                  .trace = trace},
                 apply));
  return again;
}

}  // namespace pistis
