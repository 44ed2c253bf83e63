// First: Asio's coroutines forget it.
#include "server/http/gateway.h"

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/notification.h"

#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/redirect_error.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/strand.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "engine/base/clock.h"
#include "server/http/caller.h"
#include "server/http/connection_counts.h"
#include "server/http/session.h"
#include "server/limits/thread_priority.h"
#include "server/limits/user_timeout.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// What a large reply may pass gRPC's default of 4 MiB by.
constexpr int kMaxReplyBytes = 64 << 20;
// How long accepting rests where there is no descriptor or memory for more.
constexpr std::chrono::milliseconds kRest{100};

grpc::ChannelArguments LargeReplies() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReplyBytes);
  return arguments;
}

// The sessions that are there, to be told that the server stops.
class Sessions {
 public:
  void Add(uint64_t id, std::shared_ptr<Session> session) {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_.emplace(id, std::move(session));
  }
  void Remove(uint64_t id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_.erase(id);
    if (open_.empty()) none_.notify_all();
  }
  template <typename Tell>
  void Each(Tell tell) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [id, session] : open_)
      tell(*session);
  }
  // By the steady clock, which an absl::Mutex does not count by
  // (server/ending.h).
  void AwaitNone(std::chrono::milliseconds most) {
    std::unique_lock<std::mutex> lock(mutex_);
    none_.wait_for(lock, most, [this] { return open_.empty(); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  absl::flat_hash_map<uint64_t, std::shared_ptr<Session>> open_;
};

}  // namespace

// The port, its threads and its sessions.
class HttpGateway::Listener {
 public:
  Listener(HttpOptions options, std::unique_ptr<TlsFiles> tls,
           grpc::Server& server)
      : options_(std::move(options)),
        tls_(std::move(tls)),
        stub_(server.InProcessChannel(LargeReplies())),
        bytes_(options_.limits.held_bytes),
        counts_({.most = options_.limits.connections,
                 .most_per_address = options_.limits.connections_per_address,
                 .new_per_second = options_.limits.new_connections}) {}

  ~Listener() {
    if (!threads_.front().joinable()) return;
    absl::Notification stopped;
    asio::post(strand_, [this, &stopped] {
      stopping_ = true;
      acceptor_.close();
      rest_.cancel();
      sessions_.Each([](Session& session) { session.Stop(); });
      stopped.Notify();
    });
    stopped.WaitForNotification();
    sessions_.AwaitNone(options_.limits.drain_time);
    sessions_.Each([](Session& session) { session.Abort(); });
    for (std::thread& thread : threads_)
      thread.join();
  }

  absl::Status Listen() {
    const size_t colon = options_.address.rfind(':');
    const std::string host = options_.address.substr(0, colon);
    error_code error;
    tcp::resolver resolver(*io_);
    const auto found = resolver.resolve(
        std::string(absl::StripSuffix(absl::StripPrefix(host, "["), "]")),
        options_.address.substr(colon + 1),
        tcp::resolver::passive | tcp::resolver::numeric_service, error);
    if (error) return Unavailable(error);
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error)
      acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return Unavailable(error);
    port_ = acceptor_.local_endpoint().port();
    spdlog::info("HTTP on {}:{}", host, port_);
    asio::co_spawn(strand_, Accept(), asio::detached);
    for (std::thread& thread : threads_)
      thread = std::thread([this] {
        GiveWay();
        io_->run();
      });
    return absl::OkStatus();
  }

  [[nodiscard]] int port() const { return port_; }

 private:
  absl::Status Unavailable(const error_code& error) const {
    return absl::UnavailableError(
        absl::StrCat(options_.address, ": ", error.message()));
  }

  asio::awaitable<void> Accept() {
    bool rested = false;
    while (!stopping_) {
      error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(
          asio::make_strand(*io_),
          asio::redirect_error(asio::use_awaitable, error));
      if (stopping_) co_return;
      if (!error) {
        rested = false;
        Admit(std::move(socket));
        continue;
      }
      if (error == asio::error::connection_aborted) continue;
      if (!rested) {
        spdlog::warn("HTTP: no connection can be taken now: {}",
                     error.message());
      }
      rested = true;
      rest_.expires_after(kRest);
      co_await rest_.async_wait(
          asio::redirect_error(asio::use_awaitable, error));
    }
  }

  void Admit(tcp::socket socket) {
    const std::string caller = CallerOf(socket);
    if (!counts_.Enter(caller, steady_.Elapsed())) return;
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    SetUserTimeout(socket.native_handle());
    const uint64_t id = ++last_id_;
    const std::shared_ptr<TlsFiles::Context> tls =
        tls_ == nullptr ? nullptr : tls_->Current();
    const auto ended = [this, id, caller] {
      counts_.Leave(caller);
      asio::post(strand_, [this, id] { sessions_.Remove(id); });
    };
    sessions_.Add(id, StartSession(std::move(socket), room_, ShareOf(caller),
                                   tls.get(), ended));
  }

  // What the address may take up, for as long as it is connected.
  std::shared_ptr<AddressShare> ShareOf(const std::string& caller) {
    absl::erase_if(shares_,
                   [](const auto& each) { return each.second.expired(); });
    std::weak_ptr<AddressShare>& known = shares_[caller];
    std::shared_ptr<AddressShare> share = known.lock();
    if (share == nullptr) {
      share = std::make_shared<AddressShare>(
          options_.limits.held_bytes_per_address);
      known = share;
    }
    return share;
  }

  const HttpOptions options_;
  const std::unique_ptr<TlsFiles> tls_;
  grpc::GenericStub stub_;
  ByteBudget bytes_;
  const BootClock steady_;
  ConnectionCounts counts_;
  absl::flat_hash_map<std::string, std::weak_ptr<AddressShare>> shares_;
  // Outlives the converter, whose thread lets go of a strand only after who
  // waited there has gone on.
  const std::shared_ptr<asio::io_context> io_ =
      std::make_shared<asio::io_context>();
  MessageConverter converter_;
  const SessionRoom room_{io_, options_, stub_, bytes_, converter_};
  // Of accepting, and of what follows from it.
  asio::strand<asio::io_context::executor_type> strand_{
      asio::make_strand(*io_)};
  tcp::acceptor acceptor_{strand_};
  asio::steady_timer rest_{strand_};
  bool stopping_ = false;
  uint64_t last_id_ = 0;
  int port_ = 0;
  Sessions sessions_;
  std::array<std::thread, 2> threads_;
};

HttpGateway::HttpGateway(std::unique_ptr<Listener> listener)
    : listener_(std::move(listener)) {}

HttpGateway::~HttpGateway() = default;

int HttpGateway::port() const {
  return listener_->port();
}

absl::StatusOr<std::unique_ptr<HttpGateway>> HttpGateway::Start(
    HttpOptions options, grpc::Server& server) {
  if (options.address.empty()) return nullptr;
  std::unique_ptr<TlsFiles> tls;
  if (!options.tls.certificate.empty()) {
    auto opened = TlsFiles::Open(options.tls);
    if (!opened.ok()) return opened.status();
    tls = *std::move(opened);
  }
  auto listener =
      std::make_unique<Listener>(std::move(options), std::move(tls), server);
  const absl::Status listening = listener->Listen();
  if (!listening.ok()) return listening;
  return absl::WrapUnique(new HttpGateway(std::move(listener)));
}

}  // namespace pistis::server
