// The engine and a naive model of the whole ledger get the same random
// commands, and must agree on every reply and every point.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
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
constexpr uint64_t kTradesToOneOfRiches = 8;

// A run that meets less than this proves less than it says.
constexpr const char* kToBeMet[] = {"AdjustPointsRequest INSUFFICIENT_POINTS",
                                    "AdjustPointsRequest OK",
                                    "CaptureHoldRequest HOLD_NOT_OPEN",
                                    "CaptureHoldRequest INSUFFICIENT_POINTS",
                                    "CaptureHoldRequest OK",
                                    "CommitOrderRequest FIELD_INVALID",
                                    "CommitOrderRequest INSUFFICIENT_POINTS",
                                    "CommitOrderRequest OK",
                                    "CommitOrderRequest POINTS_OVERFLOW",
                                    "EarnPointsRequest FIELD_INVALID",
                                    "EarnPointsRequest OK",
                                    "EarnPointsRequest POINTS_OVERFLOW",
                                    "HoldPointsRequest FIELD_INVALID",
                                    "HoldPointsRequest INSUFFICIENT_POINTS",
                                    "HoldPointsRequest LIMIT_REACHED",
                                    "HoldPointsRequest OK",
                                    "RedeemPointsRequest INSUFFICIENT_POINTS",
                                    "RedeemPointsRequest OK",
                                    "RefundOrderRequest FIELD_INVALID",
                                    "RefundOrderRequest NOT_FOUND",
                                    "RefundOrderRequest OK",
                                    "RefundOrderRequest REFUND_EXCEEDS_ORDER",
                                    "ReleaseHoldRequest HOLD_NOT_OPEN",
                                    "ReleaseHoldRequest OK",
                                    "ReverseEntryRequest ENTRY_NOT_REVERSIBLE",
                                    "ReverseEntryRequest INSUFFICIENT_POINTS",
                                    "ReverseEntryRequest OK",
                                    "TransferPointsRequest INSUFFICIENT_POINTS",
                                    "TransferPointsRequest OK",
                                    "again INSUFFICIENT_POINTS",
                                    "again OK",
                                    "reused REQUEST_ID_REUSED"};

int64_t StepsToRun() {
  int64_t steps = 0;
  const char* given =
      std::getenv("PISTIS_MODEL_STEPS");  // NOLINT(concurrency-mt-unsafe)
  return given != nullptr && absl::SimpleAtoi(given, &steps) ? steps : kSteps;
}

TEST(LedgerModelTest, EngineAndModelAgreeOnEveryReplyAndEveryPoint) {
  const int64_t steps = StepsToRun();
  const uint64_t first = TestSeed();
  uint64_t seed = first;
  std::set<std::string> met;
  for (int64_t done = 0; done < steps; done += kStepsOfTrade, ++seed) {
    Trade trade(seed);
    if (seed % kTradesToOneOfRiches == 0) trade.MakeRich();
    const int64_t last = std::min(kStepsOfTrade, steps - done);
    for (int64_t step = 1; step <= last; ++step) {
      trade.Step();
      if (step % kStepsBetweenRecounts == 0 || step == last) trade.Verify();
      if (!HasFailure()) continue;
      GTEST_FAIL() << "PISTIS_TEST_SEED=" << seed << ", step " << step
                   << ", after\n"
                   << trade.Told();
    }
    met.insert(trade.met().begin(), trade.met().end());
  }
  if (steps < kSteps) return;
  EXPECT_THAT(met, testing::IsSupersetOf(kToBeMet))
      << "PISTIS_TEST_SEED=" << first;
}

}  // namespace
}  // namespace pistis
