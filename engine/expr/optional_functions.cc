#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "engine/expr/function_table.h"

namespace pistis::expr {
namespace {

// Whether a value is what its type has for nothing: 0, "", [], ...
bool IsZero(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kNull:
      return true;
    case ValueKind::kBool:
      return !value.bool_value();
    case ValueKind::kInt:
      return value.int_value() == 0;
    case ValueKind::kUint:
      return value.uint_value() == 0;
    case ValueKind::kDouble:
      return value.double_value() == 0;
    case ValueKind::kString:
    case ValueKind::kBytes:
      return value.text().empty();
    case ValueKind::kList:
      return value.list().size() == 0;
    case ValueKind::kMap:
      return value.map().size() == 0;
    case ValueKind::kTimestamp:
      return value.timestamp() == absl::UnixEpoch();
    case ValueKind::kDuration:
      return value.duration() == absl::ZeroDuration();
    case ValueKind::kOptional:
      return value.held() == nullptr;
    case ValueKind::kObject:
    case ValueKind::kType:
    case ValueKind::kError:
      return false;
  }
  std::abort();
}

Result Of(Arguments arguments) {
  return Value::Optional(arguments[0]);
}

Result OfNonZero(Arguments arguments) {
  return IsZero(arguments[0]) ? Value::None() : Value::Optional(arguments[0]);
}

Result None(Arguments /*arguments*/) {
  return Value::None();
}

Result HasValue(Arguments arguments) {
  return Value::Bool(arguments[0].held() != nullptr);
}

Result ValueOf(Arguments arguments) {
  if (arguments[0].held() != nullptr) return *arguments[0].held();
  return absl::NotFoundError("the optional holds nothing");
}

Result Unwrap(Arguments arguments) {
  const ListValue& list = arguments[0].list();
  std::vector<Value> items;
  for (int64_t i = 0; i < list.size(); ++i) {
    const Value item = list.At(i);
    if (item.kind() != ValueKind::kOptional) {
      return Value::Error(ErrorCode::kNoSuchOverload);
    }
    if (item.held() != nullptr) items.push_back(*item.held());
  }
  return Value::List(std::move(items));
}

}  // namespace

void AddOptionalFunctions(FunctionTable& table) {
  const Type item = Type::Parameter(0);
  const Type optional = Type::Optional(item);
  table.Global("optional.of", {item}, optional, Of);
  table.Global("optional.ofNonZeroValue", {item}, optional, OfNonZero);
  table.Global("optional.none", {}, optional, None);
  table.Global("optional.unwrap", {Type::List(optional)}, Type::List(item),
               Unwrap);
  table.Method("unwrapOpt", {Type::List(optional)}, Type::List(item), Unwrap);
  table.Method("hasValue", {optional}, Type::Bool(), HasValue);
  table.Method("value", {optional}, item, ValueOf);
}

}  // namespace pistis::expr
