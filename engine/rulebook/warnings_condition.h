// Conditions that no order can meet.
#ifndef PISTIS_ENGINE_RULEBOOK_WARNINGS_CONDITION_H_
#define PISTIS_ENGINE_RULEBOOK_WARNINGS_CONDITION_H_

#include <optional>
#include <string>

#include "engine/expr/environment.h"
#include "engine/expr/expression.h"

namespace pistis {

// What a condition always comes to, whatever the order, the member and the line
// are; nothing where that depends on them.
[[nodiscard]] std::optional<bool> AlwaysComesTo(
    const expr::Expression& condition);

// Two parts of the condition that must both hold and never do, as it states
// them: "\"member.orders > 5\" and \"member.orders < 3\""; nothing where none
// are seen. Looks at comparisons of a name with a constant, `in` a constant
// list, and bare names.
[[nodiscard]] std::optional<std::string> Contradiction(
    const expr::Expression& condition, const expr::Environment& environment);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_WARNINGS_CONDITION_H_
