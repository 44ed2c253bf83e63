// pistisd: opens the store, starts the engine, serves, and drains on SIGTERM.
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/protobuf/stubs/logging.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"

#include "engine/base/clock.h"
#include "engine/base/trusted_clock.h"
#include "engine/operations/env.h"
#include "engine/operations/executor.h"
#include "engine/operations/open_store.h"
#include "engine/operations/rulebook_cache.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/rocksdb/scratch_store.h"
#include "server/admin_service.h"
#include "server/care_service.h"
#include "server/checkout_service.h"
#include "server/code_service.h"
#include "server/code_throttle.h"
#include "server/engine_room.h"
#include "server/event_service.h"
#include "server/http_gateway.h"
#include "server/insight_service.h"
#include "server/jobs.h"
#include "server/ledger_service.h"
#include "server/member_service.h"
#include "server/note_service.h"
#include "server/options.h"
#include "server/read_pool.h"
#include "server/rulebook_service.h"
#include "server/sinks/relays.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

constexpr int kMaxMetadataBytes = 16 << 10;
constexpr int kMaxStreamsPerConnection = 1024;
constexpr int kPingFloorMs = 10'000;
constexpr int kReadThreads = 2;
constexpr size_t kMaxWaitingReads = 4096;
constexpr int kUpkeepThreads = 2;
constexpr size_t kMaxWaitingUpkeep = 2;
constexpr int kSimulationThreads = 1;
constexpr size_t kMaxWaitingSimulations = 1;
constexpr std::chrono::seconds kDrain{10};

// Nothing may be acknowledged after a failed write, so nothing goes on.
[[noreturn]] void StopFor(const absl::Status& cause) {
  spdlog::critical("a write failed, so the server stops: {}", cause.ToString());
  spdlog::shutdown();
  std::_Exit(EXIT_FAILURE);
}

// The services and the gRPC server that offers them.
class Services {
 public:
  Services(const EngineRoom& room, const Upkeep& upkeep,
           const SimulationRoom& simulations, const ServerOptions& options)
      : throttle_({.terms = options.code_guesses}),
        checkout_(room, throttle_),
        codes_(room, throttle_),
        care_(room),
        members_(room),
        notes_(room),
        admin_(room, upkeep),
        rulebooks_(room, simulations),
        ledger_(room),
        insight_(room),
        events_(room, options.sinks) {}

  // Null where the address cannot be listened on.
  std::unique_ptr<grpc::Server> Listen(const std::string& address, int* port) {
    // Bytes that are no message are refused; they need no line each in the log.
    google::protobuf::SetLogHandler(nullptr);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), port);
    // Each method refuses what is above its own limit.
    builder.SetMaxReceiveMessageSize(
        static_cast<int>(kMaxRulebookRequestBytes));
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                               kMaxStreamsPerConnection);
    // Clients may ping a quiet stream this often.
    builder.AddChannelArgument(
        GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kPingFloorMs);
    // Two servers on one address would share its calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    for (grpc::Service* service : std::initializer_list<grpc::Service*>{
             &checkout_, &codes_, &care_, &members_, &notes_, &admin_,
             &rulebooks_, &ledger_, &insight_, &events_}) {
      builder.RegisterService(service);
    }
    return builder.BuildAndStart();
  }

 private:
  CodeThrottle throttle_;
  CheckoutService checkout_;
  CodeService codes_;
  CareService care_;
  MemberService members_;
  NoteService notes_;
  AdminService admin_;
  RulebookService rulebooks_;
  LedgerService ledger_;
  InsightService insight_;
  EventService events_;
};

// Waits for SIGTERM or SIGINT, which all threads have blocked.
void WaitForStop(const sigset_t& stop_signals) {
  int signal = 0;
  sigwait(&stop_signals, &signal);
  spdlog::info("signal {}: draining", signal);
}

int Fail(const std::string& what, const absl::Status& cause) {
  spdlog::critical("{}: {}", what, cause.ToString());
  return EXIT_FAILURE;
}

// Says how long nothing was committed, where that is longer than a step of the
// clock would be believed.
TrustedClockOptions ClockOptions(const ServerOptions& options,
                                 std::optional<absl::Time> last_commit) {
  if (last_commit && absl::Now() - *last_commit > options.max_clock_jump) {
    spdlog::warn("the last commit was at {}", absl::FormatTime(*last_commit));
  }
  return {.last_commit = last_commit,
          .max_downtime = options.accept_clock ? absl::InfiniteDuration()
                                               : options.max_downtime,
          .max_jump = options.max_clock_jump};
}

// Where simulations work, without what a crash left there.
std::string CleanScratchFolder(const ServerOptions& options) {
  std::string folder = absl::StrCat(options.data_dir, "/scratch");
  const absl::Status removed = RemoveScratchLeftovers(folder);
  if (!removed.ok()) {
    spdlog::warn("what a simulation left is still there: {}",
                 removed.ToString());
  }
  return folder;
}

int Serve(const ServerOptions& options, const sigset_t& stop_signals) {
  auto store = RocksDbStore::Open({.path = options.data_dir});
  if (!store.ok()) return Fail("the store does not open", store.status());
  absl::StatusOr<StoreKeys> keys = OpenFormat(**store);
  if (!keys.ok()) return Fail("the store does not open", keys.status());
  absl::StatusOr<LastCommit> last = FindLastCommit(*(*store)->GetSnapshot());
  if (!last.ok()) return Fail("the store does not open", last.status());
  const SystemClock wall;
  const BootClock steady;
  const TrustedClock clock(wall, steady, ClockOptions(options, last->time));
  RulebookCache rulebooks;
  const OperationEnv env{.secret = keys->secret,
                         .rulebooks = rulebooks,
                         .signing_seed = keys->signing_seed};
  auto executor = Executor::Start(**store, clock, {}, StopFor);
  if (!executor.ok()) {
    return Fail("the executor does not start", executor.status());
  }
  ReadPool reads(kReadThreads, kMaxWaitingReads);
  std::atomic<bool> stopping{false};
  const EngineRoom room{.store = **store,
                        .clock = clock,
                        .env = env,
                        .executor = **executor,
                        .reads = reads,
                        .stopping = stopping};
  ReadPool upkeep(kUpkeepThreads, kMaxWaitingUpkeep);
  ReadPool simulations(kSimulationThreads, kMaxWaitingSimulations);
  Services services(
      room,
      {.pool = upkeep, .source = **store, .backup_dir = options.backup_dir},
      {.pool = simulations, .folder = CleanScratchFolder(options)}, options);
  int port = 0;
  const std::unique_ptr<grpc::Server> server =
      services.Listen(options.grpc_address, &port);
  if (server == nullptr) {
    return Fail("the gRPC address cannot be listened on",
                absl::UnavailableError(options.grpc_address));
  }
  const std::string host =
      options.grpc_address.substr(0, options.grpc_address.rfind(':'));
  auto gateway = HttpGateway::Start(options.http_address, *server);
  if (!gateway.ok()) {
    return Fail("the HTTP address cannot be listened on", gateway.status());
  }
  auto jobs = std::make_unique<Jobs>(
      room, clock, JobsOptions{.request_retention = options.request_retention});
  auto relays =
      std::make_unique<Relays>(room, RelaysOptions{.sinks = options.sinks});
  std::cerr << absl::StrCat("pistisd listening on ", host, ":", port, "\n")
            << std::flush;
  WaitForStop(stop_signals);
  stopping = true;
  gateway->reset();
  server->GetHealthCheckService()->Shutdown();
  server->Shutdown(std::chrono::system_clock::now() + kDrain);
  relays.reset();
  jobs.reset();
  (*executor)->Drain();
  spdlog::info("drained; last commit {}", (*executor)->last_commit_seq());
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace pistis::server

int main(int argc, char** argv) {
  using pistis::server::ParsedOptions;
  const ParsedOptions parsed = pistis::server::ParseOptions(argc, argv);
  if (!parsed.run) return parsed.exit_code;
  // Debian's Abseil looks for deadlocks at every lock; that is for debugging.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // Before any thread starts, so that all of them leave the signals to main.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  spdlog::set_default_logger(spdlog::stderr_logger_mt("pistisd"));
  return pistis::server::Serve(parsed.options, stop_signals);
}
