// Joins the replies of a batch into few packets.
#ifndef PISTIS_SERVER_LIMITS_REPLY_CORK_H_
#define PISTIS_SERVER_LIMITS_REPLY_CORK_H_

#include <cstddef>

#include "absl/functional/function_ref.h"

#include "server/limits/open_connections.h"

namespace pistis::server {

// gRPC sends each reply by itself, which wakes the client once for each. Where
// few connections carry all of them (a checkout's, a proxy's), the kernel is
// told to keep what is written until the batch is through. With many
// connections there is nothing to join, and nothing is done.
class ReplyCork {
 public:
  // `connections` must outlive it.
  explicit ReplyCork(OpenConnections& connections)
      : connections_(connections) {}

  // Calls `send`, which sends `count` replies. One thread at a time.
  void Send(size_t count, absl::FunctionRef<void()> send);

 private:
  OpenConnections& connections_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_LIMITS_REPLY_CORK_H_
