#include "engine/rulebook/mistake.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/expr/utf8.h"
#include "engine/rulebook/compile.h"
#include "engine/rulebook/test_support.h"

namespace pistis {
namespace {

constexpr absl::string_view kMarker = "@@";

std::string WholeYaml(const Mistake& mistake) {
  if (absl::StartsWith(mistake.yaml, "!")) return mistake.yaml.substr(1);
  return absl::StrCat(kHeader, mistake.yaml);
}

std::string PositionAt(const std::string& text, size_t offset) {
  int line = 1;
  size_t line_start = 0;
  for (size_t i = 0; i < offset; ++i) {
    if (text[i] != '\n') continue;
    ++line;
    line_start = i + 1;
  }
  const int64_t column =
      1 + expr::CountCodePoints(text.substr(line_start, offset - line_start));
  return absl::StrCat("line ", line, ", column ", column, ": ");
}

void ExpectPointedOut(const Mistake& mistake) {
  std::string yaml = WholeYaml(mistake);
  const size_t marker = yaml.find(std::string(kMarker));
  ASSERT_NE(marker, std::string::npos) << yaml;
  yaml.erase(marker, kMarker.size());
  const absl::Status status = CompileYaml(yaml, 1).status();
  EXPECT_EQ(ReasonOf(status), Reason::kRulebookInvalid) << mistake.yaml;
  const std::vector<Violation> violations = ViolationsOf(status);
  ASSERT_EQ(violations.size(), 1U) << mistake.yaml << "\n" << Explained(status);
  const std::string& description = violations[0].description;
  EXPECT_TRUE(absl::StartsWith(description, PositionAt(yaml, marker)))
      << mistake.yaml << "\n"
      << PositionAt(yaml, marker) << "wanted, but: " << Explained(status);
  EXPECT_TRUE(absl::StrContains(description, mistake.mend))
      << mistake.yaml << "\n"
      << Explained(status);
}

}  // namespace

void ExpectAllPointedOut(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes)
    ExpectPointedOut(mistake);
}

}  // namespace pistis
