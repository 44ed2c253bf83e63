// The evaluator's part for what goes over the items of lists and maps.
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "engine/expr/evaluator.h"
#include "engine/expr/operators.h"

namespace pistis::expr {
namespace {

int64_t SizeOf(const Value& range) {
  return range.kind() == ValueKind::kList ? range.list().size()
                                          : range.map().size();
}

bool GoesOverItems(Macro macro) {
  return macro != Macro::kOptMap && macro != Macro::kOptFlatMap &&
         macro != Macro::kOptOr && macro != Macro::kOptOrValue;
}

bool IsRange(const Value& value) {
  return value.kind() == ValueKind::kList || value.kind() == ValueKind::kMap;
}

}  // namespace

Value Evaluator::EvalMacro(const Instruction& instruction) {
  Value range = Eval(instruction.children[0]);
  if (range.is_error()) return range;
  if (GoesOverItems(instruction.macro) && !IsRange(range)) {
    return Value::Error(ErrorCode::kNoSuchOverload);
  }
  switch (instruction.macro) {
    case Macro::kAll:
    case Macro::kExists:
      return Quantify(instruction, range);
    case Macro::kExistsOne:
      return ExistsOne(instruction, range);
    case Macro::kMap:
    case Macro::kFilter:
      return CollectItems(instruction, range);
    case Macro::kTransformMap:
    case Macro::kTransformMapEntry:
      return CollectEntries(instruction, range);
    case Macro::kSortBy:
      return SortBy(instruction, range);
    case Macro::kOptMap:
    case Macro::kOptFlatMap:
    case Macro::kOptOr:
    case Macro::kOptOrValue:
      return EvalOptionalMacro(instruction, range);
  }
  std::abort();
}

void Evaluator::SetLocals(const Instruction& instruction, const Value& range,
                          int64_t index) {
  const auto slot = static_cast<size_t>(instruction.slot);
  const bool pairs = instruction.locals == 2;
  if (range.kind() == ValueKind::kList) {
    if (pairs) locals_[slot] = Value::Int(index);
    locals_[slot + (pairs ? 1 : 0)] = range.list().At(index);
    return;
  }
  Value::Entry entry = range.map().At(index);
  locals_[slot] = std::move(entry.first);
  if (pairs) locals_[slot + 1] = std::move(entry.second);
}

Value Evaluator::EvalOptionalMacro(const Instruction& instruction,
                                   const Value& target) {
  if (target.kind() != ValueKind::kOptional) {
    return Value::Error(ErrorCode::kNoSuchOverload);
  }
  const bool falls_back = instruction.macro == Macro::kOptOr ||
                          instruction.macro == Macro::kOptOrValue;
  if (target.held() == nullptr && !falls_back) return Value::None();
  if (target.held() != nullptr && falls_back) {
    return instruction.macro == Macro::kOptOr ? target : *target.held();
  }
  if (!falls_back) {
    locals_[static_cast<size_t>(instruction.slot)] = *target.held();
  }
  Value result = Eval(instruction.children[1]);
  if (result.is_error()) return result;
  if (instruction.macro == Macro::kOptMap) {
    return Value::Optional(std::move(result));
  }
  const bool fits = instruction.macro == Macro::kOptOrValue ||
                    result.kind() == ValueKind::kOptional;
  return fits ? result : Value::Error(ErrorCode::kNoSuchOverload);
}

Value Evaluator::Quantify(const Instruction& instruction, const Value& range) {
  Verdict verdict(instruction.macro);
  const int64_t size = SizeOf(range);
  for (int64_t i = 0; i < size && remaining_ >= 0; ++i) {
    SetLocals(instruction, range, i);
    const NodeId body = instruction.children[1];
    if (verdict.DecidedBy(Eval(body), body)) break;
  }
  return std::move(verdict).Result();
}

Value Evaluator::ExistsOne(const Instruction& instruction, const Value& range) {
  const int64_t size = SizeOf(range);
  int64_t found = 0;
  for (int64_t i = 0; i < size; ++i) {
    SetLocals(instruction, range, i);
    Value holds = EvalCondition(instruction.children[1]);
    if (holds.is_error()) return holds;
    if (holds.bool_value()) ++found;
  }
  return Value::Bool(found == 1);
}

Value Evaluator::CollectItems(const Instruction& instruction,
                              const Value& range) {
  const bool filters = instruction.macro == Macro::kFilter;
  const bool chooses = filters || instruction.children.size() == 3;
  std::vector<Value> items;
  const int64_t size = SizeOf(range);
  for (int64_t i = 0; i < size; ++i) {
    SetLocals(instruction, range, i);
    if (chooses) {
      Value holds = EvalCondition(instruction.children[1]);
      if (holds.is_error()) return holds;
      if (!holds.bool_value()) continue;
    }
    Value item = filters ? locals_[static_cast<size_t>(instruction.slot)]
                         : Eval(instruction.children.back());
    if (item.is_error()) return item;
    items.push_back(std::move(item));
  }
  return Paid(Value::List(std::move(items)));
}

Value Evaluator::CollectEntries(const Instruction& instruction,
                                const Value& range) {
  std::vector<Value::Entry> entries;
  const int64_t size = SizeOf(range);
  for (int64_t i = 0; i < size; ++i) {
    SetLocals(instruction, range, i);
    if (instruction.children.size() == 3) {
      Value holds = EvalCondition(instruction.children[1]);
      if (holds.is_error()) return holds;
      if (!holds.bool_value()) continue;
    }
    const auto key_slot = static_cast<size_t>(instruction.slot);
    Value result = Eval(instruction.children.back());
    if (result.is_error()) return result;
    if (instruction.macro == Macro::kTransformMap) {
      entries.emplace_back(locals_[key_slot], std::move(result));
      continue;
    }
    if (result.kind() != ValueKind::kMap) {
      return Value::Error(ErrorCode::kNoSuchOverload);
    }
    if (!Charge(result.map().size())) {
      return Value::Error(ErrorCode::kBudgetSpent);
    }
    for (int64_t j = 0; j < result.map().size(); ++j)
      entries.push_back(result.map().At(j));
  }
  return Paid(Value::Map(std::move(entries)));
}

Value Evaluator::SortBy(const Instruction& instruction, const Value& range) {
  std::vector<Value> items;
  std::vector<Value> keys;
  const int64_t size = SizeOf(range);
  for (int64_t i = 0; i < size; ++i) {
    SetLocals(instruction, range, i);
    items.push_back(locals_[static_cast<size_t>(instruction.slot)]);
    Value key = Eval(instruction.children[1]);
    if (key.is_error()) return key;
    keys.push_back(std::move(key));
  }
  if (!Charge(SortingCost(size))) return Value::Error(ErrorCode::kBudgetSpent);
  return Paid(SortedBy(items, keys));
}

}  // namespace pistis::expr
