#include "engine/operations/stream_events.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "engine/base/nearest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/load_order.h"
#include "engine/operations/render_event.h"
#include "engine/operations/subscriptions.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr int32_t kMinHeartbeat = 5;
constexpr int32_t kMaxHeartbeat = 3600;
constexpr absl::string_view kAfterOtherStarts =
    "says where to start, and so does another field; give one of them";

const google::protobuf::OneofDescriptor& Payloads() {
  return *v1::Event::descriptor()->FindOneofByName("payload");
}

std::vector<std::string> KindNames() {
  std::vector<std::string> names;
  for (int i = 0; i < Payloads().field_count(); ++i) {
    const google::protobuf::FieldDescriptor& field = *Payloads().field(i);
    if (field.number() != v1::Event::kHeartbeat) names.push_back(field.name());
  }
  return names;
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

// An event as it is told, from its stored bytes; nothing where they are none.
std::optional<v1::Event> ToldEvent(const std::string& bytes) {
  std::optional<v1::Event> event(std::in_place);
  if (!event->ParseFromString(bytes)) return std::nullopt;
  if (event->schema_version() == 0) event->set_schema_version(1);
  if (!event->has_commit_time()) {
    *event->mutable_commit_time() = event->effective_time();
  }
  return event;
}

// Adds the events of one commit that are wanted; false where the record cannot
// be read.
bool AddCommit(const EventsToRead& wanted, int64_t commit_seq,
               absl::string_view bytes, EventPage& page) {
  store::v1::CommitRecord record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return false;
  }
  for (int i = 0; i < record.events_size(); ++i) {
    const EventCursor cursor{.commit_seq = commit_seq, .index = i + 1};
    if (cursor <= wanted.after) continue;
    std::optional<v1::Event> event = ToldEvent(record.events(i));
    if (!event) return false;
    if (!wanted.filter.Takes(*event)) continue;
    event->set_cursor(ToText(cursor));
    page.events.push_back(*std::move(event));
  }
  page.next = std::max(
      page.next, {.commit_seq = commit_seq, .index = record.events_size()});
  return true;
}

// A commit that has events, and when it was committed.
struct CommitMoment {
  int64_t commit_seq = 0;
  absl::Time time;
};

// The first one from `commit_seq` on; nothing where there is none.
absl::StatusOr<std::optional<CommitMoment>> FirstMoment(
    const Reader& reader, const ProgramId& program, int64_t commit_seq) {
  std::optional<CommitMoment> moment;
  bool readable = true;
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      CommitKey(program, commit_seq), CommitKey(program, -1),
      [&](absl::string_view key, absl::string_view value) {
        store::v1::CommitRecord record;
        readable =
            record.ParseFromArray(value.data(), static_cast<int>(value.size()));
        if (!readable) return Visit::kStop;
        if (record.events().empty()) return Visit::kContinue;
        const std::optional<v1::Event> event = ToldEvent(record.events(0));
        readable = event.has_value();
        if (!readable) return Visit::kStop;
        moment = CommitMoment{.commit_seq = TrailingNumber(key),
                              .time = TimeOf(event->commit_time())};
        return Visit::kStop;
      }));
  if (!readable) return RecordCorrupt("CommitRecord");
  return moment;
}

absl::Status CheckHeartbeat(const v1::StreamEventsRequest& request) {
  const int32_t heartbeat = request.heartbeat_s();
  if (heartbeat == 0) return absl::OkStatus();
  if (heartbeat < kMinHeartbeat || heartbeat > kMaxHeartbeat) {
    return RefuseField("heartbeat_s",
                       absl::StrCat("is ", heartbeat, "; 0, or ", kMinHeartbeat,
                                    " to ", kMaxHeartbeat, " are allowed"));
  }
  if (!request.follow()) {
    return RefuseField("heartbeat_s", "goes with `follow` alone");
  }
  return absl::OkStatus();
}

// `start` where the subscription stands, with what it is told.
absl::StatusOr<EventsToRead> StartOfSubscription(
    const QueryContext& context, const v1::StreamEventsRequest& request,
    EventsToRead start) {
  PISTIS_RETURN_IF_ERROR(
      CheckSubscriptionId("subscription_id", request.subscription_id()));
  if (!request.cursor().empty() || request.has_from_time() ||
      !request.kinds().empty() || !request.member_id().empty()) {
    return RefuseField("subscription_id",
                       "does not go with cursor, from_time, kinds or "
                       "member_id");
  }
  PISTIS_ASSIGN_OR_RETURN(const StoredSubscription stored,
                          LoadSubscription(context.reader, start.program,
                                           request.subscription_id()));
  start.after = CursorOf(stored.record);
  PISTIS_ASSIGN_OR_RETURN(start.filter.kinds,
                          ParseKinds("kinds", stored.subscription.kinds()));
  return start;
}

}  // namespace

std::string ToText(const EventCursor& cursor) {
  // One partition; its number leads, so that many fit.
  return absl::WebSafeBase64Escape(
      absl::StrCat("0.", cursor.commit_seq, ".", cursor.index));
}

absl::StatusOr<EventCursor> ParseCursor(const std::string& text) {
  EventCursor cursor;
  if (text.empty()) return cursor;
  std::string decoded;
  const bool is_text = absl::WebSafeBase64Unescape(text, &decoded);
  const std::vector<std::string> parts = absl::StrSplit(decoded, '.');
  if (!is_text || parts.size() != 3 || parts[0] != "0" ||
      !absl::SimpleAtoi(parts[1], &cursor.commit_seq) ||
      !absl::SimpleAtoi(parts[2], &cursor.index) || cursor.commit_seq < 0 ||
      cursor.index < 0) {
    return RefuseField("cursor",
                       "is none that StreamEvents gave; leave it empty to "
                       "start at the first event");
  }
  return cursor;
}

bool EventFilter::Takes(const v1::Event& event) const {
  return (member_id.empty() || member_id == event.member_id()) &&
         (kinds.empty() || std::find(kinds.begin(), kinds.end(),
                                     event.payload_case()) != kinds.end());
}

absl::StatusOr<std::vector<v1::Event::PayloadCase>> ParseKinds(
    absl::string_view field,
    const google::protobuf::RepeatedPtrField<std::string>& kinds) {
  const std::vector<std::string> known = KindNames();
  std::vector<v1::Event::PayloadCase> cases;
  for (int i = 0; i < kinds.size(); ++i) {
    if (std::find(known.begin(), known.end(), kinds[i]) == known.end()) {
      const std::optional<std::string> nearest = NearestName(kinds[i], known);
      return RefuseField(
          absl::StrCat(field, "[", i, "]"),
          absl::StrCat("\"", absl::CHexEscape(kinds[i].substr(0, 64)),
                       "\" is no kind of event",
                       nearest ? absl::StrCat("; \"", *nearest, "\" is")
                               : std::string()));
    }
    const auto kind = static_cast<v1::Event::PayloadCase>(
        v1::Event::descriptor()->FindFieldByName(kinds[i])->number());
    if (std::find(cases.begin(), cases.end(), kind) == cases.end()) {
      cases.push_back(kind);
    }
  }
  return cases;
}

absl::StatusOr<EventCursor> CursorAt(const Reader& reader,
                                     const ProgramId& program,
                                     absl::Time time) {
  EventCursor behind;
  PISTIS_RETURN_IF_ERROR(
      reader.ScanBackward(CommitKey(program, 0), CommitKey(program, -1),
                          [&](absl::string_view key, absl::string_view) {
                            behind.commit_seq = TrailingNumber(key) + 1;
                            return Visit::kStop;
                          }));
  int64_t low = 0;
  while (low < behind.commit_seq) {
    const int64_t middle = low + (behind.commit_seq - low) / 2;
    PISTIS_ASSIGN_OR_RETURN(const std::optional<CommitMoment> found,
                            FirstMoment(reader, program, middle));
    if (found && found->time < time) {
      low = found->commit_seq + 1;
    } else {
      behind.commit_seq = middle;
    }
  }
  return behind;
}

absl::StatusOr<EventsToRead> StartOfStream(
    const QueryContext& context, const v1::StreamEventsRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  EventsToRead start{.program = ProgramId(request.program_id())};
  PISTIS_ASSIGN_OR_RETURN(start.after, ParseCursor(request.cursor()));
  PISTIS_ASSIGN_OR_RETURN(start.filter.kinds,
                          ParseKinds("kinds", request.kinds()));
  if (!request.member_id().empty()) {
    PISTIS_RETURN_IF_ERROR(CheckId("member_id", request.member_id()));
    start.filter.member_id = request.member_id();
  }
  PISTIS_RETURN_IF_ERROR(CheckHeartbeat(request));
  PISTIS_RETURN_IF_ERROR(LoadProgram(context.reader, start.program).status());
  if (request.has_from_time()) {
    if (!request.cursor().empty()) {
      return RefuseField("from_time", kAfterOtherStarts);
    }
    PISTIS_ASSIGN_OR_RETURN(
        const absl::Time from,
        ParsePastTime("from_time", request.from_time(), context.now));
    PISTIS_ASSIGN_OR_RETURN(start.after,
                            CursorAt(context.reader, start.program, from));
  }
  if (request.subscription_id().empty()) return start;
  return StartOfSubscription(context, request, std::move(start));
}

absl::StatusOr<EventPage> ReadEvents(const QueryContext& context,
                                     const EventsToRead& wanted) {
  EventPage page;
  page.next = wanted.after;
  bool readable = true;
  size_t commits = 0;
  PISTIS_RETURN_IF_ERROR(context.reader.Scan(
      CommitKey(wanted.program, wanted.after.commit_seq),
      CommitKey(wanted.program, -1),
      [&](absl::string_view key, absl::string_view value) {
        page.more = page.events.size() >= wanted.max_events ||
                    commits++ >= wanted.max_commits;
        if (page.more) return Visit::kStop;
        readable = AddCommit(wanted, TrailingNumber(key), value, page);
        return readable ? Visit::kContinue : Visit::kStop;
      }));
  if (!readable) return RecordCorrupt("CommitRecord");
  for (v1::Event& event : page.events)
    PISTIS_RETURN_IF_ERROR(RenderEvent(context, wanted.program, event));
  return page;
}

}  // namespace pistis
