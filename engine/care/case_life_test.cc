#include "engine/care/case_life.h"

#include "absl/time/civil_time.h"
#include "gtest/gtest.h"

namespace pistis {
namespace {

TEST(CaseLifeTest, WorkIsDoneOnOpenCasesAlone) {
  for (const CaseAct act : {CaseAct::kRemedy, CaseAct::kResolve}) {
    EXPECT_EQ(CaseProblem({CaseState::kOpen}, act), "");
    EXPECT_NE(CaseProblem({CaseState::kResolved}, act), "");
    EXPECT_NE(CaseProblem({CaseState::kClosed}, act), "");
  }
}

TEST(CaseLifeTest, ACaseIsNotResolvedWhileARemedyWaits) {
  const CaseStand waits{.state = CaseState::kOpen, .remedy_waits = true};
  EXPECT_NE(CaseProblem(waits, CaseAct::kResolve), "");
  EXPECT_EQ(CaseProblem(waits, CaseAct::kRemedy), "");
}

TEST(CaseLifeTest, AResolvedCaseIsAnsweredToAndOpensOrCloses) {
  EXPECT_NE(CaseProblem({CaseState::kOpen}, CaseAct::kAnswer), "");
  EXPECT_EQ(CaseProblem({CaseState::kResolved}, CaseAct::kAnswer), "");
  EXPECT_NE(CaseProblem({CaseState::kClosed}, CaseAct::kAnswer), "");
  EXPECT_EQ(AfterAnswer(Answer::kContent), CaseState::kClosed);
  EXPECT_EQ(AfterAnswer(Answer::kNotContent), CaseState::kOpen);
}

TEST(CaseLifeTest, DaysAfterKeepTheHourWhenClocksChange) {
  absl::TimeZone athens;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Athens", &athens));
  const auto at = [&](int month, int day, int hour) {
    return absl::FromCivil(absl::CivilHour(2026, month, day, hour), athens);
  };
  EXPECT_EQ(DaysAfter(at(3, 27, 15), 5, athens), at(4, 1, 15));
  EXPECT_EQ(DaysAfter(at(10, 23, 15), 5, athens), at(10, 28, 15));
  // On 29 March 2026 there is no half past three.
  const absl::Time skipped =
      DaysAfter(absl::FromCivil(absl::CivilMinute(2026, 3, 28, 3, 30), athens),
                1, athens);
  EXPECT_EQ(skipped, at(3, 29, 4));
}

}  // namespace
}  // namespace pistis
