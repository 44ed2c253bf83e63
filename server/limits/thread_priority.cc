#include "server/limits/thread_priority.h"

#include <sys/resource.h>

namespace pistis::server {
namespace {

// A third of the processor time beside a thread that does not give way.
constexpr int kNice = 5;

}  // namespace

void GiveWay() {
  // Of Linux: 0 is the calling thread. May fail, and nothing is lost then.
  thread_local const int result = setpriority(PRIO_PROCESS, 0, kNice);
  static_cast<void>(result);
}

}  // namespace pistis::server
