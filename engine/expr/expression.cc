#include "engine/expr/expression.h"

#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include "engine/expr/containers.h"
#include "engine/expr/evaluator.h"
#include "engine/expr/parser.h"
#include "engine/expr/program.h"

namespace pistis::expr {
namespace {

absl::string_view Sentence(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNoSuchVariable:
      return "there is no such variable here";
    case ErrorCode::kNoSuchField:
      return "there is no such field here";
    case ErrorCode::kNoSuchKey:
      return "the map does not have this key";
    case ErrorCode::kIndexOutOfRange:
      return "the list does not have this index";
    case ErrorCode::kDivisionByZero:
      return "division by zero";
    case ErrorCode::kOverflow:
      return "the result does not fit 64 bits";
    case ErrorCode::kNoSuchOverload:
      return "values of these kinds do not go together here";
    case ErrorCode::kNoSuchFunction:
      return "there is no such function";
    case ErrorCode::kDuplicateKey:
      return "the map has a key twice";
    case ErrorCode::kInvalidKey:
      return "only bool, int, uint and string can be keys";
    case ErrorCode::kTimeOutOfRange:
      return "the time is out of range";
    case ErrorCode::kTooLarge:
      return "the value grows too large";
    case ErrorCode::kFunctionFailed:
      return "the function failed";
    case ErrorCode::kBudgetSpent:
      return "the evaluation takes too many steps";
  }
  std::abort();
}

absl::StatusCode CodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNoSuchVariable:
    case ErrorCode::kNoSuchField:
    case ErrorCode::kNoSuchKey:
      return absl::StatusCode::kNotFound;
    case ErrorCode::kIndexOutOfRange:
    case ErrorCode::kOverflow:
    case ErrorCode::kTimeOutOfRange:
      return absl::StatusCode::kOutOfRange;
    case ErrorCode::kTooLarge:
    case ErrorCode::kBudgetSpent:
      return absl::StatusCode::kResourceExhausted;
    case ErrorCode::kDivisionByZero:
    case ErrorCode::kNoSuchOverload:
    case ErrorCode::kNoSuchFunction:
    case ErrorCode::kDuplicateKey:
    case ErrorCode::kInvalidKey:
    case ErrorCode::kFunctionFailed:
      return absl::StatusCode::kInvalidArgument;
  }
  std::abort();
}

EvaluationError ErrorFrom(const Value& value) {
  return {.code = value.error_code(),
          .node = value.error_node(),
          .message = std::string(value.error_message())};
}

// The text that a constant is, or those that it lists; nothing for others.
std::optional<std::vector<std::string>> TextsOf(const Value& constant) {
  if (constant.kind() == ValueKind::kString) {
    return std::vector<std::string>{std::string(constant.text())};
  }
  if (constant.kind() != ValueKind::kList) return std::nullopt;
  std::vector<std::string> texts;
  for (int64_t i = 0; i < constant.list().size(); ++i) {
    const Value item = constant.list().At(i);
    // No text is equal to anything else.
    if (item.kind() == ValueKind::kString) texts.emplace_back(item.text());
  }
  return texts;
}

// The test of the field that `tested` reads; nothing where it reads none, or
// `known` is not known beforehand.
std::optional<FieldTest> TestOf(const Program& program, NodeId tested,
                                NodeId known, TextRelation relation) {
  const Instruction& field = program.code[static_cast<size_t>(tested)];
  const Instruction& texts = program.code[static_cast<size_t>(known)];
  if (field.op != Op::kField || texts.op != Op::kConstant) return std::nullopt;
  const Type& holder =
      program.nodes[static_cast<size_t>(field.children[0])].type;
  const Type& type = program.nodes[static_cast<size_t>(tested)].type;
  const TypeKind wanted =
      relation == TextRelation::kContains ? TypeKind::kList : TypeKind::kString;
  if (holder.kind() != TypeKind::kObject || type.kind() != wanted) {
    return std::nullopt;
  }
  FieldTest test{
      .object = &holder.object(), .field = field.slot, .relation = relation};
  if (IsSearchable(texts.constant)) {
    test.list = &texts.constant.list();
    return test;
  }
  auto listed = TextsOf(texts.constant);
  if (!listed) return std::nullopt;
  test.texts = *std::move(listed);
  return test;
}

bool IsStartsWith(const Instruction& code) {
  return code.op == Op::kCall && code.overloads.size() == 1 &&
         code.overloads[0]->style == CallStyle::kMethod &&
         code.overloads[0]->name == "startsWith";
}

absl::Status CheckResult(const Program& program,
                         const CompileOptions& options) {
  const NodeInfo& root = program.nodes[static_cast<size_t>(program.root)];
  if (!options.result.has_value() || root.type.is_dyn() ||
      Reconcile(*options.result, root.type).has_value()) {
    return absl::OkStatus();
  }
  return MakeExprError(
      program.source,
      {root.begin, absl::StrCat("this must be ", options.result->Name(),
                                ", but is ", root.type.Name())});
}

}  // namespace

absl::StatusOr<Expression> Expression::Compile(absl::string_view source,
                                               const Environment& environment,
                                               const CompileOptions& options) {
  PISTIS_ASSIGN_OR_RETURN(const Ast ast, Parse(source));
  PISTIS_ASSIGN_OR_RETURN(Program program,
                          Check(ast, environment, options.typing));
  PISTIS_RETURN_IF_ERROR(CheckResult(program, options));
  return Expression(std::make_shared<const Program>(std::move(program)),
                    options.step_budget);
}

const std::string& Expression::source() const {
  return program_->source;
}

const Type& Expression::type() const {
  return program_->nodes[static_cast<size_t>(program_->root)].type;
}

absl::StatusOr<Value> Expression::Evaluate(const Activation& activation) const {
  return EvaluatePart(program_->root, activation);
}

absl::StatusOr<Value> Expression::EvaluatePart(
    NodeId node, const Activation& activation) const {
  Value value = Evaluator(*program_, activation, step_budget_).Run(node);
  if (!value.is_error()) return value;
  const EvaluationError error = ErrorFrom(value);
  return MakeExprError(CodeOf(error.code), program_->source, Describe(error));
}

Decision Expression::Decide(const Activation& activation,
                            int64_t most_steps) const {
  const int64_t budget = std::min(step_budget_, most_steps);
  Evaluator evaluator(*program_, activation, budget);
  const Value value = evaluator.Run(program_->root);
  Decision decision{.steps =
                        budget - std::max(evaluator.remaining(), int64_t{0})};
  if (value.is_error()) {
    decision.error = ErrorFrom(value);
  } else if (value.kind() == ValueKind::kBool) {
    decision.holds = value.bool_value();
  } else {
    decision.error = {.code = ErrorCode::kNoSuchOverload,
                      .node = program_->root};
  }
  return decision;
}

ExprError Expression::Describe(const EvaluationError& error) const {
  const int offset = program_->nodes[static_cast<size_t>(error.node)].offset;
  const std::string what =
      error.message.empty() ? std::string(Sentence(error.code)) : error.message;
  return {offset, absl::StrCat("`", TextOf(error.node), "`: ", what)};
}

NodeId Expression::root() const {
  return program_->root;
}

absl::Span<const NodeId> Expression::PartsOf(NodeId node) const {
  return program_->code[static_cast<size_t>(node)].children;
}

PartKind Expression::KindOf(NodeId node) const {
  const Instruction& code = program_->code[static_cast<size_t>(node)];
  if (code.op == Op::kAnd) return PartKind::kAnd;
  if (code.op == Op::kOr) return PartKind::kOr;
  if (code.op == Op::kConditional) return PartKind::kConditional;
  if (code.op == Op::kOperator && code.operation == Operator::kNot) {
    return PartKind::kNot;
  }
  return code.op == Op::kConstant && code.children.empty() ? PartKind::kLiteral
                                                           : PartKind::kOther;
}

absl::string_view Expression::TextOf(NodeId node) const {
  const NodeInfo& info = program_->nodes[static_cast<size_t>(node)];
  return absl::string_view(program_->source)
      .substr(static_cast<size_t>(info.begin),
              static_cast<size_t>(info.end - info.begin));
}

std::optional<FieldTest> Expression::FieldTestOf(NodeId node) const {
  const Instruction& code = program_->code[static_cast<size_t>(node)];
  if (code.children.size() != 2) return std::nullopt;
  const NodeId first = code.children[0];
  const NodeId second = code.children[1];
  if (IsStartsWith(code)) {
    return TestOf(*program_, first, second, TextRelation::kStartsWith);
  }
  if (code.op != Op::kOperator) return std::nullopt;
  if (code.operation == Operator::kIn) {
    auto test = TestOf(*program_, first, second, TextRelation::kEquals);
    return test ? test
                : TestOf(*program_, second, first, TextRelation::kContains);
  }
  if (code.operation != Operator::kEqual) return std::nullopt;
  auto test = TestOf(*program_, first, second, TextRelation::kEquals);
  return test ? test : TestOf(*program_, second, first, TextRelation::kEquals);
}

std::vector<const ListValue*> Expression::SearchableLists() const {
  std::vector<const ListValue*> lists;
  for (const Instruction& code : program_->code) {
    const bool names = code.op == Op::kConstant && IsSearchable(code.constant);
    if (names) lists.push_back(&code.constant.list());
  }
  return lists;
}

std::optional<NodeId> Expression::SoughtBy(NodeId node) const {
  const Instruction& code = program_->code[static_cast<size_t>(node)];
  const bool seeks = code.op == Op::kMacro && (code.macro == Macro::kExists ||
                                               code.macro == Macro::kExistsOne);
  if (!seeks) return std::nullopt;
  return code.children[1];
}

}  // namespace pistis::expr
