#include "server/event_service.h"

#include <chrono>
#include <memory>
#include <utility>

#include "grpcpp/alarm.h"
#include "grpcpp/grpcpp.h"

#include "engine/base/clock.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/stream_events.h"
#include "engine/operations/subscriptions.h"
#include "engine/operations/update_subscription.h"
#include "engine/order/order.h"
#include "server/patient_stream.h"
#include "server/wire_status.h"

namespace pistis::server {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(100);

// One stream: reads a page on the pool, writes its events, and waits for new
// commits. What it waits with is under way alone, too.
class EventStream final : public PatientStream {
 public:
  EventStream(const EngineRoom& room, const StreamCall& call,
              const v1::StreamEventsRequest& request,
              StreamPlaces::PlacePtr place, Patience patience)
      : PatientStream(room, call, patience),
        request_(request),
        place_(std::move(place)) {
    GoOn();
  }

 private:
  // A filter may pass over very many pages.
  void Next() override {
    // Read before the snapshot, so that no commit after it is slept over.
    seen_seq_ = room().executor.last_commit_seq();
    const std::unique_ptr<Snapshot> snapshot = room().store.GetSnapshot();
    absl::StatusOr<EventPage> page = ReadPage(
        {.env = room().env, .reader = *snapshot, .now = room().clock.Now()});
    if (!page.ok()) {
      End(ToWire(page.status()));
      return;
    }
    page_ = *std::move(page);
    next_event_ = 0;
    WriteNext();
  }

  absl::StatusOr<EventPage> ReadPage(const QueryContext& context) {
    if (!started_) {
      PISTIS_ASSIGN_OR_RETURN(next_, StartOfStream(context, request_));
      started_ = true;
    }
    absl::StatusOr<EventPage> page = ReadEvents(context, next_);
    if (page.ok()) next_.after = page->next;
    return page;
  }

  // Without a turn on the pool for each event: it has read them all. But whose
  // key is good no more gets none of those that are left.
  void Written() override {
    if (const grpc::Status over = WhyOver(); !over.ok()) {
      End(over);
    } else {
      WriteNext();
    }
  }

  void GiveBack() override {
    place_.reset();
    page_ = {};
  }

  void WriteNext() {
    if (next_event_ < page_.events.size()) {
      Send(page_.events[next_event_++]);
    } else if (IsQuiet()) {
      Send(MakeHeartbeat());
    } else if (page_.more) {
      GoOn();
    } else if (request_.follow()) {
      Wait();
    } else {
      End(grpc::Status::OK);
    }
  }

  void Send(const v1::Event& event) {
    written_at_ = steady_.Elapsed();
    Write(event.SerializeAsString());
  }

  // True where it is time for a heartbeat.
  [[nodiscard]] bool IsQuiet() const {
    return request_.heartbeat_s() > 0 &&
           steady_.Elapsed() - written_at_ >=
               absl::Seconds(request_.heartbeat_s());
  }

  // Says how far the stream has come, whatever it left out.
  [[nodiscard]] v1::Event MakeHeartbeat() const {
    v1::Event event;
    event.set_cursor(ToText(next_.after));
    event.set_schema_version(1);
    *event.mutable_commit_time() = ToTimestamp(room().clock.Now());
    event.mutable_heartbeat();
    return event;
  }

  void Wait() {
    alarm_.Set(std::chrono::system_clock::now() + kPoll, [this](bool) {
      if (const grpc::Status over = WhyOver(); !over.ok()) {
        End(over);
      } else if (room().executor.last_commit_seq() > seen_seq_) {
        GoOn();
      } else if (IsQuiet()) {
        Send(MakeHeartbeat());
      } else {
        Wait();
      }
    });
  }

  const v1::StreamEventsRequest request_;
  StreamPlaces::PlacePtr place_;
  const BootClock steady_;
  bool started_ = false;
  EventsToRead next_;
  EventPage page_;
  size_t next_event_ = 0;
  int64_t seen_seq_ = 0;
  // By the steady clock.
  absl::Duration written_at_ = steady_.Elapsed();
  grpc::Alarm alarm_;
};

}  // namespace

template <typename Request, typename Input>
UnaryMethod EventService::WritesAllowed(
    const EngineRoom& room,
    absl::StatusOr<Input> (*parse)(const Request&, absl::Time),
    Operation<Input, v1::Subscription> operation) const {
  return [this, &room, parse, operation](const UnaryCall& call) {
    absl::StatusOr<Input> input =
        ParseBytes(call.request(), parse, room.clock.Now());
    if (input.ok()) {
      absl::Status allowed = CheckAllowed(input->subscription, sinks_);
      if (!allowed.ok()) input = std::move(allowed);
    }
    Submit(room, call, std::move(input), operation);
  };
}

EventService::EventService(const EngineRoom& room, const SinkOptions& sinks,
                           absl::Duration patience)
    : MethodTable(room), sinks_(sinks) {
  Serve("CreateSubscription",
        WritesAllowed(room, &pistis::ParseCreateSubscription,
                      &pistis::CreateSubscription));
  Serve("UpdateSubscription",
        WritesAllowed(room, &pistis::ParseUpdateSubscription,
                      &pistis::UpdateSubscription));
  Serve("ListSubscriptions", Reads(room, &pistis::ListSubscriptions));
  Serve("DeleteSubscription", Writes(room, &pistis::ParseDeleteSubscription,
                                     &pistis::DeleteSubscription));
  Serve("AckEvents", Writes(room, &pistis::ParseAckEvents, &pistis::AckEvents));
  Serve("RotateSecret",
        Writes(room, &pistis::ParseRotateSecret, &pistis::RotateSecret));
  Serve("ReplayDeadLetters", Writes(room, &pistis::ParseReplayDeadLetters,
                                    &pistis::ReplayDeadLetters));
  Stream("StreamEvents",
         Streams<v1::StreamEventsRequest>(
             [this, &room, patience](
                 const StreamCall& call,
                 const v1::StreamEventsRequest& request) -> StreamReactor* {
               StreamPlaces::PlacePtr place =
                   places_.Take(*call.admitted.caller, request.program_id());
               if (place == nullptr) {
                 return new RefusedStream(Refuse(
                     Reason::kOverloaded,
                     "too many event streams are open, of all, of this key or "
                     "certificate or of this program; end one, or try again "
                     "after a pause"));
               }
               return new EventStream(room, call, request, std::move(place),
                                      {.time = patience});
             }));
}

}  // namespace pistis::server
