#include "engine/operations/remedies.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/ask_note.h"
#include "engine/operations/case_records.h"
#include "engine/operations/issue_code.h"
#include "engine/operations/points_commit.h"
#include "engine/operations/program_view.h"
#include "engine/order/order.h"
#include "engine/storage/overlay.h"

namespace pistis {
namespace {

using RemedyReply = v1::GrantRemedyResponse;

// The care of a rulebook; one that gives nothing where it states none.
const CarePolicy& CareOf(const Rulebook* rulebook) {
  static const auto* const nothing = new CarePolicy();
  return rulebook != nullptr && rulebook->care ? *rulebook->care : *nothing;
}

// What remedies of one case are decided by.
struct Decider {
  const CarePolicy& care;
  Currency currency;
  CaseFacts facts;
  MemberFacts member;
  CareStanding standing;
  absl::Time now;

  [[nodiscard]] RemedyQuestion Question() const {
    return {.care = care,
            .currency = currency,
            .facts = facts,
            .member = member,
            .standing = standing,
            .now = now};
  }
};

// The member's profile is read, as conditions may ask for it.
absl::StatusOr<Decider> MakeDecider(const Reader& reader,
                                    const v1::Case& message,
                                    MemberLedger& ledger, absl::Time now) {
  PISTIS_RETURN_IF_ERROR(ledger.ReadProfile(reader));
  const Rulebook* rulebook = ledger.rulebook();
  PISTIS_ASSIGN_OR_RETURN(
      CareStanding standing,
      LoadCareStanding(reader, ledger.program(), ledger.member_id()));
  return Decider{
      .care = CareOf(rulebook),
      .currency = rulebook == nullptr ? Currency{} : rulebook->currency,
      .facts = FactsOf(message),
      .member = ledger.Facts(),
      .standing = std::move(standing),
      .now = now};
}

absl::Status RefuseRemedy(const std::string& template_id, absl::string_view why,
                          absl::string_view told) {
  return Refuse(Reason::kRemedyRefused,
                absl::StrCat("remedy \"", template_id, "\" ", told),
                {{"remedy", template_id}, {"why", std::string(why)}});
}

absl::Status CheckDecision(const RemedyDecision& decision,
                           const std::string& template_id) {
  if (!decision.refusal) return absl::OkStatus();
  return RefuseRemedy(template_id, NameOf(*decision.refusal), decision.why);
}

// A remedy that is granted: of which case, by which template of which rulebook.
// The case's message and record, and the ledger, are changed; they go to the
// journal with the rest.
class Grant {
 public:
  Grant(PointsCommit& commit, StoredCase& stored, MemberLedger& ledger,
        const Rulebook& rulebook)
      : commit_(commit),
        stored_(stored),
        ledger_(ledger),
        rulebook_(rulebook) {}

  absl::Status Give(const RemedyTemplate& of, v1::Remedy& remedy,
                    RemedyReply& reply) {
    const std::string name =
        RemedyName(stored_.message.case_id(), remedy.number());
    PISTIS_RETURN_IF_ERROR(Earn(of, name, remedy));
    ledger_.Post(commit_.journal());
    if (of.issue_code)
      Issue(rulebook_.codes[*of.issue_code], name, remedy, reply);
    if (of.note) Ask(rulebook_.notes[*of.note], name, remedy, reply);
    remedy.set_state(v1::Remedy::GRANTED);
    *remedy.mutable_decided_time() = ToTimestamp(commit_.context().now);
    Tell(remedy);
    *reply.mutable_account() = commit_.Show(ledger_);
    return absl::OkStatus();
  }

 private:
  absl::Status Earn(const RemedyTemplate& of, const std::string& name,
                    v1::Remedy& remedy) {
    if (of.points.is_zero()) return absl::OkStatus();
    PISTIS_ASSIGN_OR_RETURN(Lot lot, commit_.LotAt(ledger_.effective(), {}));
    lot.points = of.points;
    LotTerms terms = commit_.TermsAt(ledger_.effective());
    terms.when_full = WhenFull::kJoin;
    EntrySource source = commit_.SourceOf(name);
    source.rulebook_version = rulebook_.version;
    PISTIS_ASSIGN_OR_RETURN(const LedgerEntry entry,
                            ledger_.Earn(lot, std::nullopt, terms, source));
    remedy.set_points(of.points.value());
    remedy.set_entry_number(entry.number);
    return absl::OkStatus();
  }

  void Issue(const CodeTemplate& of, const std::string& name,
             v1::Remedy& remedy, RemedyReply& reply) {
    const IssuedCode issued = IssueCode({.secret = commit_.env().secret,
                                         .program = commit_.program(),
                                         .source = OrderId(name),
                                         .member = ledger_.member_id(),
                                         .at = ledger_.effective(),
                                         .rulebook_version = rulebook_.version},
                                        of);
    PostCode(commit_.program(), issued, commit_.journal())
        .set_case_id(stored_.message.case_id());
    remedy.set_code_last_symbols(issued.record.last_symbols());
    *reply.mutable_code() = issued.reply;
  }

  void Ask(const NoteTemplate& of, const std::string& name, v1::Remedy& remedy,
           const RemedyReply& reply) {
    NoteAsk ask{.member = ledger_.member_id(),
                .at = ledger_.effective(),
                .rulebook_version = rulebook_.version,
                .note = {}};
    ask.note.set_note_id(absl::StrCat(name, "/", of.id));
    ask.note.set_template_id(of.id);
    ask.note.set_code(reply.code().code());
    ask.note.set_case_id(stored_.message.case_id());
    ask.note.set_available_after(ledger_.account().available().value());
    remedy.set_note_id(ask.note.note_id());
    AskForNote(std::move(ask), commit_.journal());
  }

  void Tell(const v1::Remedy& remedy) {
    Journal& journal = commit_.journal();
    store::v1::TotalsRecord& totals = journal.totals();
    totals.set_remedies_granted(totals.remedies_granted() + 1);
    totals.set_remedies_minor(
        SaturatingAdd(totals.remedies_minor(), remedy.worth_minor()));
    v1::RemedyGranted* event =
        journal
            .AddEvent(commit_.context().now, ledger_.member_id(),
                      rulebook_.version)
            .mutable_remedy_granted();
    event->set_case_id(stored_.message.case_id());
    event->set_number(remedy.number());
    event->set_template_id(remedy.template_id());
    event->set_worth_minor(remedy.worth_minor());
    event->set_points(remedy.points());
  }

  PointsCommit& commit_;
  StoredCase& stored_;
  MemberLedger& ledger_;
  const Rulebook& rulebook_;
};

// The reply, once the case is put.
RemedyReply Conclude(RemedyReply reply, StoredCase stored, int64_t number,
                     PointsCommit& commit) {
  *reply.mutable_remedy() =
      stored.message.remedies(static_cast<int>(number) - 1);
  *reply.mutable_case_() = stored.message;
  const absl::Time due = stored.record.due_us() == 0
                             ? absl::InfiniteFuture()
                             : absl::FromUnixMicros(stored.record.due_us());
  PutCase(std::move(stored), due, commit.journal());
  return reply;
}

// What is granted counts for the member's cap from now on.
void ChargeDecider(const MemberId& member, CareStanding standing, Money worth,
                   PointsCommit& commit) {
  standing.given.push_back({commit.context().now, worth});
  PutCareStanding(member, std::move(standing), commit.journal());
}

void TellAsked(const v1::Case& message, const v1::Remedy& remedy,
               PointsCommit& commit) {
  v1::RemedyAsked* event =
      commit.journal()
          .AddEvent(commit.context().now, MemberId(message.member_id()),
                    remedy.rulebook_version())
          .mutable_remedy_asked();
  event->set_case_id(message.case_id());
  event->set_number(remedy.number());
  event->set_template_id(remedy.template_id());
  event->set_worth_minor(remedy.worth_minor());
}

// A remedy that `request` asks for, decided on nowhere yet.
v1::Remedy& AddRemedy(const v1::GrantRemedyRequest& request,
                      const RemedyTemplate& of, const PointsCommit& commit,
                      v1::Case& message) {
  v1::Remedy& remedy = *message.add_remedies();
  remedy.set_number(message.remedies_size());
  remedy.set_template_id(of.id);
  remedy.set_state(v1::Remedy::WAITING);
  remedy.set_worth_minor(of.worth.value());
  remedy.set_actor(request.actor());
  remedy.set_role(request.role());
  *remedy.mutable_asked_time() = ToTimestamp(commit.context().now);
  remedy.set_rulebook_version(commit.rulebook()->version);
  return remedy;
}

absl::StatusOr<RemedyReply> GrantOrAsk(const GrantRemedyInput& input,
                                       PointsCommit& commit) {
  const v1::GrantRemedyRequest& request = input.request;
  PISTIS_ASSIGN_OR_RETURN(
      StoredCase stored,
      LoadCase(commit.reader(), commit.program(), CaseId(request.case_id())));
  const RemedyTemplate* of =
      CareOf(commit.rulebook()).FindRemedy(request.template_id());
  if (of == nullptr) return RefuseNotFound("remedy", request.template_id());
  PISTIS_RETURN_IF_ERROR(CheckAct(stored.message, CaseAct::kRemedy));
  PISTIS_RETURN_IF_ERROR(
      CheckRoom(stored.message, "remedies", stored.message.remedies_size()));
  PISTIS_ASSIGN_OR_RETURN(
      MemberLedger ledger,
      commit.LoadLedger(MemberId(stored.message.member_id()), {}));
  PISTIS_RETURN_IF_ERROR(ledger.CheckTakesPart());
  PISTIS_ASSIGN_OR_RETURN(Decider decider,
                          MakeDecider(commit.reader(), stored.message, ledger,
                                      commit.context().now));
  const RemedyDecision decision =
      DecideRemedy(decider.Question(), *of, request.role());
  PISTIS_RETURN_IF_ERROR(CheckDecision(decision, of->id));
  v1::Remedy& remedy = AddRemedy(request, *of, commit, stored.message);
  const int64_t number = remedy.number();
  RemedyReply reply;
  if (decision.needs_approval) {
    TellAsked(stored.message, remedy, commit);
    return Conclude(std::move(reply), std::move(stored), number, commit);
  }
  PISTIS_RETURN_IF_ERROR(Grant(commit, stored, ledger, *commit.rulebook())
                             .Give(*of, remedy, reply));
  ChargeDecider(ledger.member_id(), std::move(decider.standing), of->worth,
                commit);
  return Conclude(std::move(reply), std::move(stored), number, commit);
}

absl::StatusOr<v1::Remedy*> FindWaiting(v1::Case& message, int64_t number) {
  if (number < 1 || number > message.remedies_size()) {
    return RefuseNotFound("remedy", absl::StrCat(number));
  }
  v1::Remedy* remedy = message.mutable_remedies(static_cast<int>(number) - 1);
  if (remedy->state() != v1::Remedy::WAITING) {
    return RefuseRemedy(remedy->template_id(), "decided",
                        remedy->state() == v1::Remedy::GRANTED
                            ? "was granted already"
                            : "was declined already");
  }
  return remedy;
}

// PERMISSION_DENIED where the request's actor may not decide so.
absl::Status CheckDecides(const v1::ApproveRemedyRequest& request,
                          const v1::Remedy& remedy, PointsCommit& commit) {
  const Approval approval{.asker = remedy.actor(),
                          .actor = request.actor(),
                          .role = request.role(),
                          .worth = Money(remedy.worth_minor())};
  const CarePolicy& care = CareOf(commit.rulebook());
  std::string problem;
  if (request.decline()) {
    PISTIS_ASSIGN_OR_RETURN(
        const std::shared_ptr<const Rulebook> asked_by,
        commit.env().rulebooks.Get(commit.reader(), commit.program(),
                                   remedy.rulebook_version()));
    problem = DeclineProblem(care, CareOf(asked_by.get()), approval);
  } else {
    problem =
        commit.rulebook() == nullptr
            ? "no rulebook is in force"
            : ApprovalProblem(care, commit.rulebook()->currency, approval);
  }
  if (problem.empty()) return absl::OkStatus();
  return Refuse(Reason::kPermissionDenied, problem);
}

// Gives what was asked for, by the template of then, within the limits of now.
absl::Status GiveWaiting(StoredCase& stored, v1::Remedy& remedy,
                         PointsCommit& commit, RemedyReply& reply) {
  PISTIS_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Rulebook> asked_by,
      commit.env().rulebooks.Get(commit.reader(), commit.program(),
                                 remedy.rulebook_version()));
  const RemedyTemplate* of =
      CareOf(asked_by.get()).FindRemedy(remedy.template_id());
  if (of == nullptr) return RecordCorrupt("CaseRecord");
  PISTIS_ASSIGN_OR_RETURN(
      MemberLedger ledger,
      commit.LoadLedger(MemberId(stored.message.member_id()), {}));
  PISTIS_RETURN_IF_ERROR(ledger.CheckTakesPart());
  PISTIS_ASSIGN_OR_RETURN(Decider decider,
                          MakeDecider(commit.reader(), stored.message, ledger,
                                      commit.context().now));
  PISTIS_RETURN_IF_ERROR(
      CheckDecision(DecideWaiting(decider.Question(), of->worth), of->id));
  PISTIS_RETURN_IF_ERROR(
      Grant(commit, stored, ledger, *asked_by).Give(*of, remedy, reply));
  ChargeDecider(ledger.member_id(), std::move(decider.standing), of->worth,
                commit);
  return absl::OkStatus();
}

absl::StatusOr<RemedyReply> Approve(const ApproveRemedyInput& input,
                                    PointsCommit& commit) {
  const v1::ApproveRemedyRequest& request = input.request;
  PISTIS_ASSIGN_OR_RETURN(
      StoredCase stored,
      LoadCase(commit.reader(), commit.program(), CaseId(request.case_id())));
  PISTIS_ASSIGN_OR_RETURN(v1::Remedy * remedy,
                          FindWaiting(stored.message, request.number()));
  PISTIS_RETURN_IF_ERROR(CheckAct(stored.message, CaseAct::kRemedy));
  PISTIS_RETURN_IF_ERROR(CheckDecides(request, *remedy, commit));
  remedy->set_approver(request.actor());
  RemedyReply reply;
  if (request.decline()) {
    DeclineRemedy(stored.message, *remedy, commit.journal());
  } else {
    PISTIS_RETURN_IF_ERROR(GiveWaiting(stored, *remedy, commit, reply));
  }
  return Conclude(std::move(reply), std::move(stored), request.number(),
                  commit);
}

// Checks what both requests have, and shapes them.
template <typename Request>
absl::StatusOr<CareCommand<Request>> Shape(const Request& request) {
  PISTIS_RETURN_IF_ERROR(CheckActor(request.actor()));
  PISTIS_RETURN_IF_ERROR(CheckId("role", request.role()));
  return ShapeCareCommand(request);
}

v1::RemedyOffer OfferOf(const Decider& decider, const RemedyTemplate& remedy,
                        const Rulebook& rulebook, absl::string_view role) {
  v1::RemedyOffer offer;
  offer.set_template_id(remedy.id);
  offer.set_worth_minor(remedy.worth.value());
  offer.set_points(remedy.points.value());
  if (remedy.issue_code) {
    offer.set_code_template_id(rulebook.codes[*remedy.issue_code].id);
  }
  const RemedyDecision decision =
      DecideRemedy(decider.Question(), remedy, role);
  offer.set_allowed(!decision.refusal);
  offer.set_needs_approval(decision.needs_approval);
  offer.set_why(decision.why);
  return offer;
}

// Refuses all offers for a reason that lies with the case or the member.
void RefuseAll(const absl::Status& why, v1::ListRemediesResponse& reply) {
  if (why.ok()) return;
  for (v1::RemedyOffer& offer : *reply.mutable_remedies()) {
    offer.set_allowed(false);
    offer.set_needs_approval(false);
    offer.set_why(std::string(why.message()));
  }
}

}  // namespace

void DeclineRemedy(const v1::Case& message, v1::Remedy& remedy,
                   Journal& journal) {
  remedy.set_state(v1::Remedy::DECLINED);
  *remedy.mutable_decided_time() = ToTimestamp(journal.now());
  v1::RemedyDeclined* event =
      journal
          .AddEvent(journal.now(), MemberId(message.member_id()),
                    remedy.rulebook_version())
          .mutable_remedy_declined();
  event->set_case_id(message.case_id());
  event->set_number(remedy.number());
  event->set_template_id(remedy.template_id());
}

absl::StatusOr<v1::ListRemediesResponse> ListRemedies(
    const QueryContext& context, const v1::ListRemediesRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("case_id", request.case_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("role", request.role()));
  PISTIS_ASSIGN_OR_RETURN(const ProgramView view,
                          OpenProgramView(context, request.program_id()));
  PISTIS_ASSIGN_OR_RETURN(
      const StoredCase stored,
      LoadCase(context.reader, view.program, CaseId(request.case_id())));
  v1::ListRemediesResponse reply;
  if (view.rulebook == nullptr || !view.rulebook->care) return reply;
  PISTIS_ASSIGN_OR_RETURN(
      MemberLedger ledger,
      MemberLedger::Load(context.reader,
                         {.program = view.program,
                          .member = MemberId(stored.message.member_id()),
                          .at = view.now,
                          .rulebook = view.rulebook.get(),
                          .occasions = OccasionTermsOf(context.env, view.totals,
                                                       context.now)}));
  PISTIS_ASSIGN_OR_RETURN(
      const Decider decider,
      MakeDecider(context.reader, stored.message, ledger, context.now));
  for (const RemedyTemplate& remedy : decider.care.remedies) {
    *reply.add_remedies() =
        OfferOf(decider, remedy, *view.rulebook, request.role());
  }
  RefuseAll(
      CheckRoom(stored.message, "remedies", stored.message.remedies_size()),
      reply);
  RefuseAll(CheckAct(stored.message, CaseAct::kRemedy), reply);
  RefuseAll(ledger.CheckTakesPart(), reply);
  if (const auto& cap = decider.care.cap) {
    reply.set_cap_minor(cap->worth.value());
    reply.set_given_minor(
        GivenIn(decider.standing, context.now, cap->days).value());
  }
  return reply;
}

absl::StatusOr<GrantRemedyInput> ParseGrantRemedy(
    const v1::GrantRemedyRequest& request, absl::Time /*now*/) {
  PISTIS_RETURN_IF_ERROR(CheckId("template_id", request.template_id()));
  return Shape(request);
}

absl::StatusOr<ApproveRemedyInput> ParseApproveRemedy(
    const v1::ApproveRemedyRequest& request, absl::Time /*now*/) {
  if (request.number() < 1) {
    return RefuseField("number", "is missing; remedies count from 1");
  }
  return Shape(request);
}

absl::StatusOr<DecidedReply<RemedyReply>> GrantRemedy(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const GrantRemedyInput& input) {
  return OnceInProgram<RemedyReply>(
      env, reader, context, input,
      [&](PointsCommit& commit) { return GrantOrAsk(input, commit); });
}

absl::StatusOr<DecidedReply<RemedyReply>> ApproveRemedy(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ApproveRemedyInput& input) {
  return OnceInProgram<RemedyReply>(
      env, reader, context, input,
      [&](PointsCommit& commit) { return Approve(input, commit); });
}

}  // namespace pistis
