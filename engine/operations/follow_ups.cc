#include "engine/operations/follow_ups.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "pistis/v1/note_service.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/ask_note.h"
#include "engine/operations/case_records.h"
#include "engine/operations/load_order.h"
#include "engine/operations/points_commit.h"
#include "engine/operations/remedies.h"
#include "engine/order/order.h"
#include "engine/storage/care_keys.h"

namespace pistis {
namespace {

constexpr size_t kMaxWordsBytes = 4096;
// Of a case in all, but for the answer that closes it.
constexpr size_t kMaxCaseWords = size_t{32} << 10U;

const FollowUpPolicy* PolicyOf(const Rulebook* rulebook) {
  const bool asks =
      rulebook != nullptr && rulebook->care && rulebook->care->follow_up;
  return asks ? &*rulebook->care->follow_up : nullptr;
}

// Rules act on the case, the first time that it is resolved.
absl::Status MeetResolved(const v1::Case& message, PointsCommit& commit) {
  const bool is_asked =
      message.reopened() == 0 && commit.rulebook() != nullptr &&
      commit.rulebook()->HasRuleOn(TriggerName(Trigger::kCaseResolved));
  if (!is_asked) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(MemberLedger ledger,
                          commit.LoadLedger(MemberId(message.member_id()), {}));
  MemberEvent event = EventOf(FactsOf(message), ledger.effective());
  event.case_id = message.case_id();
  PISTIS_RETURN_IF_ERROR(ledger.MeetIfItFits(event).status());
  ledger.Post(commit.journal());
  return absl::OkStatus();
}

void MarkResolved(const std::string& resolver, absl::Time now,
                  StoredCase& stored) {
  v1::Case& message = stored.message;
  message.set_state(v1::Case::RESOLVED);
  *message.mutable_resolved_time() = ToTimestamp(now);
  message.set_resolver(resolver);
  stored.record.add_resolved_us(absl::ToUnixMicros(now));
  stored.record.set_follow_up_asked(false);
  message.clear_follow_up_time();
}

void TellResolved(const v1::Case& message, int64_t rulebook_version,
                  Journal& journal) {
  v1::CaseResolved* event =
      journal
          .AddEvent(journal.now(), MemberId(message.member_id()),
                    rulebook_version)
          .mutable_case_resolved();
  event->set_case_id(message.case_id());
  if (message.has_follow_up_time()) {
    *event->mutable_follow_up_time() = message.follow_up_time();
  }
}

absl::StatusOr<v1::Case> Resolve(const ResolveCaseInput& input,
                                 PointsCommit& commit) {
  PISTIS_ASSIGN_OR_RETURN(StoredCase stored,
                          LoadCase(commit.reader(), commit.program(),
                                   CaseId(input.request.case_id())));
  v1::Case& message = stored.message;
  PISTIS_RETURN_IF_ERROR(CheckAct(message, CaseAct::kResolve));
  const absl::Time now = commit.context().now;
  MarkResolved(input.request.actor(), now, stored);
  absl::Time due = absl::InfiniteFuture();
  if (const FollowUpPolicy* policy = PolicyOf(commit.rulebook())) {
    due = DaysAfter(now, policy->after_days, commit.zone());
    *message.mutable_follow_up_time() = ToTimestamp(due);
  }
  PISTIS_RETURN_IF_ERROR(MeetResolved(message, commit));
  TellResolved(message,
               commit.rulebook() == nullptr ? 0 : commit.rulebook()->version,
               commit.journal());
  v1::Case reply = message;
  PutCase(std::move(stored), due, commit.journal());
  return reply;
}

enum class Silent { kNo, kYes };

void TellFollowUp(const v1::Case& message, Silent silent, Journal& journal) {
  v1::CaseFollowedUp* event =
      journal.AddEvent(journal.now(), MemberId(message.member_id()), 0)
          .mutable_case_followed_up();
  event->set_case_id(message.case_id());
  event->set_reopened(message.state() == v1::Case::OPEN);
  event->set_silent(silent == Silent::kYes);
}

// LIMIT_REACHED where the case cannot take an answer after which it goes on.
absl::Status CheckAnswerFits(const v1::Case& message,
                             const std::string& words) {
  PISTIS_RETURN_IF_ERROR(
      CheckRoom(message, "answers", message.follow_ups_size()));
  size_t bytes = message.words().size() + words.size();
  for (const v1::FollowUp& answer : message.follow_ups())
    bytes += answer.words().size();
  if (bytes <= kMaxCaseWords) return absl::OkStatus();
  return Refuse(
      Reason::kLimitReached,
      absl::StrCat("the words of case \"", message.case_id(), "\" come to ",
                   bytes, " bytes with these, and no case takes more than ",
                   kMaxCaseWords, "; open another case"),
      {{"limit", "words"}, {"most", absl::StrCat(kMaxCaseWords)}});
}

absl::StatusOr<v1::Case> Answered(const RecordFollowUpInput& input,
                                  PointsCommit& commit) {
  PISTIS_ASSIGN_OR_RETURN(StoredCase stored,
                          LoadCase(commit.reader(), commit.program(),
                                   CaseId(input.request.case_id())));
  v1::Case& message = stored.message;
  PISTIS_RETURN_IF_ERROR(CheckAct(message, CaseAct::kAnswer));
  if (!input.request.follow_up().content()) {
    PISTIS_RETURN_IF_ERROR(
        CheckAnswerFits(message, input.request.follow_up().words()));
  }
  v1::FollowUp& answer = *message.add_follow_ups();
  answer = input.request.follow_up();
  *answer.mutable_time() = ToTimestamp(commit.context().now);
  if (!stored.record.follow_up_asked()) message.clear_follow_up_time();
  const CaseState state =
      AfterAnswer(answer.content() ? Answer::kContent : Answer::kNotContent);
  if (state == CaseState::kClosed) {
    message.set_state(v1::Case::CLOSED);
  } else {
    message.set_state(v1::Case::OPEN);
    message.set_reopened(message.reopened() + 1);
  }
  TellFollowUp(message, Silent::kNo, commit.journal());
  v1::Case reply = message;
  PutCase(std::move(stored), absl::InfiniteFuture(), commit.journal());
  return reply;
}

void CloseUnanswered(StoredCase stored, Journal& journal) {
  stored.message.set_state(v1::Case::CLOSED);
  TellFollowUp(stored.message, Silent::kYes, journal);
  PutCase(std::move(stored), absl::InfiniteFuture(), journal);
}

// A step of the due-queue of cases: reads what is due and works it off.
class CaseStep {
 public:
  CaseStep(const Reader& reader, const Rulebook* rulebook, absl::TimeZone zone,
           Journal& journal)
      : reader_(reader),
        rulebook_(rulebook),
        policy_(PolicyOf(rulebook)),
        zone_(zone),
        journal_(journal) {}

  // True where it was worked off, and not left in its place.
  absl::StatusOr<bool> WorkOff(const CaseAt& due) {
    absl::StatusOr<StoredCase> stored =
        LoadCase(reader_, journal_.program(), due.id);
    if (ReasonOf(stored.status())) return false;
    PISTIS_RETURN_IF_ERROR(stored.status());
    const bool is_due =
        absl::FromUnixMicros(stored->record.due_us()) == due.time &&
        stored->message.state() == v1::Case::RESOLVED;
    if (!is_due) return false;
    if (!stored->record.follow_up_asked()) {
      AskMember(*std::move(stored));
      return true;
    }
    PISTIS_ASSIGN_OR_RETURN(const bool asked, WasAsked(*stored));
    if (asked) {
      CloseUnanswered(*std::move(stored), journal_);
    } else {
      LeaveResolved(*std::move(stored));
    }
    return true;
  }

 private:
  // Whether the note that asks the member was sent. One that cannot be found
  // says nothing against it.
  absl::StatusOr<bool> WasAsked(const StoredCase& stored) const {
    const absl::StatusOr<StoredNote> note =
        LoadNote(reader_, journal_.program(),
                 FollowUpName(stored.message.case_id(),
                              stored.record.resolved_us_size()));
    if (ReasonOf(note.status())) return true;
    PISTIS_RETURN_IF_ERROR(note.status());
    return note->record.state() == v1::Note::REQUESTED;
  }

  // Nobody asks: it stays as it is until somebody records an answer.
  void LeaveResolved(StoredCase stored) {
    stored.record.set_follow_up_asked(false);
    stored.message.clear_follow_up_time();
    PutCase(std::move(stored), absl::InfiniteFuture(), journal_);
  }

  void AskMember(StoredCase stored) {
    if (policy_ == nullptr) {
      LeaveResolved(std::move(stored));
      return;
    }
    const std::string& id = rulebook_->notes[policy_->note].id;
    NoteAsk ask{.member = MemberId(stored.message.member_id()),
                .at = journal_.now(),
                .rulebook_version = rulebook_->version,
                .note = {}};
    ask.note.set_note_id(FollowUpName(stored.message.case_id(),
                                      stored.record.resolved_us_size()));
    ask.note.set_template_id(id);
    ask.note.set_case_id(stored.message.case_id());
    AskForNote(std::move(ask), journal_);
    stored.record.set_follow_up_asked(true);
    *stored.message.mutable_follow_up_time() = ToTimestamp(journal_.now());
    PutCase(std::move(stored),
            DaysAfter(journal_.now(), policy_->close_after_days, zone_),
            journal_);
  }

  const Reader& reader_;
  const Rulebook* rulebook_;
  const FollowUpPolicy* policy_;
  absl::TimeZone zone_;
  Journal& journal_;
};

absl::StatusOr<std::vector<CaseAt>> FindDueCases(const Reader& reader,
                                                 const WorkOffCasesInput& input,
                                                 absl::Time now) {
  std::vector<CaseAt> due;
  // What is due at this very microsecond is due.
  const std::string end =
      CaseDueKey(input.program, {now + absl::Microseconds(1), {}});
  const size_t skip = input.program.text().size() + 2;
  PISTIS_RETURN_IF_ERROR(
      reader.Scan(CaseDueKey(input.program, {input.from, {}}), end,
                  [&](absl::string_view key, absl::string_view /*value*/) {
                    if (due.size() == input.most) return Visit::kStop;
                    auto at = ParseCaseAt(key.substr(skip));
                    if (at) due.push_back(*std::move(at));
                    return Visit::kContinue;
                  }));
  return due;
}

}  // namespace

absl::StatusOr<ResolveCaseInput> ParseResolveCase(
    const v1::ResolveCaseRequest& request, absl::Time /*now*/) {
  PISTIS_RETURN_IF_ERROR(CheckActor(request.actor()));
  return ShapeCareCommand(request);
}

absl::StatusOr<RecordFollowUpInput> ParseRecordFollowUp(
    const v1::RecordFollowUpRequest& request, absl::Time /*now*/) {
  if (!request.has_follow_up()) {
    return RefuseField("follow_up", "is missing; say what the member answered");
  }
  PISTIS_RETURN_IF_ERROR(CheckText(
      "follow_up.words", request.follow_up().words(), kMaxWordsBytes));
  return ShapeCareCommand(request);
}

absl::StatusOr<DecidedReply<v1::Case>> ResolveCase(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ResolveCaseInput& input) {
  return OnceInProgram<v1::Case>(
      env, reader, context, input,
      [&](PointsCommit& commit) { return Resolve(input, commit); });
}

absl::StatusOr<DecidedReply<v1::Case>> RecordFollowUp(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RecordFollowUpInput& input) {
  return OnceInProgram<v1::Case>(
      env, reader, context, input,
      [&](PointsCommit& commit) { return Answered(input, commit); });
}

void EndCase(const std::string& why, StoredCase stored, Journal& journal) {
  for (v1::Remedy& remedy : *stored.message.mutable_remedies()) {
    if (remedy.state() != v1::Remedy::WAITING) continue;
    remedy.set_approver(why);
    DeclineRemedy(stored.message, remedy, journal);
  }
  if (stored.message.state() == v1::Case::OPEN) {
    MarkResolved(why, journal.now(), stored);
    TellResolved(stored.message, 0, journal);
  }
  if (stored.message.state() == v1::Case::CLOSED) {
    PutCase(std::move(stored), absl::InfiniteFuture(), journal);
    return;
  }
  if (!stored.record.follow_up_asked()) stored.message.clear_follow_up_time();
  CloseUnanswered(std::move(stored), journal);
}

absl::StatusOr<Decided<WorkOffCasesReply>> WorkOffCases(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const WorkOffCasesInput& input) {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<CaseAt> due,
                          FindDueCases(reader, input, context.now));
  Decided<WorkOffCasesReply> decided{
      .reply = WorkOffCasesReply{.reached = context.now,
                                 .more = due.size() == input.most},
      .writes = {}};
  if (due.empty()) return decided;
  PISTIS_ASSIGN_OR_RETURN(
      PointsCommit commit,
      PointsCommit::Open(env, reader, context, input.program));
  CaseStep step(reader, commit.rulebook(), commit.zone(), commit.journal());
  size_t count = 0;
  for (const CaseAt& at : due) {
    PISTIS_ASSIGN_OR_RETURN(const bool worked_off, step.WorkOff(at));
    if (worked_off) ++count;
  }
  if (decided.reply->more) {
    decided.reply->reached = due.back().time;
    // Past those that keep their place, however many there are.
    if (count == 0 && due.back().time <= input.from) {
      decided.reply->reached += absl::Microseconds(1);
    }
  }
  if (count == 0) return decided;
  PISTIS_ASSIGN_OR_RETURN(decided.writes,
                          std::move(commit.journal()).Take(env, reader));
  return decided;
}

}  // namespace pistis
