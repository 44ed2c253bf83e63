// Random requests of all kinds that get into each other's way.
#ifndef PISTIS_TESTS_LINEAR_TRAFFIC_H_
#define PISTIS_TESTS_LINEAR_TRAFFIC_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <random>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#include "engine/base/clock.h"
#include "engine/operations/testing.h"
#include "tests/linear/call.h"

namespace pistis {

// Time that passes by being looked at. Any thread.
class SteppingClock final : public Clock {
 public:
  SteppingClock(absl::Time start, absl::Duration step)
      : start_(start), step_(step) {}

  [[nodiscard]] absl::Time Now() const override {
    return start_ + steps_.fetch_add(1) * step_;
  }

 private:
  const absl::Time start_;
  const absl::Duration step_;
  mutable std::atomic<int64_t> steps_ = 0;
};

// Opens the program, whose points wait, expire and pay, and enrols half of the
// members that the requests name.
void OpenForTraffic(TestShop& shop);

// What clients have heard, so that one client's requests are about what
// another did. Any thread.
class Rumours {
 public:
  void Hear(const AnyRequest& request, const Answer& answer);
  // Remembers a request that is about to be sent.
  void Note(const AnyRequest& request);

  // One of the latest at random; "" or an empty job where there is none.
  [[nodiscard]] std::string Code(std::mt19937_64& random);
  [[nodiscard]] AnyRequest Request(std::mt19937_64& random);
  // The number of a late entry, of whichever member.
  [[nodiscard]] int64_t latest_entry() const { return latest_entry_; }

  // Numbers for new ids.
  [[nodiscard]] int64_t NewOrder() { return ++orders_; }
  [[nodiscard]] int64_t NewHold() { return ++holds_; }
  [[nodiscard]] int64_t NewReservation() { return ++reservations_; }
  [[nodiscard]] int64_t NewRequest() { return ++requests_; }
  [[nodiscard]] int64_t orders() const { return orders_; }
  [[nodiscard]] int64_t holds() const { return holds_; }
  [[nodiscard]] int64_t reservations() const { return reservations_; }

 private:
  std::atomic<int64_t> orders_ = 0;
  std::atomic<int64_t> holds_ = 0;
  std::atomic<int64_t> reservations_ = 0;
  std::atomic<int64_t> requests_ = 0;
  std::atomic<int64_t> latest_entry_ = 1;
  absl::Mutex mutex_;
  std::deque<std::string> codes_ ABSL_GUARDED_BY(mutex_);
  std::deque<AnyRequest> sent_ ABSL_GUARDED_BY(mutex_);
};

// One client's requests. The rumours and the clock must outlive it.
class Traffic {
 public:
  Traffic(uint64_t seed, Rumours& rumours, const Clock& clock)
      : random_(seed), rumours_(rumours), clock_(clock) {}

  [[nodiscard]] AnyRequest Next();
  // In [0, limit).
  [[nodiscard]] int Below(int limit);

 private:
  bool Chance(int percent) { return Below(100) < percent; }
  std::string Member();
  std::string RequestId();
  // Seldom a new one.
  std::string HoldId();
  AnyRequest NewRequest();
  v1::CommitOrderRequest Sale();
  v1::HoldOrderRequest HoldSale();
  // One of the latest reservations.
  std::string ReservationId();
  v1::RefundOrderRequest Refund();
  v1::EarnPointsRequest Earn();
  v1::RedeemPointsRequest Redeem();
  v1::HoldPointsRequest Hold();
  v1::CaptureHoldRequest Capture();
  v1::ReleaseHoldRequest Release();
  v1::AdjustPointsRequest Adjust();
  v1::TransferPointsRequest Transfer();
  v1::ReverseEntryRequest Reverse();
  v1::CreateMemberRequest Enrol();
  v1::PublishRulebookRequest Publish();

  std::mt19937_64 random_;
  Rumours& rumours_;
  const Clock& clock_;
};

}  // namespace pistis

#endif  // PISTIS_TESTS_LINEAR_TRAFFIC_H_
