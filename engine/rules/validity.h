// Whether a rule may apply at a time.
#ifndef PISTIS_ENGINE_RULES_VALIDITY_H_
#define PISTIS_ENGINE_RULES_VALIDITY_H_

#include "absl/time/civil_time.h"

#include "engine/rulebook/rulebook.h"

namespace pistis {

// True where `now`, the time on the program's wall, fits all that `validity`
// states. An hour that the clock is put back over fits twice, one that it skips
// never.
[[nodiscard]] bool IsValidAt(const Validity& validity, absl::CivilMinute now);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_VALIDITY_H_
