#include "engine/operations/note_queries.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "pistis/store/v1/note_records.pb.h"

#include "engine/base/nearest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/ask_note.h"
#include "engine/operations/load_order.h"
#include "engine/operations/members.h"
#include "engine/operations/paging.h"
#include "engine/operations/program_view.h"
#include "engine/operations/render_event.h"
#include "engine/order/order.h"
#include "engine/rulebook/placeholders.h"
#include "engine/storage/codec.h"
#include "engine/storage/note_keys.h"

namespace pistis {
namespace {

using store::v1::NoteRecord;

constexpr absl::string_view kListNotes = "ListNotes";
// How many notes a page looks at for those in a state.
constexpr size_t kMostLookedAt = 5000;
constexpr size_t kMaxNoteIdBytes = 256;
constexpr size_t kMaxTemplateIdBytes = 64;
constexpr size_t kMaxNoteLanguageBytes = 35;
constexpr size_t kMaxValueBytes = 500;

google::protobuf::Timestamp TimestampOf(int64_t us) {
  return ToTimestamp(absl::FromUnixMicros(us));
}

absl::StatusOr<v1::Note> ToMessage(const QueryContext& context,
                                   const ProgramId& program,
                                   const NoteName& name,
                                   const NoteRecord& record) {
  PISTIS_ASSIGN_OR_RETURN(const std::shared_ptr<const Rulebook> rulebook,
                          context.env.rulebooks.Get(context.reader, program,
                                                    record.rulebook_version()));
  const NoteTemplate* of = rulebook->FindNote(record.template_id());
  if (of == nullptr) return RecordCorrupt("NoteRecord");
  v1::Note note;
  note.set_note_id(record.note_id());
  note.set_member_id(name.member.text());
  note.set_template_id(record.template_id());
  note.set_rulebook_version(record.rulebook_version());
  note.set_kind(record.kind());
  note.set_channel(std::string(ChannelName(of->channel)));
  *note.mutable_asked_time() = TimestampOf(record.asked_us());
  note.set_state(static_cast<v1::Note::State>(record.state()));
  if (record.state() != v1::Note::HELD_BACK) {
    *note.mutable_send_time() = TimestampOf(record.send_us());
  }
  note.set_reason(record.reason());
  note.set_order_id(record.order_id());
  note.set_occasion(record.occasion());
  note.set_case_id(record.case_id());
  return note;
}

v1::RenderedNote ToMessage(const RenderedNote& rendered,
                           absl::string_view channel) {
  v1::RenderedNote note;
  note.set_channel(std::string(channel));
  note.set_language(rendered.language);
  note.set_subject(rendered.subject);
  note.set_text(rendered.text);
  note.set_html(rendered.html);
  note.set_sms_parts(rendered.sms_parts);
  note.mutable_warnings()->Assign(rendered.warnings.begin(),
                                  rendered.warnings.end());
  return note;
}

// Notes of a page, and after which one the next page begins; nothing: there is
// none.
struct NotesFound {
  std::vector<StoredNote> notes;
  std::optional<NoteName> next;
};

// A note's place in the table, for page tokens.
std::string NoteNameText(const NoteName& name) {
  return absl::StrCat(absl::ToUnixMicros(name.time), " ", name.member.text(),
                      " ", name.note);
}

std::optional<NoteName> ParseNoteName(absl::string_view text) {
  const std::vector<std::string> parts =
      absl::StrSplit(text, absl::MaxSplits(' ', 2));
  int64_t us = 0;
  const bool is_name = parts.size() == 3 && absl::SimpleAtoi(parts[0], &us) &&
                       CheckId("page_token", parts[1]).ok() &&
                       !absl::StrContains(text, '\0');
  if (!is_name) return std::nullopt;
  return NoteName{.member = MemberId(parts[1]),
                  .time = absl::FromUnixMicros(us),
                  .note = parts[2]};
}

absl::StatusOr<NotesFound> FindNotes(const Reader& reader,
                                     const ProgramId& program,
                                     const NoteRange& range,
                                     const v1::ListNotesRequest& request,
                                     size_t size) {
  NotesFound found;
  size_t seen = 0;
  bool readable = true;
  std::optional<NoteName> last;
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      range.begin, range.end,
      [&](absl::string_view key, absl::string_view value) {
        if (found.notes.size() == size || seen++ == kMostLookedAt) {
          found.next = last;
          return Visit::kStop;
        }
        const std::optional<NoteName> name = ParseNoteKey(program, key);
        StoredNote note;
        readable = name && note.record.ParseFromArray(
                               value.data(), static_cast<int>(value.size()));
        if (!readable) return Visit::kStop;
        last = name;
        const bool is_wanted = request.state() == v1::Note::STATE_UNSPECIFIED ||
                               request.state() == note.record.state();
        note.name = *name;
        if (is_wanted) found.notes.push_back(std::move(note));
        return Visit::kContinue;
      }));
  if (!readable) return RecordCorrupt("NoteRecord");
  return found;
}

absl::Status CheckList(const v1::ListNotesRequest& request) {
  if (!request.member_id().empty()) {
    PISTIS_RETURN_IF_ERROR(CheckId("member_id", request.member_id()));
  }
  if (!v1::Note::State_IsValid(request.state())) {
    return RefuseField("state", "is none that a note has");
  }
  return CheckId("program_id", request.program_id());
}

// Where the page that is asked for begins, and where the list ends.
absl::StatusOr<NoteRange> RangeOf(const ProgramId& program,
                                  const v1::ListNotesRequest& request) {
  NoteRange range = NotesOf(program, MemberId(request.member_id()));
  PISTIS_ASSIGN_OR_RETURN(const std::string last,
                          ParseNamePageToken(kListNotes, request.page_token()));
  if (last.empty()) return range;
  const std::optional<NoteName> after = ParseNoteName(last);
  const std::string key = after ? NoteKey(program, *after) : std::string();
  if (key < range.begin || key >= range.end) {
    return RefuseField("page_token",
                       "is none that ListNotes gave for this request");
  }
  range.begin = key + '\0';
  return range;
}

// Values that show what each placeholder is for.
Placeholders ExampleValues() {
  return {{"name", "Ann"},     {"code", "TY-7K3M-9QXA-52BD"},
          {"points", "250"},   {"order", "1001"},
          {"years", "5"},      {"tier", "gold"},
          {"expiring", "120"}, {"expires", "2026-12-31"},
          {"case", "77"}};
}

absl::Status CheckValues(const v1::PreviewNoteRequest& request,
                         const NoteTemplate& of) {
  const std::vector<std::string> known = PlaceholdersOf(of.kind);
  for (const auto& [name, value] : request.values()) {
    PISTIS_RETURN_IF_ERROR(CheckText("values", value, kMaxValueBytes));
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const auto nearest = NearestName(name, known);
    return RefuseField(
        "values",
        absl::StrCat(
            "has a name that is no placeholder of the template; ",
            nearest ? absl::StrCat("did you mean \"", *nearest, "\"?")
                    : absl::StrCat("known are ", absl::StrJoin(known, ", "))));
  }
  return absl::OkStatus();
}

absl::Status CheckPreview(const v1::PreviewNoteRequest& request) {
  if (request.template_id().empty()) {
    return RefuseField("template_id", "is missing");
  }
  PISTIS_RETURN_IF_ERROR(
      CheckText("template_id", request.template_id(), kMaxTemplateIdBytes));
  PISTIS_RETURN_IF_ERROR(
      CheckText("language", request.language(), kMaxNoteLanguageBytes));
  return request.member_id().empty()
             ? absl::OkStatus()
             : CheckId("member_id", request.member_id());
}

absl::StatusOr<std::string> ProgramName(const QueryContext& context,
                                        const ProgramId& program) {
  PISTIS_ASSIGN_OR_RETURN(const store::v1::ProgramRecord record,
                          LoadProgram(context.reader, program));
  return record.display_name().empty() ? std::string(program.text())
                                       : record.display_name();
}

}  // namespace

absl::StatusOr<v1::ListNotesResponse> ListNotes(
    const QueryContext& context, const v1::ListNotesRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const int page_size,
                          ParsePageSize(request.page_size()));
  PISTIS_RETURN_IF_ERROR(CheckList(request));
  const ProgramId program(request.program_id());
  PISTIS_RETURN_IF_ERROR(LoadProgram(context.reader, program).status());
  PISTIS_ASSIGN_OR_RETURN(const NoteRange range, RangeOf(program, request));
  PISTIS_ASSIGN_OR_RETURN(const NotesFound found,
                          FindNotes(context.reader, program, range, request,
                                    static_cast<size_t>(page_size)));
  v1::ListNotesResponse page;
  for (const auto& [name, record] : found.notes) {
    PISTIS_ASSIGN_OR_RETURN(*page.add_notes(),
                            ToMessage(context, program, name, record));
  }
  if (found.next) {
    page.set_next_page_token(
        NamePageToken(kListNotes, NoteNameText(*found.next)));
  }
  return page;
}

absl::StatusOr<v1::Note> GetNote(const QueryContext& context,
                                 const v1::GetNoteRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(
      CheckText("note_id", request.note_id(), kMaxNoteIdBytes));
  const bool is_id =
      !request.note_id().empty() && !absl::StrContains(request.note_id(), '\0');
  if (!is_id) return RefuseField("note_id", "is no id of a note");
  const ProgramId program(request.program_id());
  PISTIS_RETURN_IF_ERROR(LoadProgram(context.reader, program).status());
  PISTIS_ASSIGN_OR_RETURN(const StoredNote stored,
                          LoadNote(context.reader, program, request.note_id()));
  const NoteRecord& record = stored.record;
  PISTIS_ASSIGN_OR_RETURN(v1::Note note,
                          ToMessage(context, program, stored.name, record));
  PISTIS_ASSIGN_OR_RETURN(
      const NoteForMember text,
      RenderForMember(context, program,
                      {.member = stored.name.member,
                       .rulebook_version = record.rulebook_version(),
                       .request = RequestOf(record)}));
  *note.mutable_text() = ToMessage(text.note, text.channel);
  note.mutable_text()->set_code(record.code());
  return note;
}

absl::StatusOr<v1::RenderedNote> PreviewNote(
    const QueryContext& context, const v1::PreviewNoteRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckPreview(request));
  PISTIS_ASSIGN_OR_RETURN(const ProgramView view,
                          OpenProgramView(context, request.program_id()));
  if (view.rulebook == nullptr) return RefuseNotFound("rulebook", "");
  const NoteTemplate* of = view.rulebook->FindNote(request.template_id());
  if (of == nullptr) return RefuseNotFound("note", request.template_id());
  PISTIS_RETURN_IF_ERROR(CheckValues(request, *of));
  Placeholders values = ExampleValues();
  PISTIS_ASSIGN_OR_RETURN(values["program"],
                          ProgramName(context, view.program));
  std::string language = request.language();
  if (!request.member_id().empty()) {
    const MemberId member(request.member_id());
    PISTIS_ASSIGN_OR_RETURN(const v1::Member known,
                            LoadMember(context.reader, view.program, member));
    if (language.empty()) language = known.language();
    values["name"] = known.display_name();
  }
  for (const auto& [name, value] : request.values())
    values[name] = value;
  const RenderedNote rendered = RenderNote(*of, language, values);
  v1::RenderedNote note = ToMessage(rendered, ChannelName(of->channel));
  if (absl::StrContains(note.text(), values["code"])) {
    note.set_code(values["code"]);
  }
  return note;
}

}  // namespace pistis
