#include "server/wire_status.h"

#include <string>

#include "engine/base/refusal.h"
#include "spdlog/spdlog.h"

namespace pistis::server {

grpc::Status ToWire(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  if (!ReasonOf(status)) {
    spdlog::error("a call failed: {}", status.ToString());
    return {grpc::StatusCode::INTERNAL, "the server failed; see its log"};
  }
  return {static_cast<grpc::StatusCode>(status.code()),
          std::string(status.message()), SerializeRefusal(status)};
}

}  // namespace pistis::server
