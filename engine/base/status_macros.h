// The two macros of the code base: hand an error on, or take the value.
#ifndef PISTIS_ENGINE_BASE_STATUS_MACROS_H_
#define PISTIS_ENGINE_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the function with `expression`'s status where it is not OK.
#define PISTIS_RETURN_IF_ERROR(expression)                                \
  do {                                                                    \
    if (absl::Status pistis_status = (expression); !pistis_status.ok()) { \
      return pistis_status;                                               \
    }                                                                     \
  } while (false)

// Sets `target` (a declaration or an lvalue) from a StatusOr `expression`, or
// returns from the function with its status.
#define PISTIS_ASSIGN_OR_RETURN(target, expression)                          \
  PISTIS_ASSIGN_OR_RETURN_IMPL_(PISTIS_CONCAT_(pistis_status_or_, __LINE__), \
                                target, expression)

#define PISTIS_CONCAT_IMPL_(a, b) a##b
#define PISTIS_CONCAT_(a, b) PISTIS_CONCAT_IMPL_(a, b)
// NOLINTBEGIN(bugprone-macro-parentheses): `target` may be a declaration.
#define PISTIS_ASSIGN_OR_RETURN_IMPL_(holder, target, expression) \
  auto holder = (expression);                                     \
  if (!holder.ok()) return std::move(holder).status();            \
  target = *std::move(holder)
// NOLINTEND(bugprone-macro-parentheses)

#endif  // PISTIS_ENGINE_BASE_STATUS_MACROS_H_
