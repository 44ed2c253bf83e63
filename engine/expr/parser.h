// Source text to syntax tree.
#ifndef PISTIS_ENGINE_EXPR_PARSER_H_
#define PISTIS_ENGINE_EXPR_PARSER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/expr/ast.h"

namespace pistis::expr {

// The longest expression, in bytes.
inline constexpr int kMaxSourceBytes = 4096;
// How deep brackets and conditionals may nest.
inline constexpr int kMaxNesting = 64;
// How high a tree may grow, chains such as 1 + 1 + 1 and a.b.c included (but
// && and || do not add to it).
inline constexpr int kMaxHeight = 256;

// Parses the grammar of CEL, except that messages cannot be built. Reads any
// bytes; InvalidArgument, an ExprError, where they are not an expression.
//
//   Expr        = Or ["?" Or ":" Expr]
//   Or          = And {"||" And}
//   And         = Relation {"&&" Relation}
//   Relation    = Sum {("<"|"<="|">="|">"|"=="|"!="|"in") Sum}
//   Sum         = Product {("+"|"-") Product}
//   Product     = Unary {("*"|"/"|"%") Unary}
//   Unary       = {"!"|"-"} Member
//   Member      = Primary {"." SELECTOR ["(" [Exprs] ")"] | ".?" SELECTOR
//               | "[" ["?"] Expr "]"}
//   Primary     = ["."] IDENT ["(" [Exprs] ")"] | "(" Expr ")" | LITERAL
//               | "[" [Items [","]] "]" | "{" [Entries [","]] "}"
//   Items       = ["?"] Expr {"," ["?"] Expr}
//   Entries     = ["?"] Expr ":" Expr {"," ["?"] Expr ":" Expr}
[[nodiscard]] absl::StatusOr<Ast> Parse(absl::string_view source);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_PARSER_H_
