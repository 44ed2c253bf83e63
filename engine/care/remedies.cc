#include "engine/care/remedies.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace pistis {
namespace {

constexpr std::array<absl::string_view, 7> kNames = {
    "role",       "taken",      "severity",       "condition",
    "complaints", "member_cap", "nobody_approves"};

RemedyDecision Refused(RemedyRefusal refusal, std::string why) {
  return {.refusal = refusal, .why = std::move(why)};
}

std::string Shown(const RemedyQuestion& question, Money amount) {
  return absl::StrCat(FormatMoney(amount, question.currency), " ",
                      question.currency.code);
}

std::string SeverityNames(const RemedyTemplate& remedy) {
  std::vector<absl::string_view> names;
  for (size_t i = 0; i < kSeverities; ++i) {
    if (remedy.severities[i]) names.push_back(NameOf(static_cast<Severity>(i)));
  }
  return absl::StrJoin(names, ", ");
}

bool MeetsCondition(const RemedyQuestion& question,
                    const RemedyTemplate& remedy) {
  if (remedy.when == nullptr) return true;
  const MemberEvent event = EventOf(question.facts, question.now);
  const EventFacts facts(event);
  return remedy.when->Decide(MemberAlone(question.member, question.now, &facts))
      .holds;
}

// Of the case and the remedy alone.
RemedyDecision DecideForCase(const RemedyQuestion& question,
                             const RemedyTemplate& remedy) {
  const CaseFacts& facts = question.facts;
  if (std::find(facts.taken.begin(), facts.taken.end(), remedy.id) !=
      facts.taken.end()) {
    return Refused(RemedyRefusal::kTaken,
                   "was granted to this case, or waits for approval");
  }
  if (!remedy.severities[static_cast<size_t>(facts.severity)]) {
    return Refused(RemedyRefusal::kSeverity,
                   absl::StrCat("is for cases that are ", SeverityNames(remedy),
                                "; this one is ", NameOf(facts.severity)));
  }
  if (!MeetsCondition(question, remedy)) {
    return Refused(RemedyRefusal::kCondition,
                   "is not for this member or case: its condition `when` does "
                   "not hold");
  }
  return {};
}

// Of how often the member complained.
RemedyDecision DecideComplaints(const RemedyQuestion& question) {
  const auto& limit = question.care.complaints;
  if (!limit) return {};
  const int64_t cases = OpenedIn(question.standing, question.now, limit->days);
  if (!DoCasesCount(*limit, cases, question.member.orders)) return {};
  const auto told = [&](int64_t most) {
    return absl::StrCat("comes with ", cases, " cases of the member in ",
                        limit->days,
                        " days (orders in all: ", question.member.orders,
                        "); more than ", most, " ");
  };
  if (limit->refuse_above && cases > *limit->refuse_above) {
    return Refused(RemedyRefusal::kComplaints,
                   absl::StrCat(told(*limit->refuse_above), "get no remedy"));
  }
  if (limit->approve_above && cases > *limit->approve_above) {
    return {.needs_approval = true,
            .why = absl::StrCat(told(*limit->approve_above), "need approval")};
  }
  return {};
}

RemedyDecision DecideCap(const RemedyQuestion& question, Money worth) {
  const auto& cap = question.care.cap;
  if (!cap || worth.is_zero()) return {};
  const Money given = GivenIn(question.standing, question.now, cap->days);
  if (given <= cap->worth && worth <= cap->worth - given) return {};
  return Refused(
      RemedyRefusal::kMemberCap,
      absl::StrCat("is worth ", Shown(question, worth), ", and the member was ",
                   "given ", Shown(question, given), " in ", cap->days,
                   " days; the cap is ", Shown(question, cap->worth)));
}

bool MayApprove(const CarePolicy& care, absl::string_view name) {
  const CareRole* role = care.FindRole(name);
  return role != nullptr && role->approve_up_to.is_positive();
}

bool CanBeApproved(const CarePolicy& care, Money worth) {
  return std::any_of(
      care.roles.begin(), care.roles.end(), [&](const CareRole& role) {
        return role.approve_up_to.is_positive() && role.approve_up_to >= worth;
      });
}

bool IsWhoAsked(const Approval& approval) {
  return absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(approval.asker),
                                absl::StripAsciiWhitespace(approval.actor));
}

}  // namespace

MemberEvent EventOf(const CaseFacts& facts, absl::Time time) {
  MemberEvent event = EventOf(Trigger::kCaseResolved, time);
  event.attributes = {{"category", facts.category},
                      {"severity", std::string(NameOf(facts.severity))},
                      {"store", facts.store}};
  event.order_id = facts.order;
  return event;
}

absl::string_view NameOf(RemedyRefusal refusal) {
  return kNames.at(static_cast<size_t>(refusal));
}

RemedyDecision DecideRemedy(const RemedyQuestion& question,
                            const RemedyTemplate& remedy,
                            absl::string_view role) {
  const CareRole* granting = question.care.FindRole(role);
  if (granting == nullptr) {
    return Refused(RemedyRefusal::kRole,
                   absl::StrCat("cannot be given by the role \"", role,
                                "\", which the rulebook does not have"));
  }
  RemedyDecision decision = DecideForCase(question, remedy);
  if (decision.refusal) return decision;
  decision = DecideWaiting(question, remedy.worth);
  if (decision.refusal) return decision;
  if (!decision.needs_approval && remedy.worth > granting->grant_up_to) {
    decision.needs_approval = true;
    decision.why = absl::StrCat(
        "is worth ", Shown(question, remedy.worth), "; the role ", role,
        " gives up to ", Shown(question, granting->grant_up_to), " alone");
  }
  if (decision.needs_approval && !CanBeApproved(question.care, remedy.worth)) {
    return Refused(
        RemedyRefusal::kNobodyApproves,
        absl::StrCat(decision.why, ", and no role may approve so much"));
  }
  return decision;
}

RemedyDecision DecideWaiting(const RemedyQuestion& question, Money worth) {
  RemedyDecision decision = DecideComplaints(question);
  if (decision.refusal) return decision;
  RemedyDecision capped = DecideCap(question, worth);
  return capped.refusal ? capped : decision;
}

std::string ApprovalProblem(const CarePolicy& care, const Currency& currency,
                            const Approval& approval) {
  if (!MayApprove(care, approval.role) ||
      care.FindRole(approval.role)->approve_up_to < approval.worth) {
    return absl::StrCat(
        "the role \"", approval.role, "\" may not approve remedies worth ",
        FormatMoney(approval.worth, currency), " ", currency.code);
  }
  if (IsWhoAsked(approval)) {
    return absl::StrCat("\"", approval.actor,
                        "\" asked for the remedy; somebody else must decide");
  }
  return "";
}

std::string DeclineProblem(const CarePolicy& care, const CarePolicy& asked_by,
                           const Approval& approval) {
  const bool may = IsWhoAsked(approval) || MayApprove(care, approval.role) ||
                   MayApprove(asked_by, approval.role);
  if (may) return "";
  return absl::StrCat("the role \"", approval.role,
                      "\" approves nothing, so it declines nothing; \"",
                      approval.asker, "\", who asked, may decline");
}

}  // namespace pistis
