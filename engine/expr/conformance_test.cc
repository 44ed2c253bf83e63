// Runs the conformance cases of the CEL specification. They lie outside the
// repository: in cel-spec of the directory that PISTIS_SHARED_DATA names, or of
// ../shared/data.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/expr/cases.h"

namespace pistis::expr {
namespace {

std::vector<std::filesystem::path> CaseFiles() {
  const char* shared = std::getenv("PISTIS_SHARED_DATA");
  const std::filesystem::path folder =
      std::filesystem::path(shared == nullptr ? "../shared/data" : shared) /
      "cel-spec";
  std::vector<std::filesystem::path> files;
  std::error_code absent;
  for (const auto& entry :
       std::filesystem::directory_iterator(folder, absent)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string TextOf(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(ConformanceTest, EveryCaseComesOutAsTheSpecificationSays) {
  const auto files = CaseFiles();
  if (files.empty()) GTEST_SKIP() << "no conformance cases here";
  for (const auto& file : files) {
    const auto cases = ParseCases(TextOf(file));
    ASSERT_TRUE(cases.ok()) << file << ": " << cases.status();
    EXPECT_FALSE(cases->empty()) << file;
    for (const Case& test : *cases) {
      const auto failure = FailureOf(test);
      EXPECT_FALSE(failure.has_value())
          << file.stem() << "/" << test.name << ": " << test.source << ": "
          << *failure;
    }
  }
}

}  // namespace
}  // namespace pistis::expr
