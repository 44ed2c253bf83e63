// How often each method is called, what comes of it, and how long it takes.
#ifndef PISTIS_SERVER_METRICS_CALL_METER_H_
#define PISTIS_SERVER_METRICS_CALL_METER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/grpcpp.h"

#include "engine/base/clock.h"
#include "engine/base/histogram.h"
#include "server/metrics/families.h"
#include "server/metrics/slow_log.h"

namespace pistis::server {

// Counts the calls of one method. Any thread; nothing waits, and a good call
// costs two readings of the clock and three additions.
class CallMeter {
 public:
  explicit CallMeter(const google::protobuf::MethodDescriptor& method)
      : method_(method) {}

  [[nodiscard]] absl::Duration Now() const { return steady_.Elapsed(); }

  // A call that began at `begun` by Now ends with `status`. Where it was slow,
  // what is to be told of it.
  [[nodiscard]] std::optional<SlowCall> Ends(const absl::Status& status,
                                             absl::Duration begun) const;
  void TellSlow(const SlowCall& call) const { slow_log_->Tell(call); }

  // A call was not let in.
  void Refused(const absl::Status& why, absl::Duration begun) const;

  // A stream was let in; what comes of it is not counted.
  void StreamBegins() const;

  // Before the method is served; `log` outlives the meter.
  void SetSlowLog(SlowLog& log) { slow_log_ = &log; }

  // Adds what was counted to families as CallFamilies makes them.
  void AddTo(Families& families) const;

 private:
  // Counts a call that ends now; when that is.
  absl::Duration Count(const absl::Status& status, absl::Duration begun) const;

  // 0 is OK, 1 a failure without a reason, then the reasons.
  static constexpr size_t kOutcomes = 64;

  const google::protobuf::MethodDescriptor& method_;
  const BootClock steady_;
  SlowLog* slow_log_ = nullptr;
  mutable std::array<std::atomic<int64_t>, kOutcomes> outcomes_ = {};
  mutable std::atomic<int64_t> streams_ = 0;
  mutable Histogram took_us_;
};

// A service whose methods are metered.
class MeteredService {
 public:
  virtual ~MeteredService() = default;

  // The same, as gRPC knows it, and its full name.
  [[nodiscard]] virtual grpc::Service& service() = 0;
  [[nodiscard]] virtual std::string name() const = 0;

  void SetSlowLog(SlowLog& log) {
    for (CallMeter& meter : meters_)
      meter.SetSlowLog(log);
  }
  void AddTo(Families& families) const {
    for (const CallMeter& meter : meters_)
      meter.AddTo(families);
  }

 protected:
  // Lives as long as the service.
  const CallMeter& Metered(const google::protobuf::MethodDescriptor& method) {
    return meters_.emplace_back(method);
  }

 private:
  std::deque<CallMeter> meters_;
};

// The families of calls, without metrics.
[[nodiscard]] Families CallFamilies();

}  // namespace pistis::server

#endif  // PISTIS_SERVER_METRICS_CALL_METER_H_
