#include "server/metrics/watch.h"

#include <cstdio>
#include <exception>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "engine/operations/executor.h"
#include "openssl/pem.h"
#include "openssl/x509.h"
#include "prometheus/collectable.h"
#include "prometheus/exposer.h"
#include "server/metrics/program_families.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

// When the first certificate of the file ends; absl::InfinitePast() where it
// holds none.
absl::Time EndOfCertificate(const std::string& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(
      std::fopen(path.c_str(), "re"),
      [](FILE* open) { return open == nullptr ? 0 : std::fclose(open); });
  if (file == nullptr) return absl::InfinitePast();
  const std::unique_ptr<X509, void (*)(X509*)> certificate(
      PEM_read_X509(file.get(), nullptr, nullptr, nullptr), &X509_free);
  std::tm end{};
  if (certificate == nullptr ||
      ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) {
    return absl::InfinitePast();
  }
  return absl::FromTM(end, absl::UTCTimeZone());
}

void AddCertificates(const std::vector<std::string>& paths,
                     Families& families) {
  prometheus::MetricFamily ends =
      GaugeFamily("pistis_certificate_end_time_seconds",
                  "When a certificate ends, since 1970; 0: it is unreadable.");
  for (const std::string& path : paths)
    Add(ends, UnixSeconds(EndOfCertificate(path)), {{"file", path}});
  families.push_back(std::move(ends));
}

void AddCalls(const Watched& watched, Families& families) {
  Families calls = CallFamilies();
  for (const MeteredService* service : watched.services)
    service->AddTo(calls);
  calls.push_back(OneCounter("pistis_slow_calls_total",
                             "Calls that took longer than --slow_request.",
                             static_cast<double>(watched.slow_log.count())));
  std::move(calls.begin(), calls.end(), std::back_inserter(families));
}

void AddState(const Watched& watched, Families& families) {
  const Readiness& readiness = watched.readiness;
  families.push_back(OneGauge("pistis_ready", "1 where it takes work.",
                              readiness.IsReady() ? 1 : 0));
  families.push_back(OneGauge("pistis_disk_free_bytes",
                              "What is free on the disk of the data.",
                              static_cast<double>(readiness.free_bytes())));
  families.push_back(OneGauge("pistis_disk_min_free_bytes",
                              "With less free nothing is changed any more.",
                              static_cast<double>(readiness.min_free_bytes())));
  families.push_back(OneGauge("pistis_clock_believed",
                              "0 while the machine's clock is not believed.",
                              watched.clock.Suspicion() ? 0 : 1));
  families.push_back(OneGauge("pistis_last_backup_time_seconds",
                              "When the latest backup was made, since 1970; "
                              "0: there is none.",
                              UnixSeconds(watched.last_backup())));
}

class Everything final : public prometheus::Collectable {
 public:
  explicit Everything(Watched watched) : watched_(std::move(watched)) {}

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    return CollectAll(watched_);
  }

 private:
  const Watched watched_;
};

}  // namespace

Families CollectAll(const Watched& watched) {
  Families families;
  AddCalls(watched, families);
  AddExecutor(watched.room.executor, families);
  AddPools(watched.pools, families);
  AddStore(watched.store(), families);
  AddState(watched, families);
  AddCertificates(watched.certificates, families);
  AddProcess(families);
  const std::unique_ptr<Snapshot> snapshot = watched.room.store.GetSnapshot();
  const absl::StatusOr<LastCommit> last = FindLastCommit(*snapshot);
  if (last.ok()) {
    families.push_back(
        OneGauge("pistis_last_commit_time_seconds",
                 "When the last commit was made, since 1970; 0: none was.",
                 UnixSeconds(last->time.value_or(absl::InfinitePast()))));
  }
  AddPrograms({.env = watched.room.env,
               .reader = *snapshot,
               .now = watched.room.clock.Now()},
              families);
  return families;
}

absl::StatusOr<std::unique_ptr<Watch>> Watch::Start(
    const std::string& metrics_address, Watched watched,
    grpc::HealthCheckServiceInterface& health) {
  std::unique_ptr<prometheus::Exposer> exposer;
  if (!metrics_address.empty()) {
    try {
      exposer = std::make_unique<prometheus::Exposer>(metrics_address);
    } catch (const std::exception& why) {
      return absl::UnavailableError(
          absl::StrCat(metrics_address, ": ", why.what()));
    }
    const std::string host =
        metrics_address.substr(0, metrics_address.rfind(':'));
    for (const int port : exposer->GetListeningPorts())
      spdlog::info("metrics at {}:{}", host, port);
  }
  std::vector<std::string> services;
  for (const MeteredService* service : watched.services)
    services.push_back(service->name());
  watched.readiness.Tell(health, std::move(services));
  return absl::WrapUnique(new Watch(std::move(exposer), std::move(watched)));
}

Watch::Watch(std::unique_ptr<prometheus::Exposer> exposer, Watched watched)
    : readiness_(watched.readiness),
      all_(std::make_shared<Everything>(std::move(watched))),
      exposer_(std::move(exposer)) {
  if (exposer_ != nullptr) exposer_->RegisterCollectable(all_);
}

Watch::~Watch() {
  readiness_.TellNobody();
}

}  // namespace pistis::server
