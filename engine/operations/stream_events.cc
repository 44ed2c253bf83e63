#include "engine/operations/stream_events.h"

#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/notes/render.h"
#include "engine/operations/load_order.h"
#include "engine/operations/members.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

// Adds the events of one commit that stand after `after`; false where the
// record cannot be read.
bool AddCommit(const EventCursor& after, int64_t commit_seq,
               absl::string_view bytes, EventPage& page) {
  store::v1::CommitRecord record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return false;
  }
  for (int i = 0; i < record.events_size(); ++i) {
    const EventCursor cursor{.commit_seq = commit_seq, .index = i + 1};
    if (commit_seq == after.commit_seq && cursor.index <= after.index) {
      continue;
    }
    v1::Event& event = page.events.emplace_back();
    if (!event.ParseFromString(record.events(i))) return false;
    event.set_cursor(ToText(cursor));
    page.next = cursor;
  }
  return true;
}

absl::Status Render(const QueryContext& context, const ProgramId& program,
                    v1::Event& event) {
  v1::NoteRequested& note = *event.mutable_note_requested();
  PISTIS_ASSIGN_OR_RETURN(const std::shared_ptr<const Rulebook> rulebook,
                          context.env.rulebooks.Get(context.reader, program,
                                                    event.rulebook_version()));
  const NoteTemplate* note_template = rulebook->FindNote(note.template_id());
  if (note_template == nullptr) return RecordCorrupt("Event");
  PISTIS_ASSIGN_OR_RETURN(
      const v1::Member member,
      LoadMember(context.reader, program, MemberId(event.member_id())));
  const RenderedNote rendered =
      RenderNote(*note_template, member.language(),
                 {{"name", member.display_name()},
                  {"code", note.code()},
                  {"order", note.order_id()},
                  {"points", absl::StrCat(note.available_after())}});
  note.set_channel(std::string(ChannelName(note_template->channel)));
  note.set_language(rendered.language);
  note.set_text(rendered.text);
  return absl::OkStatus();
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

absl::StatusOr<EventCursor> StartOfStream(
    const QueryContext& context, const v1::StreamEventsRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_ASSIGN_OR_RETURN(const EventCursor cursor,
                          ParseCursor(request.cursor()));
  PISTIS_RETURN_IF_ERROR(
      LoadProgram(context.reader, ProgramId(request.program_id())).status());
  return cursor;
}

absl::StatusOr<EventPage> ReadEvents(const QueryContext& context,
                                     const ProgramId& program,
                                     const EventCursor& after,
                                     size_t max_events) {
  EventPage page;
  page.next = after;
  bool readable = true;
  PISTIS_RETURN_IF_ERROR(context.reader.Scan(
      CommitKey(program, after.commit_seq), CommitKey(program, -1),
      [&](absl::string_view key, absl::string_view value) {
        page.more = page.events.size() >= max_events;
        if (page.more) return Visit::kStop;
        readable = AddCommit(after, TrailingNumber(key), value, page);
        return readable ? Visit::kContinue : Visit::kStop;
      }));
  if (!readable) return RecordCorrupt("CommitRecord");
  for (v1::Event& event : page.events) {
    if (event.has_note_requested()) {
      PISTIS_RETURN_IF_ERROR(Render(context, program, event));
    }
  }
  return page;
}

}  // namespace pistis
