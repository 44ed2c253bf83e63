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
    // So many a program finds in any case, also where all are taken.
    int kept_for_a_program = 0;
  };

  // A place that is taken, given back as it is destroyed.
  class Place {
   public:
    Place(StreamPlaces& places, std::string caller, std::string program)
        : places_(places),
          caller_(std::move(caller)),
          program_(std::move(program)) {}
    ~Place() { places_.GiveBack(caller_, program_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    StreamPlaces& places_;
    const std::string caller_;
    const std::string program_;
  };
  using PlacePtr = std::unique_ptr<const Place>;

  explicit StreamPlaces(Most most) : most_(most) {}
  StreamPlaces(const StreamPlaces&) = delete;
  StreamPlaces& operator=(const StreamPlaces&) = delete;

  // Null where all are taken, or all of this caller or program. Those who call
  // a server with --dev are bound by the number in all alone. What is returned
  // must not outlive this. `program` is that of the stream; empty: none.
  [[nodiscard]] PlacePtr Take(const Caller& caller,
                              const std::string& program = "");

 private:
  using Counts = absl::flat_hash_map<std::string, int>;

  void GiveBack(const std::string& caller, const std::string& program);
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
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_STREAM_PLACES_H_
