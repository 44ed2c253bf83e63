#include "engine/operations/ask_note.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "pistis/v1/note_service.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/notes/contact.h"
#include "engine/notes/render.h"
#include "engine/operations/case_records.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_profile.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/note_keys.h"

namespace pistis {
namespace {

using store::v1::ContactRecord;
using store::v1::NoteRecord;

constexpr absl::string_view kThankYouNotes = "thank-you";

// Not decided on yet.
bool IsNew(const OpenNote& note) {
  return note.record.state() == v1::Note::STATE_UNSPECIFIED;
}

bool IsPast(const OpenNote& note) {
  return note.age != NoteAge::kNow;
}

// What a deferred note that cannot be read does; VerifyLedger names it.
bool KeepsItsPlace(const absl::Status& status, bool is_new) {
  return !is_new && ReasonOf(status) == Reason::kRecordCorrupt;
}

// A note with its template, which `issued_by` keeps alive.
struct TemplatedNote {
  OpenNote note;
  std::shared_ptr<const Rulebook> issued_by;
  const NoteTemplate* of = nullptr;

  [[nodiscard]] bool is_new() const { return IsNew(note); }
};

// The note that asks how it stands with a case.
bool IsFollowUp(const NoteRecord& record) {
  return !record.case_id().empty() && record.occasion() == 0 &&
         absl::StartsWith(
             record.note_id(),
             absl::StrCat("case ", record.case_id(), ", follow-up "));
}

std::vector<absl::Time> TimesOf(const ContactRecord& record) {
  std::vector<absl::Time> times;
  for (const int64_t us : record.sent_us())
    times.push_back(absl::FromUnixMicros(us));
  return times;
}

ContactRecord Counting(absl::Time at, ContactRecord record) {
  const int64_t all = record.forgotten() + record.sent_us_size() + 1;
  const std::vector<absl::Time> sent = WithContact(TimesOf(record), at);
  record.clear_sent_us();
  for (const absl::Time time : sent)
    record.add_sent_us(absl::ToUnixMicros(time));
  record.set_forgotten(all - record.sent_us_size());
  return record;
}

// When a note takes effect, and whether that is in time.
struct AskedAt {
  absl::Time at;
  NoteAge age = NoteAge::kNow;
};

AskedAt AskedAtOf(const NoteAsk& ask, const Journal& journal) {
  const absl::Time oldest = journal.now() - kImportAge;
  const bool is_import =
      ask.at < oldest && IsImporting(journal.totals(), journal.now());
  const bool is_told_late = !ask.is_by_time && journal.told() < oldest;
  if (is_told_late && ask.at > journal.told()) {
    return {.at = journal.told(),
            .age = is_import ? NoteAge::kImported : NoteAge::kOvertaken};
  }
  if (is_import || is_told_late) {
    return {.at = ask.at, .age = NoteAge::kImported};
  }
  // What comes late without being told late is a note of now.
  return {.at = ask.at < oldest ? journal.now() : ask.at};
}

// What a kind is told once of.
std::string OccasionOf(const NoteRecord& note) {
  const bool is_of_rule = note.occasion() != 0;
  if (!note.case_id().empty()) {
    return is_of_rule ? absl::StrCat("case ", note.case_id()) : note.note_id();
  }
  if (note.order_id().empty())
    return absl::StrCat("occasion ", note.occasion());
  return absl::StrCat("order ", note.order_id());
}

absl::StatusOr<TemplatedNote> WithTemplate(const OperationEnv& env,
                                           const Reader& reader,
                                           const ProgramId& program,
                                           OpenNote note) {
  TemplatedNote templated{.note = std::move(note)};
  NoteRecord& record = templated.note.record;
  PISTIS_ASSIGN_OR_RETURN(
      templated.issued_by,
      env.rulebooks.Get(reader, program, record.rulebook_version()));
  templated.of = templated.issued_by->FindNote(record.template_id());
  if (templated.of == nullptr) return RecordCorrupt("NoteRecord");
  record.set_kind(templated.of->kind);
  return templated;
}

// Decides on the notes of one commit, one after another.
class NoteDesk {
 public:
  NoteDesk(const Reader& reader, std::shared_ptr<const Rulebook> in_force,
           Journal& journal)
      : view_(reader, {&journal.writes()}),
        in_force_(std::move(in_force)),
        journal_(journal) {}

  absl::Status Decide(TemplatedNote templated) {
    OpenNote& note = templated.note;
    const bool is_new = templated.is_new();
    const bool told = IsTold(templated);
    PISTIS_ASSIGN_OR_RETURN(Facts facts, Gather(templated));
    const NoteDecision decision =
        DecideNote(PolicyFor(templated), {.note = *templated.of,
                                          .at = facts.at,
                                          .sent = facts.sent,
                                          .consent = facts.consent,
                                          .zone = facts.zone,
                                          .already_told = told,
                                          .has_address = facts.has_address,
                                          .suspended = facts.suspended,
                                          .overtaken_by = facts.overtaken_by,
                                          .is_past = IsPast(note)});
    if (!is_new) Withdraw(note);
    Settle(decision, facts.at, note.record);
    if (decision.fate == NoteFate::kSend && facts.contact) {
      note.record.set_counted(true);
      PutRecord(ContactKey(program(), note.member),
                Counting(facts.at, *facts.contact), journal_.writes());
    }
    KeepTold(templated);
    Announce(note);
    Put(note, is_new);
    return absl::OkStatus();
  }

 private:
  struct Facts {
    absl::Time at;
    // Nothing where the note does not count for a policy.
    std::optional<ContactRecord> contact = {};
    std::vector<absl::Time> sent = {};
    std::optional<bool> consent = {};
    absl::TimeZone zone = {};
    bool has_address = true;
    bool suspended = false;
    absl::string_view overtaken_by = {};
  };

  [[nodiscard]] const ProgramId& program() const { return journal_.program(); }

  [[nodiscard]] const ContactPolicy* PolicyFor(
      const TemplatedNote& templated) const {
    const bool is_under = in_force_ != nullptr && in_force_->contact &&
                          templated.of->channel != Channel::kPrint;
    return is_under ? &*in_force_->contact : nullptr;
  }

  [[nodiscard]] bool IsTold(const TemplatedNote& templated) const {
    return templated.is_new() && templated.note.record.kind() != kOtherNotes &&
           told_.contains(NameOf(templated.note));
  }

  [[nodiscard]] static std::string NameOf(const OpenNote& note) {
    return absl::StrCat(note.member.text(), " ", note.record.kind(), " ",
                        OccasionOf(note.record));
  }

  absl::StatusOr<Facts> Gather(const TemplatedNote& templated) const {
    const OpenNote& note = templated.note;
    Facts facts{.at = IsPast(note) ? note.at : journal_.now()};
    if (!templated.is_new() || !note.record.case_id().empty()) {
      PISTIS_ASSIGN_OR_RETURN(
          const std::optional<store::v1::AccountRecord> account,
          GetRecord<store::v1::AccountRecord>(
              view_, AccountKey(program(), note.member)));
      facts.suspended =
          !account || account->erased() || account->standing().suspended();
      if (facts.suspended) return facts;
    }
    if (!templated.is_new()) {
      PISTIS_ASSIGN_OR_RETURN(facts.overtaken_by, OvertakenBy(note.record));
    }
    if (templated.of->channel == Channel::kPrint) return facts;
    PISTIS_ASSIGN_OR_RETURN(const store::v1::ProfileRecord profile,
                            GetExpectedRecord<store::v1::ProfileRecord>(
                                view_, ProfileKey(program(), note.member)));
    const absl::string_view channel = ChannelName(templated.of->channel);
    const auto& addresses = profile.addresses();
    facts.has_address =
        addresses.empty() || std::any_of(addresses.begin(), addresses.end(),
                                         [&](const auto& address) {
                                           return address.key() == channel;
                                         });
    facts.consent = ConsentTo(channel, profile);
    if (PolicyFor(templated) == nullptr) return facts;
    return UnderPolicy(note, profile, std::move(facts));
  }

  // Why a note that waited is not to be told any more; empty: it is.
  absl::StatusOr<absl::string_view> OvertakenBy(
      const NoteRecord& record) const {
    constexpr absl::string_view kNothing;
    if (record.kind() == kThankYouNotes && !record.order_id().empty()) {
      PISTIS_ASSIGN_OR_RETURN(
          const auto order,
          GetExpectedRecord<store::v1::OrderRecord>(
              view_, OrderKey(program(), OrderId(record.order_id()))));
      return order.refunded().whole() ? "order_refunded" : kNothing;
    }
    if (!IsFollowUp(record)) return kNothing;
    const absl::StatusOr<StoredCase> asked =
        LoadCase(view_, program(), CaseId(record.case_id()));
    if (ReasonOf(asked.status())) return RecordCorrupt("CaseRecord");
    PISTIS_RETURN_IF_ERROR(asked.status());
    const bool is_open_question =
        asked->message.state() == v1::Case::RESOLVED &&
        record.note_id() ==
            FollowUpName(record.case_id(), asked->record.resolved_us_size());
    return is_open_question ? kNothing : "case_answered";
  }

  absl::StatusOr<Facts> UnderPolicy(const OpenNote& note,
                                    const store::v1::ProfileRecord& profile,
                                    Facts facts) const {
    PISTIS_ASSIGN_OR_RETURN(
        std::optional<ContactRecord> contact,
        GetRecord<ContactRecord>(view_, ContactKey(program(), note.member)));
    facts.contact = std::move(contact).value_or(ContactRecord());
    facts.sent = TimesOf(*facts.contact);
    const bool is_overtaken =
        note.age == NoteAge::kOvertaken ||
        (IsPast(note) && !facts.sent.empty() && note.at < facts.sent.back());
    if (is_overtaken) {
      facts.contact.reset();
      facts.sent.clear();
    }
    // The clock may have been set back since.
    if (!facts.sent.empty()) facts.at = std::max(facts.at, facts.sent.back());
    facts.zone = in_force_->time_zone;
    const bool has_zone = profile.time_zone().empty() ||
                          absl::LoadTimeZone(profile.time_zone(), &facts.zone);
    if (!has_zone) return RecordCorrupt("ProfileRecord");
    return facts;
  }

  // Takes a deferred note out of the queue and out of the sums.
  void Withdraw(const OpenNote& note) {
    journal_.writes().Delete(DeferredNoteKey(program(), DueOf(note)));
    AddDeferred(-1);
  }

  [[nodiscard]] static NoteName DueOf(const OpenNote& note) {
    return {.member = note.member,
            .time = absl::FromUnixMicros(note.record.send_us()),
            .note = note.record.note_id()};
  }

  void AddDeferred(int64_t by) {
    store::v1::TotalsRecord& totals = journal_.totals();
    totals.set_notes_deferred(totals.notes_deferred() + by);
  }

  static void Settle(const NoteDecision& decision, absl::Time at,
                     NoteRecord& record) {
    record.set_reason(std::string(decision.reason));
    record.set_send_us(absl::ToUnixMicros(at));
    switch (decision.fate) {
      case NoteFate::kSend:
        record.set_state(v1::Note::REQUESTED);
        return;
      case NoteFate::kDefer:
        record.set_state(v1::Note::DEFERRED);
        record.set_send_us(absl::ToUnixMicros(decision.until));
        record.set_deferrals(record.deferrals() + 1);
        return;
      case NoteFate::kHoldBack:
        record.set_state(v1::Note::HELD_BACK);
        return;
    }
  }

  void KeepTold(const TemplatedNote& templated) {
    if (templated.note.record.state() != v1::Note::HELD_BACK) {
      told_.insert(NameOf(templated.note));
    }
  }

  void Announce(const OpenNote& note) {
    const NoteRecord& record = note.record;
    store::v1::TotalsRecord& totals = journal_.totals();
    v1::Event& event =
        journal_.AddEvent(note.at, note.member, record.rulebook_version());
    if (record.state() == v1::Note::REQUESTED) {
      *event.mutable_note_requested() = RequestOf(record);
      totals.set_notes_requested(totals.notes_requested() + 1);
      return;
    }
    if (record.state() == v1::Note::DEFERRED) {
      v1::NoteDeferred& deferred = *event.mutable_note_deferred();
      deferred.set_note_id(record.note_id());
      deferred.set_template_id(record.template_id());
      deferred.set_reason(record.reason());
      *deferred.mutable_until_time() =
          ToTimestamp(absl::FromUnixMicros(record.send_us()));
      AddDeferred(1);
      return;
    }
    v1::NoteHeldBack& held_back = *event.mutable_note_held_back();
    held_back.set_note_id(record.note_id());
    held_back.set_template_id(record.template_id());
    held_back.set_reason(record.reason());
    totals.set_notes_held_back(totals.notes_held_back() + 1);
  }

  void Put(const OpenNote& note, bool is_new) {
    const NoteName name{.member = note.member,
                        .time = absl::FromUnixMicros(note.record.asked_us()),
                        .note = note.record.note_id()};
    journal_.writes().Put(NoteKey(program(), name), StableBytes(note.record));
    if (is_new) {
      journal_.writes().Put(NoteIndexKey(program(), name.note),
                            NoteIndexValue(name));
    }
    if (note.record.state() == v1::Note::DEFERRED) {
      journal_.writes().Put(DeferredNoteKey(program(), DueOf(note)), "");
    }
  }

  // With what this commit wrote before.
  const OverlayReader view_;
  std::shared_ptr<const Rulebook> in_force_;
  Journal& journal_;
  std::set<std::string> told_;
};

}  // namespace

v1::NoteRequested RequestOf(const NoteRecord& record) {
  v1::NoteRequested request;
  request.set_note_id(record.note_id());
  request.set_template_id(record.template_id());
  request.set_order_id(record.order_id());
  request.set_code(record.code());
  request.set_available_after(record.available_after());
  request.set_occasion(record.occasion());
  request.set_kind(record.kind());
  request.set_case_id(record.case_id());
  *request.mutable_values() = record.values();
  return request;
}

absl::StatusOr<StoredNote> LoadNote(const Reader& reader,
                                    const ProgramId& program,
                                    const std::string& note_id) {
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> indexed,
                          reader.Get(NoteIndexKey(program, note_id)));
  if (!indexed) return RefuseNotFound("note", note_id);
  const auto name = ParseNoteIndex(note_id, *indexed);
  if (!name) return RecordCorrupt("NoteRecord");
  PISTIS_ASSIGN_OR_RETURN(
      NoteRecord record,
      GetExpectedRecord<NoteRecord>(reader, NoteKey(program, *name)));
  return StoredNote{.name = *name, .record = std::move(record)};
}

void AskForNote(NoteAsk ask, Journal& journal) {
  journal.AddNote(std::move(ask));
}

absl::StatusOr<size_t> DecideOpenNotes(const OperationEnv& env,
                                       const Reader& reader,
                                       std::vector<OpenNote> notes,
                                       Journal& journal) {
  PISTIS_ASSIGN_OR_RETURN(std::shared_ptr<const Rulebook> in_force,
                          LoadRulebookIfAny(env, reader, journal.program(),
                                            journal.totals(), journal.now()));
  std::vector<TemplatedNote> ranked;
  for (OpenNote& note : notes) {
    const bool is_new = IsNew(note);
    absl::StatusOr<TemplatedNote> templated =
        WithTemplate(env, reader, journal.program(), std::move(note));
    if (KeepsItsPlace(templated.status(), is_new)) continue;
    PISTIS_RETURN_IF_ERROR(templated.status());
    ranked.push_back(*std::move(templated));
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const TemplatedNote& a, const TemplatedNote& b) {
                     return a.of->priority > b.of->priority;
                   });
  NoteDesk desk(reader, std::move(in_force), journal);
  size_t count = 0;
  for (TemplatedNote& note : ranked) {
    const bool is_new = note.is_new();
    const absl::Status decided = desk.Decide(std::move(note));
    if (KeepsItsPlace(decided, is_new)) continue;
    PISTIS_RETURN_IF_ERROR(decided);
    ++count;
  }
  return count;
}

absl::Status DecideNotes(const OperationEnv& env, const Reader& reader,
                         std::vector<NoteAsk> asks, Journal& journal) {
  std::vector<OpenNote> notes;
  for (NoteAsk& ask : asks) {
    const AskedAt asked = AskedAtOf(ask, journal);
    OpenNote& open = notes.emplace_back(OpenNote{
        .member = ask.member, .at = asked.at, .record = {}, .age = asked.age});
    NoteRecord& record = open.record;
    record.set_note_id(ask.note.note_id());
    record.set_template_id(ask.note.template_id());
    record.set_rulebook_version(ask.rulebook_version);
    record.set_asked_us(absl::ToUnixMicros(asked.at));
    record.set_order_id(ask.note.order_id());
    record.set_occasion(ask.note.occasion());
    record.set_case_id(ask.note.case_id());
    record.set_code(ask.note.code());
    record.set_available_after(ask.note.available_after());
    record.mutable_values()->swap(*ask.note.mutable_values());
  }
  return DecideOpenNotes(env, reader, std::move(notes), journal).status();
}

}  // namespace pistis
