#include "engine/operations/quote_order.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/budget_uses.h"
#include "engine/operations/trace_message.h"
#include "engine/storage/overlay.h"

namespace pistis {

absl::StatusOr<PricedOrder> PriceLoaded(const QueryContext& context,
                                        const ProgramId& program,
                                        const Order& order,
                                        const LoadedOrder& loaded,
                                        Trace* trace) {
  const WriteSet none;
  const OverlayReader view(context.reader,
                           {loaded.ledger ? &loaded.ledger->writes() : &none});
  BudgetsSeen budgets(
      BudgetsInStore(loaded.Limits(view, program), *loaded.rulebook));
  return PriceOrder({.rulebook = *loaded.rulebook,
                     .order = loaded.WithCosts(order),
                     .member = loaded.Facts(),
                     .time = loaded.sold,
                     .limits = LimitsInStore(loaded.Limits(view, program)),
                     .budgets = budgets.Book(),
                     .trace = trace},
                    loaded.CodesToApply());
}

absl::StatusOr<v1::Quote> QuoteOrder(const QueryContext& context,
                                     const v1::QuoteOrderRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  if (!request.has_order()) return RefuseField("order", "is missing");
  PISTIS_ASSIGN_OR_RETURN(
      const Order order,
      ParseOrder(request.order(), OrderUse::kQuote, context.now));
  PISTIS_RETURN_IF_ERROR(CheckBuyer(order));
  const ProgramId program(request.program_id());
  PISTIS_ASSIGN_OR_RETURN(
      const LoadedOrder loaded,
      LoadOrder(context.env, context.reader, program, order, context.now));
  Trace trace;
  PISTIS_ASSIGN_OR_RETURN(const PricedOrder priced,
                          PriceLoaded(context, program, order, loaded,
                                      request.explain() ? &trace : nullptr));
  v1::Quote quote = ToQuote(*loaded.rulebook, priced);
  if (request.explain()) {
    *quote.mutable_trace() = ToMessage({.rulebook = *loaded.rulebook,
                                        .order = order,
                                        .priced = priced,
                                        .trace = trace});
  }
  return quote;
}

}  // namespace pistis
