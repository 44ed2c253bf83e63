#include "engine/base/refusal.h"

#include <array>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/stubs/common.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace pistis {
namespace {

constexpr absl::string_view kErrorInfoUrl =
    "type.googleapis.com/google.rpc.ErrorInfo";
constexpr absl::string_view kBadRequestUrl =
    "type.googleapis.com/google.rpc.BadRequest";

struct CatalogueRow {
  Reason reason = Reason::kFieldInvalid;
  absl::string_view name;
  absl::StatusCode code = absl::StatusCode::kUnknown;
};

constexpr auto kCatalogue = std::to_array<CatalogueRow>({
    {Reason::kFieldInvalid, "FIELD_INVALID",
     absl::StatusCode::kInvalidArgument},
    {Reason::kRulebookInvalid, "RULEBOOK_INVALID",
     absl::StatusCode::kInvalidArgument},
    {Reason::kNotFound, "NOT_FOUND", absl::StatusCode::kNotFound},
    {Reason::kAlreadyExists, "ALREADY_EXISTS",
     absl::StatusCode::kAlreadyExists},
    {Reason::kInsufficientPoints, "INSUFFICIENT_POINTS",
     absl::StatusCode::kFailedPrecondition},
    {Reason::kLimitReached, "LIMIT_REACHED",
     absl::StatusCode::kResourceExhausted},
    {Reason::kMemberSuspended, "MEMBER_SUSPENDED",
     absl::StatusCode::kFailedPrecondition},
    {Reason::kHoldNotOpen, "HOLD_NOT_OPEN",
     absl::StatusCode::kFailedPrecondition},
    {Reason::kEntryNotReversible, "ENTRY_NOT_REVERSIBLE",
     absl::StatusCode::kFailedPrecondition},
    {Reason::kMarginCap, "MARGIN_CAP", absl::StatusCode::kFailedPrecondition},
    {Reason::kBudgetSpent, "BUDGET_SPENT",
     absl::StatusCode::kResourceExhausted},
    {Reason::kReservationExpired, "RESERVATION_EXPIRED",
     absl::StatusCode::kFailedPrecondition},
    {Reason::kReservationNotOpen, "RESERVATION_NOT_OPEN",
     absl::StatusCode::kFailedPrecondition},
    {Reason::kOrderExists, "ORDER_EXISTS", absl::StatusCode::kAlreadyExists},
    {Reason::kCodeNotFound, "CODE_NOT_FOUND", absl::StatusCode::kNotFound},
    {Reason::kCodeExpired, "CODE_EXPIRED",
     absl::StatusCode::kFailedPrecondition},
    {Reason::kCodeUsed, "CODE_USED", absl::StatusCode::kFailedPrecondition},
    {Reason::kCodeNotApplicable, "CODE_NOT_APPLICABLE",
     absl::StatusCode::kFailedPrecondition},
    {Reason::kRefundExceedsOrder, "REFUND_EXCEEDS_ORDER",
     absl::StatusCode::kFailedPrecondition},
    {Reason::kCaseNotOpen, "CASE_NOT_OPEN",
     absl::StatusCode::kFailedPrecondition},
    {Reason::kRemedyRefused, "REMEDY_REFUSED",
     absl::StatusCode::kFailedPrecondition},
    {Reason::kUnauthenticated, "UNAUTHENTICATED",
     absl::StatusCode::kUnauthenticated},
    {Reason::kPermissionDenied, "PERMISSION_DENIED",
     absl::StatusCode::kPermissionDenied},
    {Reason::kRequestIdReused, "REQUEST_ID_REUSED",
     absl::StatusCode::kAlreadyExists},
    {Reason::kEtagStale, "ETAG_STALE", absl::StatusCode::kAborted},
    {Reason::kPointsOverflow, "POINTS_OVERFLOW", absl::StatusCode::kOutOfRange},
    {Reason::kRateLimited, "RATE_LIMITED",
     absl::StatusCode::kResourceExhausted},
    {Reason::kOverloaded, "OVERLOADED", absl::StatusCode::kUnavailable},
    {Reason::kDeadlinePassed, "DEADLINE_PASSED",
     absl::StatusCode::kDeadlineExceeded},
    {Reason::kRecordCorrupt, "RECORD_CORRUPT", absl::StatusCode::kDataLoss},
});

const CatalogueRow& RowOf(Reason reason) {
  return kCatalogue[static_cast<size_t>(reason)];
}

// The same metadata has the same bytes, which are remembered and compared:
// protobuf alone would write a map in any order.
std::string BytesOf(const google::rpc::ErrorInfo& info) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    info.SerializeToCodedStream(&coded);
  }
  return bytes;
}

// As it is where it is UTF-8, which strings of messages must be, or a reader
// drops the whole refusal; else with escapes. What is told may come from a key
// that was damaged.
std::string Readable(absl::string_view text) {
  const bool is_text = google::protobuf::internal::IsStructurallyValidUTF8(
      text.data(), static_cast<int>(text.size()));
  return is_text ? std::string(text) : absl::CHexEscape(text);
}

}  // namespace

absl::string_view ReasonName(Reason reason) {
  return RowOf(reason).name;
}

absl::StatusCode ReasonCode(Reason reason) {
  return RowOf(reason).code;
}

absl::Status Refuse(Reason reason, absl::string_view message,
                    Metadata metadata) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(ReasonName(reason)));
  info.set_domain("pistis");
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[std::string(key)] = Readable(value);
  }
  absl::Status status(ReasonCode(reason), Readable(message));
  status.SetPayload(kErrorInfoUrl, absl::Cord(BytesOf(info)));
  return status;
}

absl::Status RefuseField(absl::string_view field, absl::string_view problem) {
  absl::Status status =
      Refuse(Reason::kFieldInvalid, absl::StrCat(field, ": ", problem),
             {{"field", std::string(field)}});
  AddFieldViolation(field, problem, status);
  return status;
}

absl::Status RefuseNotFound(absl::string_view kind, absl::string_view id) {
  return Refuse(Reason::kNotFound, absl::StrCat("no ", kind, " \"", id, "\""),
                {{"kind", std::string(kind)}, {"id", std::string(id)}});
}

absl::Status RecordCorrupt(absl::string_view kind) {
  return Refuse(Reason::kRecordCorrupt,
                absl::StrCat("a stored ", kind, " cannot be read"),
                {{"kind", std::string(kind)}});
}

void AddFieldViolation(absl::string_view field, absl::string_view problem,
                       absl::Status& status) {
  google::rpc::BadRequest bad_request;
  if (const auto payload = status.GetPayload(kBadRequestUrl)) {
    bad_request.ParseFromString(std::string(*payload));
  }
  google::rpc::BadRequest::FieldViolation* violation =
      bad_request.add_field_violations();
  violation->set_field(Readable(field));
  violation->set_description(Readable(problem));
  status.SetPayload(kBadRequestUrl,
                    absl::Cord(bad_request.SerializeAsString()));
}

std::string SerializeRefusal(const absl::Status& status) {
  google::rpc::Status message;
  message.set_code(static_cast<int>(status.code()));
  message.set_message(std::string(status.message()));
  for (const absl::string_view url : {kErrorInfoUrl, kBadRequestUrl}) {
    const auto payload = status.GetPayload(url);
    if (!payload) continue;
    google::protobuf::Any* detail = message.add_details();
    detail->set_type_url(std::string(url));
    detail->set_value(std::string(*payload));
  }
  return message.SerializeAsString();
}

absl::Status ParseRefusal(const std::string& bytes) {
  google::rpc::Status message;
  if (!message.ParseFromString(bytes) || message.code() == 0) {
    return RecordCorrupt("Status");
  }
  absl::Status status(static_cast<absl::StatusCode>(message.code()),
                      message.message());
  for (const google::protobuf::Any& detail : message.details()) {
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return status;
}

std::optional<Reason> ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload))) {
    return std::nullopt;
  }
  for (const CatalogueRow& row : kCatalogue) {
    if (row.name == info.reason()) return row.reason;
  }
  return std::nullopt;
}

}  // namespace pistis
