// YAML text into the rulebook message.
#ifndef PISTIS_ENGINE_RULEBOOK_LOAD_H_
#define PISTIS_ENGINE_RULEBOOK_LOAD_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "pistis/v1/rulebook.pb.h"

#include "engine/rulebook/positions.h"
#include "engine/rulebook/problem.h"

namespace pistis {

// The largest rulebook, in bytes of YAML.
inline constexpr size_t kMaxYamlBytes = size_t{4} << 20U;

// A rulebook as written, and where each value of it was written.
struct LoadedRulebook {
  v1::Rulebook rulebook;
  Positions positions;
};

// Reads a rulebook by its schema: every key is a field of the message, and a
// number or text may be given with or without quotes, but true and false
// without. Any bytes are safe. RULEBOOK_INVALID (see RulebookInvalid) with all
// that is wrong with the form: syntax, unknown and repeated keys, values of the
// wrong kind. Whether the values make sense is for Compile to say.
absl::StatusOr<LoadedRulebook> LoadYaml(absl::string_view yaml);

// The same, with all that is wrong as findings.
[[nodiscard]] Checked<LoadedRulebook> CheckForm(absl::string_view yaml);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_LOAD_H_
