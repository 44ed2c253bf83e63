#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "engine/expr/function_table.h"
#include "engine/expr/operators.h"

namespace pistis::expr {
namespace {

// What comparing each item of one list with each of another costs.
int64_t PairsCost(Arguments arguments) {
  return arguments.front().Weight() * arguments.back().Weight();
}

int64_t SizeCost(Arguments arguments) {
  return SortingCost(arguments[0].list().size());
}

std::vector<Value> ItemsOf(const Value& list) {
  std::vector<Value> items;
  items.reserve(static_cast<size_t>(list.list().size()));
  for (int64_t i = 0; i < list.list().size(); ++i)
    items.push_back(list.list().At(i));
  return items;
}

bool Holds(const ListValue& list, const Value& item) {
  for (int64_t i = 0; i < list.size(); ++i) {
    if (list.At(i) == item) return true;
  }
  return false;
}

bool HoldsAll(const ListValue& list, const ListValue& items) {
  for (int64_t i = 0; i < items.size(); ++i) {
    if (!Holds(list, items.At(i))) return false;
  }
  return true;
}

Result SizeOfList(Arguments arguments) {
  return Value::Int(arguments[0].list().size());
}

Result SizeOfMap(Arguments arguments) {
  return Value::Int(arguments[0].map().size());
}

Result Slice(Arguments arguments) {
  const ListValue& list = arguments[0].list();
  const int64_t begin = arguments[1].int_value();
  const int64_t end = arguments[2].int_value();
  if (begin < 0 || end < begin || end > list.size()) {
    return absl::OutOfRangeError(
        absl::StrCat("the list has no items ", begin, " to ", end));
  }
  std::vector<Value> items;
  for (int64_t i = begin; i < end; ++i)
    items.push_back(list.At(i));
  return Value::List(std::move(items));
}

// The items, and to that depth the items of lists in place of these.
std::vector<Value> Flattened(const ListValue& list, int64_t depth) {
  std::vector<Value> items;
  for (int64_t i = 0; i < list.size(); ++i) {
    Value item = list.At(i);
    if (depth == 0 || item.kind() != ValueKind::kList) {
      items.push_back(std::move(item));
      continue;
    }
    for (Value& inner : Flattened(item.list(), depth - 1))
      items.push_back(std::move(inner));
  }
  return items;
}

Result FlattenTo(const Value& list, int64_t depth) {
  if (depth < 0) return absl::InvalidArgumentError("a depth below zero");
  return Value::List(Flattened(list.list(), depth));
}

Result FlattenOnce(Arguments arguments) {
  return FlattenTo(arguments[0], 1);
}

Result FlattenDeep(Arguments arguments) {
  return FlattenTo(arguments[0], arguments[1].int_value());
}

Result Distinct(Arguments arguments) {
  std::vector<Value> items;
  for (Value& item : ItemsOf(arguments[0])) {
    if (std::find(items.begin(), items.end(), item) == items.end()) {
      items.push_back(std::move(item));
    }
  }
  return Value::List(std::move(items));
}

Result Reverse(Arguments arguments) {
  std::vector<Value> items = ItemsOf(arguments[0]);
  std::reverse(items.begin(), items.end());
  return Value::List(std::move(items));
}

Result Sort(Arguments arguments) {
  const std::vector<Value> items = ItemsOf(arguments[0]);
  return SortedBy(items, items);
}

Result Range(Arguments arguments) {
  const int64_t end = arguments[0].int_value();
  if (end >= kMaxWeight) return Value::Error(ErrorCode::kTooLarge);
  std::vector<Value> items;
  for (int64_t i = 0; i < end; ++i)
    items.push_back(Value::Int(i));
  return Value::List(std::move(items));
}

Result ItemAt(const ListValue& list, int64_t index) {
  if (list.size() == 0) return Value::None();
  return Value::Optional(list.At(index));
}

Result First(Arguments arguments) {
  return ItemAt(arguments[0].list(), 0);
}

Result Last(Arguments arguments) {
  return ItemAt(arguments[0].list(), arguments[0].list().size() - 1);
}

Result SetContains(Arguments arguments) {
  return Value::Bool(HoldsAll(arguments[0].list(), arguments[1].list()));
}

Result SetEquivalent(Arguments arguments) {
  return Value::Bool(HoldsAll(arguments[0].list(), arguments[1].list()) &&
                     HoldsAll(arguments[1].list(), arguments[0].list()));
}

Result SetIntersects(Arguments arguments) {
  const ListValue& list = arguments[0].list();
  for (int64_t i = 0; i < list.size(); ++i) {
    if (Holds(arguments[1].list(), list.At(i))) return Value::Bool(true);
  }
  return Value::Bool(false);
}

}  // namespace

void AddListFunctions(FunctionTable& table) {
  const Type item = Type::Parameter(0);
  const Type list = Type::List(item);
  const Type map = Type::Map(item, Type::Parameter(1));
  const Type flat = Type::List(Type::Dyn());
  table.Global("size", {list}, Type::Int(), SizeOfList);
  table.Method("size", {list}, Type::Int(), SizeOfList);
  table.Global("size", {map}, Type::Int(), SizeOfMap);
  table.Method("size", {map}, Type::Int(), SizeOfMap);
  table.Method("slice", {list, Type::Int(), Type::Int()}, list, Slice);
  table.Method("flatten", {flat}, flat, FlattenOnce);
  table.Method("flatten", {flat, Type::Int()}, flat, FlattenDeep);
  table.Method("distinct", {list}, list, Distinct).cost = PairsCost;
  table.Method("reverse", {list}, list, Reverse);
  table.Method("sort", {list}, list, Sort).cost = SizeCost;
  table.Method("first", {list}, Type::Optional(item), First);
  table.Method("last", {list}, Type::Optional(item), Last);
  table.Global("lists.range", {Type::Int()}, Type::List(Type::Int()), Range);
  table.Global("sets.contains", {list, list}, Type::Bool(), SetContains).cost =
      PairsCost;
  table.Global("sets.equivalent", {list, list}, Type::Bool(), SetEquivalent)
      .cost = PairsCost;
  table.Global("sets.intersects", {list, list}, Type::Bool(), SetIntersects)
      .cost = PairsCost;
}

}  // namespace pistis::expr
