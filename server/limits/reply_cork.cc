#include "server/limits/reply_cork.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <vector>

namespace pistis::server {
namespace {

// A connection is worth two system calls where it may carry this many replies.
constexpr size_t kRepliesEach = 4;
constexpr size_t kMostConnections = 16;

// A descriptor that is none by now, or another's, takes no harm: the cork is
// pulled from it again at once, and the kernel keeps nothing for longer than
// 200 ms.
void SetCork(const std::vector<int>& descriptors, int corked) {
  for (const int descriptor : descriptors) {
    setsockopt(descriptor, IPPROTO_TCP, TCP_CORK, &corked, sizeof(corked));
  }
}

}  // namespace

void ReplyCork::Send(size_t count, absl::FunctionRef<void()> send) {
  std::vector<int> descriptors;
  if (count >= kRepliesEach) {
    descriptors =
        connections_.AtMost(std::min(count / kRepliesEach, kMostConnections));
  }
  SetCork(descriptors, 1);
  send();
  SetCork(descriptors, 0);
}

}  // namespace pistis::server
