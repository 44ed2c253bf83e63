#include "server/limits/grpc_port.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "grpcpp/resource_quota.h"

#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ip/v6_only.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "engine/base/clock.h"
#include "server/http/caller.h"
#include "server/http/connection_counts.h"
#include "server/limits/thread_priority.h"
#include "server/limits/user_timeout.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kRest{100};
constexpr absl::Duration kBetweenSweeps = absl::Milliseconds(20);
constexpr size_t kMemory = size_t{512} << 20U;
constexpr int kMaxMetadataBytes = 16 << 10;
constexpr int kMaxStreamsPerConnection = 1024;
constexpr int kPingFloorMs = 10'000;
constexpr int kHandshakeMs = 10'000;
constexpr int kIdleMs = 15 * 60'000;
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
static_assert(kUserTimeoutMs == kKeepaliveMs + kKeepaliveTimeoutMs);

}  // namespace

// The listening sockets and their thread, which alone runs what is private but
// for port(), Listen() and Stop().
class GrpcPort::Acceptor {
 public:
  Acceptor(const PortLimits& limits, OpenConnections& open)
      : counts_({.most = limits.connections,
                 .most_per_address = limits.connections_per_address,
                 .new_per_second = limits.new_connections}),
        open_(open) {}

  ~Acceptor() { Stop(); }

  absl::Status Listen(const std::string& address) {
    const size_t colon = address.rfind(':');
    error_code error;
    tcp::resolver resolver(io_);
    const auto found = resolver.resolve(
        std::string(absl::StripSuffix(
            absl::StripPrefix(address.substr(0, colon), "["), "]")),
        address.substr(colon + 1),
        tcp::resolver::passive | tcp::resolver::numeric_service, error);
    for (const auto& entry : found) {
      if (!error) error = Listen(entry.endpoint());
    }
    if (!error) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat(address, ": ", error.message()));
  }

  void HandTo(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor>
                  connections) {
    connections_ = std::move(connections);
  }

  void Start() {
    for (const auto& listener : listeners_)
      Accept(*listener);
    thread_ = std::thread([this] {
      GiveWay();
      io_.run();
    });
  }

  void Stop() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
      stopping_ = true;
      listeners_.clear();
    });
    thread_.join();
  }

  [[nodiscard]] int port() const { return port_; }

 private:
  struct Listener {
    explicit Listener(asio::io_context& io) : acceptor(io), rest(io) {}
    tcp::acceptor acceptor;
    asio::steady_timer rest;
    bool rested = false;
  };

  error_code Listen(tcp::endpoint endpoint) {
    auto listener = std::make_unique<Listener>(io_);
    tcp::acceptor& acceptor = listener->acceptor;
    error_code error;
    // Where a name has several addresses, all have the port of the first.
    if (endpoint.port() == 0) endpoint.port(static_cast<uint16_t>(port_));
    acceptor.open(endpoint.protocol(), error);
    if (error == asio::error::address_family_not_supported &&
        !listeners_.empty()) {
      return {};
    }
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && endpoint.protocol() == tcp::v6()) {
      // "[::]" is all of IPv4 too, as it is for gRPC.
      acceptor.set_option(asio::ip::v6_only(false), error);
    }
    if (!error) acceptor.bind(endpoint, error);
    if (!error) {
      acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) return error;
    port_ = acceptor.local_endpoint().port();
    listeners_.push_back(std::move(listener));
    return {};
  }

  void Accept(Listener& listener) {
    listener.acceptor.async_accept(
        [this, &listener](const error_code& error, tcp::socket socket) {
          if (stopping_) return;
          if (!error) {
            listener.rested = false;
            Admit(listener, std::move(socket));
          }
          if (!error || error == asio::error::connection_aborted) {
            Accept(listener);
          } else {
            Rest(listener, error);
          }
        });
  }

  void Rest(Listener& listener, const error_code& why) {
    if (!listener.rested) {
      spdlog::warn("gRPC: no connection can be taken now: {}", why.message());
    }
    listener.rested = true;
    listener.rest.expires_after(kRest);
    listener.rest.async_wait([this, &listener](const error_code&) {
      if (!stopping_) Accept(listener);
    });
  }

  void Admit(Listener& listener, tcp::socket socket) {
    const std::string caller = CallerOf(socket);
    ForgetClosed();
    if (!counts_.Enter(caller, steady_.Elapsed())) return;
    error_code error;
    socket.set_option(tcp::no_delay(true), error);
    socket.native_non_blocking(true, error);
    const int descriptor = socket.release(error);
    if (error) {
      counts_.Leave(caller);
      return;
    }
    SetUserTimeout(descriptor);
    open_.Add(descriptor, caller);
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
        connection;
    connection.listener_fd = listener.acceptor.native_handle();
    connection.fd = descriptor;
    connections_->HandleNewConnection(&connection);
  }

  // Not for each of a flood: a look at all of them takes a millisecond.
  void ForgetClosed() {
    const absl::Time now = absl::Now();
    if (now >= last_sweep_ && now - last_sweep_ < kBetweenSweeps) return;
    last_sweep_ = now;
    for (const std::string& caller : open_.TakeClosed())
      counts_.Leave(caller);
  }

  const BootClock steady_;
  ConnectionCounts counts_;
  OpenConnections& open_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> connections_;
  asio::io_context io_{1};
  std::vector<std::unique_ptr<Listener>> listeners_;
  absl::Time last_sweep_ = absl::InfinitePast();
  bool stopping_ = false;
  int port_ = 0;
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<GrpcPort>> GrpcPort::Open(
    const std::string& address, const PortLimits& limits,
    OpenConnections& open) {
  auto acceptor = std::make_unique<Acceptor>(limits, open);
  const absl::Status listening = acceptor->Listen(address);
  if (!listening.ok()) return listening;
  return absl::WrapUnique(new GrpcPort(std::move(acceptor)));
}

GrpcPort::GrpcPort(std::unique_ptr<Acceptor> acceptor)
    : acceptor_(std::move(acceptor)) {}

GrpcPort::~GrpcPort() = default;

void GrpcPort::AddTo(
    grpc::ServerBuilder& builder,
    const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  using External =
      grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  acceptor_->HandTo(builder.experimental().AddExternalConnectionAcceptor(
      External::FROM_FD, credentials));
  grpc::ResourceQuota quota("pistisd");
  builder.SetResourceQuota(quota.Resize(kMemory));
  // A few bytes may say that a message is a thousand times as large, and the
  // quota does not count what they become; so compressed ones are refused.
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP})
    builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  const std::pair<const char*, int> bounds[] = {
      {GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0},
      {GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes},
      {GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection},
      // Clients may ping a quiet stream this often.
      {GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kPingFloorMs},
      {GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs},
      {GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleMs},
      {GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs},
      {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs}};
  for (const auto& [name, value] : bounds)
    builder.AddChannelArgument(name, value);
}

void GrpcPort::Start() {
  acceptor_->Start();
}

void GrpcPort::Stop() {
  acceptor_->Stop();
}

int GrpcPort::port() const {
  return acceptor_->port();
}

}  // namespace pistis::server
