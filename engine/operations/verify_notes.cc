#include "engine/operations/verify_notes.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "pistis/store/v1/note_records.pb.h"
#include "pistis/v1/note_service.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/ask_note.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/rulebook_cache.h"
#include "engine/operations/verify_case_events.h"
#include "engine/storage/codec.h"
#include "engine/storage/note_keys.h"

namespace pistis {
namespace {

using store::v1::ContactRecord;
using store::v1::NoteRecord;

std::string NoteNamed(absl::string_view note) {
  return absl::StrCat("note ", note);
}

std::string OfOrder(absl::string_view order) {
  return absl::StrCat("order ", order, ", notes");
}

std::string OfOccasion(absl::string_view member, int64_t occasion) {
  return absl::StrCat("member ", member, ", occasion ", occasion, ", notes");
}

// What is told of a note, by its name.
struct Told {
  std::string requested;
  std::string deferred;
  std::string held_back;
};

Told ToldOf(absl::string_view where) {
  return {.requested = absl::StrCat(where, ", asked for"),
          .deferred = absl::StrCat(where, ", put off"),
          .held_back = absl::StrCat(where, ", held back")};
}

// What all events of a note tell.
struct NoteFacts {
  absl::string_view member;
  absl::string_view of_template;
  int64_t rulebook_version = 0;
};

int64_t DigestOfFacts(const NoteFacts& facts, absl::string_view more) {
  return DigestOf(absl::StrCat(facts.member, "\n", facts.of_template, "\n",
                               facts.rulebook_version, "\n", more));
}

// So often the same amount, modulo 2^64.
int64_t Times(int64_t count, int64_t amount) {
  return static_cast<int64_t>(static_cast<uint64_t>(count) *
                              static_cast<uint64_t>(amount));
}

bool IsOfRemedy(const NoteRecord& record) {
  return !record.case_id().empty() &&
         absl::StartsWith(
             record.note_id(),
             absl::StrCat(CaseName(record.case_id()), ", remedy "));
}

// The notes in the order of their keys: by member, and of a member by time.
class NoteRecount {
 public:
  explicit NoteRecount(Recount& recount) : recount_(recount) {}

  absl::Status Visit(absl::string_view rest, absl::string_view value) {
    const auto name =
        ParseNoteKey(recount_.program(),
                     absl::StrCat(TablePrefix('U', recount_.program()), rest));
    if (!name) {
      FindMalformedKey('U', rest, recount_);
      return absl::OkStatus();
    }
    if (name->member != member_) {
      PISTIS_RETURN_IF_ERROR(EndMember());
      member_ = name->member;
    }
    const std::string where = NoteNamed(name->note);
    const auto record = recount_.Parse<NoteRecord>(value, where);
    if (!record) return absl::OkStatus();
    const Place place{"record", where};
    if (record->note_id() != name->note) {
      recount_.Find(place, absl::StrCat("says it is ", record->note_id()));
    }
    recount_.Expect(place, "when it was asked for", record->asked_us(),
                    absl::ToUnixMicros(name->time));
    recount_.tally().Claim(Book::kNoteIndex, where,
                           DigestOf(NoteIndexValue(*name)));
    CountAsked(*record);
    CheckState(place, *record);
    ClaimEvents(where, *record);
    return CheckTemplate(place, *record);
  }

  // Holds what the member's notes say of when it was written to against the
  // record of that.
  absl::Status EndMember() {
    std::sort(counted_.begin(), counted_.end());
    const std::string where = absl::StrCat("member ", member_.text());
    PISTIS_ASSIGN_OR_RETURN(
        const std::optional<std::string> bytes,
        recount_.reader().Get(ContactKey(recount_.program(), member_)));
    ContactRecord record;
    const bool is_readable = !bytes || record.ParseFromString(*bytes);
    recount_.tally().Count(Book::kContacts, where,
                           static_cast<int64_t>(counted_.size()));
    const auto& sent = record.sent_us();
    const bool agrees =
        static_cast<size_t>(sent.size()) <= counted_.size() &&
        std::equal(sent.rbegin(), sent.rend(), counted_.rbegin());
    if (is_readable && !agrees) {
      recount_.Find({"index", where},
                    "was written to at other times than its notes say");
    }
    counted_.clear();
    return absl::OkStatus();
  }

 private:
  void CountAsked(const NoteRecord& record) {
    if (!record.order_id().empty()) {
      recount_.tally().Count(Book::kNotesAsked, OfOrder(record.order_id()), 1);
    } else if (record.occasion() != 0) {
      recount_.tally().Count(Book::kNotesAsked,
                             OfOccasion(member_.text(), record.occasion()), 1);
    }
    if (IsOfRemedy(record)) {
      recount_.tally().Count(Book::kCaseEvents,
                             CaseNoteName(record.case_id(), record.note_id()),
                             1);
    }
  }

  void CheckState(const Place& place, const NoteRecord& record) {
    const bool is_sent = record.state() == v1::Note::REQUESTED;
    const bool is_deferred = record.state() == v1::Note::DEFERRED;
    const bool is_held_back = record.state() == v1::Note::HELD_BACK;
    recount_.CountTotal("notes_requested", is_sent ? 1 : 0);
    recount_.CountTotal("notes_deferred", is_deferred ? 1 : 0);
    recount_.CountTotal("notes_held_back", is_held_back ? 1 : 0);
    const bool is_odd = (!is_sent && !is_deferred && !is_held_back) ||
                        is_sent != record.reason().empty() ||
                        (is_deferred && record.reason() != "quiet_hours") ||
                        (!is_sent && record.counted()) ||
                        (is_deferred && record.deferrals() < 1);
    if (is_odd) recount_.Find(place, "its state is none that can be");
    if (record.counted()) counted_.push_back(record.send_us());
    if (is_deferred) {
      recount_.tally().Count(Book::kDueTimes, DueName(place.where),
                             record.send_us());
    }
  }

  [[nodiscard]] std::string DueName(absl::string_view where) const {
    return absl::StrCat(where, " of member ", member_.text());
  }

  void ClaimEvents(const std::string& where, const NoteRecord& record) {
    const NoteFacts facts{.member = member_.text(),
                          .of_template = record.template_id(),
                          .rulebook_version = record.rulebook_version()};
    const Told told = ToldOf(where);
    Tally& tally = recount_.tally();
    tally.Claim(Book::kNoteEvents, told.deferred,
                Times(record.deferrals(), DigestOfFacts(facts, "")));
    if (record.state() == v1::Note::REQUESTED) {
      tally.Claim(Book::kNoteEvents, told.requested,
                  DigestOfFacts(facts, StableBytes(RequestOf(record))));
    } else if (record.state() == v1::Note::HELD_BACK) {
      tally.Claim(Book::kNoteEvents, told.held_back,
                  DigestOfFacts(facts, record.reason()));
    }
  }

  absl::Status CheckTemplate(const Place& place, const NoteRecord& record) {
    const auto rulebook = rulebooks_.Get(recount_.reader(), recount_.program(),
                                         record.rulebook_version());
    if (!rulebook.ok() &&
        ReasonOf(rulebook.status()) != Reason::kRecordCorrupt) {
      return rulebook.status();
    }
    const NoteTemplate* of =
        rulebook.ok() ? (*rulebook)->FindNote(record.template_id()) : nullptr;
    if (of == nullptr) {
      recount_.Find(place, "its rulebook has no such template");
    } else if (of->kind != record.kind() ||
               (record.counted() && of->channel == Channel::kPrint)) {
      recount_.Find(place, "is not what its template makes");
    }
    return absl::OkStatus();
  }

  Recount& recount_;
  RulebookCache rulebooks_;
  // Whose notes are gone over, and when those were sent that count.
  MemberId member_;
  std::vector<int64_t> counted_;
};

void VerifyIndexed(absl::string_view rest, absl::string_view value,
                   Recount& recount) {
  const std::optional<NamedRest> key = SplitName(rest);
  if (!key || !key->after.empty()) {
    FindMalformedKey('u', rest, recount);
    return;
  }
  recount.tally().Count(Book::kNoteIndex, NoteNamed(key->name),
                        DigestOf(value));
}

void VerifyDeferred(absl::string_view rest, absl::string_view value,
                    Recount& recount) {
  const auto name = ParseDeferredNoteKey(
      recount.program(),
      absl::StrCat(TablePrefix('n', recount.program()), rest));
  if (!name || !value.empty()) {
    FindMalformedKey('n', rest, recount);
    return;
  }
  recount.tally().Claim(
      Book::kDueTimes,
      absl::StrCat(NoteNamed(name->note), " of member ", name->member.text()),
      absl::ToUnixMicros(name->time));
}

// True of what format version 1 kept so that nothing was told of a case twice:
// empty, by the note's kind and the case. Nothing reads it any more.
bool IsToldRow(absl::string_view after, absl::string_view value) {
  const std::optional<NamedRest> kind = SplitName(after);
  const std::optional<NamedRest> of_case =
      kind ? SplitName(kind->after) : std::nullopt;
  return of_case && of_case->after.empty() && value.empty();
}

// When a member was written to.
void VerifyContact(absl::string_view rest, absl::string_view value,
                   Recount& recount) {
  const std::optional<NamedRest> key = SplitName(rest);
  if (key && IsToldRow(key->after, value)) return;
  if (!key || !key->after.empty()) {
    FindMalformedKey('c', rest, recount);
    return;
  }
  const std::string where = absl::StrCat("member ", key->name);
  const auto record = recount.Parse<ContactRecord>(value, where);
  if (!record) return;
  const int64_t count = record->forgotten() + record->sent_us_size();
  recount.tally().Claim(Book::kContacts, where, count);
  if (record->sent_us().empty()) {
    recount.Find({"index", where}, "was written to at no time");
  }
}

}  // namespace

absl::Status VerifyNotes(Recount& recount,
                         const store::v1::TotalsRecord& totals) {
  NoteRecount notes(recount);
  const int64_t all = totals.notes_requested() + totals.notes_deferred() +
                      totals.notes_held_back();
  PISTIS_RETURN_IF_ERROR(
      recount.Scan({.letter = 'U', .stage = "notes", .of = all},
                   [&](absl::string_view rest, absl::string_view value) {
                     return notes.Visit(rest, value);
                   }));
  PISTIS_RETURN_IF_ERROR(notes.EndMember());
  using Verify = void (*)(absl::string_view, absl::string_view, Recount&);
  const auto verify = [&](const StageTable& table, Verify record) {
    return recount.Scan(table,
                        [&](absl::string_view rest, absl::string_view value) {
                          record(rest, value, recount);
                          return absl::OkStatus();
                        });
  };
  PISTIS_RETURN_IF_ERROR(verify(
      {.letter = 'u', .stage = "index of notes", .of = all}, VerifyIndexed));
  PISTIS_RETURN_IF_ERROR(verify(
      {.letter = 'n', .stage = "deferred notes", .of = totals.notes_deferred()},
      VerifyDeferred));
  return verify({.letter = 'c', .stage = "contacts"}, VerifyContact);
}

void ClaimNotesOfOrder(absl::string_view order, int64_t notes,
                       Recount& recount) {
  recount.tally().Claim(Book::kNotesAsked, OfOrder(order), notes);
}

void ClaimNotesOfOccasion(absl::string_view member, int64_t occasion,
                          int64_t notes, Recount& recount) {
  recount.tally().Claim(Book::kNotesAsked, OfOccasion(member, occasion), notes);
}

void CountNoteEvent(const v1::Event& event, Recount& recount) {
  NoteFacts facts{.member = event.member_id(),
                  .of_template = {},
                  .rulebook_version = event.rulebook_version()};
  Tally& tally = recount.tally();
  if (event.has_note_requested()) {
    const v1::NoteRequested& note = event.note_requested();
    facts.of_template = note.template_id();
    tally.Count(Book::kNoteEvents, ToldOf(NoteNamed(note.note_id())).requested,
                DigestOfFacts(facts, StableBytes(note)));
  } else if (event.has_note_deferred()) {
    const v1::NoteDeferred& note = event.note_deferred();
    facts.of_template = note.template_id();
    tally.Count(Book::kNoteEvents, ToldOf(NoteNamed(note.note_id())).deferred,
                DigestOfFacts(facts, ""));
  } else if (event.has_note_held_back()) {
    const v1::NoteHeldBack& note = event.note_held_back();
    facts.of_template = note.template_id();
    tally.Count(Book::kNoteEvents, ToldOf(NoteNamed(note.note_id())).held_back,
                DigestOfFacts(facts, note.reason()));
  }
}

}  // namespace pistis
