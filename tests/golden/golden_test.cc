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

// The trace's text with the outcomes that it really has.
std::string Rerun(const std::string& text) {
  absl::StatusOr<Trace> trace = ParseTrace(text);
  EXPECT_TRUE(trace.ok()) << trace.status();
  if (!trace.ok()) return text;
  trace = RunTrace(*std::move(trace));
  EXPECT_TRUE(trace.ok()) << trace.status();
  return trace.ok() ? ToText(*trace) : text;
}

// Holds `actual` against what the file says, or writes it there.
void ExpectSaid(const std::filesystem::path& file, const std::string& actual,
                const std::string& expected) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  if (std::getenv("PISTIS_GOLDEN_WRITE") != nullptr) {
    std::ofstream(file) << actual;
    return;
  }
  EXPECT_EQ(actual, expected) << file;
}

class GoldenTest : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(GoldenTest, TheTraceDoesWhatItSays) {
  const std::string expected = ContentsOfFile(GetParam());
  ExpectSaid(GetParam(), Rerun(expected), expected);
}

TEST(GuideTest, EveryStoryOfTheGuideDoesWhatItSays) {
  const std::filesystem::path file = std::filesystem::path(PISTIS_GOLDEN_DIR) /
                                     "../../engine/rulebook/README.md";
  const std::string expected = ContentsOfFile(file);
  const std::string begin = "```trace\n";
  const std::string end = "```";
  std::string actual;
  size_t read = 0;
  size_t stories = 0;
  for (size_t at = expected.find(begin); at != std::string::npos;
       at = expected.find(begin, read)) {
    const size_t story = at + begin.size();
    const size_t stop = expected.find(end, story);
    ASSERT_NE(stop, std::string::npos);
    actual += expected.substr(read, story - read) +
              Rerun(expected.substr(story, stop - story));
    read = stop;
    ++stories;
  }
  EXPECT_GE(stories, 10U);
  ExpectSaid(file, actual + expected.substr(read), expected);
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
