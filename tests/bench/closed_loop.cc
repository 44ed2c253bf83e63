#include "tests/bench/closed_loop.h"

#include <algorithm>
#include <atomic>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace pistis::bench {
namespace {

class ClosedLoop {
 public:
  ClosedLoop(const LoopPlan& plan, size_t slots)
      : from_(absl::Now() + plan.warm_up),
        until_(from_ + plan.measured),
        running_(static_cast<int>(slots)) {}

  void Next(Slot& slot) {
    const absl::Time started = absl::Now();
    const bool more =
        started < until_ &&
        slot.Start([this, &slot, started](const grpc::Status& status) {
          Ended(started, status);
          Next(slot);
        });
    if (!more) running_.DecrementCount();
  }

  std::unique_ptr<LoopResult> Finish() {
    running_.Wait();
    result_->measured = std::min(absl::Now(), until_) - from_;
    result_->failed = failed_;
    result_->succeeded = succeeded_;
    absl::MutexLock lock(&mutex_);
    result_->first_error = first_error_;
    return std::move(result_);
  }

 private:
  void Ended(absl::Time started, const grpc::Status& status) {
    const absl::Time now = absl::Now();
    const bool counts = from_ <= now && now < until_;
    if (status.ok()) {
      succeeded_.fetch_add(1, std::memory_order_relaxed);
      if (counts) result_->latency.Record(now - started);
      return;
    }
    if (counts) failed_.fetch_add(1, std::memory_order_relaxed);
    absl::MutexLock lock(&mutex_);
    if (first_error_.empty()) {
      first_error_ = absl::StrCat("code ", status.error_code(), ": ",
                                  status.error_message());
    }
  }

  const absl::Time from_;
  const absl::Time until_;
  absl::BlockingCounter running_;
  std::unique_ptr<LoopResult> result_ = std::make_unique<LoopResult>();
  std::atomic<int64_t> failed_ = 0;
  std::atomic<int64_t> succeeded_ = 0;
  absl::Mutex mutex_;
  std::string first_error_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

double LoopResult::Rate() const {
  return static_cast<double>(latency.count()) / absl::ToDoubleSeconds(measured);
}

std::unique_ptr<LoopResult> RunClosedLoop(
    const std::vector<std::unique_ptr<Slot>>& slots, const LoopPlan& plan) {
  ClosedLoop loop(plan, slots.size());
  for (const auto& slot : slots)
    loop.Next(*slot);
  return loop.Finish();
}

}  // namespace pistis::bench
