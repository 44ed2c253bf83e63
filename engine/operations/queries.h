// The use cases that only read. Each reads one snapshot; any thread that may
// wait for storage.
#ifndef PISTIS_ENGINE_OPERATIONS_QUERIES_H_
#define PISTIS_ENGINE_OPERATIONS_QUERIES_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/insight_service.pb.h"
#include "pistis/v1/ledger_service.pb.h"
#include "pistis/v1/member_service.pb.h"
#include "pistis/v1/rulebook_service.pb.h"

#include "engine/operations/env.h"
#include "engine/storage/store.h"

namespace pistis {

// What a query reads, and when.
struct QueryContext {
  const OperationEnv& env;
  const Reader& reader;
  absl::Time now;
};

// Refusals: as pistis/v1 says of each method.
absl::StatusOr<v1::Quote> QuoteOrder(const QueryContext& context,
                                     const v1::QuoteOrderRequest& request);
absl::StatusOr<v1::CommittedOrder> GetOrder(const QueryContext& context,
                                            const v1::GetOrderRequest& request);
absl::StatusOr<v1::Member> GetMember(const QueryContext& context,
                                     const v1::GetMemberRequest& request);
absl::StatusOr<v1::Member> LookupMember(const QueryContext& context,
                                        const v1::LookupMemberRequest& request);
absl::StatusOr<v1::ListMembersResponse> ListMembers(
    const QueryContext& context, const v1::ListMembersRequest& request);
absl::StatusOr<v1::Account> GetAccount(const QueryContext& context,
                                       const v1::GetAccountRequest& request);
absl::StatusOr<v1::ListEntriesResponse> ListEntries(
    const QueryContext& context, const v1::ListEntriesRequest& request);
absl::StatusOr<v1::ListLotsResponse> ListLots(
    const QueryContext& context, const v1::ListLotsRequest& request);
absl::StatusOr<v1::Hold> GetHold(const QueryContext& context,
                                 const v1::GetHoldRequest& request);
absl::StatusOr<v1::ValidateRulebookResponse> ValidateRulebook(
    const QueryContext& context, const v1::ValidateRulebookRequest& request);
absl::StatusOr<v1::PublishedRulebook> GetRulebook(
    const QueryContext& context, const v1::GetRulebookRequest& request);
absl::StatusOr<v1::ListRulebooksResponse> ListRulebooks(
    const QueryContext& context, const v1::ListRulebooksRequest& request);
absl::StatusOr<v1::DiffRulebooksResponse> DiffRulebooks(
    const QueryContext& context, const v1::DiffRulebooksRequest& request);
absl::StatusOr<v1::ProgramStats> GetProgramStats(
    const QueryContext& context, const v1::GetProgramStatsRequest& request);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_QUERIES_H_
