#include "engine/operations/explain_order.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/limits_seen.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_standing.h"
#include "engine/operations/price_order.h"
#include "engine/operations/trace_message.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

// As they were typed. Whether they could be used was decided then.
absl::StatusOr<std::vector<LoadedCode>> FindCodes(const QueryContext& context,
                                                  const CodesOf& of) {
  std::vector<LoadedCode> codes;
  for (const std::string& typed : of.order.codes) {
    PISTIS_ASSIGN_OR_RETURN(LoadedCode code,
                            FindCode(context.env, context.reader, of, typed));
    codes.push_back(std::move(code));
  }
  return codes;
}

absl::StatusOr<v1::Quote> WorkOut(const QueryContext& context,
                                  const ProgramId& program,
                                  const store::v1::OrderRecord& record) {
  v1::Order sold;
  if (!sold.ParseFromString(record.order())) {
    return RecordCorrupt("OrderRecord");
  }
  PISTIS_ASSIGN_OR_RETURN(
      const Order order,
      ParseOrder(sold, OrderUse::kCommit, absl::InfiniteFuture()));
  PISTIS_ASSIGN_OR_RETURN(const std::shared_ptr<const Rulebook> rulebook,
                          context.env.rulebooks.Get(context.reader, program,
                                                    record.rulebook_version()));
  PISTIS_ASSIGN_OR_RETURN(
      const std::vector<LoadedCode> codes,
      FindCodes(context,
                {.program = program, .order = order, .rulebook = rulebook}));
  std::vector<CodeToApply> apply;
  for (const LoadedCode& code : codes)
    apply.push_back(code.apply);
  MemberFacts member;
  if (!record.member_id().empty()) {
    member = ToFacts(record.facts(), MemberId(record.member_id()));
  }
  Trace trace;
  PISTIS_ASSIGN_OR_RETURN(
      const PricedOrder priced,
      PriceOrder(
          {.rulebook = *rulebook,
           .order = order,
           .member = member,
           .time = SoldAt(order, absl::FromUnixMicros(record.effective_us())),
           .limits =
               LimitsAsSeen({.rulebook = *rulebook, .codes = apply}, record),
           .trace = &trace},
          apply));
  v1::Quote quote = ToQuote(*rulebook, priced);
  *quote.mutable_trace() = ToMessage({.rulebook = *rulebook,
                                      .order = order,
                                      .priced = priced,
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
