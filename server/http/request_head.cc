#include "server/http/request_head.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

#include "boost/beast/core/string.hpp"
#include "boost/beast/http/field.hpp"
#include "engine/base/refusal.h"
#include "engine/expr/utf8.h"

namespace pistis::server {
namespace {

namespace beast = boost::beast;
using beast::http::field;

constexpr unsigned kHttp11 = 11;

// A refusal says what was sent, and JSON and messages hold UTF-8 alone.
std::string WellFormed(beast::string_view bytes) {
  constexpr char kReplacement[] = "\xEF\xBF\xBD";
  absl::string_view rest(bytes.data(), bytes.size());
  std::string text;
  while (const auto broken = expr::FirstInvalidUtf8(rest)) {
    text.append(rest.data(), *broken).append(kReplacement);
    rest.remove_prefix(*broken + 1);
  }
  return text.append(rest.data(), rest.size());
}

std::string Field(const HttpRequest& request, beast::string_view name) {
  return WellFormed(request[name]);
}

std::string Printable(std::string value) {
  const bool is_printable =
      std::all_of(value.begin(), value.end(),
                  [](unsigned char c) { return absl::ascii_isprint(c); });
  return is_printable ? value : "";
}

}  // namespace

RequestHead HeadOf(const HttpRequest& request) {
  return {
      .method = std::string(request.method_string()),
      .target = WellFormed(request.target()),
      .content_type = Field(request, "content-type"),
      .content_encoding = Field(request, "content-encoding"),
      .connect_content_encoding = Field(request, "connect-content-encoding"),
      .connect_protocol_version = Field(request, "connect-protocol-version"),
      .connect_timeout_ms = Field(request, "connect-timeout-ms"),
      .origin = Field(request, "origin"),
      .access_control_request_method =
          Field(request, "access-control-request-method"),
      .authorization = Printable(Field(request, "authorization"))};
}

absl::Status CheckFraming(const HttpRequest& request) {
  const auto [begin, end] = request.equal_range(field::transfer_encoding);
  if (begin == end) return absl::OkStatus();
  const bool is_chunked = std::next(begin) == end &&
                          beast::iequals(begin->value(), "chunked") &&
                          request.version() == kHttp11;
  if (is_chunked && request.count(field::content_length) == 0) {
    return absl::OkStatus();
  }
  return RefuseField("transfer-encoding",
                     "is not \"chunked\" alone, of HTTP/1.1 and without a "
                     "content-length");
}

}  // namespace pistis::server
