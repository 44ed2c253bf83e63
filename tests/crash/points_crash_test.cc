// Every command that changes points, from loops that keep their own journals;
// the server is killed in the middle of it, again and again.
#include <algorithm>
#include <iostream>
#include <memory>

#include "gtest/gtest.h"

#include "tests/crash/points_run.h"

namespace pistis::crash {
namespace {

// What is read after a crash grows with the folder; so each lives this long.
constexpr int kCyclesPerFolder = 10;

// P2, P3 and P4 of the design, for the ledger in full.
TEST(PointsCrashTest, EveryAcknowledgedCommandIsThereOnce) {
  const Settings settings = ReadSettings(20, 0.6);
  size_t held = 0;
  for (int first = 1; first <= settings.cycles; first += kCyclesPerFolder) {
    PointsRun run(settings, first);
    ASSERT_EQ(run.Open(), absl::OkStatus());
    const int end = std::min(first + kCyclesPerFolder, settings.cycles + 1);
    for (int cycle = first; cycle < end; ++cycle) {
      run.LoadAndKill(cycle);
      ASSERT_EQ(run.StartAndCompare(cycle), absl::OkStatus());
      ASSERT_EQ(run.findings().Text(), "");
    }
    ASSERT_EQ(run.StopAndCompare(), absl::OkStatus());
    ASSERT_EQ(run.findings().Text(), "");
    held += run.journal().size();
  }
  std::cout << held << " commands held over " << settings.cycles << " crashes"
            << std::endl;
}

// A backup made under load is a server of its own: it verifies, it holds all
// that was acknowledged before it began, up to one commit and nothing after it.
// One that a crash cut short is refused.
TEST(PointsCrashTest, BackupUnderLoadHoldsAllThatWasAcknowledgedBefore) {
  const Settings settings = ReadSettings(2, 0.6);
  int restored = 0;
  std::unique_ptr<PointsRun> run;
  for (int cycle = 1; cycle <= settings.cycles; ++cycle) {
    if ((cycle - 1) % kCyclesPerFolder == 0) {
      run = std::make_unique<PointsRun>(settings, cycle);
      ASSERT_EQ(run->Open(), absl::OkStatus());
    }
    const BackupTry backup = run->LoadBackUpAndKill(cycle);
    const absl::StatusOr<bool> there = run->RestoreAndCompare(backup);
    ASSERT_EQ(there.status(), absl::OkStatus());
    ASSERT_EQ(run->findings().Text(), "");
    restored += *there ? 1 : 0;
    ASSERT_EQ(run->StartAndCompare(cycle), absl::OkStatus());
    ASSERT_EQ(run->findings().Text(), "");
  }
  std::cout << restored << " backups restored of " << settings.cycles
            << std::endl;
}

}  // namespace
}  // namespace pistis::crash
