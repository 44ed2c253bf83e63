// One connection's bytes: requests read and responses written, each within its
// limits. Part of session.cc.
#ifndef PISTIS_SERVER_HTTP_WIRE_H_
#define PISTIS_SERVER_HTTP_WIRE_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "boost/asio/awaitable.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/redirect_error.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "boost/asio/write.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/core/tcp_stream.hpp"
#include "boost/beast/http.hpp"
#include "boost/beast/ssl/ssl_stream.hpp"
#include "server/http/caller.h"
#include "server/http/held_bytes.h"
#include "server/http/http_options.h"
#include "server/http/request_gate.h"
#include "server/http/request_head.h"
#include "server/wire_status.h"

namespace pistis::server {

namespace http = boost::beast::http;

// Reads one request after the other and writes what is answered; knows HTTP and
// TLS, and no calls. `Stream` is Beast's TCP stream, or TLS on one. On its
// stream's strand, but for what is said below. Where an awaited bool is false,
// the connection is to be closed.
//
// Every co_await is a statement's or an initialiser's own: GCC 12 compiles one
// that stands in a condition of && or || wrongly.
template <typename Stream>
class HttpWire {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  template <typename Result>
  using Awaitable = boost::asio::awaitable<Result>;

  // The options outlive it; `arguments` are the stream's own.
  template <typename... Arguments>
  HttpWire(const HttpOptions& options, Socket socket, Arguments&... arguments)
      : options_(options),
        limits_(options.limits),
        stream_(std::move(socket), arguments...) {}
  HttpWire(const HttpWire&) = delete;
  HttpWire& operator=(const HttpWire&) = delete;

  [[nodiscard]] auto executor() { return stream_.get_executor(); }
  [[nodiscard]] Socket& socket() { return lowest().socket(); }
  // The other side's network (peer_network.h), and its certificate as DER,
  // empty where there is none; once hands were shaken.
  [[nodiscard]] const std::string& peer() const { return peer_; }
  [[nodiscard]] const std::string& certificate() const { return certificate_; }
  // The request that was read last.
  [[nodiscard]] const RequestHead& head() const { return head_; }
  [[nodiscard]] bool is_http11() const {
    return parser_->get().version() == kHttp11;
  }

  // Whether the server stops, and whether the client is gone; on any thread.
  [[nodiscard]] const std::atomic<bool>& stopping() const { return stopping_; }
  [[nodiscard]] const std::atomic<bool>& gone() const { return gone_; }
  void SetGoneIf(bool gone) { gone_ = gone_ || gone; }

  // No more requests are read; one that is awaited is broken off.
  void Stop() {
    stopping_ = true;
    if (listening_) lowest().cancel();
  }
  // What is read or written is broken off.
  void Abort() {
    gone_ = true;
    lowest().cancel();
    Error ignored;
    socket().shutdown(Socket::shutdown_both, ignored);
  }

  Awaitable<bool> ShakeHands() {
    peer_ = CallerOf(socket());
    if constexpr (kTls) {
      Error error;
      listening_ = true;
      lowest().expires_after(limits_.header_time);
      co_await stream_.async_handshake(boost::asio::ssl::stream_base::server,
                                       Into(error));
      listening_ = false;
      secure_ = !error;
      if (error) co_return false;
      certificate_ = VerifiedCertificate(stream_.native_handle());
    }
    co_return true;
  }

  // Awaits the next request and reads its head; answers one that is no HTTP, or
  // whose end is not plain.
  Awaitable<bool> ReadHead() {
    if (stopping_) co_return false;
    Error error;
    listening_ = true;
    if (buffer_.size() == 0) {
      lowest().expires_after(parser_ ? limits_.idle_time : limits_.header_time);
      const size_t read = co_await stream_.async_read_some(
          buffer_.prepare(kReadBytes), Into(error));
      buffer_.commit(read);
    }
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(limits_.header_bytes));
    parser_->body_limit(kMaxRulebookBodyBytes);
    lowest().expires_after(limits_.header_time);
    if (!error) {
      co_await http::async_read_header(stream_, buffer_, *parser_, Into(error));
    }
    listening_ = false;
    if (error) co_return co_await RefuseUnreadable(error);
    head_ = HeadOf(parser_->get());
    keep_ = parser_->keep_alive() && !stopping_;
    const absl::Status framed = CheckFraming(parser_->get());
    if (framed.ok()) co_return true;
    unread_ = true;
    co_return co_await Reply(RefusalReply(ToWire(framed)));
  }

  // Reads the body of at most `most` bytes, which `held` has room for; answers
  // one that is larger, or does not come whole.
  Awaitable<bool> ReadBody(size_t most, HeldBytes& held) {
    const auto announced = parser_->content_length();
    if (announced && *announced > most) {
      co_await Reply(BodyTooLarge(most));
      co_return false;
    }
    if (!parser_->is_done() &&
        boost::beast::iequals(parser_->get()[http::field::expect],
                              "100-continue")) {
      constexpr absl::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await Write(boost::asio::buffer(kContinue.data(), kContinue.size()),
                     0);
    }
    const auto begin = std::chrono::steady_clock::now();
    std::string& body = parser_->get().body();
    Error error;
    while (!error && !parser_->is_done()) {
      lowest().expires_at(begin + TransferTime(limits_, body.size()));
      co_await http::async_read_some(stream_, buffer_, *parser_, Into(error));
      if (body.size() > most || error == http::error::body_limit) {
        co_await Reply(BodyTooLarge(most));
        co_return false;
      }
      if (!held.GrowTo(body.size())) {
        co_await Reply(RefusalReply(NoRoomForBodies()));
        co_return false;
      }
    }
    if (error) co_return co_await RefuseUnreadable(error);
    co_return true;
  }
  // The body that was read; once.
  [[nodiscard]] std::string TakeBody() {
    return std::move(parser_->get().body());
  }

  // Answers the request. Where its body was not read, the connection ends.
  Awaitable<bool> Reply(const HttpReply& reply) {
    LeaveUnread();
    http::response<http::string_body> response;
    response.version(kHttp11);
    response.result(static_cast<unsigned>(reply.status));
    Dress(response, reply.content_type);
    for (const auto& [name, value] : reply.headers)
      response.set(name, value);
    response.body() = reply.body;
    response.prepare_payload();
    if (response.result() == http::status::no_content) {
      response.erase(http::field::content_length);
    }
    http::response_serializer<http::string_body> serializer(response);
    Error error;
    lowest().expires_after(TransferTime(limits_, reply.body.size()));
    if (head_.method == "HEAD") {
      co_await http::async_write_header(stream_, serializer, Into(error));
    } else {
      co_await http::async_write(stream_, serializer, Into(error));
    }
    co_return !error && keep_;
  }

  // Answers the request with chunks, until EndChunks.
  Awaitable<bool> BeginChunks(const std::string& content_type) {
    LeaveUnread();
    http::response<http::empty_body> head{http::status::ok, kHttp11};
    Dress(head, content_type);
    head.chunked(true);
    http::response_serializer<http::empty_body> serializer(head);
    Error error;
    lowest().expires_after(limits_.stream_write_time);
    co_await http::async_write_header(stream_, serializer, Into(error));
    co_return !error;
  }
  Awaitable<bool> WriteChunk(std::string bytes) {
    co_return co_await Write(http::make_chunk(boost::asio::buffer(bytes)),
                             bytes.size());
  }
  Awaitable<bool> EndChunks() {
    const bool closed = co_await Write(http::make_chunk_last(), 0);
    co_return closed ? keep_ : false;
  }

  // Closes the connection, in good order where the client lets it.
  Awaitable<void> Close() {
    Error error;
    listening_ = true;
    lowest().expires_after(kLinger);
    if constexpr (kTls) {
      if (secure_ && !gone_) co_await stream_.async_shutdown(Into(error));
    }
    socket().shutdown(Socket::shutdown_send, error);
    std::vector<char> unread(unread_ ? kReadBytes : 0);
    size_t read = 0;
    while (!unread.empty() && !error && read < kMostUnread) {
      const size_t more = co_await lowest().async_read_some(
          boost::asio::buffer(unread), Into(error));
      read += more;
    }
    lowest().close();
  }

 private:
  using Error = boost::system::error_code;

  static constexpr bool kTls =
      !std::is_same_v<Stream, boost::beast::tcp_stream>;
  static constexpr size_t kReadBytes = size_t{8} << 10U;
  static constexpr size_t kMostBuffered = size_t{64} << 10U;
  static constexpr unsigned kHttp11 = 11;
  // How long, and how much, a client may go on sending what nobody reads before
  // its connection closes and the answer may be lost on its way.
  static constexpr std::chrono::milliseconds kLinger{2000};
  static constexpr size_t kMostUnread = size_t{8} << 20U;

  static auto Into(Error& error) {
    return boost::asio::redirect_error(boost::asio::use_awaitable, error);
  }

  boost::beast::tcp_stream& lowest() {
    return boost::beast::get_lowest_layer(stream_);
  }

  // Always false.
  Awaitable<bool> RefuseUnreadable(const Error& error) {
    keep_ = false;
    const std::optional<HttpReply> reply = RefusalOf(error, limits_);
    if (reply) co_await Reply(*reply);
    co_return false;
  }

  // What every response says.
  template <typename Response>
  void Dress(Response& response, const std::string& content_type) {
    response.keep_alive(keep_);
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Cache-Control", "no-store");
    if (!content_type.empty()) response.set("Content-Type", content_type);
    for (const auto& [name, value] : CorsHeaders(head_.origin, options_)) {
      response.set(name, value);
    }
  }

  // The connection does not go on where what is answered was not read.
  void LeaveUnread() {
    unread_ = unread_ || !parser_->is_done();
    keep_ = keep_ && !unread_;
  }

  // False where the client does not take them in time.
  template <typename Buffers>
  Awaitable<bool> Write(const Buffers buffers, size_t bytes) {
    Error error;
    lowest().expires_after(
        std::max(limits_.stream_write_time, TransferTime(limits_, bytes)));
    co_await boost::asio::async_write(stream_, buffers, Into(error));
    co_return !error;
  }

  const HttpOptions& options_;
  const HttpLimits& limits_;
  Stream stream_;
  boost::beast::flat_buffer buffer_{kMostBuffered};
  std::optional<http::request_parser<http::string_body>> parser_;
  RequestHead head_;
  std::string peer_;
  std::string certificate_;
  bool secure_ = false;
  // Between calls: what is awaited then may be broken off.
  bool listening_ = false;
  bool keep_ = false;
  bool unread_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> gone_ = false;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_WIRE_H_
