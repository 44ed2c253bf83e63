#include "server/event_service.h"

#include <chrono>
#include <memory>
#include <utility>

#include "grpcpp/alarm.h"
#include "grpcpp/grpcpp.h"

#include "engine/base/refusal.h"
#include "engine/operations/stream_events.h"
#include "server/wire_status.h"

namespace pistis::server {
namespace {

constexpr int kMaxStreams = 256;
constexpr size_t kEventsPerRead = 256;
constexpr auto kPoll = std::chrono::milliseconds(100);

// One stream. At any time exactly one thing is under way: a read on the pool, a
// write, or a wait for new commits; each starts the next. So nothing here is
// touched by two threads at once but the flag that says the client is gone.
class EventStream final : public StreamReactor {
 public:
  EventStream(const EngineRoom& room, const v1::StreamEventsRequest& request,
              std::atomic<int>& streams)
      : room_(room), request_(request), streams_(streams) {
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

  void OnDone() override {
    --streams_;
    delete this;
  }

 private:
  void ReadOnPool() {
    if (!room_.reads.Run([this] { Read(); })) {
      Finish(ToWire(Refuse(Reason::kOverloaded,
                           "the server has too much to read; go on from the "
                           "last cursor after a pause")));
    }
  }

  void Read() {
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
      absl::StatusOr<EventCursor> start = StartOfStream(context, request_);
      if (!start.ok()) return start.status();
      page_.next = *start;
      started_ = true;
    }
    return ReadEvents(context, ProgramId(request_.program_id()), page_.next,
                      kEventsPerRead);
  }

  void WriteNext() {
    if (next_event_ < page_.events.size()) {
      out_ = ToBuffer(page_.events[next_event_++].SerializeAsString());
      StartWrite(&out_);
    } else if (page_.more) {
      ReadOnPool();
    } else if (request_.follow()) {
      Wait();
    } else {
      Finish(grpc::Status::OK);
    }
  }

  void Wait() {
    alarm_.Set(std::chrono::system_clock::now() + kPoll, [this](bool) {
      if (gone_) {
        Finish(grpc::Status::CANCELLED);
      } else if (room_.stopping) {
        Finish({grpc::StatusCode::UNAVAILABLE, "the server stops"});
      } else if (room_.executor.last_commit_seq() > seen_seq_) {
        ReadOnPool();
      } else {
        Wait();
      }
    });
  }

  const EngineRoom& room_;
  const v1::StreamEventsRequest request_;
  std::atomic<int>& streams_;
  bool started_ = false;
  EventPage page_;
  size_t next_event_ = 0;
  // What is being written.
  grpc::ByteBuffer out_;
  int64_t seen_seq_ = 0;
  std::atomic<bool> gone_{false};
  grpc::Alarm alarm_;
};

}  // namespace

EventService::EventService(const EngineRoom& room) {
  Stream("StreamEvents",
         Streams<v1::StreamEventsRequest>(
             [this,
              &room](const v1::StreamEventsRequest& request) -> StreamReactor* {
               if (++streams_ > kMaxStreams) {
                 --streams_;
                 return new RefusedStream(Refuse(
                     Reason::kOverloaded, "too many event streams are open"));
               }
               return new EventStream(room, request, streams_);
             }));
}

}  // namespace pistis::server
