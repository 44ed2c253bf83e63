// The functions that every expression may call.
#ifndef PISTIS_ENGINE_EXPR_STANDARD_FUNCTIONS_H_
#define PISTIS_ENGINE_EXPR_STANDARD_FUNCTIONS_H_

#include <vector>

#include "engine/expr/function.h"

namespace pistis::expr {

// Those of CEL's standard and of its standard extensions; README.md has the
// list. (Macros are part of the language.)
[[nodiscard]] std::vector<Function> StandardFunctions();

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_STANDARD_FUNCTIONS_H_
