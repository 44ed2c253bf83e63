#include "tests/golden/peer_json.h"

#include <cmath>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

#include "engine/base/amount.h"
#include "engine/base/decimal.h"

namespace pistis::golden {
namespace {

// The least where it has no room, as for 1e400: it is no amount of anything.
int64_t WholeOf(double number) {
  constexpr double kRoom = 9e18;
  return std::abs(number) <= kRoom ? static_cast<int64_t>(number)
                                   : std::numeric_limits<int64_t>::min();
}

}  // namespace

using google::protobuf::Value;

bool Has(const Json& object, const std::string& field) {
  return object.fields().contains(field);
}

Json PartOf(const Json& object, const std::string& field) {
  return ValueOf(object, field).struct_value();
}

Value ValueOf(const Json& object, const std::string& field) {
  const auto found = object.fields().find(field);
  return found == object.fields().end() ? Value() : found->second;
}

std::vector<Json> PartsOf(const Json& object, const std::string& field) {
  std::vector<Json> parts;
  const Value list = ValueOf(object, field);
  for (const Value& part : list.list_value().values()) {
    parts.push_back(part.struct_value());
  }
  return parts;
}

std::string TextOf(const Value& value) {
  switch (value.kind_case()) {
    case Value::kStringValue:
      return value.string_value();
    case Value::kNumberValue:
      return absl::StrCat(WholeOf(value.number_value()));
    case Value::kBoolValue:
      return value.bool_value() ? "true" : "false";
    case Value::kListValue:
      return absl::StrJoin(value.list_value().values(), ",",
                           [](std::string* text, const Value& item) {
                             text->append(TextOf(item));
                           });
    default:
      return "";
  }
}

std::string TextOf(const Json& object, absl::string_view field) {
  return TextOf(ValueOf(object, std::string(field)));
}

std::string MinorTextOf(const Value& value) {
  if (value.has_list_value()) {
    return absl::StrJoin(value.list_value().values(), ",",
                         [](std::string* text, const Value& item) {
                           text->append(MinorTextOf(item));
                         });
  }
  const std::string text = TextOf(value);
  return absl::StrContains(text, '.') ? absl::StrCat(MinorOf(value)) : text;
}

int64_t ToNumber(const std::string& text) {
  int64_t number = 0;
  EXPECT_TRUE(absl::SimpleAtoi(text, &number)) << "no number: " << text;
  return number;
}

int64_t NumberOf(const Json& object, absl::string_view field) {
  return ToNumber(TextOf(object, field));
}

int64_t MinorOf(const Value& value) {
  if (!value.has_string_value()) {
    return WholeOf(value.number_value());
  }
  const auto money = ParseMoney(value.string_value(), *FindCurrency("EUR"));
  EXPECT_TRUE(money.ok()) << money.status();
  return money.ok() ? money->value() : 0;
}

std::string AmountOf(const Value& value) {
  if (value.has_string_value()) return value.string_value();
  const int64_t minor = WholeOf(value.number_value());
  return absl::StrCat(minor / 100, ".", minor % 100 / 10, minor % 10);
}

}  // namespace pistis::golden
