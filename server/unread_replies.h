// What gRPC holds of replies whose clients have not taken them.
#ifndef PISTIS_SERVER_UNREAD_REPLIES_H_
#define PISTIS_SERVER_UNREAD_REPLIES_H_

#include <cstddef>
#include <list>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

#include "engine/base/clock.h"
#include "server/auth/caller.h"

namespace pistis::server {

// A client may ask for pages by the thousand and read none of them, and gRPC
// keeps a finished reply until its stream takes it or ends. So each counts, in
// all and by its caller, until then. Any thread.
class UnreadReplies {
 public:
  // Smaller ones take less than their calls do, which are bounded by
  // themselves.
  static constexpr size_t kCountedBytes = 1024;
  // Those below have a quarter more of each bound, so that unread pages do not
  // keep sales from being answered.
  static constexpr size_t kPageBytes = size_t{16} << 10U;

  struct Most {
    size_t bytes_in_all = size_t{128} << 20U;
    size_t bytes_of_a_caller = size_t{16} << 20U;
    // Where there is no room, who was not read for so long is cancelled.
    absl::Duration patience = absl::Minutes(1);
  };

  // A reply that is not read, until this is destroyed: by then gRPC must be
  // through with its call.
  class Part {
   public:
    Part() = default;
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    ~Part() {
      if (replies_ != nullptr) replies_->GiveBack(*this);
    }

   private:
    friend class UnreadReplies;

    UnreadReplies* replies_ = nullptr;
    grpc_call* call_ = nullptr;
    std::string caller_;
    size_t bytes_ = 0;
    absl::Duration since_;
    std::list<Part*>::iterator place_;
  };

  UnreadReplies() : UnreadReplies(Most()) {}
  explicit UnreadReplies(const Most& most) : most_(most) {}
  UnreadReplies(const UnreadReplies&) = delete;
  UnreadReplies& operator=(const UnreadReplies&) = delete;

  // Counts a reply of `bytes` as not read, in `part`, which counts none yet;
  // before it is sent. False, and nothing is counted, where all together or
  // those of its caller are too many: it is not to be sent then. A caller's
  // only one is never too large for it. Those whom --dev lets in are told apart
  // by their addresses.
  [[nodiscard]] bool Hold(grpc::CallbackServerContext& context,
                          const Caller& caller, size_t bytes, Part& part);

 private:
  bool Enter(Part& part) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<grpc_call*> Overdue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveBack(const Part& part);

  const Most most_;
  const BootClock steady_;
  absl::Mutex mutex_;
  // Oldest first.
  std::list<Part*> parts_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // None of them is zero.
  absl::flat_hash_map<std::string, size_t> of_caller_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_UNREAD_REPLIES_H_
