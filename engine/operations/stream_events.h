// The use case StreamEvents: pages of events after a cursor.
#ifndef PISTIS_ENGINE_OPERATIONS_STREAM_EVENTS_H_
#define PISTIS_ENGINE_OPERATIONS_STREAM_EVENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "pistis/v1/event_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/queries.h"

namespace pistis {

// Where a reader of events stands: after event `index` (from 1) of a commit.
struct EventCursor {
  int64_t commit_seq = 0;
  int64_t index = 0;
};

// Opaque to callers; empty stands before the first event.
[[nodiscard]] std::string ToText(const EventCursor& cursor);
// FIELD_INVALID where the text is no cursor.
absl::StatusOr<EventCursor> ParseCursor(const std::string& text);

// Some events, and where to go on.
struct EventPage {
  std::vector<v1::Event> events;
  EventCursor next;
  // False where the snapshot holds no more.
  bool more = false;
};

// FIELD_INVALID, or NOT_FOUND where there is no such program.
absl::StatusOr<EventCursor> StartOfStream(
    const QueryContext& context, const v1::StreamEventsRequest& request);

// The next events of the program, at most about `max_events` (a commit is not
// split). Notes are rendered here, in the member's language and with the name
// the member has now, so that no name lies in the event store.
absl::StatusOr<EventPage> ReadEvents(const QueryContext& context,
                                     const ProgramId& program,
                                     const EventCursor& after,
                                     size_t max_events);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_STREAM_EVENTS_H_
