// pistisd: opens the store, starts the engine, serves, and drains on SIGTERM.
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/protobuf/stubs/logging.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"

#include "engine/base/clock.h"
#include "engine/base/status_macros.h"
#include "engine/base/trusted_clock.h"
#include "engine/operations/env.h"
#include "engine/operations/executor.h"
#include "engine/operations/open_store.h"
#include "engine/operations/rulebook_cache.h"
#include "engine/storage/erasure_file.h"
#include "engine/storage/erasure_keys.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/rocksdb/scratch_store.h"
#include "server/admin_service.h"
#include "server/auth/first_key.h"
#include "server/auth/identities.h"
#include "server/auth/server_credentials.h"
#include "server/backup_job.h"
#include "server/backups.h"
#include "server/care_service.h"
#include "server/checkout_service.h"
#include "server/code_service.h"
#include "server/code_throttle.h"
#include "server/drain.h"
#include "server/engine_room.h"
#include "server/erasure_log.h"
#include "server/event_service.h"
#include "server/http/gateway.h"
#include "server/insight_service.h"
#include "server/jobs.h"
#include "server/ledger_service.h"
#include "server/limits/grpc_port.h"
#include "server/limits/open_connections.h"
#include "server/limits/reply_cork.h"
#include "server/member_service.h"
#include "server/metrics/watch.h"
#include "server/note_service.h"
#include "server/options.h"
#include "server/read_pool.h"
#include "server/rulebook_service.h"
#include "server/service_notice.h"
#include "server/sinks/relays.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

constexpr int kReadThreads = 2;
constexpr size_t kMaxWaitingReads = 4096;
constexpr absl::Duration kDrain = absl::Seconds(10);

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
        events_(room, options.sinks),
        slow_log_(options.watch.slow_request) {
    for (MeteredService* service : all())
      service->SetSlowLog(slow_log_);
  }

  [[nodiscard]] std::vector<MeteredService*> all() {
    return {&checkout_, &codes_,     &care_,   &members_, &notes_,
            &admin_,    &rulebooks_, &ledger_, &insight_, &events_};
  }
  [[nodiscard]] const SlowLog& slow_log() const { return slow_log_; }

  // Non-OK where the services do not start, or a file of TLS is not used.
  absl::StatusOr<std::unique_ptr<grpc::Server>> ServeOn(
      GrpcPort& port, const ServerOptions& options) {
    const auto credentials = MakeServerCredentials(options.http.tls);
    if (!credentials.ok()) return credentials.status();
    // Bytes that are no message are refused; they need no line each in the log.
    google::protobuf::SetLogHandler(nullptr);
    grpc::EnableDefaultHealthCheckService(true);
    if (options.dev) grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    port.AddTo(builder, *credentials);
    // Each method refuses what is above its own limit.
    builder.SetMaxReceiveMessageSize(
        static_cast<int>(kMaxRulebookRequestBytes));
    for (MeteredService* service : all())
      builder.RegisterService(&service->service());
    std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (server == nullptr) return absl::UnavailableError(options.grpc_address);
    port.Start();
    return server;
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
  SlowLog slow_log_;
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

// The store, and what it says of itself.
struct OpenedStore {
  std::unique_ptr<RocksDbStore> store;
  StoreKeys keys;
  LastCommit last;
};

absl::StatusOr<OpenedStore> OpenStore(const ServerOptions& options,
                                      const std::atomic<bool>& stopping) {
  OpenedStore opened;
  PISTIS_ASSIGN_OR_RETURN(
      opened.store,
      RocksDbStore::Open({.path = options.data_dir, .stopping = &stopping}));
  PISTIS_ASSIGN_OR_RETURN(opened.keys, OpenFormat(*opened.store));
  PISTIS_ASSIGN_OR_RETURN(opened.last,
                          FindLastCommit(*opened.store->GetSnapshot()));
  if (IsWritableByAll(options.data_dir)) {
    spdlog::warn(
        "{} may be written by anybody on this machine, who may replace what is "
        "stored: chmod o-w it, unless nobody else is here",
        options.data_dir);
  }
  return opened;
}

void SayReady(const ServerOptions& options, int port) {
  const std::string host =
      options.grpc_address.substr(0, options.grpc_address.rfind(':'));
  Announce(options.watch.log.format,
           absl::StrCat("pistisd listening on ", host, ":", port));
  NotifyReady();
}

ReadinessOptions WhatIsReady(const ServerOptions& options,
                             const RocksDbStore& store) {
  return {.free_bytes = [&options] { return FreeBytes(options.data_dir); },
          .is_stalled = [&store] { return store.IsStopped(); },
          .min_free_bytes = static_cast<int64_t>(options.watch.min_free_disk)};
}

HttpOptions HttpFor(const ServerOptions& options, Readiness& readiness,
                    const Gate& gate) {
  HttpOptions http = options.http;
  http.ready = [&readiness] { return readiness.IsReady(); };
  http.check_head = [&gate](const HttpCallHead& head) {
    return gate.CheckHead(head);
  };
  http.count_broken = [&gate](const HttpCallHead& head) {
    return gate.CountBroken(head);
  };
  return http;
}

std::vector<std::string> CertificatesOf(const ServerOptions& options) {
  std::vector<std::string> files;
  for (const std::string& file :
       {options.http.tls.certificate, options.http.tls.client_ca}) {
    if (!file.empty()) files.push_back(file);
  }
  return files;
}

IdentityOptions WhoMayCall(const ServerOptions& options,
                           const std::string& secret) {
  return {
      .secret = secret,
      .identity = options.dev ? Identity::kNotAsked : Identity::kAsked,
      .revocations = {.crl = options.tls_crl, .ca = options.http.tls.client_ca},
      .rates = options.rates};
}

// Where keys are asked for, a new server's owner gets one.
absl::Status GreetOwner(const ServerOptions& options, const EngineRoom& room) {
  if (options.dev) return absl::OkStatus();
  return PrintOwnerKey(room, options.new_owner_key
                                 ? NewOwnerKey::kAlways
                                 : NewOwnerKey::kForEmptyStores);
}

// An engine that runs, and what it is told to stop by.
struct Engine {
  const EngineRoom& room;
  RocksDbStore& store;
  const TrustedClock& clock;
  OpenConnections& connections;
  std::atomic<bool>& stopping;
  const sigset_t& stop_signals;
};

// Before anybody is served. A list that cannot be written is tried again at the
// next start.
absl::Status EraseWhomListsName(const std::vector<std::string>& folders,
                                const EngineRoom& room) {
  absl::Status named = ShareErasures(folders);
  ErasureLog log(folders);
  named.Update(log.NoteWhereNoneIs(*room.store.GetSnapshot()));
  if (!named.ok()) {
    spdlog::warn("not every {} names all who were erased: {}", kErasureLogName,
                 named.ToString());
  }
  return log.ApplyTo(room);
}

// Fails where another server has the folder; a disk that cannot be used keeps
// no till from selling.
absl::Status HoldFolder(Backups& backups) {
  absl::Status held = backups.Hold();
  if (held.ok() || absl::IsFailedPrecondition(held)) return held;
  spdlog::error("no backups for now: {}", held.ToString());
  return absl::OkStatus();
}

// What takes minutes runs on a thread of its own, one of a kind at a time.
struct LongWorkPools {
  ReadPool upkeep{1, 2};
  ReadPool recounts{1, kLongWorkPlaces.in_all};
  ReadPool simulations{1, kLongWorkPlaces.in_all};

  Upkeep ForUpkeep(Backups& backups) {
    return {.pool = upkeep, .backups = backups, .recounts = recounts};
  }
  SimulationRoom ForSimulations(const ServerOptions& options) {
    return {.pool = simulations, .folder = CleanScratchFolder(options)};
  }
};

// Serves until it is told to stop, and drains.
int ServeCalls(const ServerOptions& options, const Engine& engine) {
  const EngineRoom& room = engine.room;
  const std::vector<std::string> erasure_folders = {options.data_dir,
                                                    options.backup_dir};
  Backups backups(room, engine.store, options.backup_dir);
  const absl::Status held = HoldFolder(backups);
  if (!held.ok()) return Fail("backups cannot be made", held);
  const absl::Status erased = EraseWhomListsName(erasure_folders, room);
  if (!erased.ok()) return Fail("members cannot be erased again", erased);
  Readiness readiness(room, WhatIsReady(options, engine.store));
  LongWorkPools pools;
  Services services(room, pools.ForUpkeep(backups),
                    pools.ForSimulations(options), options);
  const absl::Status greeted = GreetOwner(options, room);
  if (!greeted.ok()) return Fail("no owner's key was made", greeted);
  const auto port = GrpcPort::Open(options.grpc_address, options.grpc_limits,
                                   engine.connections);
  if (!port.ok()) {
    return Fail("the gRPC address cannot be listened on", port.status());
  }
  const auto server = services.ServeOn(**port, options);
  if (!server.ok()) return Fail("gRPC does not start", server.status());
  const HttpOptions http = HttpFor(options, readiness, *room.gate);
  auto gateway = HttpGateway::Start(http, **server);
  if (!gateway.ok()) {
    return Fail("the API cannot be served by HTTP", gateway.status());
  }
  auto jobs = std::make_unique<Jobs>(
      room, engine.clock,
      JobsOptions{.request_retention = options.request_retention,
                  .erasure_folders = erasure_folders});
  auto relays =
      std::make_unique<Relays>(room, RelaysOptions{.sinks = options.sinks});
  const BackupJob backup_job(room, backups, options.backup_schedule);
  const auto watch = Watch::Start(
      options.watch.metrics_address,
      {.room = room,
       .clock = engine.clock,
       .readiness = readiness,
       .slow_log = services.slow_log(),
       .services = services.all(),
       .pools = {{"reads", &room.reads},
                 {"upkeep", &pools.upkeep},
                 {"recounts", &pools.recounts},
                 {"simulations", &pools.simulations}},
       .store = [&engine] { return engine.store.Figures(); },
       .last_backup = [&backups] { return backups.last_success(); },
       .certificates = CertificatesOf(options)},
      *(*server)->GetHealthCheckService());
  if (!watch.ok()) {
    return Fail("the metrics cannot be served", watch.status());
  }
  SayReady(options, (*port)->port());
  WaitForStop(engine.stop_signals);
  NotifyStopping();
  engine.stopping = true;
  (*port)->Stop();
  (*server)->GetHealthCheckService()->Shutdown();
  DrainCalls(
      **server, kDrain, [&gateway] { gateway->reset(); },
      [&engine] { engine.connections.ShutAll(); });
  relays.reset();
  jobs->End();
  room.executor.Drain();
  // Last: an erasure may have been among what was still committed.
  jobs.reset();
  spdlog::info("drained; last commit {}", room.executor.last_commit_seq());
  return EXIT_SUCCESS;
}

int Serve(const ServerOptions& options, const sigset_t& stop_signals) {
  std::atomic<bool> stopping{false};
  const absl::StatusOr<OpenedStore> opened = OpenStore(options, stopping);
  if (!opened.ok()) return Fail("the store does not open", opened.status());
  RocksDbStore& store = *opened->store;
  const SystemClock wall;
  const BootClock steady;
  const TrustedClock clock(wall, steady,
                           ClockOptions(options, opened->last.time));
  RulebookCache rulebooks;
  const OperationEnv env{.secret = opened->keys.secret,
                         .rulebooks = rulebooks,
                         .signing_seed = opened->keys.signing_seed};
  OpenConnections connections;
  ReplyCork cork(connections);
  ExecutorOptions commits;
  commits.send_replies = [&cork](size_t count, absl::FunctionRef<void()> send) {
    cork.Send(count, send);
  };
  auto executor = Executor::Start(store, clock, commits, StopFor);
  if (!executor.ok()) {
    return Fail("the executor does not start", executor.status());
  }
  ReadPool reads(kReadThreads, kMaxWaitingReads);
  const auto identities = Identities::Open(*store.GetSnapshot(), clock,
                                           WhoMayCall(options, env.secret));
  if (!identities.ok()) {
    return Fail("callers cannot be told apart", identities.status());
  }
  UnreadReplies replies;
  const EngineRoom room{.store = store,
                        .clock = clock,
                        .env = env,
                        .executor = **executor,
                        .reads = reads,
                        .stopping = stopping,
                        .gate = &(*identities)->gate(),
                        .replies = &replies};
  return ServeCalls(options, {.room = room,
                              .store = store,
                              .clock = clock,
                              .connections = connections,
                              .stopping = stopping,
                              .stop_signals = stop_signals});
}

}  // namespace
}  // namespace pistis::server

int main(int argc, char** argv) {
  using pistis::server::ParsedOptions;
  const ParsedOptions parsed = pistis::server::ParseOptions(argc, argv);
  if (!parsed.run) return parsed.exit_code;
  // Debian's Abseil looks for deadlocks at every lock; that is for debugging.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // What is stored is nobody else's to read.
  umask(S_IRWXG | S_IRWXO);
  // Before any thread starts, so that all of them leave the signals to main.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  pistis::server::StartLog(parsed.options.watch.log);
  return pistis::server::Serve(parsed.options, stop_signals);
}
