// Syntax tree to program: names become slots, types are checked, constant parts
// are computed.
#ifndef PISTIS_ENGINE_EXPR_CHECKER_H_
#define PISTIS_ENGINE_EXPR_CHECKER_H_

#include <cstdint>

#include "absl/status/statusor.h"

#include "engine/expr/ast.h"
#include "engine/expr/environment.h"
#include "engine/expr/program.h"

namespace pistis::expr {

enum class Typing : uint8_t {
  // What cannot work is refused.
  kStatic,
  // What cannot work, unknown names included, fails when it is evaluated.
  kDynamic,
};

// Checks `ast` against `environment`. InvalidArgument, an ExprError, at the
// first thing that is wrong; unknown names come with the nearest known one.
[[nodiscard]] absl::StatusOr<Program> Check(const Ast& ast,
                                            const Environment& environment,
                                            Typing typing);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_CHECKER_H_
