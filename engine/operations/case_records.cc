#include "engine/operations/case_records.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/ledger_records.h"
#include "engine/order/order.h"
#include "engine/storage/care_keys.h"
#include "engine/storage/codec.h"

namespace pistis {
namespace {

constexpr size_t kMaxActorBytes = 128;
// Remedies, and answers that something is left.
constexpr int kMostOfACase = 50;

CaseState StateOf(v1::Case::State state) {
  switch (state) {
    case v1::Case::RESOLVED:
      return CaseState::kResolved;
    case v1::Case::CLOSED:
      return CaseState::kClosed;
    case v1::Case::OPEN:
    case v1::Case::STATE_UNSPECIFIED:
    case v1::Case_State_Case_State_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Case_State_Case_State_INT_MAX_SENTINEL_DO_NOT_USE_:
      return CaseState::kOpen;
  }
  return CaseState::kOpen;
}

}  // namespace

absl::StatusOr<StoredCase> LoadCase(const Reader& reader,
                                    const ProgramId& program,
                                    const CaseId& id) {
  StoredCase stored;
  PISTIS_ASSIGN_OR_RETURN(
      std::optional<store::v1::CaseRecord> record,
      GetRecord<store::v1::CaseRecord>(reader, CaseKey(program, id)));
  if (!record) return RefuseNotFound("case", id.text());
  if (!stored.message.ParseFromString(record->case_()) ||
      stored.message.case_id() != id.text() ||
      !v1::Case::Severity_IsValid(stored.message.severity()) ||
      stored.message.severity() == v1::Case::SEVERITY_UNSPECIFIED) {
    return RecordCorrupt("CaseRecord");
  }
  record->clear_case_();
  stored.record = *std::move(record);
  return stored;
}

void PutCase(StoredCase stored, absl::Time due, Journal& journal) {
  const ProgramId& program = journal.program();
  const CaseId id = stored.id();
  const int64_t due_us = ExpiryMicros(due);
  if (due_us != stored.record.due_us()) {
    if (stored.record.due_us() != 0) {
      journal.writes().Delete(CaseDueKey(
          program, {absl::FromUnixMicros(stored.record.due_us()), id}));
    }
    if (due_us != 0) {
      journal.writes().Put(CaseDueKey(program, {due, id}), "");
    }
    stored.record.set_due_us(due_us);
  }
  stored.record.set_case_(stored.message.SerializeAsString());
  PutRecord(CaseKey(program, id), stored.record, journal.writes());
}

CaseStand StandOf(const v1::Case& message) {
  const bool waits =
      std::any_of(message.remedies().begin(), message.remedies().end(),
                  [](const v1::Remedy& remedy) {
                    return remedy.state() == v1::Remedy::WAITING;
                  });
  return {.state = StateOf(message.state()), .remedy_waits = waits};
}

CaseFacts FactsOf(const v1::Case& message) {
  CaseFacts facts{
      .severity = static_cast<Severity>(message.severity() - v1::Case::LOW),
      .category = message.category(),
      .store = message.store_id(),
      .order = OrderId(message.order_id()),
      .taken = {}};
  for (const v1::Remedy& remedy : message.remedies()) {
    if (remedy.state() == v1::Remedy::DECLINED) continue;
    facts.taken.push_back(remedy.template_id());
  }
  return facts;
}

absl::Status CheckAct(const v1::Case& message, CaseAct act) {
  const std::string problem = CaseProblem(StandOf(message), act);
  if (problem.empty()) return absl::OkStatus();
  return Refuse(Reason::kCaseNotOpen, problem,
                {{"kind", "case"}, {"id", message.case_id()}});
}

absl::Status CheckRoom(const v1::Case& message, absl::string_view what,
                       int count) {
  if (count < kMostOfACase) return absl::OkStatus();
  return Refuse(
      Reason::kLimitReached,
      absl::StrCat("case \"", message.case_id(), "\" has ", count, " ", what,
                   ", and no case takes more than ", kMostOfACase,
                   "; open another case"),
      {{"limit", std::string(what)}, {"most", absl::StrCat(kMostOfACase)}});
}

absl::StatusOr<CareStanding> LoadCareStanding(const Reader& reader,
                                              const ProgramId& program,
                                              const MemberId& member) {
  CareStanding standing;
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<store::v1::CareStandingRecord> record,
      GetRecord<store::v1::CareStandingRecord>(
          reader, CareStandingKey(program, member)));
  if (!record) return standing;
  for (const store::v1::GrantedRemedyRecord& granted : record->granted()) {
    standing.given.push_back({absl::FromUnixMicros(granted.granted_us()),
                              Money(granted.worth_minor())});
  }
  for (const int64_t opened_us : record->opened_us())
    standing.opened.push_back(absl::FromUnixMicros(opened_us));
  return standing;
}

void PutCareStanding(const MemberId& member, CareStanding standing,
                     Journal& journal) {
  standing = Pruned(std::move(standing), journal.now());
  store::v1::CareStandingRecord record;
  for (const GivenRemedy& given : standing.given) {
    store::v1::GrantedRemedyRecord* granted = record.add_granted();
    granted->set_granted_us(absl::ToUnixMicros(given.at));
    granted->set_worth_minor(given.worth.value());
  }
  for (const absl::Time opened : standing.opened)
    record.add_opened_us(absl::ToUnixMicros(opened));
  PutRecord(CareStandingKey(journal.program(), member), record,
            journal.writes());
}

std::string RemedyName(absl::string_view case_id, int64_t number) {
  return absl::StrCat("case ", case_id, ", remedy ", number);
}

std::string FollowUpName(absl::string_view case_id, int64_t resolved) {
  return absl::StrCat("case ", case_id, ", follow-up ", resolved);
}

absl::Status CheckActor(absl::string_view actor) {
  if (absl::StripAsciiWhitespace(actor).empty()) {
    return RefuseField("actor", "is missing; say who");
  }
  return CheckText("actor", actor, kMaxActorBytes);
}

}  // namespace pistis
