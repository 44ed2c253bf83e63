#include "engine/operations/export_member.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

#include "pistis/store/v1/refund_records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/cases.h"
#include "engine/operations/codes.h"
#include "engine/operations/note_queries.h"
#include "engine/operations/reservations.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr int kPageSize = 100;

}  // namespace

template <typename Request>
Request MemberExport::PageRequest() const {
  Request request;
  request.set_program_id(request_.program_id());
  request.set_member_id(request_.member_id());
  if constexpr (requires { request.set_page_size(0); }) {
    request.set_page_size(kPageSize);
    request.set_page_token(page_token_);
  }
  return request;
}

absl::StatusOr<MemberExport> MemberExport::Begin(
    const QueryContext& context, const v1::ExportMemberRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("member_id", request.member_id()));
  v1::GetMemberRequest get;
  get.set_program_id(request.program_id());
  get.set_member_id(request.member_id());
  PISTIS_RETURN_IF_ERROR(GetMember(context, get).status());
  EventsToRead events{.program = ProgramId(request.program_id()), .after = {}};
  events.filter.member_id = request.member_id();
  // Each may hold an order of a mebibyte.
  events.max_events = 4;
  return MemberExport(request, std::move(events));
}

absl::StatusOr<MemberExport::Parts> MemberExport::Next(
    const QueryContext& context) {
  switch (stage_) {
    case Stage::kMember:
      return Profile(context);
    case Stage::kEntries:
      return Entries(context);
    case Stage::kCodes:
      return Codes(context);
    case Stage::kNotes:
      return Notes(context);
    case Stage::kCases:
      return Cases(context);
    case Stage::kEvents:
      return Events(context);
    case Stage::kDone:
      break;
  }
  return Parts();
}

void MemberExport::EndPage(std::string next_page_token) {
  page_token_ = std::move(next_page_token);
  if (page_token_.empty()) {
    stage_ = static_cast<Stage>(static_cast<int>(stage_) + 1);
  }
}

absl::Status MemberExport::Add(const char* kind, const std::string& id,
                               const google::protobuf::Message& message,
                               Parts& parts) {
  v1::ExportMemberResponse& part = parts.emplace_back();
  part.set_kind(kind);
  part.set_id(id);
  google::protobuf::util::JsonPrintOptions style;
  style.preserve_proto_field_names = true;
  const auto told = google::protobuf::util::MessageToJsonString(
      message, part.mutable_json(), style);
  return told.ok() ? absl::OkStatus()
                   : RecordCorrupt(message.GetDescriptor()->name());
}

absl::StatusOr<MemberExport::Parts> MemberExport::Profile(
    const QueryContext& context) {
  Parts parts;
  auto get = PageRequest<v1::GetMemberRequest>();
  get.set_with_referral_code(true);
  PISTIS_ASSIGN_OR_RETURN(const v1::Member member, GetMember(context, get));
  PISTIS_RETURN_IF_ERROR(Add("member", member.member_id(), member, parts));
  PISTIS_ASSIGN_OR_RETURN(
      const v1::Account account,
      GetAccount(context, PageRequest<v1::GetAccountRequest>()));
  PISTIS_RETURN_IF_ERROR(Add("account", member.member_id(), account, parts));
  EndPage("");
  return parts;
}

absl::StatusOr<MemberExport::Parts> MemberExport::Entries(
    const QueryContext& context) {
  Parts parts;
  PISTIS_ASSIGN_OR_RETURN(
      const v1::ListEntriesResponse page,
      ListEntries(context, PageRequest<v1::ListEntriesRequest>()));
  for (const v1::LedgerEntry& entry : page.entries()) {
    PISTIS_RETURN_IF_ERROR(
        Add("entry", absl::StrCat(entry.entry_number()), entry, parts));
  }
  EndPage(page.next_page_token());
  return parts;
}

absl::StatusOr<MemberExport::Parts> MemberExport::Codes(
    const QueryContext& context) {
  Parts parts;
  PISTIS_ASSIGN_OR_RETURN(
      const v1::ListCodesResponse page,
      ListCodes(context, PageRequest<v1::ListCodesRequest>()));
  for (const v1::Code& code : page.codes())
    PISTIS_RETURN_IF_ERROR(Add("code", code.code_id(), code, parts));
  EndPage(page.next_page_token());
  return parts;
}

absl::StatusOr<MemberExport::Parts> MemberExport::Notes(
    const QueryContext& context) {
  Parts parts;
  PISTIS_ASSIGN_OR_RETURN(
      const v1::ListNotesResponse page,
      ListNotes(context, PageRequest<v1::ListNotesRequest>()));
  for (const v1::Note& note : page.notes())
    PISTIS_RETURN_IF_ERROR(Add("note", note.note_id(), note, parts));
  EndPage(page.next_page_token());
  return parts;
}

absl::StatusOr<MemberExport::Parts> MemberExport::Cases(
    const QueryContext& context) {
  Parts parts;
  PISTIS_ASSIGN_OR_RETURN(
      const v1::ListCasesResponse page,
      ListCases(context, PageRequest<v1::ListCasesRequest>()));
  for (const v1::Case& one : page.cases())
    PISTIS_RETURN_IF_ERROR(Add("case", one.case_id(), one, parts));
  EndPage(page.next_page_token());
  return parts;
}

absl::StatusOr<MemberExport::Parts> MemberExport::Events(
    const QueryContext& context) {
  PISTIS_ASSIGN_OR_RETURN(const EventPage page, ReadEvents(context, events_));
  events_.after = page.next;
  Parts parts;
  for (const v1::Event& event : page.events) {
    PISTIS_RETURN_IF_ERROR(AddSubject(context, event, parts));
    PISTIS_RETURN_IF_ERROR(Add("event", event.event_id(), event, parts));
  }
  if (!page.more) EndPage("");
  return parts;
}

absl::Status MemberExport::AddSubject(const QueryContext& context,
                                      const v1::Event& event,
                                      Parts& parts) const {
  if (event.has_order_committed()) {
    v1::GetOrderRequest get;
    get.set_program_id(request_.program_id());
    get.set_order_id(event.order_committed().order_id());
    PISTIS_ASSIGN_OR_RETURN(const v1::CommittedOrder order,
                            GetOrder(context, get));
    return Add("order", get.order_id(), order, parts);
  }
  if (event.has_order_held()) {
    v1::GetReservationRequest get;
    get.set_program_id(request_.program_id());
    get.set_reservation_id(event.order_held().reservation_id());
    PISTIS_ASSIGN_OR_RETURN(const v1::HeldOrder held,
                            GetReservation(context, get));
    return Add("reservation", get.reservation_id(), held, parts);
  }
  if (!event.has_order_refunded()) return absl::OkStatus();
  const std::string& id = event.order_refunded().refund_id();
  PISTIS_ASSIGN_OR_RETURN(
      const store::v1::RefundRecord record,
      GetExpectedRecord<store::v1::RefundRecord>(
          context.reader,
          RefundKey(ProgramId(request_.program_id()), RefundId(id))));
  v1::RefundOrderResponse refund;
  if (!refund.ParseFromString(record.reply())) {
    return RecordCorrupt("RefundRecord");
  }
  return Add("refund", id, refund, parts);
}

}  // namespace pistis
