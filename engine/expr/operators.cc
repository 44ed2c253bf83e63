#include "engine/expr/operators.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <compare>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace pistis::expr {
namespace {

// Up to here doubles keep whole numbers apart.
constexpr double kWholeDoubles = 9007199254740992.0;

Value NoOverload() {
  return Value::Error(ErrorCode::kNoSuchOverload);
}
Value Overflow() {
  return Value::Error(ErrorCode::kOverflow);
}
Value DividedByZero() {
  return Value::Error(ErrorCode::kDivisionByZero);
}

std::vector<Signature> SameForAll(const std::vector<Type>& types) {
  std::vector<Signature> signatures;
  signatures.reserve(types.size());
  for (const Type& type : types)
    signatures.push_back({{type, type}, type});
  return signatures;
}

std::vector<Signature> Comparisons() {
  std::vector<Signature> signatures;
  for (const Type& type :
       {Type::Bool(), Type::Int(), Type::Uint(), Type::Double(), Type::String(),
        Type::Bytes(), Type::Timestamp(), Type::Duration()}) {
    signatures.push_back({{type, type}, Type::Bool()});
  }
  return signatures;
}

std::vector<Signature> Sums(const Type& list) {
  std::vector<Signature> signatures =
      SameForAll({Type::Int(), Type::Uint(), Type::Double(), Type::String(),
                  Type::Bytes(), Type::Duration(), list});
  const Type time = Type::Timestamp();
  signatures.push_back({{time, Type::Duration()}, time});
  signatures.push_back({{Type::Duration(), time}, time});
  return signatures;
}

std::vector<Signature> Differences() {
  std::vector<Signature> signatures =
      SameForAll({Type::Int(), Type::Uint(), Type::Double(), Type::Duration()});
  const Type time = Type::Timestamp();
  signatures.push_back({{time, time}, Type::Duration()});
  signatures.push_back({{time, Type::Duration()}, time});
  return signatures;
}

std::vector<Signature> MakeSignatures(Operator operation) {
  const Type any = Type::Parameter(0);
  const Type list = Type::List(any);
  switch (operation) {
    case Operator::kNot:
      return {{{Type::Bool()}, Type::Bool()}};
    case Operator::kNegate:
      return {{{Type::Int()}, Type::Int()}, {{Type::Double()}, Type::Double()}};
    case Operator::kAdd:
      return Sums(list);
    case Operator::kSubtract:
      return Differences();
    case Operator::kMultiply:
    case Operator::kDivide:
      return SameForAll({Type::Int(), Type::Uint(), Type::Double()});
    case Operator::kModulo:
      return SameForAll({Type::Int(), Type::Uint()});
    case Operator::kEqual:
    case Operator::kNotEqual:
      return {{{any, any}, Type::Bool()}};
    case Operator::kLess:
    case Operator::kLessOrEqual:
    case Operator::kGreater:
    case Operator::kGreaterOrEqual:
      return Comparisons();
    case Operator::kIn:
      return {{{any, list}, Type::Bool()},
              {{any, Type::Map(any, Type::Parameter(1))}, Type::Bool()}};
  }
  std::abort();
}

// The sum, difference or product, an overflow said by the compiler's builtins;
// nothing for other operators.
template <typename Number>
std::optional<Number> Checked(Operator operation, Number a, Number b) {
  Number result = 0;
  const bool overflow = operation == Operator::kAdd
                            ? __builtin_add_overflow(a, b, &result)
                        : operation == Operator::kSubtract
                            ? __builtin_sub_overflow(a, b, &result)
                            : __builtin_mul_overflow(a, b, &result);
  if (overflow) return std::nullopt;
  return result;
}

Value DivideInts(Operator operation, int64_t a, int64_t b) {
  if (b == 0) return DividedByZero();
  if (a == std::numeric_limits<int64_t>::min() && b == -1) return Overflow();
  return Value::Int(operation == Operator::kDivide ? a / b : a % b);
}

Value IntArithmetic(Operator operation, int64_t a, int64_t b) {
  if (operation == Operator::kDivide || operation == Operator::kModulo) {
    return DivideInts(operation, a, b);
  }
  const auto result = Checked(operation, a, b);
  return result.has_value() ? Value::Int(*result) : Overflow();
}

Value UintArithmetic(Operator operation, uint64_t a, uint64_t b) {
  if (operation == Operator::kDivide || operation == Operator::kModulo) {
    if (b == 0) return DividedByZero();
    return Value::Uint(operation == Operator::kDivide ? a / b : a % b);
  }
  const auto result = Checked(operation, a, b);
  return result.has_value() ? Value::Uint(*result) : Overflow();
}

Value DoubleArithmetic(Operator operation, double a, double b) {
  if (operation == Operator::kAdd) return Value::Double(a + b);
  if (operation == Operator::kSubtract) return Value::Double(a - b);
  if (operation == Operator::kMultiply) return Value::Double(a * b);
  if (operation == Operator::kDivide) return Value::Double(a / b);
  return NoOverload();
}

Value JoinLists(const ListValue& a, const ListValue& b) {
  std::vector<Value> items;
  items.reserve(static_cast<size_t>(a.size() + b.size()));
  for (int64_t i = 0; i < a.size(); ++i)
    items.push_back(a.At(i));
  for (int64_t i = 0; i < b.size(); ++i)
    items.push_back(b.At(i));
  return Value::List(std::move(items));
}

Value Joined(const Value& a, const Value& b) {
  if (a.kind() == ValueKind::kList) return JoinLists(a.list(), b.list());
  if (a.text().size() + b.text().size() > kMaxTextBytes) {
    return Value::Error(ErrorCode::kTooLarge);
  }
  std::string joined = absl::StrCat(a.text(), b.text());
  if (a.kind() == ValueKind::kBytes) return Value::Bytes(std::move(joined));
  return Value::String(std::move(joined));
}

// Sums and differences with at least one timestamp or duration.
Value TimeArithmetic(Operator operation, const Value& a, const Value& b) {
  const bool adds = operation == Operator::kAdd;
  const bool a_is_time = a.kind() == ValueKind::kTimestamp;
  const bool b_is_time = b.kind() == ValueKind::kTimestamp;
  const bool a_is_span = a.kind() == ValueKind::kDuration;
  const bool b_is_span = b.kind() == ValueKind::kDuration;
  if (!adds && operation != Operator::kSubtract) return NoOverload();
  if (a_is_span && b_is_span) {
    return Value::Duration(adds ? a.duration() + b.duration()
                                : a.duration() - b.duration());
  }
  if (a_is_time && b_is_span) {
    return Value::Timestamp(adds ? a.timestamp() + b.duration()
                                 : a.timestamp() - b.duration());
  }
  if (a_is_span && b_is_time && adds) {
    return Value::Timestamp(b.timestamp() + a.duration());
  }
  if (a_is_time && b_is_time && !adds) {
    return Value::Duration(a.timestamp() - b.timestamp());
  }
  return NoOverload();
}

bool IsTime(ValueKind kind) {
  return kind == ValueKind::kTimestamp || kind == ValueKind::kDuration;
}

Value Arithmetic(Operator operation, const Value& a, const Value& b) {
  if (IsTime(a.kind()) || IsTime(b.kind())) {
    return TimeArithmetic(operation, a, b);
  }
  if (a.kind() != b.kind()) return NoOverload();
  switch (a.kind()) {
    case ValueKind::kInt:
      return IntArithmetic(operation, a.int_value(), b.int_value());
    case ValueKind::kUint:
      return UintArithmetic(operation, a.uint_value(), b.uint_value());
    case ValueKind::kDouble:
      return DoubleArithmetic(operation, a.double_value(), b.double_value());
    case ValueKind::kString:
    case ValueKind::kBytes:
    case ValueKind::kList:
      return operation == Operator::kAdd ? Joined(a, b) : NoOverload();
    case ValueKind::kNull:
    case ValueKind::kBool:
    case ValueKind::kMap:
    case ValueKind::kObject:
    case ValueKind::kTimestamp:
    case ValueKind::kDuration:
    case ValueKind::kType:
    case ValueKind::kOptional:
    case ValueKind::kError:
      return NoOverload();
  }
  std::abort();
}

Value Contained(const Value& item, const Value& container) {
  if (container.kind() == ValueKind::kMap) {
    return Value::Bool(container.map().Find(item).has_value());
  }
  if (container.kind() != ValueKind::kList) return NoOverload();
  const ListValue& list = container.list();
  for (int64_t i = 0; i < list.size(); ++i) {
    if (list.At(i) == item) return Value::Bool(true);
  }
  return Value::Bool(false);
}

// The order of two values, where they have one.
template <typename Holds>
Value Ordered(const Value& left, const Value& right, Holds holds) {
  const auto order = Compare(left, right);
  return order.has_value() ? Value::Bool(holds(*order)) : NoOverload();
}

std::optional<int64_t> WholeIndex(const Value& index) {
  if (index.kind() == ValueKind::kInt) return index.int_value();
  if (index.kind() == ValueKind::kUint) {
    const uint64_t number = index.uint_value();
    if (number <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return static_cast<int64_t>(number);
    }
  }
  if (index.kind() == ValueKind::kDouble) {
    const double number = index.double_value();
    if (number == std::trunc(number) && std::abs(number) <= kWholeDoubles) {
      return static_cast<int64_t>(number);
    }
  }
  return std::nullopt;
}

}  // namespace

const std::vector<Signature>& SignaturesOf(Operator operation) {
  static const auto& table = *[] {
    auto* signatures = new std::vector<std::vector<Signature>>();
    for (int i = 0; i <= static_cast<int>(Operator::kIn); ++i) {
      signatures->push_back(MakeSignatures(static_cast<Operator>(i)));
    }
    return signatures;
  }();
  return table[static_cast<size_t>(operation)];
}

Value ApplyUnary(Operator operation, const Value& operand) {
  const bool negates = operation == Operator::kNegate;
  if (!negates && operand.kind() == ValueKind::kBool) {
    return Value::Bool(!operand.bool_value());
  }
  if (negates && operand.kind() == ValueKind::kInt) {
    return IntArithmetic(Operator::kSubtract, 0, operand.int_value());
  }
  if (negates && operand.kind() == ValueKind::kDouble) {
    return Value::Double(-operand.double_value());
  }
  return NoOverload();
}

Value ApplyBinary(Operator operation, const Value& left, const Value& right) {
  switch (operation) {
    case Operator::kAdd:
    case Operator::kSubtract:
    case Operator::kMultiply:
    case Operator::kDivide:
    case Operator::kModulo:
      return Arithmetic(operation, left, right);
    case Operator::kEqual:
      return Value::Bool(left == right);
    case Operator::kNotEqual:
      return Value::Bool(!(left == right));
    case Operator::kLess:
      return Ordered(left, right, [](auto order) { return std::is_lt(order); });
    case Operator::kLessOrEqual:
      return Ordered(left, right,
                     [](auto order) { return std::is_lteq(order); });
    case Operator::kGreater:
      return Ordered(left, right, [](auto order) { return std::is_gt(order); });
    case Operator::kGreaterOrEqual:
      return Ordered(left, right,
                     [](auto order) { return std::is_gteq(order); });
    case Operator::kIn:
      return Contained(left, right);
    case Operator::kNot:
    case Operator::kNegate:
      return NoOverload();
  }
  std::abort();
}

Value ApplyIndex(const Value& container, const Value& index) {
  if (container.kind() == ValueKind::kMap) {
    return container.map().Find(index).value_or(
        Value::Error(ErrorCode::kNoSuchKey));
  }
  if (container.kind() != ValueKind::kList) return NoOverload();
  const std::optional<int64_t> at = WholeIndex(index);
  const ListValue& list = container.list();
  if (!at.has_value() || *at < 0 || *at >= list.size()) {
    return Value::Error(ErrorCode::kIndexOutOfRange);
  }
  return list.At(*at);
}

Value SortedBy(const std::vector<Value>& items,
               const std::vector<Value>& keys) {
  for (const Value& key : keys) {
    const auto order = Compare(keys.front(), key);
    const bool ordered = key.kind() == keys.front().kind() &&
                         order.has_value() &&
                         *order != std::partial_ordering::unordered;
    if (!ordered) return NoOverload();
  }
  std::vector<size_t> places(items.size());
  std::iota(places.begin(), places.end(), size_t{0});
  std::stable_sort(places.begin(), places.end(), [&keys](size_t a, size_t b) {
    return std::is_lt(*Compare(keys[a], keys[b]));
  });
  std::vector<Value> sorted;
  sorted.reserve(items.size());
  for (const size_t place : places)
    sorted.push_back(items[place]);
  return Value::List(std::move(sorted));
}

int64_t SortingCost(int64_t items) {
  return items *
         static_cast<int64_t>(std::bit_width(static_cast<uint64_t>(items)));
}

}  // namespace pistis::expr
