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
#include "server/wire_status.h"

namespace pistis::server {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(100);

// One stream. At any time exactly one thing is under way: a read on the pool, a
// write, or a wait for new commits; each starts the next. So nothing here is
// touched by two threads at once but the flag that says the client is gone.
class EventStream final : public StreamReactor {
 public:
  EventStream(const EngineRoom& room, CallerPtr caller,
              const v1::StreamEventsRequest& request,
              StreamPlaces::PlacePtr place)
      : room_(room),
        caller_(std::move(caller)),
        request_(request),
        place_(std::move(place)) {
    ReadOnPool();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::CANCELLED);
      return;
    }
    WriteNext();
  }

  void OnCancel() override { gone_ = true; }

  void OnDone() override { delete this; }

 private:
  // OK where the stream goes on. A key may be revoked while it lasts.
  [[nodiscard]] grpc::Status WhyOver() const {
    return gone_ ? grpc::Status::CANCELLED : MayGoOn(room_, *caller_);
  }

  void ReadOnPool() {
    if (!room_.reads.Run([this] { Read(); })) {
      Finish(ToWire(Refuse(Reason::kOverloaded,
                           "the server has too much to read; go on from the "
                           "last cursor after a pause")));
    }
  }

  void Read() {
    // A filter may pass over very many pages.
    if (grpc::Status over = WhyOver(); !over.ok()) {
      Finish(std::move(over));
      return;
    }
    // Read before the snapshot, so that no commit after it is slept over.
    seen_seq_ = room_.executor.last_commit_seq();
    const std::unique_ptr<Snapshot> snapshot = room_.store.GetSnapshot();
    absl::StatusOr<EventPage> page = ReadPage(
        {.env = room_.env, .reader = *snapshot, .now = room_.clock.Now()});
    if (!page.ok()) {
      Finish(ToWire(page.status()));
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

  void WriteNext() {
    if (next_event_ < page_.events.size()) {
      Write(page_.events[next_event_++]);
    } else if (IsQuiet()) {
      Write(MakeHeartbeat());
    } else if (page_.more) {
      ReadOnPool();
    } else if (request_.follow()) {
      Wait();
    } else {
      Finish(grpc::Status::OK);
    }
  }

  void Write(const v1::Event& event) {
    written_at_ = steady_.Elapsed();
    out_ = ToBuffer(event.SerializeAsString());
    StartWrite(&out_);
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
    *event.mutable_commit_time() = ToTimestamp(room_.clock.Now());
    event.mutable_heartbeat();
    return event;
  }

  void Wait() {
    alarm_.Set(std::chrono::system_clock::now() + kPoll, [this](bool) {
      if (grpc::Status over = WhyOver(); !over.ok()) {
        Finish(std::move(over));
      } else if (room_.executor.last_commit_seq() > seen_seq_) {
        ReadOnPool();
      } else if (IsQuiet()) {
        Write(MakeHeartbeat());
      } else {
        Wait();
      }
    });
  }

  const EngineRoom& room_;
  const CallerPtr caller_;
  const v1::StreamEventsRequest request_;
  const StreamPlaces::PlacePtr place_;
  const BootClock steady_;
  bool started_ = false;
  EventsToRead next_;
  EventPage page_;
  size_t next_event_ = 0;
  // What is being written.
  grpc::ByteBuffer out_;
  int64_t seen_seq_ = 0;
  // By the steady clock.
  absl::Duration written_at_ = steady_.Elapsed();
  std::atomic<bool> gone_{false};
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

EventService::EventService(const EngineRoom& room, const SinkOptions& sinks)
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
             [this, &room](
                 const StreamCall& call,
                 const v1::StreamEventsRequest& request) -> StreamReactor* {
               const CallerPtr& caller = call.admitted.caller;
               StreamPlaces::PlacePtr place = places_.Take(*caller);
               if (place == nullptr) {
                 return new RefusedStream(Refuse(
                     Reason::kOverloaded, "too many event streams are open"));
               }
               return new EventStream(room, caller, request, std::move(place));
             }));
}

}  // namespace pistis::server
