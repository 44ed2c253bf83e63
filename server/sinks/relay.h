// From the events of a program to one subscription's sink.
#ifndef PISTIS_SERVER_SINKS_RELAY_H_
#define PISTIS_SERVER_SINKS_RELAY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

#include "pistis/store/v1/delivery_records.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/base/clock.h"
#include "engine/base/ids.h"
#include "engine/operations/deliveries.h"
#include "engine/operations/subscriptions.h"
#include "server/engine_room.h"
#include "server/sinks/backoff.h"
#include "server/sinks/parking.h"
#include "server/sinks/sink.h"

namespace pistis::server {

struct RelayOptions {
  BackoffOptions backoff = {};
  // How often an idle relay looks for new commits.
  absl::Duration poll = absl::Milliseconds(100);
  // A round ends after so long a time, so that what was delivered is recorded.
  absl::Duration round = absl::Seconds(1);
  // An event with which the sink could not be reached for so long is passed
  // over once, to see whether it takes others.
  absl::Duration suspect_after = absl::Minutes(10);
};

// Tells a sink of events in rounds: reads what is due, hands it over, records
// how far it came in one command. After a crash a round is done again: at least
// once, with the same event ids.
//
// In order for each member: an event that is refused waits for another try, and
// the member's later events behind it, while those of others go on. Tries of
// what waits take half of the time at most. Where kMaxWaitingDeliveries wait,
// and where the sink cannot be reached, nothing new is handed over. A sink that
// takes others is not held to be unreachable for an event that it takes no
// more: that one counts as refused. An event that failed for so long as the
// options say is given up. One thread.
class Relay {
 public:
  // The room outlives the relay.
  Relay(const EngineRoom& room, ProgramId program, StoredSubscription stored,
        std::unique_ptr<Sink> sink, const RelayOptions& options);

  // One round; how long to wait before the next. Nothing where the subscription
  // is told no more, or is no longer what it was.
  [[nodiscard]] std::optional<absl::Duration> Round();

 private:
  // What a round has come to.
  struct Work {
    DeliveryProgress progress;
    Parking parking;
    QueryContext context;
    absl::Duration end;
    size_t handed_over = 0;
    // True where the sink took or refused something.
    bool was_answered = false;
    // How many were passed over, as refused, though the sink could not be
    // reached with them.
    size_t doubts = 0;
    // Of a new one among them, what came of it: wrong where nothing is
    // answered.
    std::optional<Delivery> suspicion = {};
    // What came of the last one.
    Delivery doubt = {};
    // True where there is more to do at once.
    bool more = false;
  };

  // The subscription as it is stored; NOT_FOUND where it is no longer active or
  // no longer what it was.
  absl::StatusOr<store::v1::SubscriptionRecord> Find(
      const Reader& reader) const;
  // A round on what is stored now; how long to wait.
  absl::StatusOr<absl::Duration> Tell();
  absl::StatusOr<absl::Duration> TellFrom(const Reader& reader);
  // A round that has come to nothing yet.
  [[nodiscard]] DeliveryProgress Begun(
      const store::v1::SubscriptionRecord& record) const;
  // What stops the round once it is known what of it is true; takes back what
  // is not.
  Delivery Proved(const store::v1::SubscriptionRecord& record, Delivery stop,
                  Work& work);
  // What is not recorded yet, as far as it counts for the subscription as it is
  // now: one that was changed meanwhile does not have the sink that failed.
  [[nodiscard]] DeliveryProgress Counting(const Reader& current,
                                          absl::Time now) const;
  // Records what a round has come to, where that is not recorded yet.
  absl::Status Record();
  // Each until something stops the round: then that.
  Delivery TellWaiting(Work& work);
  Delivery TellDue(Work& work);
  Delivery TellNew(Work& work);
  Delivery TellPage(Work& work);
  // Has what waits tried later, where the sink answered to none of it.
  void PauseTries(const Work& work);
  // True where no more may wait.
  [[nodiscard]] static bool IsFull(const Work& work);
  [[nodiscard]] bool IsSpent(const Work& work) const;
  [[nodiscard]] size_t MostAtOnce() const;
  Delivery HandOver(const v1::Event& event, Work& work);
  // What becomes of a delivery; false where it stops the round.
  bool Settle(store::v1::DeliveryRecord record, const Delivery& delivery,
              Work& work);
  // Has it tried again later, or given up where it failed for too long.
  void Refuse(store::v1::DeliveryRecord record, const Delivery& delivery,
              Work& work);
  // How long a new event is the one that fails, whatever came of others.
  absl::Duration Suspected(const EventCursor& event, absl::Time now);
  // What becomes of one with which the sink could not be reached; false where
  // it stops the round.
  bool PassOver(store::v1::DeliveryRecord record, const Delivery& delivery,
                Work& work);
  void Keep(store::v1::DeliveryRecord record, std::optional<absl::Time> next,
            Work& work);
  // Writes the round into the progress, and says how long to wait.
  absl::Duration Conclude(const Delivery& stop, Work& work);
  [[nodiscard]] bool IsWorthSaving(const store::v1::SubscriptionRecord& record,
                                   const DeliveryProgress& progress) const;
  [[nodiscard]] absl::Duration Wait(int64_t failures);
  // The pause that the sink asks for, no longer than a wait may be.
  [[nodiscard]] absl::Duration Asked(const Delivery& delivery) const;

  const EngineRoom& room_;
  const ProgramId program_;
  const StoredSubscription stored_;
  EventFilter filter_;
  const std::unique_ptr<Sink> sink_;
  const RelayOptions options_;
  const BootClock steady_;
  absl::BitGen chance_;
  // What was handed over, and is to be recorded before anything else is.
  std::optional<DeliveryProgress> unrecorded_;
  // How far events were passed over that it is not told of; not yet recorded.
  EventCursor passed_;
  // Rounds in a row in which the sink could not be reached.
  int64_t failures_ = 0;
  // Rounds in a row that ended with kMostDoubts and no answer.
  int64_t doubtful_ = 0;
  // The new event that fails, and since when.
  EventCursor suspect_;
  absl::Time suspect_since_ = absl::InfiniteFuture();
  // By the steady clock: what comes before goes by commits alone.
  absl::Duration wake_at_ = absl::ZeroDuration();
  // By the engine's: when the sink last took or refused something.
  absl::Time answered_at_ = absl::InfinitePast();
  // Until then new events alone are told.
  absl::Time retry_at_ = absl::InfinitePast();
  int64_t seen_seq_ = -1;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_RELAY_H_
