// What validating and publishing share: a rulebook is read, compiled, and tried
// on its own examples.
#ifndef PISTIS_ENGINE_OPERATIONS_CHECK_RULEBOOK_H_
#define PISTIS_ENGINE_OPERATIONS_CHECK_RULEBOOK_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/v1/rulebook_service.pb.h"

#include "engine/base/refusal.h"
#include "engine/rulebook/load.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// A rulebook as a request gives it; borrows. One of the two is set.
struct RulebookSource {
  const std::string* yaml = nullptr;
  const v1::Rulebook* message = nullptr;
};

// The source of a request; FIELD_INVALID where it has none.
template <typename Request>
absl::StatusOr<RulebookSource> SourceOf(const Request& request) {
  if (request.has_yaml()) return RulebookSource{.yaml = &request.yaml()};
  if (request.has_rulebook()) {
    return RulebookSource{.message = &request.rulebook()};
  }
  return RefuseField("source", "is missing; set yaml or rulebook");
}

struct CheckedRulebook {
  // As far as it could be read; without positions where it came as a message.
  LoadedRulebook loaded;
  bool from_text = false;
  // As version 0; nothing where it does not compile.
  std::optional<Rulebook> compiled;
  // All but the warnings.
  v1::ValidateRulebookResponse report;
};

// Examples without a time are placed at `start`. May take long.
[[nodiscard]] CheckedRulebook CheckRulebook(const RulebookSource& source,
                                            absl::Time start);

// Adds the warnings to the report of a rulebook that compiles and is to start
// at `start`.
void AddWarnings(absl::Time start, CheckedRulebook& checked);

// RULEBOOK_INVALID with the errors of a report, of which there is at least one.
[[nodiscard]] absl::Status RefuseRulebook(
    const v1::ValidateRulebookResponse& report);

// What is wrong with a rulebook that is for another program.
[[nodiscard]] std::string OtherThanTheProgram(absl::string_view of_rulebook,
                                              absl::string_view of_program);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_CHECK_RULEBOOK_H_
