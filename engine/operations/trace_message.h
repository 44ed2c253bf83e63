// How a sale came to what it gets, as the API tells it.
#ifndef PISTIS_ENGINE_OPERATIONS_TRACE_MESSAGE_H_
#define PISTIS_ENGINE_OPERATIONS_TRACE_MESSAGE_H_

#include "pistis/v1/order.pb.h"

#include "engine/operations/price_order.h"
#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rules/trace.h"

namespace pistis {

// An order that was priced while `trace` looked on.
struct TracedOrder {
  const Rulebook& rulebook;
  const Order& order;
  const PricedOrder& priced;
  const Trace& trace;
};

// At most this many steps are told.
inline constexpr int kMaxTraceSteps = 1000;

[[nodiscard]] v1::Trace ToMessage(const TracedOrder& traced);

// A window of a limit or budget: "month", or "30d" of so many days.
[[nodiscard]] std::string WindowText(LimitWindow window, int windows);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_TRACE_MESSAGE_H_
