// What working out one order may cost.
#ifndef PISTIS_ENGINE_RULES_STEP_METER_H_
#define PISTIS_ENGINE_RULES_STEP_METER_H_

#include <algorithm>
#include <cstdint>

namespace pistis {

// The steps that the conditions of one order may take together, and what is
// done by line for each rule. All other sales wait while one is worked out, and
// a step takes some 7 ns, so this is a tenth of a second at most. A rule that
// asks little of each of 2,000 lines takes some 40,000 of them.
inline constexpr int64_t kMostOrderSteps = 10'000'000;

// What a discount or points cost for each line that a rule may select.
inline constexpr int64_t kStepsALine = 10;

// What it costs to look up a limit, and each day of its window.
inline constexpr int64_t kStepsALimit = 300;
inline constexpr int64_t kStepsALimitDay = 20;

// What it costs to look whether one of so many budgets counts a rule, and to
// read and charge a sum that a rule or a campaign has to itself.
inline constexpr int64_t kStepsABudget = 10;
inline constexpr int64_t kStepsABudgetSum = 1500;

// A trace tells of the rules, too, that cannot concern the order, until these
// are spent on them: half a second at most, and no sale waits for that.
inline constexpr int64_t kMostStepsOnOthers = 50'000'000;

// Counts them down. What was decided once the meter is spent is not to be
// relied on: conditions count as false from then on. Not synchronised.
class StepMeter {
 public:
  explicit StepMeter(int64_t most) : left_(most) {}

  // Of `steps`, not negative, those that are left.
  void Spend(int64_t steps) { left_ -= std::min(steps, left_); }
  [[nodiscard]] int64_t left() const { return left_; }
  [[nodiscard]] bool is_spent() const { return left_ <= 0; }

 private:
  int64_t left_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_STEP_METER_H_
