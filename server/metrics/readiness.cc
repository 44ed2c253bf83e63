#include "server/metrics/readiness.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

constexpr int kStalledLooks = 3;

absl::Status DiskNearlyFull() {
  return Refuse(Reason::kOverloaded,
                "the server's disk is nearly full, so nothing is changed until "
                "there is room again; try later, with the same ids");
}

}  // namespace

absl::StatusOr<int64_t> FreeBytes(const std::string& path) {
  struct statvfs disk {};
  if (statvfs(path.c_str(), &disk) != 0) {
    return absl::UnavailableError(
        absl::StrCat("the free space of ", path, ": ", strerrorname_np(errno)));
  }
  return static_cast<int64_t>(disk.f_bavail * disk.f_frsize);
}

Readiness::Readiness(const EngineRoom& room, ReadinessOptions options)
    : room_(room), options_(std::move(options)) {
  Look();
  thread_ = std::thread([this] {
    while (!ending_.EndsWithin(options_.interval))
      Look();
  });
}

Readiness::~Readiness() {
  ending_.End();
  thread_.join();
}

bool Readiness::IsReady() const {
  return !room_.stopping && !is_full_ && stalled_looks_ < kStalledLooks;
}

void Readiness::Look() {
  LookAtDisk();
  LookAtStore();
  const bool is_ready = IsReady();
  if (is_ready != was_ready_ && !room_.stopping) {
    if (is_ready) {
      spdlog::info("ready again");
    } else {
      spdlog::error("not ready: {}", is_full_ ? "the disk is nearly full"
                                              : "the store makes writes wait");
    }
  }
  was_ready_ = is_ready;
  TellHealth();
}

void Readiness::LookAtDisk() {
  const absl::StatusOr<int64_t> free = options_.free_bytes();
  free_bytes_ = free.value_or(-1);
  if (!free.ok()) return;
  const int64_t least = options_.min_free_bytes;
  if (!is_full_ && *free < least) {
    room_.executor.Pause(DiskNearlyFull());
    is_full_ = true;
  } else if (is_full_ && *free >= least + least / 10) {
    room_.executor.Resume();
    is_full_ = false;
  }
}

void Readiness::LookAtStore() {
  stalled_looks_ = options_.is_stalled() ? stalled_looks_ + 1 : 0;
}

void Readiness::Tell(grpc::HealthCheckServiceInterface& health,
                     std::vector<std::string> services) {
  {
    absl::MutexLock lock(&mutex_);
    health_ = &health;
    services_ = std::move(services);
  }
  TellHealth();
}

void Readiness::TellNobody() {
  absl::MutexLock lock(&mutex_);
  health_ = nullptr;
}

void Readiness::TellHealth() {
  absl::MutexLock lock(&mutex_);
  if (health_ == nullptr) return;
  const bool is_ready = IsReady();
  health_->SetServingStatus(is_ready);
  for (const std::string& service : services_)
    health_->SetServingStatus(service, is_ready);
}

}  // namespace pistis::server
