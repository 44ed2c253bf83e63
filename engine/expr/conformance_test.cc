// Runs the conformance cases of the CEL specification that fall in what the
// language has so far. The cases lie outside the repository: in cel-spec of the
// directory that PISTIS_SHARED_DATA names, or of ../shared/data. Each case is
//   {name, expr, bindings, unchecked, value or error}
// with values such as {"int": "-1"}, {"list": [...]}, {"map": [[key, value]]}.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

#include "engine/expr/expression.h"

namespace pistis::expr {
namespace {

using Json = google::protobuf::Value;

std::string DataDirectory() {
  const char* shared = std::getenv("PISTIS_SHARED_DATA");
  return absl::StrCat(shared == nullptr ? "../shared/data" : shared,
                      "/cel-spec/");
}

std::optional<google::protobuf::ListValue> ReadCases(const std::string& file) {
  std::ifstream stream(DataDirectory() + file);
  if (!stream) return std::nullopt;
  std::stringstream text;
  text << stream.rdbuf();
  google::protobuf::ListValue cases;
  const auto status =
      google::protobuf::util::JsonStringToMessage(text.str(), &cases);
  if (!status.ok()) ADD_FAILURE() << file << ": " << status.ToString();
  return cases;
}

const Json* Find(const Json& object, const std::string& key) {
  const auto& fields = object.struct_value().fields();
  const auto found = fields.find(key);
  return found == fields.end() ? nullptr : &found->second;
}

Value ValueOf(const Json& json);

Value ListOf(const Json& json) {
  std::vector<Value> items;
  for (const Json& item : json.list_value().values()) {
    items.push_back(ValueOf(item));
  }
  return Value::List(std::move(items));
}

Value MapOf(const Json& json) {
  std::vector<Value::Entry> entries;
  for (const Json& entry : json.list_value().values()) {
    entries.emplace_back(ValueOf(entry.list_value().values(0)),
                         ValueOf(entry.list_value().values(1)));
  }
  return Value::Map(std::move(entries));
}

Value NumberOf(const std::string& kind, const std::string& text) {
  int64_t whole = 0;
  uint64_t natural = 0;
  double real = 0;
  if (kind == "int" && absl::SimpleAtoi(text, &whole)) return Value::Int(whole);
  if (kind == "uint" && absl::SimpleAtoi(text, &natural)) {
    return Value::Uint(natural);
  }
  if (kind == "double" && absl::SimpleAtod(text, &real)) {
    return Value::Double(real);
  }
  ADD_FAILURE() << "no value: " << kind << " " << text;
  return {};
}

Value ValueOf(const Json& json) {
  const auto& [kind, content] = *json.struct_value().fields().begin();
  if (kind == "null") return {};
  if (kind == "bool") return Value::Bool(content.bool_value());
  if (kind == "string") return Value::String(content.string_value());
  if (kind == "bytes_hex") {
    return Value::Bytes(absl::HexStringToBytes(content.string_value()));
  }
  if (kind == "list") return ListOf(content);
  if (kind == "map") return MapOf(content);
  return NumberOf(kind, content.string_value());
}

Type TypeOf(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kNull:
      return Type::Null();
    case ValueKind::kBool:
      return Type::Bool();
    case ValueKind::kInt:
      return Type::Int();
    case ValueKind::kUint:
      return Type::Uint();
    case ValueKind::kDouble:
      return Type::Double();
    case ValueKind::kString:
      return Type::String();
    case ValueKind::kBytes:
      return Type::Bytes();
    case ValueKind::kList:
      return Type::List(Type::Dyn());
    case ValueKind::kMap:
      return Type::Map(Type::Dyn(), Type::Dyn());
    case ValueKind::kObject:
    case ValueKind::kError:
      return Type::Dyn();
  }
  std::abort();
}

// Why a case is not run, by what it uses that is not in the language yet.
std::optional<std::string> OutOfScope(const std::string& source) {
  const std::vector<std::pair<std::string, std::string>> later = {
      {"duration(", "durations"},
      {"timestamp(", "timestamps"},
      {"matches(", "regular expressions"},
      {"type(", "types as values"},
      {".exists", "macros"},
      {".all(", "macros"},
      {".map(", "macros"},
      {".filter(", "macros"}};
  for (const auto& [use, reason] : later) {
    if (absl::StrContains(source, use)) return reason;
  }
  return std::nullopt;
}

struct Bound {
  std::vector<Variable> variables;
  std::vector<std::optional<Value>> values;
};

Bound BindingsOf(const Json& test) {
  Bound bound;
  const Json* bindings = Find(test, "bindings");
  if (bindings == nullptr) return bound;
  for (const auto& [name, value] : bindings->struct_value().fields()) {
    // Bound to see that the literal wins; no environment takes such a name.
    if (name == "true" || name == "false" || name == "null") continue;
    bound.values.emplace_back(ValueOf(value));
    bound.variables.push_back({name, TypeOf(*bound.values.back())});
  }
  return bound;
}

bool SameValue(const Value& found, const Value& wanted) {
  if (found.kind() != wanted.kind()) return false;
  const bool both_nan = found.kind() == ValueKind::kDouble &&
                        found.double_value() != found.double_value() &&
                        wanted.double_value() != wanted.double_value();
  return both_nan || found == wanted;
}

void RunCase(const Json& test) {
  const std::string source = Find(test, "expr")->string_value();
  SCOPED_TRACE(absl::StrCat(Find(test, "name")->string_value(), ": ", source));
  Bound bound = BindingsOf(test);
  const auto environment = Environment::Create({bound.variables, {}});
  ASSERT_TRUE(environment.ok()) << environment.status();
  const FixedActivation activation(std::move(bound.values));
  const bool unchecked = Find(test, "unchecked") != nullptr;
  const auto expression = Expression::Compile(
      source, *environment,
      {.typing = unchecked ? Typing::kDynamic : Typing::kStatic,
       .result = std::nullopt});
  const Json* wanted = Find(test, "value");
  if (wanted == nullptr) {
    EXPECT_FALSE(expression.ok() && expression->Evaluate(activation).ok());
    return;
  }
  ASSERT_TRUE(expression.ok()) << expression.status();
  const auto found = expression->Evaluate(activation);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(SameValue(*found, ValueOf(*wanted))) << found->DebugText();
}

class ConformanceTest : public testing::TestWithParam<const char*> {};

TEST_P(ConformanceTest, EveryCaseInScopeComesOutAsTheSpecificationSays) {
  const auto cases = ReadCases(GetParam());
  if (!cases.has_value()) GTEST_SKIP() << "no conformance cases here";
  int run = 0;
  std::map<std::string, int> skipped;
  for (const Json& test : cases->values()) {
    const auto reason = OutOfScope(Find(test, "expr")->string_value());
    if (reason.has_value()) {
      ++skipped[*reason];
      continue;
    }
    RunCase(test);
    ++run;
  }
  std::cout << GetParam() << ": " << run << " run";
  for (const auto& [reason, count] : skipped) {
    std::cout << ", " << count << " skipped (" << reason << ")";
  }
  std::cout << "\n";
  EXPECT_GT(run, 0);
}

INSTANTIATE_TEST_SUITE_P(CelSpec, ConformanceTest,
                         testing::Values("basic.json", "logic.json",
                                         "integer_math.json",
                                         "comparisons.json", "lists.json",
                                         "string.json"),
                         [](const auto& info) {
                           const std::string file = info.param;
                           return file.substr(0, file.find('.'));
                         });

}  // namespace
}  // namespace pistis::expr
