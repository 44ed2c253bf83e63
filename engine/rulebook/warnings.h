// What a rulebook may say and hardly can mean.
#ifndef PISTIS_ENGINE_RULEBOOK_WARNINGS_H_
#define PISTIS_ENGINE_RULEBOOK_WARNINGS_H_

#include <vector>

#include "absl/time/time.h"

#include "pistis/v1/rulebook.pb.h"
#include "pistis/v1/rulebook_service.pb.h"

#include "engine/rulebook/rulebook.h"

namespace pistis {

// The oversights of `message`, which compiled to `rulebook` and is to start at
// `start`, without their positions. Of a condition it sees what is false for
// every order, and comparisons of one name that exclude each other; a rule that
// can never match for other reasons goes unseen. Pure.
[[nodiscard]] std::vector<v1::RulebookFinding> FindOversights(
    const v1::Rulebook& message, const Rulebook& rulebook, absl::Time start);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_WARNINGS_H_
