#include "server/metrics/call_meter.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/refusal.h"

namespace pistis::server {
namespace {

constexpr size_t kOk = 0;
constexpr size_t kFailed = 1;
constexpr size_t kReasons = 2;

enum CallFamily : size_t { kCalls, kSeconds, kStreams };

std::string OutcomeName(size_t outcome) {
  if (outcome == kOk) return "OK";
  if (outcome == kFailed) return "INTERNAL";
  return std::string(ReasonName(static_cast<Reason>(outcome - kReasons)));
}

}  // namespace

std::optional<SlowCall> CallMeter::Ends(const absl::Status& status,
                                        absl::Duration begun) const {
  const absl::Duration ended = Count(status, begun);
  if (slow_log_ == nullptr) return std::nullopt;
  return slow_log_->Take(begun, ended);
}

void CallMeter::Refused(const absl::Status& why, absl::Duration begun) const {
  Count(why, begun);
}

absl::Duration CallMeter::Count(const absl::Status& status,
                                absl::Duration begun) const {
  const absl::Duration ended = Now();
  size_t outcome = kOk;
  if (!status.ok()) {
    const std::optional<Reason> reason = ReasonOf(status);
    outcome = reason ? static_cast<size_t>(*reason) + kReasons : kFailed;
  }
  outcomes_[std::min(outcome, kOutcomes - 1)].fetch_add(
      1, std::memory_order_relaxed);
  took_us_.Add(absl::ToInt64Microseconds(ended - begun));
  return ended;
}

void CallMeter::StreamBegins() const {
  streams_.fetch_add(1, std::memory_order_relaxed);
}

void CallMeter::AddTo(Families& families) const {
  const Labels labels = {{"service", method_.service()->name()},
                         {"method", method_.name()}};
  int64_t calls = 0;
  for (size_t outcome = 0; outcome < kOutcomes; ++outcome) {
    const int64_t count = outcomes_[outcome];
    if (count == 0) continue;
    calls += count;
    Labels of_outcome = labels;
    of_outcome.push_back({"outcome", OutcomeName(outcome)});
    Add(families[kCalls], static_cast<double>(count), std::move(of_outcome));
  }
  if (calls > 0)
    Add(families[kSeconds], took_us_.Read(), kMicroseconds, labels);
  if (method_.server_streaming()) {
    Add(families[kStreams], static_cast<double>(streams_), labels);
  }
}

Families CallFamilies() {
  return {CounterFamily("pistis_calls_total",
                        "Calls that ended, by outcome: OK or the reason. Of "
                        "streams those that were refused at once."),
          HistogramFamily("pistis_call_seconds",
                          "From the request to the reply, in the server."),
          CounterFamily("pistis_streams_opened_total",
                        "Streams that were let in.")};
}

}  // namespace pistis::server
