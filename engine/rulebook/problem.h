// What is wrong with a rulebook, and the refusal that says so.
#ifndef PISTIS_ENGINE_RULEBOOK_PROBLEM_H_
#define PISTIS_ENGINE_RULEBOOK_PROBLEM_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pistis {

// One mistake. `message` is a sentence that says what is wrong and how to mend
// it, without the position.
struct Problem {
  // From 1; 0 where the rulebook did not come as text. A column is one Unicode
  // code point.
  int line = 0;
  int column = 0;
  // "rules[2].discount.percent"; empty for the rulebook as a whole.
  std::string path;
  std::string message;
};

// The mistakes that were found, the first ones in full.
struct Findings {
  std::vector<Problem> problems;
  // How many more there are.
  int unlisted = 0;
};

// What was made of a rulebook, or what kept it from being made: one of the two.
template <typename Made>
struct Checked {
  std::optional<Made> made;
  Findings findings;
};

// "line 4, column 12: rules[2].earn.points: ...", without what is not known.
[[nodiscard]] std::string ProblemText(const Problem& problem);

// RULEBOOK_INVALID: the message holds the first problem and how many more there
// are; each problem is a BadRequest violation whose field is the path and whose
// description begins with the position where it is known. As many problems are
// listed as fit the few kilobytes that a status may carry over the wire; the
// metadata counts them all (`problems`). Requires at least one problem.
[[nodiscard]] absl::Status RulebookInvalid(const Findings& findings);

// What was made, or RulebookInvalid.
template <typename Made>
absl::StatusOr<Made> MadeOrInvalid(Checked<Made> checked) {
  if (!checked.made) return RulebookInvalid(checked.findings);
  return *std::move(checked.made);
}

// `text` in double quotes, shortened and with control characters escaped, to be
// shown in a message.
[[nodiscard]] std::string Shown(absl::string_view text);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_PROBLEM_H_
