// The life of a case: open, resolved, closed, and open again. Pure.
#ifndef PISTIS_ENGINE_CARE_CASE_LIFE_H_
#define PISTIS_ENGINE_CARE_CASE_LIFE_H_

#include <string>

#include "absl/time/time.h"

namespace pistis {

enum class CaseState {
  // The shop has something to do.
  kOpen,
  // The shop has done its part; the member may answer.
  kResolved,
  // The member was content, or said nothing for long.
  kClosed,
};

// What may be done to a case.
enum class CaseAct {
  // A remedy is asked for, granted, approved or declined.
  kRemedy,
  kResolve,
  // The member answers.
  kAnswer,
};

enum class Answer { kContent, kNotContent };

// Where a case stands.
struct CaseStand {
  CaseState state = CaseState::kOpen;
  // A remedy waits for approval.
  bool remedy_waits = false;
};

// Why the act cannot be done now, as a sentence; empty: it can.
[[nodiscard]] std::string CaseProblem(const CaseStand& stand, CaseAct act);

// Where a resolved case comes to.
[[nodiscard]] CaseState AfterAnswer(Answer answer);

// So many days after `at`, at the same hour by the clocks of `zone`; where
// clocks pass over that hour, as soon as they have.
[[nodiscard]] absl::Time DaysAfter(absl::Time at, int days,
                                   absl::TimeZone zone);

}  // namespace pistis

#endif  // PISTIS_ENGINE_CARE_CASE_LIFE_H_
