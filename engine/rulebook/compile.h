// The rulebook message into the form that the engine runs.
#ifndef PISTIS_ENGINE_RULEBOOK_COMPILE_H_
#define PISTIS_ENGINE_RULEBOOK_COMPILE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "pistis/v1/rulebook.pb.h"

#include "engine/rulebook/load.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// The most entries of the lists of one rulebook.
inline constexpr int kMaxRules = 10'000;
inline constexpr int kMaxCodeTemplates = 1'000;
inline constexpr int kMaxNoteTemplates = 1'000;

// True for what may be a name of the zone database. The loader of zones would
// also take paths of files and names that mean the machine's own zone, so ask
// this first.
[[nodiscard]] bool IsZoneName(absl::string_view name);

// Compiles a rulebook as version `version`. RULEBOOK_INVALID with all its
// mistakes at once (see RulebookInvalid): with line and column where it was
// loaded from YAML, by field path alone where it came as a message. Whether the
// rulebook is for the program it is published to is not looked at.
absl::StatusOr<Rulebook> Compile(const LoadedRulebook& loaded, int64_t version);
absl::StatusOr<Rulebook> CompileMessage(const v1::Rulebook& message,
                                        int64_t version);

// The same, with all mistakes as findings.
[[nodiscard]] Checked<Rulebook> CheckMeaning(const LoadedRulebook& loaded);
[[nodiscard]] Checked<Rulebook> CheckMeaning(const v1::Rulebook& message);

// LoadYaml, then Compile. Mistakes of form come first: while there are any,
// those of meaning are not looked for.
absl::StatusOr<Rulebook> CompileYaml(absl::string_view yaml, int64_t version);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_COMPILE_H_
