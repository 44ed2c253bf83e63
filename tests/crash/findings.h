// What a check found wrong, collected from many threads.
#ifndef PISTIS_TESTS_CRASH_FINDINGS_H_
#define PISTIS_TESTS_CRASH_FINDINGS_H_

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"

namespace pistis::crash {

// Collects findings; keeps the first few in full and counts all. Any thread.
class Findings {
 public:
  template <typename... Parts>
  void Add(const Parts&... parts) {
    absl::MutexLock lock(&mutex_);
    ++count_;
    if (kept_.size() < kKept) kept_.push_back(absl::StrCat(parts...));
  }

  // Adds a finding about `what` where the two differ.
  template <typename Wanted, typename Found>
  void Expect(const Wanted& wanted, const Found& found,
              const std::string& what) {
    if (wanted == found) return;
    Add(what, " is ", found, ", wanted ", wanted);
  }

  // Empty where nothing was found.
  [[nodiscard]] std::string Text() const {
    absl::MutexLock lock(&mutex_);
    if (count_ == 0) return "";
    return absl::StrCat(count_, " findings, the first of them:\n",
                        absl::StrJoin(kept_, "\n"));
  }

 private:
  static constexpr size_t kKept = 20;

  mutable absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> kept_ ABSL_GUARDED_BY(mutex_);
};

// Runs `work` for 0 to count - 1 on a few threads at once; returns when all
// have ended. The second argument tells the threads apart, from 0.
void InParallel(size_t count, absl::FunctionRef<void(size_t, int)> work);

// How many threads InParallel uses.
inline constexpr int kWorkers = 16;

}  // namespace pistis::crash

#endif  // PISTIS_TESTS_CRASH_FINDINGS_H_
