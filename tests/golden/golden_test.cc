// Every trace of this folder does what it says. A difference is a decision:
// PISTIS_GOLDEN_WRITE=1 writes the outcomes anew, and the diff is reviewed.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "tests/golden/runner.h"
#include "tests/golden/trace.h"

namespace pistis::golden {
namespace {

std::vector<std::filesystem::path> TraceFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto& file :
       std::filesystem::directory_iterator(PISTIS_GOLDEN_DIR)) {
    if (file.path().extension() == ".trace") files.push_back(file.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ContentsOfFile(const std::filesystem::path& file) {
  std::ostringstream contents;
  contents << std::ifstream(file).rdbuf();
  return contents.str();
}

class GoldenTest : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(GoldenTest, TheTraceDoesWhatItSays) {
  const std::string expected = ContentsOfFile(GetParam());
  absl::StatusOr<Trace> trace = ParseTrace(expected);
  ASSERT_TRUE(trace.ok()) << GetParam() << ": " << trace.status();
  trace = RunTrace(*std::move(trace));
  ASSERT_TRUE(trace.ok()) << GetParam() << ": " << trace.status();
  const std::string actual = ToText(*trace);
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  if (std::getenv("PISTIS_GOLDEN_WRITE") != nullptr) {
    std::ofstream(GetParam()) << actual;
    return;
  }
  EXPECT_EQ(actual, expected) << GetParam();
}

TEST(GoldenTraceTest, ATraceIsLaidOutInColumns) {
  const auto trace = ParseTrace(
      "# why\n"
      "rulebook\n  rules: []\nend\n"
      "at 2026-01-10 10:00 member m1 -> m1\n"
      "commit o1 m1 1.00 -> pay 1.00\n"
      "entries m1\n-> one\n -> two\n");
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(ToText(*trace),
            "# why\n"
            "rulebook\n  rules: []\nend\n"
            "at 2026-01-10 10:00     member m1          -> m1\n"
            "                        commit o1 m1 1.00  -> pay 1.00\n"
            "                        entries m1\n"
            "                        -> one\n"
            "                        -> two\n");
}

TEST(GoldenTraceTest, WhatIsNoTraceIsNamedByItsLine) {
  EXPECT_FALSE(ParseTrace("rulebook\nrules: []\n").ok());
  EXPECT_FALSE(ParseTrace("# a\n-> b\n").ok());
  for (const char* text :
       {"commit o1", "refund o1", "sell o1", "commit o1 m1 x",
        "commit o1 m1 1.00[cost=1", "at 2026-13-01 stats",
        "at 2026-01-02 stats\nat 2026-01-01 stats"}) {
    const auto trace = ParseTrace(text);
    ASSERT_TRUE(trace.ok()) << trace.status();
    EXPECT_FALSE(RunTrace(*trace).ok()) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Traces, GoldenTest, testing::ValuesIn(TraceFiles()),
    [](const testing::TestParamInfo<std::filesystem::path>& info) {
      return info.param.stem().string();
    });

}  // namespace
}  // namespace pistis::golden
