#include "server/http/connect_error.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace pistis::server {
namespace {

struct CodeRow {
  grpc::StatusCode code;
  const char* name;
  int http_status;
};

constexpr CodeRow kCodes[] = {
    {grpc::StatusCode::CANCELLED, "canceled", 499},
    {grpc::StatusCode::INVALID_ARGUMENT, "invalid_argument", 400},
    {grpc::StatusCode::DEADLINE_EXCEEDED, "deadline_exceeded", 504},
    {grpc::StatusCode::NOT_FOUND, "not_found", 404},
    {grpc::StatusCode::ALREADY_EXISTS, "already_exists", 409},
    {grpc::StatusCode::PERMISSION_DENIED, "permission_denied", 403},
    {grpc::StatusCode::RESOURCE_EXHAUSTED, "resource_exhausted", 429},
    {grpc::StatusCode::FAILED_PRECONDITION, "failed_precondition", 400},
    {grpc::StatusCode::ABORTED, "aborted", 409},
    {grpc::StatusCode::OUT_OF_RANGE, "out_of_range", 400},
    {grpc::StatusCode::UNIMPLEMENTED, "unimplemented", 501},
    {grpc::StatusCode::INTERNAL, "internal", 500},
    {grpc::StatusCode::UNAVAILABLE, "unavailable", 503},
    {grpc::StatusCode::DATA_LOSS, "data_loss", 500},
    {grpc::StatusCode::UNAUTHENTICATED, "unauthenticated", 401},
};
constexpr CodeRow kUnknown = {grpc::StatusCode::UNKNOWN, "unknown", 500};

const CodeRow& RowOf(grpc::StatusCode code) {
  for (const CodeRow& row : kCodes) {
    if (row.code == code) return row;
  }
  return kUnknown;
}

std::string Base64WithoutPadding(const std::string& bytes) {
  std::string text = absl::Base64Escape(bytes);
  while (!text.empty() && text.back() == '=')
    text.pop_back();
  return text;
}

// Empty where `detail` tells none.
std::string RetryAfter(const google::protobuf::Any& detail) {
  google::rpc::ErrorInfo info;
  if (!detail.UnpackTo(&info)) return "";
  const auto seconds = info.metadata().find("retry_after_s");
  return seconds == info.metadata().end() ? "" : seconds->second;
}

}  // namespace

ConnectError ToConnectError(const grpc::Status& status) {
  const CodeRow& row = RowOf(status.error_code());
  google::protobuf::Struct body;
  auto& fields = *body.mutable_fields();
  fields["code"].set_string_value(row.name);
  fields["message"].set_string_value(status.error_message());
  ConnectError error{.http_status = row.http_status, .body = {}};
  google::rpc::Status message;
  if (message.ParseFromString(status.error_details())) {
    for (const google::protobuf::Any& detail : message.details()) {
      if (error.retry_after_s.empty()) error.retry_after_s = RetryAfter(detail);
      absl::string_view type = detail.type_url();
      absl::ConsumePrefix(&type, "type.googleapis.com/");
      auto& entry = *fields["details"]
                         .mutable_list_value()
                         ->add_values()
                         ->mutable_struct_value()
                         ->mutable_fields();
      entry["type"].set_string_value(std::string(type));
      entry["value"].set_string_value(Base64WithoutPadding(detail.value()));
    }
  }
  (void)google::protobuf::util::MessageToJsonString(body, &error.body);
  return error;
}

}  // namespace pistis::server
