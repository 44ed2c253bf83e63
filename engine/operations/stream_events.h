// The use case StreamEvents: pages of events after a cursor.
#ifndef PISTIS_ENGINE_OPERATIONS_STREAM_EVENTS_H_
#define PISTIS_ENGINE_OPERATIONS_STREAM_EVENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"

#include "pistis/v1/event_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/queries.h"

namespace pistis {

// Where a reader of events stands: after event `index` (from 1) of a commit.
struct EventCursor {
  int64_t commit_seq = 0;
  int64_t index = 0;

  friend auto operator<=>(const EventCursor&, const EventCursor&) = default;
};

// Opaque to callers; empty stands before the first event.
[[nodiscard]] std::string ToText(const EventCursor& cursor);
// FIELD_INVALID where the text is no cursor.
absl::StatusOr<EventCursor> ParseCursor(const std::string& text);

// Which events somebody wants.
struct EventFilter {
  // Payloads; empty: all.
  std::vector<v1::Event::PayloadCase> kinds;
  // Empty: those of every member, and of none.
  std::string member_id;

  [[nodiscard]] bool Takes(const v1::Event& event) const;
};

// The payloads that are called `kinds`, each once. FIELD_INVALID (`field`[i])
// where one is none, with the nearest name.
absl::StatusOr<std::vector<v1::Event::PayloadCase>> ParseKinds(
    absl::string_view field,
    const google::protobuf::RepeatedPtrField<std::string>& kinds);

// Where to read on, and what for.
struct EventsToRead {
  ProgramId program;
  EventCursor after;
  EventFilter filter = {};
  // A page has about as many events (a commit is not split), and looks at no
  // more commits than that, whatever they hold.
  size_t max_events = 256;
  size_t max_commits = 2000;
};

// Some events, and where to go on: also where none was found yet.
struct EventPage {
  std::vector<v1::Event> events;
  EventCursor next;
  // False where the snapshot holds no more.
  bool more = false;
};

// What the request asks to read first. FIELD_INVALID, or NOT_FOUND where there
// is no such program or subscription.
absl::StatusOr<EventsToRead> StartOfStream(
    const QueryContext& context, const v1::StreamEventsRequest& request);

// The next events of the program. Notes are rendered here, in the member's
// language and with the name the member has now, so that no name lies in the
// event store.
absl::StatusOr<EventPage> ReadEvents(const QueryContext& context,
                                     const EventsToRead& wanted);

// Before the program's first event that was committed at `time` or later;
// behind the last one where there is none. Reads a few dozen commits, however
// many there are.
absl::StatusOr<EventCursor> CursorAt(const Reader& reader,
                                     const ProgramId& program, absl::Time time);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_STREAM_EVENTS_H_
