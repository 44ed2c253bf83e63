// Places for streams, so that no caller takes all of them.
#ifndef PISTIS_SERVER_STREAM_PLACES_H_
#define PISTIS_SERVER_STREAM_PLACES_H_

#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

#include "server/auth/caller.h"

namespace pistis::server {

// Any thread.
class StreamPlaces {
 public:
  // Streams that are open at once.
  struct Most {
    int in_all = 0;
    int of_a_caller = 0;
    int of_a_program = std::numeric_limits<int>::max();
    // So many of those in all are kept for programs whose own callers have few:
    // others take none of the last `kept`.
    int kept = 0;
    // So few. A program's own callers are those that do not reach all programs.
    int kept_for_a_program = 0;
  };

  // A place that is taken, given back as it is destroyed.
  class Place {
   public:
    Place(StreamPlaces& places, const Caller& caller, std::string program)
        : places_(places),
          caller_(caller.CountedAs()),
          program_(std::move(program)),
          is_own_(!caller.access.reaches_all()) {}
    ~Place() { places_.GiveBack(*this); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    friend class StreamPlaces;

    StreamPlaces& places_;
    const std::string caller_;
    const std::string program_;
    // Of the program's own callers.
    const bool is_own_;
  };
  using PlacePtr = std::unique_ptr<const Place>;

  explicit StreamPlaces(Most most) : most_(most) {}
  StreamPlaces(const StreamPlaces&) = delete;
  StreamPlaces& operator=(const StreamPlaces&) = delete;

  // Null where all are taken, all but those that are kept for others, or all of
  // this caller or program; never are there more than `in_all`. Those who call
  // a server with --dev are bound by that number alone. What is returned must
  // not outlive this. `program` is that of the stream; empty: none.
  [[nodiscard]] PlacePtr Take(const Caller& caller,
                              const std::string& program = "");

 private:
  using Counts = absl::flat_hash_map<std::string, int>;

  void GiveBack(const Place& place);
  [[nodiscard]] bool IsFreeFor(const Caller& caller,
                               const std::string& program) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const Most most_;
  absl::Mutex mutex_;
  int taken_ ABSL_GUARDED_BY(mutex_) = 0;
  // By the names that callers are counted by, and by programs; none of them is
  // zero.
  Counts of_caller_ ABSL_GUARDED_BY(mutex_);
  Counts of_program_ ABSL_GUARDED_BY(mutex_);
  // Those of a program that its own callers have.
  Counts own_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_STREAM_PLACES_H_
