// A sale as rules see it.
#ifndef PISTIS_ENGINE_RULES_SALE_VIEW_H_
#define PISTIS_ENGINE_RULES_SALE_VIEW_H_

#include <string>

#include "absl/time/time.h"

#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rules/budgets.h"
#include "engine/rules/facts.h"
#include "engine/rules/limits.h"
#include "engine/rules/step_meter.h"
#include "engine/rules/trace.h"

namespace pistis {

// A code that was typed, found and may be used. Refers to its template, and to
// the rulebook that issued it.
struct CodeToApply {
  const CodeTemplate* code_template = nullptr;
  std::string typed;
  // Null: that of the sale.
  const Rulebook* issued_by = nullptr;
};

// Refers to what it is made of, which must outlive it.
struct SaleView {
  const Rulebook& rulebook;
  const Order& order;
  const MemberFacts& member;
  // When the sale takes effect.
  absl::Time time;
  LimitBook limits;
  BudgetBook budgets = {};
  // Is told what is seen and decided; null where nobody asks.
  Trace* trace = nullptr;
  // What it may cost; null: PriceOrder sees to it, others do not mind.
  StepMeter* steps = nullptr;
};

[[nodiscard]] inline BudgetPlace PlaceOf(const SaleView& sale) {
  return {.rulebook = sale.rulebook,
          .member = sale.member.member_id,
          .store = sale.order.store_id,
          .terminal = sale.order.terminal_id};
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_SALE_VIEW_H_
