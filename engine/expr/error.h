// What is wrong with an expression, and where.
#ifndef PISTIS_ENGINE_EXPR_ERROR_H_
#define PISTIS_ENGINE_EXPR_ERROR_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace pistis::expr {

// A problem at a byte offset of the source. `message` is one sentence without
// the position, fit to be shown to the writer of the expression.
struct ExprError {
  int offset = 0;
  std::string message = {};
};

// Line and column, both from 1; a column is one Unicode code point.
struct Position {
  int line = 1;
  int column = 1;

  friend bool operator==(const Position&, const Position&) = default;
};

// The position of byte `offset` in `source`; an offset beyond the end is the
// end.
[[nodiscard]] Position PositionOf(absl::string_view source, int offset);

// InvalidArgument with the message "line:column: message", from which
// ExprErrorOf gets `error` back.
[[nodiscard]] absl::Status MakeExprError(absl::string_view source,
                                         const ExprError& error);
// The same with another code, for what fails at run time.
[[nodiscard]] absl::Status MakeExprError(absl::StatusCode code,
                                         absl::string_view source,
                                         const ExprError& error);

// The error that `status` carries, or nothing where it was not made here.
[[nodiscard]] std::optional<ExprError> ExprErrorOf(const absl::Status& status);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_ERROR_H_
