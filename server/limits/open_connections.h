// The connections that gRPC was handed.
#ifndef PISTIS_SERVER_LIMITS_OPEN_CONNECTIONS_H_
#define PISTIS_SERVER_LIMITS_OPEN_CONNECTIONS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace pistis::server {

// gRPC closes what it was handed without a word, so each descriptor is known
// with its socket, which no other one ever is. Thread-safe.
class OpenConnections {
 public:
  // Notes a connection that is handed over, and who opened it.
  void Add(int descriptor, const std::string& caller);

  // Forgets those that are closed; returns who had opened them.
  std::vector<std::string> TakeClosed();

  // The descriptors of all that are open; none where there are more than
  // `most`, or 64 that are not known to be closed. One may be closed at any
  // time.
  [[nodiscard]] std::vector<int> AtMost(size_t most);

  // Shuts all that are open, both ways: what was to be sent on them fails, and
  // gRPC closes them by itself.
  void ShutAll();

 private:
  struct Connection {
    int descriptor = -1;
    ino_t socket = 0;
    std::string caller;
  };

  absl::Mutex mutex_;
  std::vector<Connection> connections_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_LIMITS_OPEN_CONNECTIONS_H_
