#include "clients/cpp/wire_status.h"

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "google/rpc/status.pb.h"

namespace pistis {
namespace {

absl::StatusCode CodeOf(grpc::StatusCode code) {
  const int number = static_cast<int>(code);
  const bool known =
      number > static_cast<int>(absl::StatusCode::kOk) &&
      number <= static_cast<int>(absl::StatusCode::kUnauthenticated);
  return known ? static_cast<absl::StatusCode>(number)
               : absl::StatusCode::kUnknown;
}

}  // namespace

absl::Status FromWire(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(CodeOf(status.error_code()), status.error_message());
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return result;
  for (const google::protobuf::Any& detail : details.details()) {
    result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return result;
}

}  // namespace pistis
