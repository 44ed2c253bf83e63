// How many connections are open, in all and of each address.
#ifndef PISTIS_SERVER_HTTP_CONNECTION_COUNTS_H_
#define PISTIS_SERVER_HTTP_CONNECTION_COUNTS_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#include "engine/codes/guess_bucket.h"

namespace pistis::server {

// What may be open, and how fast an address may come; all above zero.
struct ConnectionTerms {
  int most = 0;
  int most_per_address = 0;
  // New ones of an address in a second, after most_per_address at once: each
  // costs a handshake, however soon it is closed.
  int new_per_second = 0;
};

// On any thread.
class ConnectionCounts {
 public:
  explicit ConnectionCounts(const ConnectionTerms& terms);

  // Counts one more; false, and nothing is counted, where that is too many or
  // too soon. `now` is a steady clock's.
  bool Enter(const std::string& address, absl::Duration now);
  // Once for each Enter() that was true.
  void Leave(const std::string& address);

 private:
  struct Address {
    int open = 0;
    GuessBucket comings;
  };

  const ConnectionTerms terms_;
  const GuessTerms pace_;
  absl::Mutex mutex_;
  int open_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, Address> by_address_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_CONNECTION_COUNTS_H_
