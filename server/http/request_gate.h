// What becomes of a request, told from its head alone.
#ifndef PISTIS_SERVER_HTTP_REQUEST_GATE_H_
#define PISTIS_SERVER_HTTP_REQUEST_GATE_H_

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/support/status.h"

#include "boost/system/error_code.hpp"
#include "server/http/connect_codec.h"
#include "server/http/http_options.h"
#include "server/http/request_head.h"

namespace pistis::server {

// The largest body, and the largest that may hold a rulebook: JSON writes a
// line's end, and each quote of a rulebook, as two bytes.
inline constexpr size_t kMaxBodyBytes = size_t{1} << 20U;
inline constexpr size_t kMaxRulebookBodyBytes = size_t{6} << 20U;

struct HttpReply {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// A call to make as soon as its body is there.
struct HttpCall {
  const google::protobuf::MethodDescriptor* method = nullptr;
  BodyType type;
  size_t most_bytes = 0;
  // For ever where a stream says nothing.
  absl::Duration timeout = absl::InfiniteDuration();
  // When the body had come: the time runs from then.
  std::chrono::steady_clock::time_point whole_at = {};
  // Until when a client that sends no more awaits the answer all the same.
  std::chrono::steady_clock::time_point patient_until = {};
};

// What is left of the call's time, for ever where it has no end; on any thread.
[[nodiscard]] absl::Duration TimeLeft(const HttpCall& call);
// How long a body, or a reply of one piece, may take.
[[nodiscard]] std::chrono::milliseconds TransferTime(const HttpLimits& limits,
                                                     size_t bytes);

// The answer, where it needs no call; or the call.
[[nodiscard]] std::variant<HttpReply, HttpCall> PassGate(
    const RequestHead& head, const HttpOptions& options);

// A refusal as a reply: a Connect error. `http_status` replaces the one that
// Connect gives its code, where it is not 0.
[[nodiscard]] HttpReply RefusalReply(const grpc::Status& refusal,
                                     int http_status = 0);

[[nodiscard]] HttpReply BodyTooLarge(size_t most_bytes);
[[nodiscard]] HttpReply TooOldToStream();
[[nodiscard]] HttpReply HeaderTooLarge(size_t most_bytes);
// What is answered to a request that cannot be read; nothing where it did not
// come whole.
[[nodiscard]] std::optional<HttpReply> RefusalOf(
    const boost::system::error_code& why, const HttpLimits& limits);
// For a call that would hold more bytes than its address, or all, may.
[[nodiscard]] grpc::Status NoRoomForBodies();

// The headers that let the page of an allowed origin read a reply; none where
// `origin` is empty or not allowed.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> CorsHeaders(
    const std::string& origin, const HttpOptions& options);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_REQUEST_GATE_H_
