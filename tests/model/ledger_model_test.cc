// The engine and a naive model of the whole ledger get the same random
// commands, and must agree on every reply and every point.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/storage/testing.h"
#include "tests/model/trade.h"

namespace pistis {
namespace {

constexpr int64_t kSteps = 20'000;
// A new shop after so many: a recount takes time in proportion to all that is
// stored.
constexpr int64_t kStepsOfTrade = 1'000;
constexpr int64_t kStepsBetweenRecounts = 200;

int64_t StepsToRun() {
  int64_t steps = 0;
  const char* given =
      std::getenv("PISTIS_MODEL_STEPS");  // NOLINT(concurrency-mt-unsafe)
  return given != nullptr && absl::SimpleAtoi(given, &steps) ? steps : kSteps;
}

TEST(LedgerModelTest, EngineAndModelAgreeOnEveryReplyAndEveryPoint) {
  const int64_t steps = StepsToRun();
  uint64_t seed = TestSeed();
  for (int64_t done = 0; done < steps; done += kStepsOfTrade, ++seed) {
    Trade trade(seed);
    const int64_t last = std::min(kStepsOfTrade, steps - done);
    for (int64_t step = 1; step <= last; ++step) {
      trade.Step();
      if (step % kStepsBetweenRecounts == 0 || step == last) trade.Verify();
      if (!HasFailure()) continue;
      GTEST_FAIL() << "PISTIS_TEST_SEED=" << seed << ", step " << step
                   << ", after\n"
                   << trade.Told();
    }
  }
}

}  // namespace
}  // namespace pistis
