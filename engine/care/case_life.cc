#include "engine/care/case_life.h"

#include <cstdlib>

#include "absl/time/civil_time.h"

namespace pistis {
namespace {

std::string ProblemOfWork(CaseState state) {
  switch (state) {
    case CaseState::kOpen:
      return "";
    case CaseState::kResolved:
      return "the case is resolved; it is open again once the member answers "
             "that something is left";
    case CaseState::kClosed:
      return "the case is closed; open another one";
  }
  std::abort();
}

}  // namespace

std::string CaseProblem(const CaseStand& stand, CaseAct act) {
  switch (act) {
    case CaseAct::kRemedy:
      return ProblemOfWork(stand.state);
    case CaseAct::kResolve:
      if (stand.state == CaseState::kOpen && stand.remedy_waits) {
        return "a remedy of the case waits for approval; approve or decline "
               "it first";
      }
      return ProblemOfWork(stand.state);
    case CaseAct::kAnswer:
      if (stand.state == CaseState::kOpen) {
        return "the case is open, so there is nothing to answer to; resolve "
               "it first";
      }
      return stand.state == CaseState::kResolved ? ""
                                                 : ProblemOfWork(stand.state);
  }
  std::abort();
}

CaseState AfterAnswer(Answer answer) {
  switch (answer) {
    case Answer::kContent:
      return CaseState::kClosed;
    case Answer::kNotContent:
      return CaseState::kOpen;
  }
  std::abort();
}

absl::Time DaysAfter(absl::Time at, int days, absl::TimeZone zone) {
  const absl::TimeZone::CivilInfo then = zone.At(at);
  const absl::CivilDay day = absl::CivilDay(then.cs) + days;
  const absl::CivilSecond second(day.year(), day.month(), day.day(),
                                 then.cs.hour(), then.cs.minute(),
                                 then.cs.second());
  const absl::TimeZone::TimeInfo info = zone.At(second);
  const absl::Time time =
      info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
  return time + then.subsecond;
}

}  // namespace pistis
