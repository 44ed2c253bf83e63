#include "server/metrics/slow_log.h"

#include "absl/strings/str_cat.h"

#include "server/metrics/log.h"

namespace pistis::server {
namespace {

std::string MillisecondsOf(absl::Duration duration) {
  return absl::StrCat(absl::ToInt64Milliseconds(duration));
}

}  // namespace

std::optional<SlowCall> SlowLog::Take(absl::Duration begun,
                                      absl::Duration ended) {
  if (ended - begun < threshold_) return std::nullopt;
  count_.fetch_add(1, std::memory_order_relaxed);
  const std::optional<int64_t> left_out = bound_.Allows(ended);
  if (!left_out) return std::nullopt;
  return SlowCall{.begun = begun, .ended = ended, .left_out = *left_out};
}

void SlowLog::Tell(const SlowCall& call) const {
  const CallTimes& times = call.times;
  LogFields fields = {{"method", call.method},
                      {"program", call.program},
                      {"request_id", call.request_id},
                      {"caller", call.caller},
                      {"took_ms", MillisecondsOf(call.ended - call.begun)}};
  if (times.work_begun > absl::ZeroDuration()) {
    fields.push_back(
        {"queued_ms", MillisecondsOf(times.work_begun - call.begun)});
  }
  if (times.decided > absl::ZeroDuration()) {
    fields.push_back(
        {"decided_ms", MillisecondsOf(times.decided - times.work_begun)});
    fields.push_back({"synced_ms", MillisecondsOf(call.ended - times.decided)});
  }
  if (call.left_out > 0) {
    fields.push_back({"not_told", absl::StrCat(call.left_out)});
  }
  Log(spdlog::level::warn, "a slow call", fields);
}

}  // namespace pistis::server
