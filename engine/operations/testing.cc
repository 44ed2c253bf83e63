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
#include "engine/operations/commit_order.h"
#include "engine/operations/costs.h"
#include "engine/operations/end_reservation.h"
#include "engine/operations/hold_order.h"
#include "engine/operations/ledger_commands.h"
#include "engine/operations/member_profile.h"
#include "engine/operations/members.h"
#include "engine/operations/programs.h"
#include "engine/operations/record_activity.h"
#include "engine/operations/refund_order.h"
#include "engine/operations/rulebooks.h"
#include "engine/operations/stream_events.h"
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
      decide(*snapshot,
             CommitContext{.commit_seq = commit_seq, .now = clock_.Now()}));
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
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Event>> TestShop::Events(
    const ProgramId& program, const std::string& cursor) const {
  v1::StreamEventsRequest request;
  request.set_program_id(program.text());
  request.set_cursor(cursor);
  PISTIS_ASSIGN_OR_RETURN(EventCursor after, Ask(StartOfStream, request));
  std::vector<v1::Event> events;
  bool more = true;
  while (more) {
    const std::unique_ptr<Snapshot> snapshot = store_.GetSnapshot();
    PISTIS_ASSIGN_OR_RETURN(
        EventPage page, ReadEvents(QueryContext{env_, *snapshot, clock_.Now()},
                                   program, after, 100));
    std::move(page.events.begin(), page.events.end(),
              std::back_inserter(events));
    after = page.next;
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

absl::TimeZone Athens() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Athens", &zone));
  return zone;
}

v1::PublishRulebookRequest RulebookRequest(absl::string_view request_id,
                                           absl::string_view yaml) {
  v1::PublishRulebookRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(std::string(request_id));
  request.set_yaml(absl::StrCat(
      "program: ", kShop, "\ncurrency: EUR\ntime_zone: Europe/Athens\n", yaml));
  return request;
}

void OpenWith(absl::string_view yaml, TestShop& shop) {
  v1::CreateProgramRequest program;
  program.set_request_id("open-shop");
  program.mutable_program()->set_program_id(std::string(kShop));
  program.mutable_program()->set_currency("EUR");
  program.mutable_program()->set_time_zone("Europe/Athens");
  const auto opened = shop.Open(program);
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto published = shop.Publish(RulebookRequest("publish-1", yaml));
  ASSERT_TRUE(published.ok()) << published.status();
}

v1::CreateMemberRequest MemberRequest(absl::string_view member_id) {
  v1::CreateMemberRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(absl::StrCat("enrol-", member_id));
  request.mutable_member()->set_member_id(std::string(member_id));
  return request;
}

v1::CommitOrderRequest SaleRequest(absl::string_view order_id,
                                   absl::string_view member_id,
                                   const std::vector<int64_t>& amounts_minor) {
  v1::CommitOrderRequest request;
  request.set_program_id(std::string(kShop));
  v1::Order& order = *request.mutable_order();
  order.set_order_id(std::string(order_id));
  order.set_member_id(std::string(member_id));
  for (const int64_t amount : amounts_minor) {
    v1::OrderLine& line = *order.add_lines();
    line.set_line_id(absl::StrCat("l", order.lines_size()));
    line.set_quantity(1);
    line.set_amount_minor(amount);
  }
  return request;
}

v1::RefundOrderRequest RefundRequest(absl::string_view order_id,
                                     absl::string_view refund_id) {
  v1::RefundOrderRequest request;
  request.set_program_id(std::string(kShop));
  request.set_order_id(std::string(order_id));
  request.set_refund_id(std::string(refund_id));
  return request;
}

v1::ImportCostsRequest CostsRequest(
    absl::string_view request_id,
    const std::vector<std::pair<std::string, std::string>>& costs) {
  v1::ImportCostsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(std::string(request_id));
  for (const auto& [sku, cost] : costs) {
    v1::ArticleCost& stated = *request.add_costs();
    stated.set_sku(sku);
    stated.set_cost(cost);
  }
  return request;
}

v1::HoldOrderRequest HoldRequest(absl::string_view reservation_id,
                                 const v1::CommitOrderRequest& sale) {
  v1::HoldOrderRequest request;
  request.set_program_id(sale.program_id());
  request.set_reservation_id(std::string(reservation_id));
  *request.mutable_order() = sale.order();
  return request;
}

v1::CommitOrderRequest CommitRequest(absl::string_view reservation_id) {
  v1::CommitOrderRequest request;
  request.set_program_id(std::string(kShop));
  request.set_reservation_id(std::string(reservation_id));
  return request;
}

v1::CancelReservationRequest CancelRequest(absl::string_view reservation_id) {
  v1::CancelReservationRequest request;
  request.set_program_id(std::string(kShop));
  request.set_reservation_id(std::string(reservation_id));
  return request;
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
