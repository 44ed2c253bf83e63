#include "engine/expr/evaluator.h"

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"

#include "engine/expr/operators.h"

namespace pistis::expr {
namespace {

constexpr int64_t kBytesPerStep = 64;

using Values = absl::InlinedVector<Value, 4>;

// What looking at all of `value` costs beside the step of the node.
int64_t CostOf(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kString:
    case ValueKind::kBytes:
      return static_cast<int64_t>(value.text().size()) / kBytesPerStep;
    case ValueKind::kList:
      return value.list().size();
    case ValueKind::kMap:
      return value.map().size();
    case ValueKind::kNull:
    case ValueKind::kBool:
    case ValueKind::kInt:
    case ValueKind::kUint:
    case ValueKind::kDouble:
    case ValueKind::kObject:
    case ValueKind::kError:
      return 0;
  }
  std::abort();
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
  const std::vector<Type>& parameters = function.signature.parameters;
  if (parameters.size() != arguments.size()) return false;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!AcceptsKind(parameters[i], arguments[i].kind())) return false;
  }
  return true;
}

Value Call(const Function& function, const Values& arguments) {
  absl::StatusOr<Value> result = function.call(arguments);
  if (result.ok()) return *std::move(result);
  return Value::Failure(std::string(result.status().message()));
}

}  // namespace

Value Evaluator::Run(NodeId node) {
  Value result = Eval(node);
  if (remaining_ < 0) return Value::Error(ErrorCode::kBudgetSpent).AtNode(node);
  return result;
}

bool Evaluator::Charge(int64_t steps) {
  remaining_ -= steps;
  return remaining_ >= 0;
}

Value Evaluator::Eval(NodeId node) {
  if (!Charge(1)) return Value::Error(ErrorCode::kBudgetSpent);
  const Instruction& instruction = program_.code[static_cast<size_t>(node)];
  Value result = EvalInstruction(instruction);
  if (result.is_error()) return result.AtNode(node);
  return result;
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
      return EvalMember(instruction);
    case Op::kHasField:
    case Op::kHasMember:
      return EvalHas(instruction);
    case Op::kIndex:
      return EvalIndex(instruction);
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
  if (!HasMembers(holder)) return Value::Error(ErrorCode::kNoSuchField);
  std::optional<Value> member = FindMember(holder, instruction.constant);
  if (member.has_value()) return *std::move(member);
  return Value::Error(holder.kind() == ValueKind::kMap
                          ? ErrorCode::kNoSuchKey
                          : ErrorCode::kNoSuchField);
}

Value Evaluator::EvalHas(const Instruction& instruction) {
  Value holder = Eval(instruction.children[0]);
  if (holder.is_error()) return holder;
  if (!HasMembers(holder)) return Value::Error(ErrorCode::kNoSuchField);
  if (instruction.op == Op::kHasMember) {
    return Value::Bool(FindMember(holder, instruction.constant).has_value());
  }
  if (holder.kind() != ValueKind::kObject) {
    return Value::Error(ErrorCode::kNoSuchField);
  }
  return Value::Bool(holder.object().Field(instruction.slot).has_value());
}

Value Evaluator::EvalIndex(const Instruction& instruction) {
  Value container = Eval(instruction.children[0]);
  if (container.is_error()) return container;
  Value index = Eval(instruction.children[1]);
  if (index.is_error()) return index;
  return ApplyIndex(container, index);
}

Value Evaluator::EvalList(const Instruction& instruction) {
  std::vector<Value> items;
  items.reserve(instruction.children.size());
  for (const NodeId child : instruction.children) {
    Value item = Eval(child);
    if (item.is_error()) return item;
    items.push_back(std::move(item));
  }
  return Value::List(std::move(items));
}

Value Evaluator::EvalMap(const Instruction& instruction) {
  std::vector<Value::Entry> entries;
  entries.reserve(instruction.children.size() / 2);
  for (size_t i = 0; i + 1 < instruction.children.size(); i += 2) {
    Value key = Eval(instruction.children[i]);
    if (key.is_error()) return key;
    Value value = Eval(instruction.children[i + 1]);
    if (value.is_error()) return value;
    entries.emplace_back(std::move(key), std::move(value));
  }
  return Value::Map(std::move(entries));
}

Value Evaluator::EvalOperator(const Instruction& instruction) {
  Value left = Eval(instruction.children[0]);
  if (left.is_error()) return left;
  if (instruction.children.size() == 1) {
    return ApplyUnary(instruction.operation, left);
  }
  Value right = Eval(instruction.children[1]);
  if (right.is_error()) return right;
  if (!Charge(CostOf(left) + CostOf(right))) {
    return Value::Error(ErrorCode::kBudgetSpent);
  }
  return ApplyBinary(instruction.operation, left, right);
}

Value Evaluator::EvalLogic(const Instruction& instruction) {
  const bool deciding = instruction.op == Op::kOr;
  std::optional<Value> error;
  for (const NodeId child : instruction.children) {
    Value value = Eval(child);
    if (value.kind() != ValueKind::kBool) {
      if (error.has_value()) continue;
      error = value.is_error()
                  ? std::move(value)
                  : Value::Error(ErrorCode::kNoSuchOverload).AtNode(child);
    } else if (value.bool_value() == deciding) {
      return value;
    }
  }
  if (error.has_value()) return *std::move(error);
  return Value::Bool(!deciding);
}

Value Evaluator::EvalConditional(const Instruction& instruction) {
  Value condition = Eval(instruction.children[0]);
  if (condition.is_error()) return condition;
  if (condition.kind() != ValueKind::kBool) {
    return Value::Error(ErrorCode::kNoSuchOverload);
  }
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
  return Value::Error(ErrorCode::kNoSuchOverload);
}

}  // namespace pistis::expr
