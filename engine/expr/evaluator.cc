#include "engine/expr/evaluator.h"

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"

#include "engine/expr/containers.h"
#include "engine/expr/operators.h"

namespace pistis::expr {
namespace {

using Values = absl::InlinedVector<Value, 4>;

// What looking at all of `value` costs beside the step of the node.
int64_t CostOf(const Value& value) {
  return value.Weight() - 1;
}

// The member `name` of a map or object; nothing where there is none.
std::optional<Value> FindMember(const Value& holder, const Value& name) {
  if (holder.kind() == ValueKind::kMap) return holder.map().Find(name);
  const auto slot = holder.object().type().SlotOf(name.text());
  if (!slot.has_value()) return std::nullopt;
  return holder.object().Field(*slot);
}

bool HasMembers(const Value& value) {
  return value.kind() == ValueKind::kMap || value.kind() == ValueKind::kObject;
}

bool Takes(const Function& function, const Values& arguments) {
  const Signature& signature = function.signature;
  if (!signature.TakesCount(arguments.size())) return false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!AcceptsKind(signature.ParameterAt(i), arguments[i].kind())) {
      return false;
    }
  }
  return true;
}

// Whether an optional is asked for, or asks: what is missing is then none.
bool GivesOptional(const Instruction& instruction, const Value& holder) {
  return instruction.op == Op::kOptionalMember ||
         instruction.op == Op::kOptionalIndex ||
         holder.kind() == ValueKind::kOptional;
}

// What an optional holds, or the value itself; null where there is nothing.
const Value* Unwrapped(const Value& value) {
  return value.kind() == ValueKind::kOptional ? value.held() : &value;
}

Value NoOverload() {
  return Value::Error(ErrorCode::kNoSuchOverload);
}

}  // namespace

bool Verdict::DecidedBy(Value value, NodeId node) {
  if (value.kind() == ValueKind::kBool) {
    decided_ = value.bool_value() == deciding_;
  } else if (!error_.has_value()) {
    error_ = value.is_error() ? std::move(value) : NoOverload().AtNode(node);
  }
  return decided_;
}

Value Verdict::Result() && {
  if (!decided_ && error_.has_value()) return *std::move(error_);
  return Value::Bool(decided_ == deciding_);
}

Value Evaluator::Run(NodeId node) {
  Value result = Eval(node);
  if (remaining_ < 0) return Value::Error(ErrorCode::kBudgetSpent).AtNode(node);
  return result;
}

Value Evaluator::Eval(NodeId node) {
  if (!Charge(1)) return Value::Error(ErrorCode::kBudgetSpent);
  const Instruction& instruction = program_.code[static_cast<size_t>(node)];
  Value result = EvalInstruction(instruction);
  if (result.is_error()) return result.AtNode(node);
  return result;
}

const Value& Evaluator::Operand(NodeId node, Value& made) {
  const Instruction& instruction = program_.code[static_cast<size_t>(node)];
  const bool is_constant =
      instruction.op == Op::kConstant && !instruction.constant.is_error();
  if (is_constant && Charge(1)) return instruction.constant;
  made = Eval(node);
  return made;
}

Value Evaluator::EvalInstruction(const Instruction& instruction) {
  switch (instruction.op) {
    case Op::kConstant:
      return instruction.constant.Borrowed();
    case Op::kVariable:
      return EvalVariable(instruction);
    case Op::kField:
      return EvalField(instruction);
    case Op::kMember:
    case Op::kOptionalMember:
      return EvalMember(instruction);
    case Op::kHasField:
    case Op::kHasMember:
      return EvalHas(instruction);
    case Op::kIndex:
    case Op::kOptionalIndex:
      return EvalIndex(instruction);
    case Op::kOptionalItem:
      return Eval(instruction.children[0]);
    case Op::kList:
      return EvalList(instruction);
    case Op::kMap:
      return EvalMap(instruction);
    case Op::kOperator:
      return EvalOperator(instruction);
    case Op::kAnd:
    case Op::kOr:
      return EvalLogic(instruction);
    case Op::kConditional:
      return EvalConditional(instruction);
    case Op::kCall:
      return EvalCall(instruction);
    case Op::kMacro:
      return EvalMacro(instruction);
    case Op::kBind:
      return EvalBind(instruction);
    case Op::kLocal:
      return EvalLocal(instruction);
    case Op::kFail:
      return Value::Error(instruction.error);
  }
  std::abort();
}

Value Evaluator::EvalVariable(const Instruction& instruction) const {
  std::optional<Value> value = activation_.Variable(instruction.slot);
  if (!value.has_value()) return Value::Error(ErrorCode::kNoSuchVariable);
  return *std::move(value);
}

Value Evaluator::EvalField(const Instruction& instruction) {
  Value holder = Eval(instruction.children[0]);
  if (holder.is_error()) return holder;
  if (holder.kind() != ValueKind::kObject) {
    return Value::Error(ErrorCode::kNoSuchField);
  }
  std::optional<Value> field = holder.object().Field(instruction.slot);
  if (!field.has_value()) return Value::Error(ErrorCode::kNoSuchField);
  return *std::move(field);
}

Value Evaluator::EvalMember(const Instruction& instruction) {
  Value holder = Eval(instruction.children[0]);
  if (holder.is_error()) return holder;
  const bool optional = GivesOptional(instruction, holder);
  const Value* held = Unwrapped(holder);
  if (held == nullptr) return Value::None();
  if (!HasMembers(*held)) return Value::Error(ErrorCode::kNoSuchField);
  std::optional<Value> member = FindMember(*held, instruction.constant);
  if (!optional && member.has_value()) return *std::move(member);
  if (optional) {
    return member.has_value() ? Value::Optional(*std::move(member))
                              : Value::None();
  }
  return Value::Error(held->kind() == ValueKind::kMap
                          ? ErrorCode::kNoSuchKey
                          : ErrorCode::kNoSuchField);
}

Value Evaluator::EvalHas(const Instruction& instruction) {
  Value holder = Eval(instruction.children[0]);
  if (holder.is_error()) return holder;
  const Value* held = Unwrapped(holder);
  if (held == nullptr) return Value::Bool(false);
  if (!HasMembers(*held)) return Value::Error(ErrorCode::kNoSuchField);
  if (instruction.op == Op::kHasMember) {
    return Value::Bool(FindMember(*held, instruction.constant).has_value());
  }
  if (held->kind() != ValueKind::kObject) {
    return Value::Error(ErrorCode::kNoSuchField);
  }
  return Value::Bool(held->object().Field(instruction.slot).has_value());
}

Value Evaluator::EvalIndex(const Instruction& instruction) {
  Value container = Eval(instruction.children[0]);
  if (container.is_error()) return container;
  Value index = Eval(instruction.children[1]);
  if (index.is_error()) return index;
  const bool optional = GivesOptional(instruction, container);
  const Value* held = Unwrapped(container);
  if (held == nullptr) return Value::None();
  Value item = ApplyIndex(*held, index);
  if (!optional) return item;
  if (!item.is_error()) return Value::Optional(std::move(item));
  const bool absent = item.error_code() == ErrorCode::kNoSuchKey ||
                      item.error_code() == ErrorCode::kIndexOutOfRange;
  return absent ? Value::None() : item;
}

Value Evaluator::EvalLocal(const Instruction& instruction) const {
  return locals_[static_cast<size_t>(instruction.slot)];
}

std::optional<Value> Evaluator::EvalItem(NodeId node) {
  Value item = Eval(node);
  const bool optional =
      program_.code[static_cast<size_t>(node)].op == Op::kOptionalItem;
  if (!optional || item.is_error()) return item;
  if (item.kind() != ValueKind::kOptional) return NoOverload().AtNode(node);
  if (item.held() == nullptr) return std::nullopt;
  return *item.held();
}

Value Evaluator::EvalList(const Instruction& instruction) {
  std::vector<Value> items;
  items.reserve(instruction.children.size());
  for (const NodeId child : instruction.children) {
    std::optional<Value> item = EvalItem(child);
    if (!item.has_value()) continue;
    if (item->is_error()) return *std::move(item);
    items.push_back(*std::move(item));
  }
  return Paid(Value::List(std::move(items)));
}

Value Evaluator::EvalMap(const Instruction& instruction) {
  std::vector<Value::Entry> entries;
  entries.reserve(instruction.children.size() / 2);
  for (size_t i = 0; i + 1 < instruction.children.size(); i += 2) {
    Value key = Eval(instruction.children[i]);
    if (key.is_error()) return key;
    std::optional<Value> value = EvalItem(instruction.children[i + 1]);
    if (!value.has_value()) continue;
    if (value->is_error()) return *std::move(value);
    entries.emplace_back(std::move(key), *std::move(value));
  }
  return Paid(Value::Map(std::move(entries)));
}

Value Evaluator::EvalOperator(const Instruction& instruction) {
  Value made_left;
  const Value& left = Operand(instruction.children[0], made_left);
  if (left.is_error()) return left;
  if (instruction.children.size() == 1) {
    return ApplyUnary(instruction.operation, left);
  }
  Value made_right;
  const Value& right = Operand(instruction.children[1], made_right);
  if (right.is_error()) return right;
  if (instruction.operation == Operator::kIn && IsSearchable(right)) {
    return Charge(CostOf(left)) ? Value::Bool(*right.list().Finds(left))
                                : Value::Error(ErrorCode::kBudgetSpent);
  }
  if (!Charge(CostOf(left) + CostOf(right))) {
    return Value::Error(ErrorCode::kBudgetSpent);
  }
  return ApplyBinary(instruction.operation, left, right);
}

Value Evaluator::EvalLogic(const Instruction& instruction) {
  Verdict verdict(instruction.op);
  for (const NodeId child : instruction.children) {
    if (verdict.DecidedBy(Eval(child), child)) break;
  }
  return std::move(verdict).Result();
}

Value Evaluator::EvalCondition(NodeId node) {
  Value condition = Eval(node);
  const bool usable =
      condition.is_error() || condition.kind() == ValueKind::kBool;
  return usable ? condition : NoOverload().AtNode(node);
}

Value Evaluator::EvalConditional(const Instruction& instruction) {
  Value condition = EvalCondition(instruction.children[0]);
  if (condition.is_error()) return condition;
  return Eval(instruction.children[condition.bool_value() ? 1 : 2]);
}

Value Evaluator::EvalCall(const Instruction& instruction) {
  Values arguments;
  int64_t cost = 0;
  for (const NodeId child : instruction.children) {
    Value argument = Eval(child);
    if (argument.is_error()) return argument;
    cost += CostOf(argument);
    arguments.push_back(std::move(argument));
  }
  if (!Charge(cost)) return Value::Error(ErrorCode::kBudgetSpent);
  for (const auto& overload : instruction.overloads) {
    if (Takes(*overload, arguments)) return Call(*overload, arguments);
  }
  return NoOverload();
}

Value Evaluator::Call(const Function& function,
                      absl::Span<const Value> arguments) {
  if (function.cost && !Charge(function.cost(arguments))) {
    return Value::Error(ErrorCode::kBudgetSpent);
  }
  absl::StatusOr<Value> result = function.call(arguments);
  if (result.ok()) return Paid(*std::move(result));
  return Value::Failure(std::string(result.status().message()));
}

Value Evaluator::EvalBind(const Instruction& instruction) {
  const size_t count = instruction.children.size() - 1;
  for (size_t i = 0; i < count; ++i) {
    locals_[static_cast<size_t>(instruction.slot) + i] =
        Eval(instruction.children[i]);
  }
  return Eval(instruction.children.back());
}

Value Evaluator::Paid(Value value) {
  return Charge(CostOf(value)) ? std::move(value)
                               : Value::Error(ErrorCode::kBudgetSpent);
}

}  // namespace pistis::expr
