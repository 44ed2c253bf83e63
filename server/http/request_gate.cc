#include "server/http/request_gate.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

#include "boost/beast/http/error.hpp"
#include "engine/base/refusal.h"
#include "server/http/connect_error.h"
#include "server/http/openapi/openapi_json.h"
#include "server/wire_status.h"

namespace pistis::server {
namespace {

namespace http = boost::beast::http;
using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;

constexpr char kRulebookService[] = "pistis.v1.RulebookService";
constexpr char kPackage[] = "/pistis.v1.";
constexpr char kJson[] = "application/json";
constexpr char kText[] = "text/plain; charset=utf-8";
constexpr absl::Duration kUnaryTimeout = absl::Seconds(30);

constexpr int kNoContent = 204;
constexpr int kForbidden = 403;
constexpr int kNotFoundHere = 404;
constexpr int kMethodNotAllowed = 405;
constexpr int kPayloadTooLarge = 413;
constexpr int kUnsupportedType = 415;
constexpr int kHeaderTooLarge = 431;
constexpr int kUnavailable = 503;
constexpr int kVersionUnknown = 505;

HttpReply TooLarge(absl::string_view what, size_t most, int http_status) {
  return RefusalReply(
      ToWire(RefuseField(what, absl::StrCat("has too many bytes; at most ",
                                            most, " are allowed"))),
      http_status);
}

HttpReply UnknownPath(absl::string_view path) {
  return RefusalReply(ToWire(RefuseNotFound("path", path)), kNotFoundHere);
}

HttpReply WrongMethod(const RequestHead& head, const std::string& allowed) {
  HttpReply reply = RefusalReply(
      ToWire(RefuseField("method", absl::StrCat("is ", head.method, "; ",
                                                allowed, " is wanted here"))),
      kMethodNotAllowed);
  reply.headers.emplace_back("Allow", allowed);
  return reply;
}

bool IsAllowed(const std::string& origin, const HttpOptions& options) {
  return std::find(options.cors_origins.begin(), options.cors_origins.end(),
                   origin) != options.cors_origins.end();
}

bool IsPreflight(const RequestHead& head) {
  return head.method == "OPTIONS" && !head.origin.empty() &&
         !head.access_control_request_method.empty();
}

HttpReply Preflight() {
  return {.status = kNoContent,
          .headers = {{"Access-Control-Allow-Methods", "GET, POST"},
                      {"Access-Control-Allow-Headers",
                       "Authorization, Content-Type, Connect-Protocol-Version, "
                       "Connect-Timeout-Ms"},
                      {"Access-Control-Max-Age", "7200"}}};
}

HttpReply PageOfAnother(const RequestHead& head) {
  return RefusalReply(
      ToWire(Refuse(Reason::kPermissionDenied,
                    absl::StrCat("pages of ", head.origin,
                                 " may not call; the server "
                                 "names those that may in --cors_origin"))),
      kForbidden);
}

// What is got, not called; nothing for other paths.
std::optional<HttpReply> Page(absl::string_view path,
                              const HttpOptions& options) {
  if (path == "/healthz") {
    return HttpReply{.content_type = kText, .body = "ok\n"};
  }
  if (path == "/readyz") {
    return options.ready() ? HttpReply{.content_type = kText, .body = "ready\n"}
                           : HttpReply{.status = kUnavailable,
                                       .content_type = kText,
                                       .body = "not ready\n"};
  }
  if (path == "/openapi.json") {
    return HttpReply{.content_type = kJson, .body = std::string(OpenApiJson())};
  }
  return std::nullopt;
}

// Null where the path names no method.
const MethodDescriptor* FindMethod(absl::string_view path) {
  const std::vector<std::string> parts =
      absl::StrSplit(absl::StripPrefix(path, "/"), '/');
  return parts.size() != 2 ? nullptr
                           : DescriptorPool::generated_pool()->FindMethodByName(
                                 absl::StrCat(parts[0], ".", parts[1]));
}

Shape ShapeOf(const MethodDescriptor& method) {
  return method.server_streaming() ? Shape::kStream : Shape::kUnary;
}

HttpReply WrongType(const RequestHead& head, const MethodDescriptor& method) {
  const Shape shape = ShapeOf(method);
  const std::string accepted =
      absl::StrCat(ContentTypeOf({Encoding::kJson, shape}), ", ",
                   ContentTypeOf({Encoding::kProto, shape}));
  HttpReply reply = RefusalReply(
      ToWire(RefuseField("content-type",
                         absl::StrCat("is \"", head.content_type, "\"; one of ",
                                      accepted, " is wanted"))),
      kUnsupportedType);
  reply.headers.emplace_back("Accept-Post", accepted);
  return reply;
}

absl::Status CheckEncoding(absl::string_view header, const std::string& value) {
  if (value.empty() || value == "identity") return absl::OkStatus();
  return RefuseField(
      header, absl::StrCat("is ", value, "; bodies are not compressed here"));
}

absl::Status CheckVersion(const std::string& version) {
  if (version.empty() || version == "1") return absl::OkStatus();
  return RefuseField("connect-protocol-version",
                     absl::StrCat("is ", version, "; 1 is wanted"));
}

std::variant<HttpReply, HttpCall> CallOf(const RequestHead& head,
                                         const MethodDescriptor& method) {
  const std::optional<BodyType> type = ParseBodyType(head.content_type);
  if (!type || type->shape != ShapeOf(method)) return WrongType(head, method);
  for (const absl::Status& checked :
       {CheckEncoding("content-encoding", head.content_encoding),
        CheckEncoding("connect-content-encoding",
                      head.connect_content_encoding),
        CheckVersion(head.connect_protocol_version)}) {
    if (!checked.ok()) return RefusalReply(ToWire(checked));
  }
  HttpCall call{.method = &method,
                .type = *type,
                .most_bytes = method.service()->full_name() == kRulebookService
                                  ? kMaxRulebookBodyBytes
                                  : kMaxBodyBytes};
  if (type->shape == Shape::kUnary) call.timeout = kUnaryTimeout;
  if (!head.connect_timeout_ms.empty()) {
    const auto timeout = ParseTimeout(head.connect_timeout_ms);
    if (!timeout.ok()) return RefusalReply(ToWire(timeout.status()));
    call.timeout = *timeout;
  }
  return call;
}

std::variant<HttpReply, HttpCall> Route(const RequestHead& head,
                                        const HttpOptions& options) {
  const absl::string_view target = head.target;
  const absl::string_view path = target.substr(0, target.find('?'));
  const bool is_read = head.method == "GET" || head.method == "HEAD";
  if (std::optional<HttpReply> page = Page(path, options)) {
    return is_read ? *std::move(page) : WrongMethod(head, "GET, HEAD");
  }
  const MethodDescriptor* method = FindMethod(path);
  if (method == nullptr && !absl::StartsWith(path, kPackage)) {
    return UnknownPath(path);
  }
  if (head.method != "POST") return WrongMethod(head, "POST");
  if (method != nullptr && absl::StartsWith(path, kPackage)) {
    return CallOf(head, *method);
  }
  return RefusalReply({grpc::StatusCode::UNIMPLEMENTED,
                       absl::StrCat("there is no method ", path)});
}

}  // namespace

HttpReply RefusalReply(const grpc::Status& refusal, int http_status) {
  const ConnectError error = ToConnectError(refusal);
  HttpReply reply{.status = http_status == 0 ? error.http_status : http_status,
                  .content_type = kJson,
                  .body = error.body};
  if (!error.retry_after_s.empty()) {
    reply.headers.emplace_back("Retry-After", error.retry_after_s);
  }
  return reply;
}

absl::Duration TimeLeft(const HttpCall& call) {
  return call.timeout -
         absl::FromChrono(std::chrono::steady_clock::now() - call.whole_at);
}

std::chrono::milliseconds TransferTime(const HttpLimits& limits, size_t bytes) {
  return limits.transfer_time +
         std::chrono::seconds(static_cast<int64_t>(bytes) /
                              limits.bytes_per_second);
}

HttpReply TooOldToStream() {
  return RefusalReply(
      ToWire(RefuseField("version", "is no HTTP/1.1, which streams need")),
      kVersionUnknown);
}

HttpReply BodyTooLarge(size_t most_bytes) {
  return TooLarge("request", most_bytes, kPayloadTooLarge);
}

HttpReply HeaderTooLarge(size_t most_bytes) {
  return TooLarge("header", most_bytes, kHeaderTooLarge);
}

std::optional<HttpReply> RefusalOf(const boost::system::error_code& why,
                                   const HttpLimits& limits) {
  using http::error;
  if (why == error::header_limit || why == error::buffer_overflow) {
    return HeaderTooLarge(limits.header_bytes);
  }
  if (why == error::body_limit) return BodyTooLarge(kMaxRulebookBodyBytes);
  const bool is_no_http =
      why.category() == http::make_error_code(error::bad_method).category() &&
      why != error::end_of_stream && why != error::partial_message;
  if (!is_no_http) return std::nullopt;
  return RefusalReply(ToWire(
      RefuseField("request", absl::StrCat("is no HTTP: ", why.message()))));
}

grpc::Status NoRoomForBodies() {
  return ToWire(Refuse(Reason::kOverloaded,
                       "there are too many bodies under way, of your address "
                       "or of all; try again"));
}

std::vector<std::pair<std::string, std::string>> CorsHeaders(
    const std::string& origin, const HttpOptions& options) {
  if (options.cors_origins.empty()) return {};
  if (origin.empty() || !IsAllowed(origin, options)) {
    return {{"Vary", "Origin"}};
  }
  return {{"Access-Control-Allow-Origin", origin}, {"Vary", "Origin"}};
}

std::variant<HttpReply, HttpCall> PassGate(const RequestHead& head,
                                           const HttpOptions& options) {
  if (!head.origin.empty() && !IsAllowed(head.origin, options)) {
    return PageOfAnother(head);
  }
  return IsPreflight(head) ? Preflight() : Route(head, options);
}

}  // namespace pistis::server
