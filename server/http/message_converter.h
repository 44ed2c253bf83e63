// Messages of calls to and from what gRPC takes, without holding up others.
#ifndef PISTIS_SERVER_HTTP_MESSAGE_CONVERTER_H_
#define PISTIS_SERVER_HTTP_MESSAGE_CONVERTER_H_

#include <atomic>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "boost/asio/awaitable.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "server/http/fair_queue.h"
#include "server/http/held_bytes.h"
#include "server/http/request_gate.h"

namespace pistis::server {

// Who wants a message converted. Outlives that.
struct ConversionFor {
  const HttpCall& call;
  // Of the caller's address.
  ByteBudget& share;
  // Whether the server stops, and whether the client is gone.
  const std::atomic<bool>& stopping;
  const std::atomic<bool>& gone;
  // Of the client; not closed before.
  boost::asio::ip::tcp::socket& socket;
};

// Small ones and protobuf at once; JSON above 16 KiB one after the other on a
// thread for it, addresses in turn, while the caller's own goes on with other
// connections. Where
// the client is gone when its turn comes, it is left: CANCELLED. Any thread.
// Outlives what awaits it.
class MessageConverter {
 public:
  using Converted = boost::asio::awaitable<absl::StatusOr<std::string>>;

  // DecodeRequest() of the call's request. OVERLOADED where the address's share
  // is taken up, or the server stops before its turn; DEADLINE_PASSED where the
  // call's time is over then. `message` outlives it.
  Converted Decode(const ConversionFor& of, absl::string_view message);
  // EncodeReply() of one of the call's replies, which waits for room in the
  // share: what was done is not refused.
  Converted Encode(const ConversionFor& of, std::string message);

 private:
  FairQueue large_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_MESSAGE_CONVERTER_H_
