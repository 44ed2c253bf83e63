#include "engine/operations/testing.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/cases.h"
#include "engine/operations/code_batches.h"
#include "engine/operations/codes.h"
#include "engine/operations/commit_order.h"
#include "engine/operations/costs.h"
#include "engine/operations/end_reservation.h"
#include "engine/operations/follow_ups.h"
#include "engine/operations/hold_order.h"
#include "engine/operations/ledger_commands.h"
#include "engine/operations/member_profile.h"
#include "engine/operations/members.h"
#include "engine/operations/programs.h"
#include "engine/operations/record_activity.h"
#include "engine/operations/refund_order.h"
#include "engine/operations/remedies.h"
#include "engine/operations/rulebooks.h"
#include "engine/operations/stream_events.h"
#include "engine/operations/subscriptions.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr absl::string_view kErrorInfoUrl =
    "type.googleapis.com/google.rpc.ErrorInfo";

google::rpc::ErrorInfo InfoOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const auto payload = status.GetPayload(kErrorInfoUrl);
  EXPECT_TRUE(!payload || info.ParseFromString(std::string(*payload)));
  return info;
}

StoreKeys OpenWithFixedKeys(Store& store) {
  if (ContentsOf(*store.GetSnapshot()).empty()) {
    store::v1::FormatRecord format;
    format.set_format_version(kFormatVersion);
    format.set_secret(std::string(32, 's'));
    format.set_signing_seed(std::string(32, 'k'));
    const absl::Status written =
        CommitAll(store, {{FormatKey(), format.SerializeAsString()}});
    EXPECT_TRUE(written.ok()) << written;
  }
  const absl::StatusOr<StoreKeys> keys = OpenFormat(store);
  EXPECT_TRUE(keys.ok()) << keys.status();
  return keys.value_or(StoreKeys());
}

}  // namespace

absl::Time TimeAt(absl::string_view text, absl::TimeZone zone) {
  absl::Time time;
  std::string error;
  for (const absl::string_view format :
       {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, text, zone, &time, &error)) return time;
  }
  ADD_FAILURE() << "no time: " << text;
  return absl::UnixEpoch();
}

TestShop::TestShop(Store& store, const Clock& clock)
    : store_(store),
      clock_(clock),
      keys_(OpenWithFixedKeys(store)),
      env_{.secret = keys_.secret,
           .rulebooks = rulebooks_,
           .signing_seed = keys_.signing_seed} {}

template <typename Reply, typename Decide>
absl::StatusOr<Reply> TestShop::Run(Decide decide) {
  const std::unique_ptr<Snapshot> snapshot = store_.GetSnapshot();
  last_one_wrote_ = false;
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<store::v1::SequenceRecord> known,
      GetRecord<store::v1::SequenceRecord>(*snapshot, SequenceKey()));
  const int64_t commit_seq = (known ? known->commit_seq() : 0) + 1;
  PISTIS_ASSIGN_OR_RETURN(
      Decided<Reply> decided,
      decide(*snapshot, CommitContext{.commit_seq = commit_seq,
                                      .now = clock_.Now(),
                                      .caller = "till 7"}));
  if (decided.writes.empty()) return std::move(decided.reply);
  store::v1::SequenceRecord sequence;
  sequence.set_commit_seq(commit_seq);
  PutRecord(SequenceKey(), sequence, decided.writes);
  const std::unique_ptr<Txn> txn = store_.Begin();
  decided.writes.ApplyTo(*txn);
  PISTIS_RETURN_IF_ERROR(txn->Commit());
  last_one_wrote_ = true;
  return std::move(decided.reply);
}

absl::StatusOr<v1::Program> TestShop::Open(
    const v1::CreateProgramRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const CreateProgramInput input,
                          ParseCreateProgram(request));
  return RunApi<v1::Program>(
      [&](const Reader& reader, const CommitContext& context) {
        return CreateProgram(env_, reader, context, input);
      });
}

absl::StatusOr<v1::PublishedRulebook> TestShop::Publish(
    const v1::PublishRulebookRequest& request) {
  return ParseAndRun(ParsePublishRulebook, PublishRulebook, request);
}

absl::StatusOr<v1::PublishedRulebook> TestShop::Rollback(
    const v1::RollbackRulebookRequest& request) {
  return ParseAndRun(ParseRollbackRulebook, RollbackRulebook, request);
}

absl::StatusOr<v1::Member> TestShop::Enrol(
    const v1::CreateMemberRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const CreateMemberInput input,
                          ParseCreateMember(request, clock_.Now()));
  return RunApi<v1::Member>(
      [&](const Reader& reader, const CommitContext& context) {
        return CreateMember(env_, reader, context, input);
      });
}

absl::StatusOr<v1::Member> TestShop::Update(
    const v1::UpdateMemberRequest& request) {
  return ParseAndRun(ParseUpdateMember, UpdateMember, request);
}

absl::StatusOr<v1::RecordActivityResponse> TestShop::Act(
    const v1::RecordActivityRequest& request) {
  return ParseAndRun(ParseRecordActivity, RecordActivity, request);
}

absl::StatusOr<v1::CommitOrderResponse> TestShop::Commit(
    const v1::CommitOrderRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const CommitOrderInput input,
                          ParseCommitOrder(request, clock_.Now()));
  return RunApi<v1::CommitOrderResponse>(
      [&](const Reader& reader, const CommitContext& context) {
        return CommitOrder(env_, reader, context, input);
      });
}

absl::StatusOr<v1::RefundOrderResponse> TestShop::Refund(
    const v1::RefundOrderRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const RefundOrderInput input,
                          ParseRefundOrder(request, clock_.Now()));
  return RunApi<v1::RefundOrderResponse>(
      [&](const Reader& reader, const CommitContext& context) {
        return RefundOrder(env_, reader, context, input);
      });
}

absl::StatusOr<v1::ImportCostsResponse> TestShop::Import(
    const v1::ImportCostsRequest& request) {
  return ParseAndRun(ParseImportCosts, ImportCosts, request);
}

absl::StatusOr<v1::IssueCodeResponse> TestShop::Issue(
    const v1::IssueCodeRequest& request) {
  return ParseAndRun<v1::IssueCodeRequest, IssueCodeInput,
                     v1::IssueCodeResponse>(ParseIssueCode, IssueCode, request);
}

absl::StatusOr<int64_t> TestShop::IssueNext(
    const v1::IssueCodesRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const IssueCodesInput input,
                          ParseIssueCodes(request));
  PISTIS_ASSIGN_OR_RETURN(
      const store::v1::CodeBatchRecord batch,
      Run<store::v1::CodeBatchRecord>(
          [&](const Reader& reader, const CommitContext& context) {
            return IssueNextCodes(env_, reader, context, input);
          }));
  return batch.issued();
}

absl::StatusOr<v1::Code> TestShop::Void(const v1::VoidCodeRequest& request) {
  return ParseAndRun(ParseVoidCode, VoidCode, request);
}

absl::StatusOr<v1::Subscription> TestShop::Subscribe(
    const v1::CreateSubscriptionRequest& request) {
  return ParseAndRun(ParseCreateSubscription, CreateSubscription, request);
}

absl::StatusOr<v1::Subscription> TestShop::Unsubscribe(
    const v1::DeleteSubscriptionRequest& request) {
  return ParseAndRun(ParseDeleteSubscription, DeleteSubscription, request);
}

absl::StatusOr<v1::Subscription> TestShop::Acknowledge(
    const v1::AckEventsRequest& request) {
  return ParseAndRun(ParseAckEvents, AckEvents, request);
}

absl::StatusOr<v1::Subscription> TestShop::Rotate(
    const v1::RotateSecretRequest& request) {
  return ParseAndRun(ParseRotateSecret, RotateSecret, request);
}

absl::StatusOr<v1::ReplayDeadLettersResponse> TestShop::Replay(
    const v1::ReplayDeadLettersRequest& request) {
  return ParseAndRun(ParseReplayDeadLetters, ReplayDeadLetters, request);
}

absl::StatusOr<store::v1::SubscriptionRecord> TestShop::Record(
    const DeliveryProgress& progress) {
  return Run<store::v1::SubscriptionRecord>(
      [&](const Reader& reader, const CommitContext& context) {
        return RecordDeliveries(env_, reader, context, progress);
      });
}

absl::StatusOr<v1::HoldOrderResponse> TestShop::Hold(
    const v1::HoldOrderRequest& request) {
  return ParseAndRun(ParseHoldOrder, HoldOrder, request);
}

absl::StatusOr<v1::CancelReservationResponse> TestShop::Cancel(
    const v1::CancelReservationRequest& request) {
  return ParseAndRun(ParseCancelReservation, CancelReservation, request);
}

template <typename Reply, typename Decide>
absl::StatusOr<Reply> TestShop::RunApi(Decide decide) {
  PISTIS_ASSIGN_OR_RETURN(const Encoded<Reply> encoded,
                          Run<Encoded<Reply>>(decide));
  Reply reply;
  EXPECT_TRUE(reply.ParseFromString(encoded.bytes));
  return reply;
}

template <typename Request, typename Input, typename Reply>
absl::StatusOr<Reply> TestShop::ParseAndRun(
    absl::StatusOr<Input> (*parse)(const Request&, absl::Time),
    absl::StatusOr<DecidedReply<Reply>> (*decide)(
        const OperationEnv&, const Reader&, const CommitContext&, const Input&),
    const Request& request) {
  PISTIS_ASSIGN_OR_RETURN(const Input input, parse(request, clock_.Now()));
  return RunApi<Reply>([&](const Reader& reader, const CommitContext& context) {
    return decide(env_, reader, context, input);
  });
}

absl::StatusOr<v1::EarnPointsResponse> TestShop::Post(
    const v1::EarnPointsRequest& request) {
  return ParseAndRun(ParseEarnPoints, EarnPoints, request);
}

absl::StatusOr<v1::RedeemPointsResponse> TestShop::Post(
    const v1::RedeemPointsRequest& request) {
  return ParseAndRun(ParseRedeemPoints, RedeemPoints, request);
}

absl::StatusOr<v1::HoldPointsResponse> TestShop::Post(
    const v1::HoldPointsRequest& request) {
  return ParseAndRun(ParseHoldPoints, HoldPoints, request);
}

absl::StatusOr<v1::CaptureHoldResponse> TestShop::Post(
    const v1::CaptureHoldRequest& request) {
  return ParseAndRun(ParseCaptureHold, CaptureHold, request);
}

absl::StatusOr<v1::ReleaseHoldResponse> TestShop::Post(
    const v1::ReleaseHoldRequest& request) {
  return ParseAndRun(ParseReleaseHold, ReleaseHold, request);
}

absl::StatusOr<v1::AdjustPointsResponse> TestShop::Post(
    const v1::AdjustPointsRequest& request) {
  return ParseAndRun(ParseAdjustPoints, AdjustPoints, request);
}

absl::StatusOr<v1::TransferPointsResponse> TestShop::Post(
    const v1::TransferPointsRequest& request) {
  return ParseAndRun(ParseTransferPoints, TransferPoints, request);
}

absl::StatusOr<v1::ReverseEntryResponse> TestShop::Post(
    const v1::ReverseEntryRequest& request) {
  return ParseAndRun(ParseReverseEntry, ReverseEntry, request);
}

absl::StatusOr<v1::Case> TestShop::Post(const v1::OpenCaseRequest& request) {
  return ParseAndRun(ParseOpenCase, OpenCase, request);
}

absl::StatusOr<v1::GrantRemedyResponse> TestShop::Post(
    const v1::GrantRemedyRequest& request) {
  return ParseAndRun(ParseGrantRemedy, GrantRemedy, request);
}

absl::StatusOr<v1::GrantRemedyResponse> TestShop::Post(
    const v1::ApproveRemedyRequest& request) {
  return ParseAndRun(ParseApproveRemedy, ApproveRemedy, request);
}

absl::StatusOr<v1::Case> TestShop::Post(const v1::ResolveCaseRequest& request) {
  return ParseAndRun(ParseResolveCase, ResolveCase, request);
}

absl::StatusOr<v1::Case> TestShop::Post(
    const v1::RecordFollowUpRequest& request) {
  return ParseAndRun(ParseRecordFollowUp, RecordFollowUp, request);
}

absl::StatusOr<WorkOffDueReply> TestShop::Expire(const WorkOffDueInput& input) {
  return Run<WorkOffDueReply>(
      [&](const Reader& reader, const CommitContext& context) {
        return WorkOffDue(env_, reader, context, input);
      });
}

absl::Status TestShop::ExpireAll(const ProgramId& program) {
  WorkOffDueInput input{.program = program};
  bool more = true;
  while (more) {
    PISTIS_ASSIGN_OR_RETURN(const WorkOffDueReply reply, Expire(input));
    input.from = reply.reached;
    more = reply.more;
  }
  WorkOffCasesInput cases{.program = program};
  for (more = true; more;) {
    PISTIS_ASSIGN_OR_RETURN(
        const WorkOffCasesReply reply,
        Run<WorkOffCasesReply>(
            [&](const Reader& reader, const CommitContext& context) {
              return WorkOffCases(env_, reader, context, cases);
            }));
    cases.from = reply.reached;
    more = reply.more;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Event>> TestShop::Events(
    const ProgramId& program, const std::string& cursor) const {
  v1::StreamEventsRequest request;
  request.set_program_id(program.text());
  request.set_cursor(cursor);
  PISTIS_ASSIGN_OR_RETURN(EventsToRead next, Ask(StartOfStream, request));
  std::vector<v1::Event> events;
  bool more = true;
  while (more) {
    const std::unique_ptr<Snapshot> snapshot = store_.GetSnapshot();
    PISTIS_ASSIGN_OR_RETURN(
        EventPage page,
        ReadEvents(QueryContext{env_, *snapshot, clock_.Now()}, next));
    std::move(page.events.begin(), page.events.end(),
              std::back_inserter(events));
    next.after = page.next;
    more = page.more;
  }
  return events;
}

Contents TestShop::AllButRequests() const {
  Contents contents = All();
  contents.erase(SequenceKey());
  for (auto record = contents.begin(); record != contents.end();) {
    record =
        record->first[0] == 'Q' ? contents.erase(record) : std::next(record);
  }
  return contents;
}

std::string NameOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::optional<Reason> reason = ReasonOf(status);
  if (!reason) return status.ToString();
  const std::string name(ReasonName(*reason));
  if (*reason != Reason::kFieldInvalid) return name;
  return absl::StrCat(name, " ", InfoOf(status).metadata().at("field"));
}

std::vector<std::pair<std::string, std::string>> FactsOf(
    const absl::Status& status) {
  const google::rpc::ErrorInfo info = InfoOf(status);
  std::vector<std::pair<std::string, std::string>> facts(
      info.metadata().begin(), info.metadata().end());
  std::sort(facts.begin(), facts.end());
  return facts;
}

}  // namespace pistis
