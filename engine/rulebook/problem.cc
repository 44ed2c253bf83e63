#include "engine/rulebook/problem.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"

namespace pistis {
namespace {

// gRPC carries a status with its details in a header block of 8 KiB.
constexpr size_t kMaxDetailBytes = 5000;
constexpr size_t kMaxShownBytes = 60;
constexpr size_t kMaxPathBytes = 200;
constexpr size_t kMaxMessageBytes = 600;

bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

std::string Shortened(absl::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  size_t end = limit;
  while (end > 0 && IsContinuation(text[end]))
    --end;
  return absl::StrCat(text.substr(0, end), "...");
}

std::string Description(const Problem& problem) {
  std::string message = Shortened(problem.message, kMaxMessageBytes);
  if (problem.line == 0) return message;
  return absl::StrCat("line ", problem.line, ", column ", problem.column, ": ",
                      message);
}

}  // namespace

std::string ProblemText(const Problem& problem) {
  Problem whole = problem;
  if (!problem.path.empty()) {
    whole.message = absl::StrCat(Shortened(problem.path, kMaxPathBytes), ": ",
                                 problem.message);
  }
  return Description(whole);
}

absl::Status RulebookInvalid(const Findings& findings) {
  const size_t total =
      findings.problems.size() + static_cast<size_t>(findings.unlisted);
  std::string message = ProblemText(findings.problems.front());
  if (total > 1) absl::StrAppend(&message, " (and ", total - 1, " more)");
  absl::Status status = Refuse(Reason::kRulebookInvalid, message,
                               {{"problems", absl::StrCat(total)}});
  size_t bytes = message.size();
  for (const Problem& problem : findings.problems) {
    const std::string field = Shortened(problem.path, kMaxPathBytes);
    const std::string description = Description(problem);
    bytes += field.size() + description.size();
    if (bytes > kMaxDetailBytes) break;
    AddFieldViolation(field, description, status);
  }
  return status;
}

std::string Shown(absl::string_view text) {
  return absl::StrCat(
      "\"", absl::Utf8SafeCHexEscape(Shortened(text, kMaxShownBytes)), "\"");
}

}  // namespace pistis
