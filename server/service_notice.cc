#include "server/service_notice.h"

#include "spdlog/spdlog.h"
#include <systemd/sd-daemon.h>

namespace pistis::server {
namespace {

void Notify(const char* state) {
  if (sd_notify(0, state) < 0) {
    spdlog::warn("the service manager does not hear {}", state);
  }
}

}  // namespace

void NotifyReady() {
  Notify("READY=1");
}

void NotifyStopping() {
  Notify("STOPPING=1");
}

}  // namespace pistis::server
