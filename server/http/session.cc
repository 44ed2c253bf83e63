// First: Asio's coroutines forget it.
#include "server/http/session.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "boost/asio/co_spawn.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/redirect_error.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "boost/asio/write.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/core/tcp_stream.hpp"
#include "boost/beast/http.hpp"
#include "boost/beast/ssl/ssl_stream.hpp"
#include "engine/base/refusal.h"
#include "server/http/caller.h"
#include "server/http/grpc_call.h"
#include "server/http/request_gate.h"
#include "server/wire_status.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Milliseconds = std::chrono::milliseconds;

constexpr size_t kReadBytes = size_t{8} << 10U;
constexpr size_t kMostBuffered = size_t{64} << 10U;
constexpr unsigned kHttp11 = 11;
// How often a call under way looks whether its client is still there.
constexpr Milliseconds kLook{500};
// How long, and how much, a client may go on sending what nobody reads before
// its connection closes and the answer may be lost on its way.
constexpr Milliseconds kLinger{2000};
constexpr size_t kMostUnread = size_t{8} << 20U;

constexpr absl::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

auto Into(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

grpc::Status Stopping() {
  return {grpc::StatusCode::UNAVAILABLE, "the server stops"};
}

// Every co_await is a statement's or an initialiser's own: GCC 12 compiles one
// that stands in a condition of && or || wrongly.
template <typename Stream>
class HttpSession final
    : public Session,
      public std::enable_shared_from_this<HttpSession<Stream>> {
 public:
  template <typename... Arguments>
  HttpSession(const SessionRoom& room, std::shared_ptr<AddressShare> share,
              tcp::socket socket, Arguments&... arguments)
      : room_(room),
        share_(std::move(share)),
        limits_(room.options.limits),
        stream_(std::move(socket), arguments...),
        timer_(stream_.get_executor()) {}

  void Start(std::function<void()> ended) {
    asio::co_spawn(
        stream_.get_executor(),
        [self = this->shared_from_this()] { return self->Run(); },
        [ended = std::move(ended)](std::exception_ptr failed) {
          if (failed) spdlog::error("HTTP: a connection failed");
          ended();
        });
  }

  void Stop() override {
    asio::post(stream_.get_executor(), [self = this->shared_from_this()] {
      self->stopping_ = true;
      if (self->listening_) self->lowest().cancel();
      self->timer_.cancel();
    });
  }

  void Abort() override {
    asio::post(stream_.get_executor(), [self = this->shared_from_this()] {
      self->gone_ = true;
      self->lowest().cancel();
      error_code ignored;
      self->lowest().socket().shutdown(tcp::socket::shutdown_both, ignored);
      self->timer_.cancel();
    });
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;

  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  asio::awaitable<void> Run() {
    bool more = co_await ShakeHands();
    while (more) {
      more = co_await ReadHead();
      if (more) more = co_await Answer();
    }
    co_await Close();
  }

  asio::awaitable<bool> ShakeHands() {
    peer_ = AddressOf(lowest().socket());
    if constexpr (kTls) {
      error_code error;
      listening_ = true;
      lowest().expires_after(limits_.header_time);
      co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                       Into(error));
      listening_ = false;
      secure_ = !error;
      if (error) co_return false;
      certificate_ = VerifiedCertificate(stream_.native_handle());
    }
    co_return true;
  }

  // False where no call is to be answered any more.
  asio::awaitable<bool> ReadHead() {
    if (stopping_) co_return false;
    error_code error;
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
    if (error) co_await RefuseHead(error);
    co_return !error;
  }

  asio::awaitable<void> RefuseHead(const error_code& error) {
    keep_ = false;
    const std::optional<HttpReply> reply = RefusalOf(error, limits_);
    if (reply) co_await Reply(*reply);
  }

  // False where the connection ends with this answer.
  asio::awaitable<bool> Answer() {
    head_ = HeadOf(parser_->get());
    keep_ = parser_->keep_alive() && !stopping_;
    const absl::Status framed = CheckFraming(parser_->get());
    if (!framed.ok()) {
      unread_ = true;
      co_return co_await Reply(RefusalReply(ToWire(framed)));
    }
    std::variant<HttpReply, HttpCall> passed = PassGate(head_, room_.options);
    if (const auto* reply = std::get_if<HttpReply>(&passed)) {
      co_return co_await Reply(*reply);
    }
    HttpCall& call = std::get<HttpCall>(passed);
    const bool streams = call.type.shape == Shape::kStream;
    if (streams && parser_->get().version() != kHttp11)
      co_return co_await Reply(TooOldToStream());
    const absl::Status checked = room_.options.check_head(CallHeadOf(call));
    if (!checked.ok()) co_return co_await RefuseCall(call, ToWire(checked));
    HeldBytes held(share_->bytes, room_.bytes);
    const bool whole = co_await ReadBody(call.most_bytes, held);
    if (!whole) co_return false;
    call.whole_at = std::chrono::steady_clock::now();
    const std::string body = std::move(parser_->get().body());
    if (streams) co_return co_await AnswerStream(call, body, held);
    co_return co_await AnswerUnary(call, body, held);
  }

  HttpCallHead CallHeadOf(const HttpCall& call) const {
    return {.method = *call.method,
            .address = peer_,
            .authorization = head_.authorization,
            .certificate = certificate_};
  }

  // False where it did not come whole; it was refused, or the client is gone.
  asio::awaitable<bool> ReadBody(size_t most, HeldBytes& held) {
    const auto announced = parser_->content_length();
    if (announced && *announced > most) {
      co_await Reply(BodyTooLarge(most));
      co_return false;
    }
    if (!parser_->is_done() &&
        beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
      co_await Write(asio::buffer(kContinue.data(), kContinue.size()), 0);
    }
    const auto begin = std::chrono::steady_clock::now();
    std::string& body = parser_->get().body();
    error_code error;
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
    if (error) co_await RefuseHead(error);
    co_return !error;
  }

  ConversionFor ConversionOf(const HttpCall& call) {
    return {call, share_->conversions, stopping_, gone_, lowest().socket()};
  }

  GrpcCall::Terms TermsOf(const HttpCall& call, std::string request) const {
    return {.path = absl::StrCat("/", call.method->service()->full_name(), "/",
                                 call.method->name()),
            .request = std::move(request),
            .timeout = TimeLeft(call),
            .metadata = CallerMetadata(CallHeadOf(call))};
  }

  GrpcCall::Post PostHere() {
    return [executor = stream_.get_executor()](std::function<void()> run) {
      asio::post(executor, std::move(run));
    };
  }

  asio::awaitable<bool> AnswerUnary(const HttpCall& of, const std::string& body,
                                    HeldBytes& held) {
    const ConversionFor asked = ConversionOf(of);
    auto request = co_await room_.converter.Decode(asked, body);
    if (absl::IsCancelled(request.status())) co_return false;
    if (!request.ok()) {
      co_return co_await Reply(RefusalReply(ToWire(request.status())));
    }
    GrpcCall call(room_.stub, TermsOf(of, *std::move(request)), PostHere(),
                  [this] { timer_.cancel(); });
    std::string reply;
    while (!call.done()) {
      if (call.has_reply()) reply = call.Take();
      co_await AwaitChange(call);
    }
    if (gone_) co_return false;
    if (!call.status().ok()) {
      co_return co_await Reply(RefusalReply(call.status()));
    }
    auto encoded = co_await room_.converter.Encode(asked, std::move(reply));
    if (gone_ || absl::IsCancelled(encoded.status())) co_return false;
    if (!encoded.ok()) {
      co_return co_await Reply(RefusalReply(ToWire(encoded.status())));
    }
    if (!held.GrowTo(encoded->size())) {
      co_return co_await Reply(RefusalReply(NoRoomForBodies()));
    }
    HttpReply answer;
    answer.content_type = std::string(ContentTypeOf(of.type));
    answer.body = *std::move(encoded);
    co_return co_await Reply(answer);
  }

  // A stream's refusal is its end.
  asio::awaitable<bool> RefuseCall(const HttpCall& call,
                                   const grpc::Status& refusal) {
    if (call.type.shape == Shape::kUnary) {
      co_return co_await Reply(RefusalReply(refusal));
    }
    const bool begun = co_await BeginStream(call);
    if (!begun) co_return false;
    co_return co_await EndStream(refusal);
  }

  asio::awaitable<bool> AnswerStream(const HttpCall& of,
                                     const std::string& body, HeldBytes& held) {
    const bool begun = co_await BeginStream(of);
    if (!begun) co_return false;
    absl::StatusOr<std::string> request;
    const auto message = OpenEnvelope(body);
    if (message.ok()) {
      const ConversionFor asked = ConversionOf(of);
      request = co_await room_.converter.Decode(asked, *message);
    } else {
      request = message.status();
    }
    if (absl::IsCancelled(request.status())) co_return false;
    grpc::Status status = ToWire(request.status());
    if (request.ok()) status = co_await Relay(of, *request, held);
    if (gone_) co_return false;
    co_return co_await EndStream(status);
  }

  asio::awaitable<bool> BeginStream(const HttpCall& of) {
    LeaveUnread();
    http::response<http::empty_body> head{http::status::ok, kHttp11};
    Dress(head, std::string(ContentTypeOf(of.type)));
    head.chunked(true);
    http::response_serializer<http::empty_body> serializer(head);
    error_code error;
    lowest().expires_after(limits_.stream_write_time);
    co_await http::async_write_header(stream_, serializer, Into(error));
    co_return !error;
  }

  // Whether the connection goes on.
  asio::awaitable<bool> EndStream(const grpc::Status& status) {
    const bool ended = co_await WriteChunk(EndOfStream(status));
    if (!ended) co_return false;
    const bool closed = co_await Write(http::make_chunk_last(), 0);
    co_return closed&& keep_;
  }

  // Passes on what comes until the call is done; sets gone_ where the client
  // does not take it.
  asio::awaitable<grpc::Status> Relay(const HttpCall& of,
                                      const std::string& request,
                                      HeldBytes& held) {
    GrpcCall call(room_.stub, TermsOf(of, request), PostHere(),
                  [this] { timer_.cancel(); });
    grpc::Status failed;
    while (!call.done()) {
      if (stopping_ && failed.ok()) {
        failed = Stopping();
        call.Cancel();
      } else if (call.has_reply() && failed.ok()) {
        failed = co_await RelayOne(of, call, held);
        if (!failed.ok()) call.Cancel();
      } else {
        co_await AwaitChange(call);
      }
    }
    co_return failed.ok() ? call.status() : failed;
  }

  asio::awaitable<grpc::Status> RelayOne(const HttpCall& of, GrpcCall& call,
                                         HeldBytes& held) {
    const ConversionFor to = ConversionOf(of);
    auto message = co_await room_.converter.Encode(to, call.Take());
    gone_ = gone_ || absl::IsCancelled(message.status());
    if (gone_) co_return Stopping();
    if (!message.ok()) co_return ToWire(message.status());
    if (!held.GrowTo(message->size())) co_return NoRoomForBodies();
    const bool taken = co_await WriteChunk(Envelope(*message));
    gone_ = gone_ || !taken;
    co_return gone_ ? Stopping() : grpc::Status::OK;
  }

  // Until something changes, or a moment has passed.
  asio::awaitable<void> AwaitChange(GrpcCall& call) {
    if (call.done() || (call.has_reply() && !gone_)) co_return;
    error_code ignored;
    timer_.expires_after(kLook);
    co_await timer_.async_wait(Into(ignored));
    gone_ = gone_ || HasHungUp(lowest().socket());
    if (gone_) call.Cancel();
  }

  // What every response says.
  template <typename Response>
  void Dress(Response& response, const std::string& content_type) {
    response.keep_alive(keep_);
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Cache-Control", "no-store");
    if (!content_type.empty()) response.set("Content-Type", content_type);
    for (const auto& [name, value] : CorsHeaders(head_.origin, room_.options)) {
      response.set(name, value);
    }
  }

  // The connection does not go on where what is answered was not read.
  void LeaveUnread() {
    unread_ = unread_ || !parser_->is_done();
    keep_ = keep_ && !unread_;
  }

  // Whether the connection goes on.
  asio::awaitable<bool> Reply(const HttpReply& reply) {
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
    error_code error;
    lowest().expires_after(TransferTime(limits_, reply.body.size()));
    if (head_.method == "HEAD") {
      co_await http::async_write_header(stream_, serializer, Into(error));
    } else {
      co_await http::async_write(stream_, serializer, Into(error));
    }
    co_return !error && keep_;
  }

  asio::awaitable<bool> WriteChunk(std::string bytes) {
    co_return co_await Write(http::make_chunk(asio::buffer(bytes)),
                             bytes.size());
  }

  // False where the client does not take them in time.
  template <typename Buffers>
  asio::awaitable<bool> Write(const Buffers buffers, size_t bytes) {
    error_code error;
    lowest().expires_after(
        std::max(limits_.stream_write_time, TransferTime(limits_, bytes)));
    co_await asio::async_write(stream_, buffers, Into(error));
    co_return !error;
  }

  asio::awaitable<void> Close() {
    error_code error;
    listening_ = true;
    lowest().expires_after(kLinger);
    if constexpr (kTls) {
      if (secure_ && !gone_) co_await stream_.async_shutdown(Into(error));
    }
    lowest().socket().shutdown(tcp::socket::shutdown_send, error);
    std::vector<char> unread(unread_ ? kReadBytes : 0);
    size_t read = 0;
    while (!unread.empty() && !error && read < kMostUnread) {
      const size_t more =
          co_await lowest().async_read_some(asio::buffer(unread), Into(error));
      read += more;
    }
    lowest().close();
  }

  const SessionRoom& room_;
  const std::shared_ptr<AddressShare> share_;
  const HttpLimits& limits_;
  Stream stream_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_{kMostBuffered};
  std::optional<http::request_parser<http::string_body>> parser_;
  RequestHead head_;
  std::string peer_;
  // DER; empty: none.
  std::string certificate_;
  bool secure_ = false;
  // Between calls: what is awaited then may be broken off.
  bool listening_ = false;
  bool keep_ = false;
  bool unread_ = false;
  // These two are looked at by the converter's thread too.
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> gone_ = false;
};

template <typename Made>
std::shared_ptr<Session> Started(std::shared_ptr<Made> session,
                                 std::function<void()> ended) {
  session->Start(std::move(ended));
  return session;
}

}  // namespace

std::shared_ptr<Session> StartSession(tcp::socket socket,
                                      const SessionRoom& room,
                                      std::shared_ptr<AddressShare> share,
                                      TlsFiles::Context* tls,
                                      std::function<void()> ended) {
  if (tls == nullptr) {
    return Started(std::make_shared<HttpSession<beast::tcp_stream>>(
                       room, std::move(share), std::move(socket)),
                   std::move(ended));
  }
  return Started(
      std::make_shared<HttpSession<beast::ssl_stream<beast::tcp_stream>>>(
          room, std::move(share), std::move(socket), *tls),
      std::move(ended));
}

}  // namespace pistis::server
