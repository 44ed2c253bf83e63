#include "server/clock_watch.h"

#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

constexpr absl::Duration kSayAgain = absl::Hours(1);

}  // namespace

bool ClockWatch::AllowsJobs() {
  const std::optional<ClockSuspicion> suspicion = clock_.Suspicion();
  if (!suspicion) {
    if (said_) spdlog::info("the clock is believed again; jobs go on");
    said_.reset();
    return true;
  }
  const absl::Duration now = steady_.Elapsed();
  if (!said_ || now - *said_ >= kSayAgain) {
    spdlog::error(
        "{}. Until it is right, time goes on from where it was, and nothing "
        "expires or is released or forgotten by itself. Set the machine's "
        "clock; where it is right and ahead, start the server anew with "
        "--accept_clock",
        ToText(*suspicion));
    said_ = now;
  }
  return false;
}

}  // namespace pistis::server
