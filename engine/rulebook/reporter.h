// Collects the problems of one rulebook.
#ifndef PISTIS_ENGINE_RULEBOOK_REPORTER_H_
#define PISTIS_ENGINE_RULEBOOK_REPORTER_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "engine/rulebook/positions.h"
#include "engine/rulebook/problem.h"

namespace pistis {

// Keeps the first kMaxProblems problems and counts the rest, so that a hostile
// rulebook costs no more than a long one. One thread.
class Reporter {
 public:
  static constexpr size_t kMaxProblems = 50;

  // `positions` may be null: the rulebook did not come as text. It must outlive
  // the reporter.
  explicit Reporter(const Positions* positions) : positions_(positions) {}

  // A problem of the value at `path`, or of its absence.
  void Add(const std::string& path, absl::string_view message);
  // A problem at byte `offset` of `value`, the text at `path`.
  void AddInside(const std::string& path, absl::string_view value,
                 size_t offset, absl::string_view message);
  // A problem at byte `offset` of the YAML text.
  void AddAt(const std::string& path, size_t offset, absl::string_view message);

  // True where the YAML text states a value at `path`; false where there is no
  // text.
  [[nodiscard]] bool Stated(const std::string& path) const;

  // "; did you mean \"x\"?" where a name among `known` is near, else nothing.
  // Nothing also when no more problems are kept: nobody would see it.
  [[nodiscard]] std::string Suggestion(
      absl::string_view unknown, absl::Span<const std::string> known) const;

  [[nodiscard]] bool ok() const { return findings_.problems.empty(); }
  [[nodiscard]] bool full() const {
    return findings_.problems.size() >= kMaxProblems;
  }

  // What was found, in the order of the text.
  [[nodiscard]] Findings Take();

 private:
  void Keep(const std::string& path, TextPosition position,
            absl::string_view message);

  const Positions* positions_;
  Findings findings_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_REPORTER_H_
