// How many connections are open, in all and of each address.
#ifndef PISTIS_SERVER_HTTP_CONNECTION_COUNTS_H_
#define PISTIS_SERVER_HTTP_CONNECTION_COUNTS_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace pistis::server {

// On any thread.
class ConnectionCounts {
 public:
  ConnectionCounts(int most, int most_per_address)
      : most_(most), most_per_address_(most_per_address) {}

  // Counts one more; false, and nothing is counted, where that is too many.
  bool Enter(const std::string& address);
  // Once for each Enter() that was true.
  void Leave(const std::string& address);

 private:
  const int most_;
  const int most_per_address_;
  absl::Mutex mutex_;
  int open_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, int> by_address_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_CONNECTION_COUNTS_H_
