// The head of a request, taken from its bytes.
#ifndef PISTIS_SERVER_HTTP_REQUEST_HEAD_H_
#define PISTIS_SERVER_HTTP_REQUEST_HEAD_H_

#include <string>

#include "absl/status/status.h"

#include "boost/beast/http/message.hpp"
#include "boost/beast/http/string_body.hpp"

namespace pistis::server {

// Headers that were not sent are empty. All text is UTF-8: U+FFFD stands for
// each byte that was none.
struct RequestHead {
  std::string method;
  // With its query, which is not looked at.
  std::string target;
  std::string content_type;
  std::string content_encoding;
  std::string connect_content_encoding;
  std::string connect_protocol_version;
  std::string connect_timeout_ms;
  std::string origin;
  std::string access_control_request_method;
  // Empty also where gRPC would not take it, so that the call has none.
  std::string authorization = {};
};

using HttpRequest =
    boost::beast::http::request<boost::beast::http::string_body>;

[[nodiscard]] RequestHead HeadOf(const HttpRequest& request);

// OK where it is plain how long the body is. FIELD_INVALID for any
// Transfer-Encoding but chunked, for one of HTTP/1.0, and for one beside a
// Content-Length: another server may see another end, and another request after
// it.
[[nodiscard]] absl::Status CheckFraming(const HttpRequest& request);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_REQUEST_HEAD_H_
