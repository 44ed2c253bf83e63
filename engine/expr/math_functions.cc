#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "engine/expr/function_table.h"

namespace pistis::expr {
namespace {

constexpr int64_t kBits = 64;

enum class Extreme { kGreatest, kLeast };

absl::Status NotNumbers() {
  return absl::InvalidArgumentError("this takes numbers, one or more");
}

bool IsNumber(const Value& value) {
  return value.kind() == ValueKind::kInt || value.kind() == ValueKind::kUint ||
         value.kind() == ValueKind::kDouble;
}

// Whether `next` goes before the best so far.
bool IsBetter(Extreme extreme, const Value& next, const Value& best) {
  const auto order = Compare(next, best);
  if (!order.has_value()) return false;
  return extreme == Extreme::kGreatest ? std::is_gt(*order)
                                       : std::is_lt(*order);
}

Result Pick(Extreme extreme, Arguments arguments) {
  const Value* best = arguments.data();
  for (const Value& argument : arguments) {
    if (!IsNumber(argument)) return NotNumbers();
    if (IsBetter(extreme, argument, *best)) best = &argument;
  }
  return *best;
}

Result PickOfList(Extreme extreme, Arguments arguments) {
  const ListValue& list = arguments[0].list();
  if (list.size() == 0) return NotNumbers();
  Value best = list.At(0);
  for (int64_t i = 0; i < list.size(); ++i) {
    Value next = list.At(i);
    if (!IsNumber(next)) return NotNumbers();
    if (IsBetter(extreme, next, best)) best = std::move(next);
  }
  return best;
}

void AddExtreme(FunctionTable& table, const std::string& name,
                Extreme extreme) {
  const auto pick = [extreme](Arguments values) {
    return Pick(extreme, values);
  };
  const auto pick_of_list = [extreme](Arguments values) {
    return PickOfList(extreme, values);
  };
  const std::vector<Type> numbers = {Type::Int(), Type::Uint(), Type::Double()};
  for (const Type& type : numbers)
    table.Global(name, {Type::List(type)}, type, pick_of_list);
  const auto add_pick = [&](const Type& type) {
    table.Global(name, {type}, type, pick).signature.last =
        LastParameter::kOnceOrMore;
  };
  for (const Type& type : numbers)
    add_pick(type);
  // Numbers of several kinds.
  add_pick(Type::Dyn());
}

Result Absolute(Arguments arguments) {
  const int64_t number = arguments[0].int_value();
  if (number == std::numeric_limits<int64_t>::min()) {
    return Value::Error(ErrorCode::kOverflow);
  }
  return Value::Int(std::abs(number));
}

double SignOf(double number) {
  if (number == 0 || std::isnan(number)) return number;
  return number > 0 ? 1 : -1;
}

// What the bits of two whole numbers make, of either kind.
template <uint64_t (*operation)(uint64_t, uint64_t)>
void AddBitwise(FunctionTable& table, const std::string& name) {
  table.Global(name, {Type::Int(), Type::Int()}, Type::Int(),
               [](Arguments values) {
                 return Value::Int(static_cast<int64_t>(
                     operation(static_cast<uint64_t>(values[0].int_value()),
                               static_cast<uint64_t>(values[1].int_value()))));
               });
  table.Global(name, {Type::Uint(), Type::Uint()}, Type::Uint(),
               [](Arguments values) {
                 return Value::Uint(
                     operation(values[0].uint_value(), values[1].uint_value()));
               });
}

uint64_t And(uint64_t a, uint64_t b) {
  return a & b;
}
uint64_t Or(uint64_t a, uint64_t b) {
  return a | b;
}
uint64_t Xor(uint64_t a, uint64_t b) {
  return a ^ b;
}

enum class Direction { kLeft, kRight };

// Bits that leave are lost, zeros come in, for signed numbers too.
std::optional<uint64_t> Shifted(Direction direction, uint64_t number,
                                int64_t places) {
  if (places < 0) return std::nullopt;
  if (places >= kBits) return 0;
  return direction == Direction::kLeft ? number << places : number >> places;
}

void AddShift(FunctionTable& table, const std::string& name,
              Direction direction) {
  const auto negative = [] {
    return absl::InvalidArgumentError("a shift by less than nothing");
  };
  table.Global(name, {Type::Int(), Type::Int()}, Type::Int(),
               [=](Arguments values) -> Result {
                 const auto shifted = Shifted(
                     direction, static_cast<uint64_t>(values[0].int_value()),
                     values[1].int_value());
                 if (!shifted.has_value()) return negative();
                 return Value::Int(static_cast<int64_t>(*shifted));
               });
  table.Global(name, {Type::Uint(), Type::Int()}, Type::Uint(),
               [=](Arguments values) -> Result {
                 const auto shifted = Shifted(direction, values[0].uint_value(),
                                              values[1].int_value());
                 if (!shifted.has_value()) return negative();
                 return Value::Uint(*shifted);
               });
}

template <double (*operation)(double)>
void AddRounding(FunctionTable& table, const std::string& name) {
  table.Global(name, {Type::Double()}, Type::Double(), [](Arguments values) {
    return Value::Double(operation(values[0].double_value()));
  });
}

template <bool (*test)(double)>
void AddTest(FunctionTable& table, const std::string& name) {
  table.Global(name, {Type::Double()}, Type::Bool(), [](Arguments values) {
    return Value::Bool(test(values[0].double_value()));
  });
}

bool IsNotANumber(double number) {
  return std::isnan(number);
}
bool IsInfinite(double number) {
  return std::isinf(number);
}
bool IsFinite(double number) {
  return std::isfinite(number);
}

void AddBits(FunctionTable& table) {
  AddBitwise<And>(table, "math.bitAnd");
  AddBitwise<Or>(table, "math.bitOr");
  AddBitwise<Xor>(table, "math.bitXor");
  AddShift(table, "math.bitShiftLeft", Direction::kLeft);
  AddShift(table, "math.bitShiftRight", Direction::kRight);
  table.Global("math.bitNot", {Type::Int()}, Type::Int(), [](Arguments values) {
    return Value::Int(~values[0].int_value());
  });
  table.Global(
      "math.bitNot", {Type::Uint()}, Type::Uint(),
      [](Arguments values) { return Value::Uint(~values[0].uint_value()); });
}

void AddSignsAndRoots(FunctionTable& table) {
  const Type whole = Type::Int();
  const Type natural = Type::Uint();
  const Type real = Type::Double();
  table.Global("math.abs", {whole}, whole, Absolute);
  table.Global("math.abs", {natural}, natural,
               [](Arguments values) { return values[0]; });
  AddRounding<std::fabs>(table, "math.abs");
  table.Global("math.sign", {whole}, whole, [](Arguments values) {
    const int64_t number = values[0].int_value();
    return Value::Int((number > 0 ? 1 : 0) - (number < 0 ? 1 : 0));
  });
  table.Global("math.sign", {natural}, natural, [](Arguments values) {
    return Value::Uint(values[0].uint_value() > 0 ? 1 : 0);
  });
  AddRounding<SignOf>(table, "math.sign");
  AddRounding<std::sqrt>(table, "math.sqrt");
  table.Global("math.sqrt", {whole}, real, [](Arguments values) {
    return Value::Double(std::sqrt(static_cast<double>(values[0].int_value())));
  });
  table.Global("math.sqrt", {natural}, real, [](Arguments values) {
    return Value::Double(
        std::sqrt(static_cast<double>(values[0].uint_value())));
  });
}

}  // namespace

void AddMathFunctions(FunctionTable& table) {
  AddExtreme(table, "math.greatest", Extreme::kGreatest);
  AddExtreme(table, "math.least", Extreme::kLeast);
  AddRounding<std::ceil>(table, "math.ceil");
  AddRounding<std::floor>(table, "math.floor");
  // Halves away from zero.
  AddRounding<std::round>(table, "math.round");
  AddRounding<std::trunc>(table, "math.trunc");
  AddTest<IsNotANumber>(table, "math.isNaN");
  AddTest<IsInfinite>(table, "math.isInf");
  AddTest<IsFinite>(table, "math.isFinite");
  AddSignsAndRoots(table);
  AddBits(table);
}

}  // namespace pistis::expr
