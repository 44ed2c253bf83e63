// First: Asio's coroutines forget it.
#include "server/http/session.h"

#include <chrono>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "boost/asio/any_io_executor.hpp"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/redirect_error.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "engine/base/refusal.h"
#include "server/http/caller.h"
#include "server/http/grpc_call.h"
#include "server/http/request_gate.h"
#include "server/http/wire.h"
#include "server/wire_status.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

// How often a call under way looks whether its client is still there.
constexpr std::chrono::milliseconds kLook{500};

grpc::Status Stopping() {
  return {grpc::StatusCode::UNAVAILABLE, "the server stops"};
}

// Runs functions on a strand. The last of what gRPC's thread does is to let go
// of it: by then the session may be gone, and who served it.
struct OnStrand {
  void operator()(std::function<void()> run) const {
    asio::post(strand, std::move(run));
  }

  // Goes after the strand, which locks what belongs to it.
  std::shared_ptr<asio::io_context> io;
  asio::any_io_executor strand;
};

// Makes the calls that its wire brings. The same about co_await as there.
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
        wire_(room.options, std::move(socket), arguments...),
        timer_(wire_.executor()) {}

  void Start(std::function<void()> ended) {
    asio::co_spawn(
        wire_.executor(),
        [self = this->shared_from_this()] { return self->Run(); },
        [ended = std::move(ended)](std::exception_ptr failed) {
          if (failed) spdlog::error("HTTP: a connection failed");
          ended();
        });
  }

  void Stop() override {
    asio::post(wire_.executor(), [self = this->shared_from_this()] {
      self->wire_.Stop();
      self->timer_.cancel();
    });
  }

  void Abort() override {
    asio::post(wire_.executor(), [self = this->shared_from_this()] {
      self->wire_.Abort();
      self->timer_.cancel();
    });
  }

 private:
  asio::awaitable<void> Run() {
    bool more = co_await wire_.ShakeHands();
    while (more) {
      more = co_await wire_.ReadHead();
      if (more) more = co_await Answer();
    }
    co_await wire_.Close();
  }

  // False where the connection ends with this answer.
  asio::awaitable<bool> Answer() {
    std::variant<HttpReply, HttpCall> passed =
        PassGate(wire_.head(), room_.options);
    if (const auto* reply = std::get_if<HttpReply>(&passed)) {
      co_return co_await wire_.Reply(*reply);
    }
    HttpCall& call = std::get<HttpCall>(passed);
    const bool streams = call.type.shape == Shape::kStream;
    if (streams && !wire_.is_http11()) {
      co_return co_await wire_.Reply(TooOldToStream());
    }
    const absl::Status checked = room_.options.check_head(CallHeadOf(call));
    if (!checked.ok()) co_return co_await RefuseCall(call, ToWire(checked));
    HeldBytes held(share_->bytes, room_.bytes);
    const bool whole = co_await wire_.ReadBody(call.most_bytes, held);
    if (!whole) co_return false;
    call.whole_at = std::chrono::steady_clock::now();
    // Who reads a stream and sends no more has gone: a quiet one would go on.
    call.patient_until =
        call.whole_at + (streams ? std::chrono::milliseconds::zero()
                                 : room_.options.limits.half_closed_time);
    const std::string body = wire_.TakeBody();
    if (streams) co_return co_await AnswerStream(call, body, held);
    co_return co_await AnswerUnary(call, body, held);
  }

  HttpCallHead CallHeadOf(const HttpCall& call) const {
    return {.method = *call.method,
            .address = wire_.peer(),
            .authorization = wire_.head().authorization,
            .certificate = wire_.certificate()};
  }

  ConversionFor ConversionOf(const HttpCall& call) {
    return {call, share_->conversions, wire_.stopping(), wire_.gone(),
            wire_.socket()};
  }

  GrpcCall::Terms TermsOf(const HttpCall& call, std::string request) const {
    return {.path = absl::StrCat("/", call.method->service()->full_name(), "/",
                                 call.method->name()),
            .request = std::move(request),
            .timeout = TimeLeft(call),
            .metadata = CallerMetadata(CallHeadOf(call))};
  }

  // The service never sees such a call, so that it is counted here.
  [[nodiscard]] absl::Status WhyBroken(const HttpCall& call,
                                       const absl::Status& why) const {
    const absl::Status counted = room_.options.count_broken(CallHeadOf(call));
    return counted.ok() ? why : counted;
  }

  GrpcCall::Post PostHere() { return OnStrand{room_.io, wire_.executor()}; }

  asio::awaitable<bool> AnswerUnary(const HttpCall& of, const std::string& body,
                                    HeldBytes& held) {
    const ConversionFor asked = ConversionOf(of);
    auto request = co_await room_.converter.Decode(asked, body);
    if (absl::IsCancelled(request.status())) co_return false;
    if (!request.ok()) {
      co_return co_await wire_.Reply(
          RefusalReply(ToWire(WhyBroken(of, request.status()))));
    }
    GrpcCall call(room_.stub, TermsOf(of, *std::move(request)), PostHere(),
                  [this] { timer_.cancel(); });
    std::string reply;
    while (!call.done()) {
      if (call.has_reply()) reply = call.Take();
      co_await AwaitChange(of, call);
    }
    if (wire_.gone()) co_return false;
    if (!call.status().ok()) {
      co_return co_await wire_.Reply(RefusalReply(call.status()));
    }
    auto encoded = co_await room_.converter.Encode(asked, std::move(reply));
    if (wire_.gone() || absl::IsCancelled(encoded.status())) co_return false;
    if (!encoded.ok()) {
      co_return co_await wire_.Reply(RefusalReply(ToWire(encoded.status())));
    }
    if (!held.GrowTo(encoded->size())) {
      co_return co_await wire_.Reply(RefusalReply(NoRoomForBodies()));
    }
    HttpReply answer;
    answer.content_type = std::string(ContentTypeOf(of.type));
    answer.body = *std::move(encoded);
    co_return co_await wire_.Reply(answer);
  }

  // A stream's refusal is its end.
  asio::awaitable<bool> RefuseCall(const HttpCall& call,
                                   const grpc::Status& refusal) {
    if (call.type.shape == Shape::kUnary) {
      co_return co_await wire_.Reply(RefusalReply(refusal));
    }
    const bool begun =
        co_await wire_.BeginChunks(std::string(ContentTypeOf(call.type)));
    if (!begun) co_return false;
    co_return co_await EndStream(refusal);
  }

  asio::awaitable<bool> AnswerStream(const HttpCall& of,
                                     const std::string& body, HeldBytes& held) {
    const bool begun =
        co_await wire_.BeginChunks(std::string(ContentTypeOf(of.type)));
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
    // No conditional expression: GCC 12 miscompiles a co_await in one.
    grpc::Status status;
    if (request.ok()) {
      status = co_await Relay(of, *request, held);
    } else {
      status = ToWire(WhyBroken(of, request.status()));
    }
    if (wire_.gone()) co_return false;
    co_return co_await EndStream(status);
  }

  // Whether the connection goes on.
  asio::awaitable<bool> EndStream(const grpc::Status& status) {
    const bool ended = co_await wire_.WriteChunk(EndOfStream(status));
    if (!ended) co_return false;
    co_return co_await wire_.EndChunks();
  }

  // Passes on what comes until the call is done; the client is gone where it
  // does not take it.
  asio::awaitable<grpc::Status> Relay(const HttpCall& of,
                                      const std::string& request,
                                      HeldBytes& held) {
    GrpcCall call(room_.stub, TermsOf(of, request), PostHere(),
                  [this] { timer_.cancel(); });
    grpc::Status failed;
    while (!call.done()) {
      if (wire_.stopping() && failed.ok()) {
        failed = Stopping();
        call.Cancel();
      } else if (call.has_reply() && failed.ok()) {
        failed = co_await RelayOne(of, call, held);
        if (!failed.ok()) call.Cancel();
      } else {
        co_await AwaitChange(of, call);
      }
    }
    co_return failed.ok() ? call.status() : failed;
  }

  asio::awaitable<grpc::Status> RelayOne(const HttpCall& of, GrpcCall& call,
                                         HeldBytes& held) {
    const ConversionFor to = ConversionOf(of);
    auto message = co_await room_.converter.Encode(to, call.Take());
    wire_.SetGoneIf(absl::IsCancelled(message.status()));
    if (wire_.gone()) co_return Stopping();
    if (!message.ok()) co_return ToWire(message.status());
    if (!held.GrowTo(message->size())) co_return NoRoomForBodies();
    const bool taken = co_await wire_.WriteChunk(Envelope(*message));
    wire_.SetGoneIf(!taken);
    co_return wire_.gone() ? Stopping() : grpc::Status::OK;
  }

  // Until something changes, or a moment has passed.
  asio::awaitable<void> AwaitChange(const HttpCall& of, GrpcCall& call) {
    if (call.done() || (call.has_reply() && !wire_.gone())) co_return;
    boost::system::error_code ignored;
    timer_.expires_after(kLook);
    co_await timer_.async_wait(
        asio::redirect_error(asio::use_awaitable, ignored));
    wire_.SetGoneIf(HasLeft(wire_.socket(), of.patient_until));
    if (wire_.gone()) call.Cancel();
  }

  const SessionRoom& room_;
  const std::shared_ptr<AddressShare> share_;
  HttpWire<Stream> wire_;
  asio::steady_timer timer_;
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
