#include "clients/cpp/client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "grpcpp/client_context.h"

#include "clients/cpp/backoff.h"
#include "clients/cpp/channel.h"
#include "clients/cpp/services.h"
#include "clients/cpp/wire_status.h"

namespace pistis {
namespace {

// One stream from its beginning to its end, or until `visit` says kStop.
absl::Status ReadStream(v1::EventService::Stub& stub,
                        const v1::StreamEventsRequest& request,
                        absl::FunctionRef<Visit(const v1::Event&)> visit) {
  grpc::ClientContext context;
  const auto stream = stub.StreamEvents(&context, request);
  v1::Event event;
  while (stream->Read(&event)) {
    if (visit(event) == Visit::kContinue) continue;
    context.TryCancel();
    static_cast<void>(stream->Finish());
    return absl::OkStatus();
  }
  return FromWire(stream->Finish());
}

// A stream of progress that ends with a report. `start` makes one with a
// context; it is read to its end, or until `visit` says kStop.
template <typename Report, typename Step, typename Start, typename Visitor>
absl::StatusOr<Report> ReadToReport(Start start, Visitor visit) {
  grpc::ClientContext context;
  const std::unique_ptr<grpc::ClientReader<Step>> stream = start(&context);
  std::optional<Report> report;
  Step step;
  while (stream->Read(&step)) {
    if (step.has_report()) {
      report = std::move(*step.mutable_report());
    } else if (visit(step.progress()) == Visit::kStop) {
      context.TryCancel();
      static_cast<void>(stream->Finish());
      return absl::CancelledError("the caller stopped it");
    }
  }
  const absl::Status status = FromWire(stream->Finish());
  if (!status.ok()) return status;
  if (!report) return absl::DataLossError("the work ended with no report");
  return *std::move(report);
}

// The same from its beginning again where it breaks off; a try that brought
// progress makes up for those before it.
template <typename Report, typename Step, typename Start, typename Visitor>
absl::StatusOr<Report> TryForReport(const ClientOptions& options, Start start,
                                    Visitor visit) {
  Backoff backoff(options.initial_backoff, options.max_backoff);
  int attempts_left = options.max_attempts;
  while (true) {
    absl::StatusOr<Report> report =
        ReadToReport<Report, Step>(start, [&](const auto& progress) {
          attempts_left = options.max_attempts;
          backoff.Reset();
          return visit(progress);
        });
    if (report.ok() || !IsWorthAnotherTry(report.status())) return report;
    if (--attempts_left <= 0) return report;
    absl::SleepFor(backoff.Next());
  }
}

}  // namespace

Client::Client(const ClientOptions& options)
    : options_(options),
      services_(std::make_unique<Services>(Connect(options))) {}

Client::~Client() = default;

absl::StatusOr<v1::Quote> Client::QuoteOrder(
    const v1::QuoteOrderRequest& request) {
  return Call(options_, services_->checkout,
              &v1::CheckoutService::Stub::QuoteOrder, request);
}

absl::StatusOr<v1::HoldOrderResponse> Client::HoldOrder(
    const v1::HoldOrderRequest& request) {
  return Call(options_, services_->checkout,
              &v1::CheckoutService::Stub::HoldOrder, request);
}

absl::StatusOr<v1::CommitOrderResponse> Client::CommitOrder(
    const v1::CommitOrderRequest& request) {
  return Call(options_, services_->checkout,
              &v1::CheckoutService::Stub::CommitOrder, request);
}

absl::StatusOr<v1::CancelReservationResponse> Client::CancelReservation(
    const v1::CancelReservationRequest& request) {
  return Call(options_, services_->checkout,
              &v1::CheckoutService::Stub::CancelReservation, request);
}

absl::StatusOr<v1::HeldOrder> Client::GetReservation(
    const v1::GetReservationRequest& request) {
  return Call(options_, services_->checkout,
              &v1::CheckoutService::Stub::GetReservation, request);
}

absl::StatusOr<v1::RefundOrderResponse> Client::RefundOrder(
    const v1::RefundOrderRequest& request) {
  return Call(options_, services_->checkout,
              &v1::CheckoutService::Stub::RefundOrder, request);
}

absl::StatusOr<v1::CommittedOrder> Client::GetOrder(
    const v1::GetOrderRequest& request) {
  return Call(options_, services_->checkout,
              &v1::CheckoutService::Stub::GetOrder, request);
}

absl::StatusOr<v1::Quote> Client::ExplainOrder(
    const v1::ExplainOrderRequest& request) {
  return Call(options_, services_->checkout,
              &v1::CheckoutService::Stub::ExplainOrder, request);
}

absl::StatusOr<v1::Account> Client::GetAccount(
    const v1::GetAccountRequest& request) {
  return Call(options_, services_->ledger, &v1::LedgerService::Stub::GetAccount,
              request);
}

absl::StatusOr<v1::ListEntriesResponse> Client::ListEntries(
    const v1::ListEntriesRequest& request) {
  return Call(options_, services_->ledger,
              &v1::LedgerService::Stub::ListEntries, request);
}

absl::StatusOr<v1::ListLotsResponse> Client::ListLots(
    const v1::ListLotsRequest& request) {
  return Call(options_, services_->ledger, &v1::LedgerService::Stub::ListLots,
              request);
}

absl::StatusOr<v1::Hold> Client::GetHold(const v1::GetHoldRequest& request) {
  return Call(options_, services_->ledger, &v1::LedgerService::Stub::GetHold,
              request);
}

absl::StatusOr<v1::EarnPointsResponse> Client::EarnPoints(
    const v1::EarnPointsRequest& request) {
  return Call(options_, services_->ledger, &v1::LedgerService::Stub::EarnPoints,
              request);
}

absl::StatusOr<v1::RedeemPointsResponse> Client::RedeemPoints(
    const v1::RedeemPointsRequest& request) {
  return Call(options_, services_->ledger,
              &v1::LedgerService::Stub::RedeemPoints, request);
}

absl::StatusOr<v1::HoldPointsResponse> Client::HoldPoints(
    const v1::HoldPointsRequest& request) {
  return Call(options_, services_->ledger, &v1::LedgerService::Stub::HoldPoints,
              request);
}

absl::StatusOr<v1::CaptureHoldResponse> Client::CaptureHold(
    const v1::CaptureHoldRequest& request) {
  return Call(options_, services_->ledger,
              &v1::LedgerService::Stub::CaptureHold, request);
}

absl::StatusOr<v1::ReleaseHoldResponse> Client::ReleaseHold(
    const v1::ReleaseHoldRequest& request) {
  return Call(options_, services_->ledger,
              &v1::LedgerService::Stub::ReleaseHold, request);
}

absl::StatusOr<v1::AdjustPointsResponse> Client::AdjustPoints(
    const v1::AdjustPointsRequest& request) {
  return Call(options_, services_->ledger,
              &v1::LedgerService::Stub::AdjustPoints, request);
}

absl::StatusOr<v1::TransferPointsResponse> Client::TransferPoints(
    const v1::TransferPointsRequest& request) {
  return Call(options_, services_->ledger,
              &v1::LedgerService::Stub::TransferPoints, request);
}

absl::StatusOr<v1::ReverseEntryResponse> Client::ReverseEntry(
    const v1::ReverseEntryRequest& request) {
  return Call(options_, services_->ledger,
              &v1::LedgerService::Stub::ReverseEntry, request);
}

absl::StatusOr<v1::Member> Client::CreateMember(
    const v1::CreateMemberRequest& request) {
  return Call(options_, services_->member,
              &v1::MemberService::Stub::CreateMember, request);
}

absl::StatusOr<v1::Member> Client::GetMember(
    const v1::GetMemberRequest& request) {
  return Call(options_, services_->member, &v1::MemberService::Stub::GetMember,
              request);
}

absl::StatusOr<v1::Member> Client::LookupMember(
    const v1::LookupMemberRequest& request) {
  return Call(options_, services_->member,
              &v1::MemberService::Stub::LookupMember, request);
}

absl::StatusOr<v1::Member> Client::UpdateMember(
    const v1::UpdateMemberRequest& request) {
  return Call(options_, services_->member,
              &v1::MemberService::Stub::UpdateMember, request);
}

absl::StatusOr<v1::RecordActivityResponse> Client::RecordActivity(
    const v1::RecordActivityRequest& request) {
  return Call(options_, services_->member,
              &v1::MemberService::Stub::RecordActivity, request);
}

absl::StatusOr<v1::ListMembersResponse> Client::ListMembers(
    const v1::ListMembersRequest& request) {
  return Call(options_, services_->member,
              &v1::MemberService::Stub::ListMembers, request);
}

absl::StatusOr<v1::ValidateRulebookResponse> Client::ValidateRulebook(
    const v1::ValidateRulebookRequest& request) {
  return Call(options_, services_->rulebook,
              &v1::RulebookService::Stub::ValidateRulebook, request);
}

absl::StatusOr<v1::PublishedRulebook> Client::PublishRulebook(
    const v1::PublishRulebookRequest& request) {
  return Call(options_, services_->rulebook,
              &v1::RulebookService::Stub::PublishRulebook, request);
}

absl::StatusOr<v1::PublishedRulebook> Client::GetRulebook(
    const v1::GetRulebookRequest& request) {
  return Call(options_, services_->rulebook,
              &v1::RulebookService::Stub::GetRulebook, request);
}

absl::StatusOr<v1::ListRulebooksResponse> Client::ListRulebooks(
    const v1::ListRulebooksRequest& request) {
  return Call(options_, services_->rulebook,
              &v1::RulebookService::Stub::ListRulebooks, request);
}

absl::StatusOr<v1::PublishedRulebook> Client::RollbackRulebook(
    const v1::RollbackRulebookRequest& request) {
  return Call(options_, services_->rulebook,
              &v1::RulebookService::Stub::RollbackRulebook, request);
}

absl::StatusOr<v1::DiffRulebooksResponse> Client::DiffRulebooks(
    const v1::DiffRulebooksRequest& request) {
  return Call(options_, services_->rulebook,
              &v1::RulebookService::Stub::DiffRulebooks, request);
}
absl::StatusOr<v1::ImportCostsResponse> Client::ImportCosts(
    const v1::ImportCostsRequest& request) {
  return Call(options_, services_->rulebook,
              &v1::RulebookService::Stub::ImportCosts, request);
}
absl::StatusOr<v1::ListCostsResponse> Client::ListCosts(
    const v1::ListCostsRequest& request) {
  return Call(options_, services_->rulebook,
              &v1::RulebookService::Stub::ListCosts, request);
}

absl::StatusOr<v1::Program> Client::CreateProgram(
    const v1::CreateProgramRequest& request) {
  return Call(options_, services_->admin,
              &v1::AdminService::Stub::CreateProgram, request);
}

absl::StatusOr<v1::LedgerCheckpoint> Client::SignCheckpoint(
    const v1::SignCheckpointRequest& request) {
  return Call(options_, services_->admin,
              &v1::AdminService::Stub::SignCheckpoint, request);
}

absl::StatusOr<v1::Backup> Client::CreateBackup(
    const v1::CreateBackupRequest& request) {
  ClientOptions patient = options_;
  patient.deadline = absl::InfiniteDuration();
  return CallOnce(patient, services_->admin,
                  &v1::AdminService::Stub::CreateBackup, request);
}

absl::StatusOr<v1::VerifyReport> Client::VerifyLedger(
    const v1::VerifyLedgerRequest& request,
    absl::FunctionRef<Visit(const v1::VerifyProgress&)> visit) {
  return TryForReport<v1::VerifyReport, v1::VerifyLedgerResponse>(
      options_,
      [&](grpc::ClientContext* context) {
        return services_->admin.VerifyLedger(context, request);
      },
      visit);
}

absl::StatusOr<v1::SimulationReport> Client::SimulateRulebook(
    const v1::SimulateRulebookRequest& request,
    absl::FunctionRef<Visit(const v1::SimulationProgress&)> visit) {
  return TryForReport<v1::SimulationReport, v1::SimulateRulebookResponse>(
      options_,
      [&](grpc::ClientContext* context) {
        return services_->rulebook.SimulateRulebook(context, request);
      },
      visit);
}

absl::StatusOr<v1::ProgramStats> Client::GetProgramStats(
    const v1::GetProgramStatsRequest& request) {
  return Call(options_, services_->insight,
              &v1::InsightService::Stub::GetProgramStats, request);
}

absl::StatusOr<v1::MarginReport> Client::GetMarginReport(
    const v1::GetMarginReportRequest& request) {
  return Call(options_, services_->insight,
              &v1::InsightService::Stub::GetMarginReport, request);
}

absl::Status Client::StreamEvents(
    const v1::StreamEventsRequest& request,
    absl::FunctionRef<Visit(const v1::Event&)> visit) {
  v1::StreamEventsRequest position = request;
  Backoff backoff(options_.initial_backoff, options_.max_backoff);
  int attempts_left = options_.max_attempts;
  while (true) {
    const absl::Time begin = absl::Now();
    const absl::Status status =
        ReadStream(services_->event, position, [&](const v1::Event& event) {
          if (position.subscription_id().empty()) {
            position.set_cursor(event.cursor());
            position.clear_from_time();
          }
          attempts_left = options_.max_attempts;
          backoff.Reset();
          return visit(event);
        });
    if (!IsWorthAnotherTry(status)) return status;
    if (absl::Now() - begin > options_.deadline) {
      attempts_left = options_.max_attempts;
      backoff.Reset();
    }
    if (--attempts_left <= 0) return status;
    absl::SleepFor(backoff.Next());
  }
}

}  // namespace pistis
