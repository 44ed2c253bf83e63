// "%s has %d".format(["it", 3]): text with places for values.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

#include "engine/base/status_macros.h"
#include "engine/expr/function_table.h"
#include "engine/expr/spelling.h"
#include "engine/expr/text_builder.h"
#include "engine/expr/utf8.h"

namespace pistis::expr {
namespace {

using Text = absl::StatusOr<std::string>;

constexpr int kDefaultPrecision = 6;
constexpr int kMaxPrecision = 100;

// A place for a value: "%.3f".
struct Clause {
  char letter = '\0';
  int precision = kDefaultPrecision;
};

absl::Status NotTaken(const Clause& clause, const Value& value) {
  return absl::InvalidArgumentError(absl::StrCat(
      "%", std::string(1, clause.letter), " does not take ", value.TypeName()));
}

std::optional<std::string> NotFiniteText(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  return std::nullopt;
}

// All digits, no exponent.
std::string PlainText(double number) {
  if (auto text = NotFiniteText(number)) return *std::move(text);
  std::array<char, 512> buffer{};
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                    std::chars_format::fixed);
  return {buffer.data(), written.ptr};
}

Text AnyText(const Clause& clause, const Value& value);

Text ListText(const Clause& clause, const ListValue& list) {
  std::vector<std::string> items;
  for (int64_t i = 0; i < list.size(); ++i) {
    PISTIS_ASSIGN_OR_RETURN(std::string item, AnyText(clause, list.At(i)));
    items.push_back(std::move(item));
  }
  return absl::StrCat("[", absl::StrJoin(items, ", "), "]");
}

Text MapText(const Clause& clause, const MapValue& map) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (int64_t i = 0; i < map.size(); ++i) {
    const Value::Entry entry = map.At(i);
    PISTIS_ASSIGN_OR_RETURN(std::string key, AnyText(clause, entry.first));
    PISTIS_ASSIGN_OR_RETURN(std::string value, AnyText(clause, entry.second));
    entries.emplace_back(std::move(key), std::move(value));
  }
  std::sort(entries.begin(), entries.end());
  return absl::StrCat(
      "{", absl::StrJoin(entries, ", ", absl::PairFormatter(": ")), "}");
}

Text BytesText(const Clause& clause, const Value& bytes) {
  if (FirstInvalidUtf8(bytes.text()).has_value()) {
    return NotTaken(clause, bytes);
  }
  return std::string(bytes.text());
}

// %s
Text AnyText(const Clause& clause, const Value& value) {
  switch (value.kind()) {
    case ValueKind::kString:
    case ValueKind::kType:
      return std::string(value.text());
    case ValueKind::kBytes:
      return BytesText(clause, value);
    case ValueKind::kNull:
    case ValueKind::kBool:
    case ValueKind::kInt:
      return value.DebugText();
    case ValueKind::kUint:
      return absl::StrCat(value.uint_value());
    case ValueKind::kDouble:
      return PlainText(value.double_value());
    case ValueKind::kTimestamp:
      return TimestampText(value.timestamp());
    case ValueKind::kDuration:
      return DurationText(value.duration());
    case ValueKind::kList:
      return ListText(clause, value.list());
    case ValueKind::kMap:
      return MapText(clause, value.map());
    case ValueKind::kObject:
    case ValueKind::kOptional:
    case ValueKind::kError:
      return NotTaken(clause, value);
  }
  std::abort();
}

// %d
Text WholeText(const Clause& clause, const Value& value) {
  if (value.kind() == ValueKind::kInt || value.kind() == ValueKind::kUint) {
    return AnyText(clause, value);
  }
  if (value.kind() == ValueKind::kDouble) {
    const auto text = NotFiniteText(value.double_value());
    if (text.has_value()) return *text;
  }
  return NotTaken(clause, value);
}

// What %f and %e take as a number: the names of what is none, too.
std::optional<double> RealNumber(const Value& value) {
  if (value.kind() == ValueKind::kDouble) return value.double_value();
  if (value.kind() == ValueKind::kInt) {
    return static_cast<double>(value.int_value());
  }
  if (value.kind() == ValueKind::kUint) {
    return static_cast<double>(value.uint_value());
  }
  if (value.kind() != ValueKind::kString) return std::nullopt;
  for (const double number : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    if (value.text() == *NotFiniteText(number)) return number;
  }
  return std::nullopt;
}

// %f and %e
Text RealText(const Clause& clause, const Value& value) {
  const auto number = RealNumber(value);
  if (!number.has_value()) return NotTaken(clause, value);
  if (auto text = NotFiniteText(*number)) return *std::move(text);
  return clause.letter == 'e'
             ? absl::StrFormat("%.*e", clause.precision, *number)
             : absl::StrFormat("%.*f", clause.precision, *number);
}

// A whole number to another base, with its sign in front.
std::optional<std::string> ToBase(const Value& value, int base) {
  std::array<char, 72> buffer{};
  char* const begin = buffer.data();
  char* const end = begin + buffer.size();
  if (value.kind() == ValueKind::kInt) {
    return std::string(begin,
                       std::to_chars(begin, end, value.int_value(), base).ptr);
  }
  if (value.kind() == ValueKind::kUint) {
    return std::string(begin,
                       std::to_chars(begin, end, value.uint_value(), base).ptr);
  }
  return std::nullopt;
}

// %b and %o
Text DigitsText(const Clause& clause, const Value& value) {
  if (clause.letter == 'b' && value.kind() == ValueKind::kBool) {
    return std::string(value.bool_value() ? "1" : "0");
  }
  auto text = ToBase(value, clause.letter == 'b' ? 2 : 8);
  if (!text.has_value()) return NotTaken(clause, value);
  return *std::move(text);
}

// %x and %X
Text HexText(const Clause& clause, const Value& value) {
  const bool is_text =
      value.kind() == ValueKind::kString || value.kind() == ValueKind::kBytes;
  auto text = is_text ? std::optional(absl::BytesToHexString(value.text()))
                      : ToBase(value, 16);
  if (!text.has_value()) return NotTaken(clause, value);
  if (clause.letter == 'X') absl::AsciiStrToUpper(&*text);
  return *std::move(text);
}

Text ClauseText(const Clause& clause, const Value& value) {
  switch (clause.letter) {
    case 's':
      return AnyText(clause, value);
    case 'd':
      return WholeText(clause, value);
    case 'f':
    case 'e':
      return RealText(clause, value);
    case 'b':
    case 'o':
      return DigitsText(clause, value);
    case 'x':
    case 'X':
      return HexText(clause, value);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("%", std::string(1, clause.letter), " has no meaning"));
}

// Goes through a text with places for values.
class Formatter {
 public:
  Formatter(absl::string_view pattern, const ListValue& values)
      : rest_(pattern), values_(values) {}

  Result Run() {
    while (!rest_.empty() && !text_.full()) {
      const size_t plain = std::min(rest_.find('%'), rest_.size());
      text_.Append(rest_.substr(0, plain));
      rest_.remove_prefix(plain);
      PISTIS_RETURN_IF_ERROR(TakePlace());
    }
    return std::move(text_).Finish();
  }

 private:
  // Takes "%%" or a clause, if there is anything left.
  absl::Status TakePlace() {
    if (absl::ConsumePrefix(&rest_, "%%")) {
      text_.Append("%");
      return absl::OkStatus();
    }
    if (!absl::ConsumePrefix(&rest_, "%")) return absl::OkStatus();
    PISTIS_ASSIGN_OR_RETURN(const Clause clause, TakeClause());
    if (used_ >= values_.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("there is no value number ", used_ + 1));
    }
    PISTIS_ASSIGN_OR_RETURN(const std::string text,
                            ClauseText(clause, values_.At(used_++)));
    text_.Append(text);
    return absl::OkStatus();
  }

  absl::StatusOr<Clause> TakeClause() {
    Clause clause;
    if (absl::ConsumePrefix(&rest_, ".")) {
      const size_t digits =
          std::min(rest_.find_first_not_of("0123456789"), rest_.size());
      const bool usable =
          absl::SimpleAtoi(rest_.substr(0, digits), &clause.precision) &&
          clause.precision <= kMaxPrecision;
      if (!usable) {
        return absl::InvalidArgumentError(
            absl::StrCat("the precision of a place is 0 to ", kMaxPrecision));
      }
      rest_.remove_prefix(digits);
    }
    if (rest_.empty()) {
      return absl::InvalidArgumentError(
          "the text ends in the midst of a place");
    }
    clause.letter = rest_[0];
    rest_.remove_prefix(1);
    return clause;
  }

  absl::string_view rest_;
  const ListValue& values_;
  int64_t used_ = 0;
  TextBuilder text_;
};

}  // namespace

void AddFormat(FunctionTable& table) {
  table.Method(
      "format", {Type::String(), Type::List(Type::Dyn())}, Type::String(),
      [](Arguments arguments) {
        return Formatter(arguments[0].text(), arguments[1].list()).Run();
      });
}

}  // namespace pistis::expr
