// What operators take and what they do.
#ifndef PISTIS_ENGINE_EXPR_OPERATORS_H_
#define PISTIS_ENGINE_EXPR_OPERATORS_H_

#include <cstdint>
#include <vector>

#include "engine/expr/ast.h"
#include "engine/expr/type.h"
#include "engine/expr/value.h"

namespace pistis::expr {

// The signatures of an operator, in CEL's standard.
[[nodiscard]] const std::vector<Signature>& SignaturesOf(Operator operation);

// `operation` on one value, kNot or kNegate. An error value where it does not
// take it or the result does not fit.
[[nodiscard]] Value ApplyUnary(Operator operation, const Value& operand);

// `operation` on two values, any of the others. An error value where it does
// not take them, the result does not fit, or a divisor is zero.
[[nodiscard]] Value ApplyBinary(Operator operation, const Value& left,
                                const Value& right);

// list[index] and map[key]; an error value where there is nothing.
[[nodiscard]] Value ApplyIndex(const Value& container, const Value& index);

// The items in the order of their keys, which stand at the same places; equal
// ones as they stood. An error value where two keys have no order.
[[nodiscard]] Value SortedBy(const std::vector<Value>& items,
                             const std::vector<Value>& keys);
// How many steps it takes to sort so many items.
[[nodiscard]] int64_t SortingCost(int64_t items);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_OPERATORS_H_
