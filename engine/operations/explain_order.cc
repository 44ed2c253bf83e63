#include "engine/operations/explain_order.h"

#include <optional>
#include <string>
#include <utility>

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/load_order.h"
#include "engine/operations/price_order.h"
#include "engine/operations/reprice_order.h"
#include "engine/operations/trace_message.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

absl::StatusOr<v1::Quote> WorkOut(const QueryContext& context,
                                  const ProgramId& program,
                                  const store::v1::OrderRecord& record) {
  Trace trace;
  PISTIS_ASSIGN_OR_RETURN(const RepricedOrder again,
                          RepriceOrder({.env = context.env,
                                        .reader = context.reader,
                                        .program = program,
                                        .record = record},
                                       &trace));
  v1::Quote quote = ToQuote(*again.rulebook, again.priced);
  *quote.mutable_trace() = ToMessage({.rulebook = *again.rulebook,
                                      .order = again.order,
                                      .priced = again.priced,
                                      .trace = trace});
  return quote;
}

}  // namespace

absl::StatusOr<store::v1::OrderRecord> LoadCommitted(
    const Reader& reader, const std::string& program_id,
    const std::string& order_id) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", program_id));
  PISTIS_RETURN_IF_ERROR(CheckId("order_id", order_id));
  const ProgramId program(program_id);
  PISTIS_RETURN_IF_ERROR(LoadProgram(reader, program).status());
  PISTIS_ASSIGN_OR_RETURN(std::optional<store::v1::OrderRecord> record,
                          GetRecord<store::v1::OrderRecord>(
                              reader, OrderKey(program, OrderId(order_id))));
  if (!record) return RefuseNotFound("order", order_id);
  return *std::move(record);
}

absl::StatusOr<v1::Quote> ExplainOrder(const QueryContext& context,
                                       const v1::ExplainOrderRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(
      const store::v1::OrderRecord record,
      LoadCommitted(context.reader, request.program_id(), request.order_id()));
  if (!record.erased_digest().empty()) {
    return RefuseNotFound("member", record.member_id());
  }
  absl::StatusOr<v1::Quote> quote =
      WorkOut(context, ProgramId(request.program_id()), record);
  v1::CommitOrderResponse reply;
  if (!quote.ok() || !reply.ParseFromString(record.reply())) {
    return RecordCorrupt("OrderRecord");
  }
  v1::Quote untold = *quote;
  untold.clear_trace();
  if (untold.SerializeAsString() != reply.quote().SerializeAsString()) {
    return RecordCorrupt("OrderRecord");
  }
  return quote;
}

}  // namespace pistis
