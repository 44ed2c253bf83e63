// Where events go.
#ifndef PISTIS_SERVER_SINKS_SINK_H_
#define PISTIS_SERVER_SINKS_SINK_H_

#include <string>

#include "absl/time/time.h"

#include "pistis/v1/event_service.pb.h"

namespace pistis::server {

// What came of handing an event over.
enum class Outcome {
  kDelivered,
  // The sink takes no such events.
  kSkipped,
  // This event was not taken; it may be later, and others may be now.
  kRefused,
  // This event will never be taken.
  kRejected,
  // Nothing can be handed over at the moment.
  kUnreachable,
  // Nothing is wanted any more.
  kGone,
  // The ending came first: nobody knows.
  kBrokenOff,
};

struct Delivery {
  Outcome outcome = Outcome::kDelivered;
  // For the owner of the subscription, where it was not delivered. Holds no
  // secrets and nothing of the event.
  std::string trouble = {};
  // The sink asks for so long a pause; zero: it says nothing.
  absl::Duration retry_after = absl::ZeroDuration();
};

// One place that takes events. One thread. Calls may block, for half a minute
// or, where a mail server is to answer to a mail, for ten, and return soon
// after the Ending that the sink was made with.
class Sink {
 public:
  virtual ~Sink() = default;

  // Hands one event over. kDelivered counts once Flush says so, too; anything
  // else is about this event, and Flush says what came of those before it.
  [[nodiscard]] virtual Delivery Deliver(const v1::Event& event) = 0;

  // Waits until all that was handed over since the last call is there for good.
  // Anything but kDelivered is about all of it: hand all of it over again, in
  // the same order.
  [[nodiscard]] virtual Delivery Flush() = 0;

  // How many events may be handed over between two calls of Flush.
  [[nodiscard]] virtual size_t most_at_once() const = 0;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_SINK_H_
