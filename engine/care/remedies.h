// Which remedies a case may get, and why not. Pure.
#ifndef PISTIS_ENGINE_CARE_REMEDIES_H_
#define PISTIS_ENGINE_CARE_REMEDIES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/base/amount.h"
#include "engine/base/decimal.h"
#include "engine/care/standing.h"
#include "engine/rulebook/care_policy.h"
#include "engine/rules/event_rules.h"
#include "engine/rules/facts.h"

namespace pistis {

// A case as remedies look at it.
struct CaseFacts {
  Severity severity = Severity::kLow;
  std::string category;
  std::string store;
  OrderId order;
  absl::Time opened;
  // Templates that were granted or wait for approval.
  std::vector<std::string> taken;
};

// A case as `event`: its category, severity and store are attributes.
[[nodiscard]] MemberEvent EventOf(const CaseFacts& facts, absl::Time time);

// Whom a remedy is for, and by whose limits. Refers to what must outlive it.
struct RemedyQuestion {
  const CarePolicy& care;
  const Currency& currency;
  const CaseFacts& facts;
  const MemberFacts& member;
  const CareStanding& standing;
  absl::Time now;
};

// Why a remedy is refused, the first of these that holds.
enum class RemedyRefusal {
  // The role may give nothing.
  kRole,
  // It was granted to the case, or waits for approval.
  kTaken,
  // It is for cases of another severity.
  kSeverity,
  // Its condition does not hold.
  kCondition,
  // The member complained too often.
  kComplaints,
  // The member was given too much.
  kMemberCap,
  // It needs approval, and no role may approve so much.
  kNobodyApproves,
};
// Its word for programs: "member_cap".
[[nodiscard]] absl::string_view NameOf(RemedyRefusal refusal);

struct RemedyDecision {
  // Nothing: it may be granted.
  std::optional<RemedyRefusal> refusal;
  // True: but only once somebody approves.
  bool needs_approval = false;
  // Why it is refused, or needs approval; for people, as a sentence's end
  // whose subject is the remedy.
  std::string why;
};

// Whether `role` may grant the remedy.
[[nodiscard]] RemedyDecision DecideRemedy(const RemedyQuestion& question,
                                          const RemedyTemplate& remedy,
                                          absl::string_view role);

// Whether a remedy of this worth that waits may be granted now: the member's
// limits, looked at once more.
[[nodiscard]] RemedyDecision DecideWaiting(const RemedyQuestion& question,
                                           Money worth);

// Who asked for a remedy, and who decides. Both are the calling system's word;
// one who differs in blanks around it or in the case of ASCII letters alone is
// the same.
struct Approval {
  absl::string_view asker;
  absl::string_view actor;
  absl::string_view role;
  Money worth;
};
// Why the role may not approve, as a sentence; empty: it may.
[[nodiscard]] std::string ApprovalProblem(const CarePolicy& care,
                                          const Currency& currency,
                                          const Approval& approval);
// The same of declining, which gives nothing: whoever asked may, and whoever
// may approve anything, now or by the care `asked_by` that it was asked under.
[[nodiscard]] std::string DeclineProblem(const CarePolicy& care,
                                         const CarePolicy& asked_by,
                                         const Approval& approval);

}  // namespace pistis

#endif  // PISTIS_ENGINE_CARE_REMEDIES_H_
