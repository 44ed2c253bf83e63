// CEL, the Common Expression Language: the way in.
//
// Compile once, evaluate often, from any thread:
//
//   auto line = std::make_shared<const ObjectType>(ObjectType{
//       "line", {{"category", Type::String()}, {"amount", Type::Int()}}});
//   PISTIS_ASSIGN_OR_RETURN(
//       const Environment environment,
//       Environment::Create({.variables = {{"line", Type::Object(line)}}}));
//   PISTIS_ASSIGN_OR_RETURN(
//       const Expression expression,
//       Expression::Compile("line.category == \"tea\" && line.amount > 500",
//                           environment, {.result = Type::Bool()}));
//   ...
//   const Decision decision = expression.Decide(activation);
//
// where the activation hands out, for slot 0, an ObjectValue over the order
// line at hand (see activation.h and value.h).
#ifndef PISTIS_ENGINE_EXPR_EXPRESSION_H_
#define PISTIS_ENGINE_EXPR_EXPRESSION_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "engine/expr/activation.h"
#include "engine/expr/ast.h"
#include "engine/expr/checker.h"
#include "engine/expr/environment.h"
#include "engine/expr/error.h"
#include "engine/expr/type.h"
#include "engine/expr/value.h"

namespace pistis::expr {

struct Program;

struct CompileOptions {
  Typing typing = Typing::kStatic;
  // The type the expression must have; absent: any. Dyn is let through and
  // looked at when it is evaluated.
  std::optional<Type> result = std::nullopt;
  // How many steps an evaluation may take: about one for each part of the
  // expression it comes to (the body of a macro once for each item), each item
  // of a list it searches, compares or builds, and each 64 bytes of text it
  // reads or writes.
  int64_t step_budget = 100'000;
};

// Why an evaluation gave no value.
struct EvaluationError {
  ErrorCode code = ErrorCode::kNoSuchOverload;
  // The part of the expression that failed.
  NodeId node = 0;
  // What the function said, for kFunctionFailed; else empty.
  std::string message = {};
};

// How the value of a part comes of its own parts.
enum class PartKind {
  // True where all are, and where one is.
  kAnd,
  kOr,
  // The opposite of its only one.
  kNot,
  // The second where the first is true, else the third.
  kConditional,
  // It stands for itself: 500, 'tea'.
  kLiteral,
  // Some other way.
  kOther,
};

// How a part compares a text field, or a field that is a list of texts, with
// texts that are known beforehand.
enum class TextRelation { kEquals, kStartsWith, kContains };

// True where the field is, starts with or contains any of `texts`, else false
// or failed.
struct FieldTest {
  // The declaration of the object whose field it is, and its slot there.
  const ObjectType* object = nullptr;
  int field = 0;
  TextRelation relation = TextRelation::kEquals;
  std::vector<std::string> texts = {};
  // Where the texts are a list that knows what it holds: that list, which lives
  // as long as the expression; `texts` is then empty.
  const ListValue* list = nullptr;
};

// What a condition came to. One that fails does not hold.
struct Decision {
  bool holds = false;
  std::optional<EvaluationError> error = std::nullopt;
  // How many steps it took; one that fails for want of them took all there
  // were.
  int64_t steps = 0;
};

// A compiled expression. Immutable, cheap to copy, any thread; holds on to all
// it needs but the environment's variables.
class Expression {
 public:
  // InvalidArgument where the source is not an expression that `environment`
  // allows: the message is "line:column: what is wrong", and ExprErrorOf gives
  // the offset in the source.
  static absl::StatusOr<Expression> Compile(absl::string_view source,
                                            const Environment& environment,
                                            const CompileOptions& options = {});

  [[nodiscard]] const std::string& source() const;
  [[nodiscard]] const Type& type() const;

  // The value. It may borrow from the activation's data and from this
  // expression, so both must outlive it. Fails with an ExprError that points at
  // the part that failed: NotFound where a variable, field or key is missing,
  // OutOfRange where a number does not fit, ResourceExhausted where the step
  // budget is spent or a value grows too large, else InvalidArgument.
  [[nodiscard]] absl::StatusOr<Value> Evaluate(
      const Activation& activation) const;

  // Whether the expression is true; neither that nor a failure allocates,
  // unless a function, a literal with variables in it or the activation does.
  // Takes `most_steps` at most where that is less than the step budget.
  [[nodiscard]] Decision Decide(
      const Activation& activation,
      int64_t most_steps = std::numeric_limits<int64_t>::max()) const;

  // An evaluation error as a sentence with its offset.
  [[nodiscard]] ExprError Describe(const EvaluationError& error) const;

  // For explanations: the parts of the expression, from the root down, what
  // each reads in the source, and what each comes to. A part that was computed
  // when the expression was compiled still has its own parts.
  [[nodiscard]] NodeId root() const;
  [[nodiscard]] absl::Span<const NodeId> PartsOf(NodeId node) const;
  [[nodiscard]] PartKind KindOf(NodeId node) const;
  [[nodiscard]] absl::string_view TextOf(NodeId node) const;
  [[nodiscard]] absl::StatusOr<Value> EvaluatePart(
      NodeId node, const Activation& activation) const;

  // The test that a part is; nothing where it is none.
  [[nodiscard]] std::optional<FieldTest> FieldTestOf(NodeId node) const;
  // The lists named in the expression that know what they hold, see
  // ListValue::Finds; they live as long as it.
  [[nodiscard]] std::vector<const ListValue*> SearchableLists() const;
  // What holds for some item where the part, a call of `exists` or
  // `exists_one`, is true; nothing where the part is no such call.
  [[nodiscard]] std::optional<NodeId> SoughtBy(NodeId node) const;

 private:
  Expression(std::shared_ptr<const Program> program, int64_t step_budget)
      : program_(std::move(program)), step_budget_(step_budget) {}

  std::shared_ptr<const Program> program_;
  int64_t step_budget_;
};

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_EXPRESSION_H_
