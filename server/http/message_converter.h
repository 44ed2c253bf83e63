// Messages of calls to and from what gRPC takes, without holding up others.
#ifndef PISTIS_SERVER_HTTP_MESSAGE_CONVERTER_H_
#define PISTIS_SERVER_HTTP_MESSAGE_CONVERTER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "boost/asio/awaitable.hpp"
#include "boost/asio/thread_pool.hpp"
#include "server/http/request_gate.h"

namespace pistis::server {

// Small ones at once; those above 64 KiB one after the other on a thread for
// them, while the caller's own goes on with other connections. Any thread.
// Outlives what awaits it.
class MessageConverter {
 public:
  using Converted = boost::asio::awaitable<absl::StatusOr<std::string>>;

  // DecodeRequest() of the call's request. `message` and `call` outlive it.
  Converted Decode(const HttpCall& call, absl::string_view message);
  // EncodeReply() of one of the call's replies.
  Converted Encode(const HttpCall& call, std::string message);

 private:
  boost::asio::thread_pool large_{1};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_MESSAGE_CONVERTER_H_
