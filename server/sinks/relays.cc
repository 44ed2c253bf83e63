#include "server/sinks/relays.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/status_macros.h"
#include "engine/operations/work_off_due.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

bool IsSame(const StoredSubscription& one, const StoredSubscription& other) {
  return one.record.create_us() == other.record.create_us() &&
         one.record.subscription() == other.record.subscription();
}

}  // namespace

Relays::Relays(const EngineRoom& room, RelaysOptions options)
    : room_(room), options_(std::move(options)), thread_([this] { Loop(); }) {}

Relays::~Relays() {
  ending_.End();
  thread_.join();
  EndOthersThan({});
}

void Relays::Loop() {
  do {
    Look();
  } while (!ending_.EndsWithin(options_.look));
}

void Relays::Look() {
  const int64_t seq = room_.executor.last_commit_seq();
  // One may end just when its subscription is told again.
  const bool has_ended =
      std::any_of(running_.begin(), running_.end(),
                  [](const auto& named) { return named.second->done.load(); });
  if (seq == seen_seq_ && !has_ended) return;
  const absl::StatusOr<Wanted> wanted = FindWanted();
  if (!wanted.ok()) {
    spdlog::error("subscriptions cannot be read: {}",
                  wanted.status().ToString());
    return;
  }
  seen_seq_ = seq;
  EndOthersThan(*wanted);
  for (const auto& [name, stored] : *wanted) {
    if (running_.contains(name)) continue;
    if (running_.size() < options_.most) {
      Start(name, stored);
    } else if (!has_told_of_most_) {
      has_told_of_most_ = true;
      spdlog::error("more than {} subscriptions: those beyond are not told",
                    options_.most);
    }
  }
}

absl::StatusOr<Relays::Wanted> Relays::FindWanted() {
  const std::unique_ptr<Snapshot> snapshot = room_.store.GetSnapshot();
  PISTIS_ASSIGN_OR_RETURN(const std::vector<ProgramId> programs,
                          ListProgramIds(*snapshot));
  Wanted wanted;
  for (const ProgramId& program : programs) {
    PISTIS_RETURN_IF_ERROR(VisitSubscriptions(
        *snapshot, program, [&](absl::StatusOr<StoredSubscription> stored) {
          if (!stored.ok()) {
            TellOfUnreadable(program, stored.status());
          } else if (stored->record.state() == v1::Subscription::ACTIVE &&
                     stored->subscription.sink_case() !=
                         v1::Subscription::SINK_NOT_SET) {
            Name name{program, stored->subscription.subscription_id()};
            wanted.emplace(std::move(name), *std::move(stored));
          }
          return Visit::kContinue;
        }));
  }
  return wanted;
}

void Relays::TellOfUnreadable(const ProgramId& program,
                              const absl::Status& status) {
  if (std::exchange(has_told_of_unreadable_, true)) return;
  spdlog::error("a subscription of program {} is not told: {}", program.text(),
                status.ToString());
}

void Relays::EndOthersThan(const Wanted& wanted) {
  const auto is_over = [&](const auto& named) {
    const auto still = wanted.find(named.first);
    return still == wanted.end() || named.second->done ||
           !IsSame(still->second, named.second->stored);
  };
  for (const auto& named : running_) {
    if (is_over(named)) named.second->ending.End();
  }
  std::erase_if(running_, [&](const auto& named) {
    if (!is_over(named)) return false;
    named.second->thread.join();
    return true;
  });
}

void Relays::Start(const Name& name, const StoredSubscription& stored) {
  Running& running =
      *running_
           .emplace(name,
                    std::unique_ptr<Running>(new Running{.stored = stored}))
           .first->second;
  running.thread = std::thread(
      [this, program = name.first, &running] { Run(program, running); });
}

void Relays::Run(const ProgramId& program, Running& running) {
  Relay relay(room_, program, running.stored,
              OpenSink(program, running.stored.subscription, options_.sinks,
                       room_.clock, running.ending),
              options_.relay);
  std::optional<absl::Duration> wait = absl::ZeroDuration();
  while (wait && !running.ending.EndsWithin(*wait))
    wait = relay.Round();
  running.done = true;
}

}  // namespace pistis::server
