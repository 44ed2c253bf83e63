// The functions that every expression may call.
#ifndef PISTIS_ENGINE_EXPR_STANDARD_FUNCTIONS_H_
#define PISTIS_ENGINE_EXPR_STANDARD_FUNCTIONS_H_

#include <vector>

#include "engine/expr/function.h"

namespace pistis::expr {

// size; the methods contains, startsWith and endsWith; the conversions bool,
// int, uint, double, string, bytes and dyn: all as CEL's standard says. (has is
// part of the language.)
[[nodiscard]] std::vector<Function> StandardFunctions();

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_STANDARD_FUNCTIONS_H_
