// Any bytes as a rulebook in YAML. It is taken, or refused:
//   refused  each mistake has words, and a line and column within the text
//   taken    its message as it is stored is the same message again, and comes
//            to the same rulebook: what it says when it is asked for is what
//            was published
// Either answer is the same twice.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/stubs/logging.h"
#include "google/protobuf/util/message_differencer.h"

#include "pistis/v1/rulebook.pb.h"

#include "engine/rulebook/compile.h"
#include "engine/rulebook/load.h"
#include "engine/rulebook/problem.h"
#include "tests/fuzz/promise.h"

namespace pistis {
namespace {

using google::protobuf::util::MessageDifferencer;

void RequirePlaced(const Findings& findings, absl::string_view yaml) {
  Require(!findings.problems.empty(), "a refusal names a mistake");
  const std::vector<absl::string_view> lines = absl::StrSplit(yaml, '\n');
  for (const Problem& problem : findings.problems) {
    const std::string text = ProblemText(problem);
    Require(!problem.message.empty(), "a mistake has words");
    Require(problem.line >= 1 && problem.column >= 1 &&
                problem.line <= static_cast<int>(lines.size()),
            absl::StrCat("a mistake is on a line of the text: ", text));
    Require(
        problem.column <= static_cast<int>(lines[problem.line - 1].size()) + 1,
        absl::StrCat("a mistake is in a column of its line: ", text));
  }
}

void RequireSame(const Findings& findings, const Findings& again) {
  Require(findings.unlisted == again.unlisted &&
              std::equal(findings.problems.begin(), findings.problems.end(),
                         again.problems.begin(), again.problems.end(),
                         [](const Problem& one, const Problem& other) {
                           return ProblemText(one) == ProblemText(other);
                         }),
          "the same rulebook has the same mistakes");
}

void RequireKept(const v1::Rulebook& message) {
  const std::string stored = message.SerializeAsString();
  v1::Rulebook read;
  Require(read.ParseFromString(stored), "what was stored can be read");
  Require(MessageDifferencer::Equals(message, read),
          "what was stored is what was published");
  Require(CompileMessage(read, 1).ok(), "what was published runs");
}

void Try(absl::string_view yaml) {
  const Checked<LoadedRulebook> formed = CheckForm(yaml);
  if (!formed.made) {
    RequirePlaced(formed.findings, yaml);
    RequireSame(formed.findings, CheckForm(yaml).findings);
    return;
  }
  const Checked<Rulebook> meant = CheckMeaning(*formed.made);
  if (!meant.made) {
    RequirePlaced(meant.findings, yaml);
    RequireSame(meant.findings, CheckMeaning(*formed.made).findings);
    return;
  }
  RequireKept(formed.made->rulebook);
}

}  // namespace
}  // namespace pistis

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const google::protobuf::LogSilencer silent;
  pistis::Try({reinterpret_cast<const char*>(data), size});
  return 0;
}
