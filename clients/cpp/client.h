// The C++ SDK: every call of a Pistis server as one method.
#ifndef PISTIS_CLIENTS_CPP_CLIENT_H_
#define PISTIS_CLIENTS_CPP_CLIENT_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/admin_service.pb.h"
#include "pistis/v1/care_service.pb.h"
#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/code_service.pb.h"
#include "pistis/v1/event_service.pb.h"
#include "pistis/v1/insight_service.pb.h"
#include "pistis/v1/ledger_service.pb.h"
#include "pistis/v1/member_service.pb.h"
#include "pistis/v1/note_service.pb.h"
#include "pistis/v1/rulebook_service.pb.h"

namespace pistis {

// How a Client reaches its server.
struct ClientOptions {
  // "host:port".
  std::string address = "127.0.0.1:7600";
  // The API key, "pistis_..."; empty: none is shown.
  std::string key = {};
  // Who signed the server's certificate, PEM; empty: no TLS.
  std::string ca_file = {};
  // The client's own certificate and its key, PEM; empty: none is shown. They
  // need ca_file.
  std::string certificate_file = {};
  std::string certificate_key_file = {};
  // Of each try, not of all tries together.
  absl::Duration deadline = absl::Seconds(5);
  // Tries of one call, the first included; at least one is made.
  int max_attempts = 5;
  // The first wait between two tries; each further one is twice as long, up to
  // max_backoff, shortened by chance.
  absl::Duration initial_backoff = absl::Milliseconds(50);
  absl::Duration max_backoff = absl::Seconds(2);
  // How often a quiet connection with a call in progress is checked, and how
  // long the answer may take. Servers refuse checks that come too often.
  absl::Duration keepalive_time = absl::Seconds(30);
  absl::Duration keepalive_timeout = absl::Seconds(10);
};

// What a visitor of a stream wants next.
enum class Visit { kContinue, kStop };

// One connection to one server. Calls block. Any number of threads.
//
// A call that fails with UNAVAILABLE or DEADLINE_EXCEEDED is tried again with
// the very same request. Reads are safe to repeat, and a mutating request
// carries its id (request_id, order_id, refund_id, hold_id), so that a try
// whose reply was lost has its effect once: the next one gets the first reply.
// Leave no such id empty.
//
// Every error carries what the server said: ReasonOf(status) names a refusal
// (engine/base/refusal.h), and the payload
// "type.googleapis.com/google.rpc.BadRequest" the fields. An error without a
// reason did not come from Pistis: UNAVAILABLE after the last try means that
// the server could not be reached, and whether a mutation took effect is not
// known until it is sent again.
class Client {
 public:
  // Connects with the first call.
  explicit Client(const ClientOptions& options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  absl::StatusOr<v1::Quote> QuoteOrder(const v1::QuoteOrderRequest& request);
  absl::StatusOr<v1::HoldOrderResponse> HoldOrder(
      const v1::HoldOrderRequest& request);
  absl::StatusOr<v1::CommitOrderResponse> CommitOrder(
      const v1::CommitOrderRequest& request);
  absl::StatusOr<v1::CancelReservationResponse> CancelReservation(
      const v1::CancelReservationRequest& request);
  absl::StatusOr<v1::HeldOrder> GetReservation(
      const v1::GetReservationRequest& request);
  absl::StatusOr<v1::RefundOrderResponse> RefundOrder(
      const v1::RefundOrderRequest& request);
  absl::StatusOr<v1::CommittedOrder> GetOrder(
      const v1::GetOrderRequest& request);
  absl::StatusOr<v1::Quote> ExplainOrder(
      const v1::ExplainOrderRequest& request);

  absl::StatusOr<v1::Account> GetAccount(const v1::GetAccountRequest& request);
  absl::StatusOr<v1::ListEntriesResponse> ListEntries(
      const v1::ListEntriesRequest& request);
  absl::StatusOr<v1::ListLotsResponse> ListLots(
      const v1::ListLotsRequest& request);
  absl::StatusOr<v1::Hold> GetHold(const v1::GetHoldRequest& request);
  absl::StatusOr<v1::EarnPointsResponse> EarnPoints(
      const v1::EarnPointsRequest& request);
  absl::StatusOr<v1::RedeemPointsResponse> RedeemPoints(
      const v1::RedeemPointsRequest& request);
  absl::StatusOr<v1::HoldPointsResponse> HoldPoints(
      const v1::HoldPointsRequest& request);
  absl::StatusOr<v1::CaptureHoldResponse> CaptureHold(
      const v1::CaptureHoldRequest& request);
  absl::StatusOr<v1::ReleaseHoldResponse> ReleaseHold(
      const v1::ReleaseHoldRequest& request);
  absl::StatusOr<v1::AdjustPointsResponse> AdjustPoints(
      const v1::AdjustPointsRequest& request);
  absl::StatusOr<v1::TransferPointsResponse> TransferPoints(
      const v1::TransferPointsRequest& request);
  absl::StatusOr<v1::ReverseEntryResponse> ReverseEntry(
      const v1::ReverseEntryRequest& request);

  absl::StatusOr<v1::Member> CreateMember(
      const v1::CreateMemberRequest& request);
  absl::StatusOr<v1::Member> GetMember(const v1::GetMemberRequest& request);
  absl::StatusOr<v1::Member> LookupMember(
      const v1::LookupMemberRequest& request);
  absl::StatusOr<v1::Member> UpdateMember(
      const v1::UpdateMemberRequest& request);
  absl::StatusOr<v1::RecordActivityResponse> RecordActivity(
      const v1::RecordActivityRequest& request);
  absl::StatusOr<v1::ListMembersResponse> ListMembers(
      const v1::ListMembersRequest& request);

  absl::StatusOr<v1::EraseMemberResponse> EraseMember(
      const v1::EraseMemberRequest& request);
  // All parts, until `visit` says kStop. There is no other deadline; a stream
  // that breaks is not taken up again, as another one may find other parts.
  absl::Status ExportMember(
      const v1::ExportMemberRequest& request,
      absl::FunctionRef<Visit(const v1::ExportMemberResponse&)> visit);

  absl::StatusOr<v1::ValidateRulebookResponse> ValidateRulebook(
      const v1::ValidateRulebookRequest& request);
  absl::StatusOr<v1::PublishedRulebook> PublishRulebook(
      const v1::PublishRulebookRequest& request);
  absl::StatusOr<v1::PublishedRulebook> GetRulebook(
      const v1::GetRulebookRequest& request);
  absl::StatusOr<v1::ListRulebooksResponse> ListRulebooks(
      const v1::ListRulebooksRequest& request);
  absl::StatusOr<v1::PublishedRulebook> RollbackRulebook(
      const v1::RollbackRulebookRequest& request);
  absl::StatusOr<v1::DiffRulebooksResponse> DiffRulebooks(
      const v1::DiffRulebooksRequest& request);
  absl::StatusOr<v1::ImportCostsResponse> ImportCosts(
      const v1::ImportCostsRequest& request);
  absl::StatusOr<v1::ListCostsResponse> ListCosts(
      const v1::ListCostsRequest& request);

  absl::StatusOr<v1::Program> CreateProgram(
      const v1::CreateProgramRequest& request);
  absl::StatusOr<v1::ListProgramsResponse> ListPrograms(
      const v1::ListProgramsRequest& request);
  absl::StatusOr<v1::CreateApiKeyResponse> CreateApiKey(
      const v1::CreateApiKeyRequest& request);
  absl::StatusOr<v1::ApiKey> RevokeApiKey(
      const v1::RevokeApiKeyRequest& request);
  absl::StatusOr<v1::ListApiKeysResponse> ListApiKeys(
      const v1::ListApiKeysRequest& request);
  absl::StatusOr<v1::ListAuditLogResponse> ListAuditLog(
      const v1::ListAuditLogRequest& request);
  absl::StatusOr<v1::LedgerCheckpoint> SignCheckpoint(
      const v1::SignCheckpointRequest& request);
  // Takes as long as the copy does, without a deadline: the keepalive finds a
  // dead server. Tried once: a second try would find the first one's copy.
  absl::StatusOr<v1::Backup> CreateBackup(
      const v1::CreateBackupRequest& request);
  // Calls `visit` with each step on this thread, until the report is there, or
  // until it says kStop: then the call is cancelled, and so is its status. A
  // recount that breaks off is tried again from its beginning; max_attempts
  // counts the breaks in a row of tries that brought no step. There is no
  // deadline.
  absl::StatusOr<v1::VerifyReport> VerifyLedger(
      const v1::VerifyLedgerRequest& request,
      absl::FunctionRef<Visit(const v1::VerifyProgress&)> visit);

  // Likewise: a simulation that breaks off begins anew.
  absl::StatusOr<v1::SimulationReport> SimulateRulebook(
      const v1::SimulateRulebookRequest& request,
      absl::FunctionRef<Visit(const v1::SimulationProgress&)> visit);

  absl::StatusOr<v1::IssueCodeResponse> IssueCode(
      const v1::IssueCodeRequest& request);
  // Calls `visit` with the codes after request.after, in order, on this thread,
  // until all were seen or it says kStop. A stream that breaks goes on after
  // the last codes seen, as VerifyLedger is tried again. There is no deadline.
  absl::Status IssueCodes(
      const v1::IssueCodesRequest& request,
      absl::FunctionRef<Visit(const v1::IssueCodesResponse&)> visit);
  absl::StatusOr<v1::Code> GetCode(const v1::GetCodeRequest& request);
  absl::StatusOr<v1::CheckCodeResponse> CheckCode(
      const v1::CheckCodeRequest& request);
  absl::StatusOr<v1::Code> VoidCode(const v1::VoidCodeRequest& request);
  absl::StatusOr<v1::ListCodesResponse> ListCodes(
      const v1::ListCodesRequest& request);

  absl::StatusOr<v1::ListNotesResponse> ListNotes(
      const v1::ListNotesRequest& request);
  absl::StatusOr<v1::Note> GetNote(const v1::GetNoteRequest& request);
  absl::StatusOr<v1::RenderedNote> PreviewNote(
      const v1::PreviewNoteRequest& request);

  absl::StatusOr<v1::Case> OpenCase(const v1::OpenCaseRequest& request);
  absl::StatusOr<v1::Case> GetCase(const v1::GetCaseRequest& request);
  absl::StatusOr<v1::ListCasesResponse> ListCases(
      const v1::ListCasesRequest& request);
  absl::StatusOr<v1::ListRemediesResponse> ListRemedies(
      const v1::ListRemediesRequest& request);
  absl::StatusOr<v1::GrantRemedyResponse> GrantRemedy(
      const v1::GrantRemedyRequest& request);
  absl::StatusOr<v1::GrantRemedyResponse> ApproveRemedy(
      const v1::ApproveRemedyRequest& request);
  absl::StatusOr<v1::Case> ResolveCase(const v1::ResolveCaseRequest& request);
  absl::StatusOr<v1::Case> RecordFollowUp(
      const v1::RecordFollowUpRequest& request);
  absl::StatusOr<v1::ListPatternsResponse> ListPatterns(
      const v1::ListPatternsRequest& request);

  absl::StatusOr<v1::ProgramStats> GetProgramStats(
      const v1::GetProgramStatsRequest& request);
  absl::StatusOr<v1::MarginReport> GetMarginReport(
      const v1::GetMarginReportRequest& request);

  absl::StatusOr<v1::Subscription> CreateSubscription(
      const v1::CreateSubscriptionRequest& request);
  absl::StatusOr<v1::ListSubscriptionsResponse> ListSubscriptions(
      const v1::ListSubscriptionsRequest& request);
  absl::StatusOr<v1::Subscription> UpdateSubscription(
      const v1::UpdateSubscriptionRequest& request);
  absl::StatusOr<v1::Subscription> DeleteSubscription(
      const v1::DeleteSubscriptionRequest& request);
  absl::StatusOr<v1::Subscription> AckEvents(
      const v1::AckEventsRequest& request);
  absl::StatusOr<v1::Subscription> RotateSecret(
      const v1::RotateSecretRequest& request);
  absl::StatusOr<v1::ReplayDeadLettersResponse> ReplayDeadLetters(
      const v1::ReplayDeadLettersRequest& request);

  // Calls `visit` with each event after request.cursor, in order, on this
  // thread, until it says kStop, the newest event was seen, or with
  // request.follow for ever; with heartbeats, too, where they were asked for. A
  // stream that breaks goes on after the last event seen, one of a subscription
  // where the subscription stands; max_attempts counts the breaks in a row of
  // streams that brought no event and did not outlive the deadline. There is no
  // other deadline: the keepalive finds a dead server.
  absl::Status StreamEvents(const v1::StreamEventsRequest& request,
                            absl::FunctionRef<Visit(const v1::Event&)> visit);

 private:
  struct Services;

  ClientOptions options_;
  std::unique_ptr<Services> services_;
};

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CPP_CLIENT_H_
