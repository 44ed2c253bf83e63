#include "engine/expr/cases.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

#include "engine/base/status_macros.h"
#include "engine/expr/spelling.h"

namespace pistis::expr {
namespace {

using Json = google::protobuf::Value;
using JsonFields = google::protobuf::Map<std::string, Json>;
using Read = absl::StatusOr<Value>;

// Up to here doubles keep whole numbers apart.
constexpr double kWholeDoubles = 9007199254740992.0;

absl::Status NoValue(const Json& json) {
  return absl::InvalidArgumentError(
      absl::StrCat("this is no value: ", json.ShortDebugString()));
}

const Json* Find(const Json& object, const std::string& key) {
  const auto& fields = object.struct_value().fields();
  const auto found = fields.find(key);
  return found == fields.end() ? nullptr : &found->second;
}

std::string TextAt(const Json& object, const std::string& key) {
  const Json* text = Find(object, key);
  return text == nullptr ? "" : text->string_value();
}

// How a value without a tag is read.
enum class Untagged { kRefused, kPlainJson };

Read ReadValue(const Json& json, Untagged untagged);

Read ReadList(const Json& json, Untagged untagged) {
  std::vector<Value> items;
  for (const Json& item : json.list_value().values()) {
    PISTIS_ASSIGN_OR_RETURN(Value value, ReadValue(item, untagged));
    items.push_back(std::move(value));
  }
  return Value::List(std::move(items));
}

Read ReadTaggedMap(const Json& json, Untagged untagged) {
  std::vector<Value::Entry> entries;
  for (const Json& entry : json.list_value().values()) {
    if (entry.list_value().values_size() != 2) return NoValue(entry);
    PISTIS_ASSIGN_OR_RETURN(Value key,
                            ReadValue(entry.list_value().values(0), untagged));
    PISTIS_ASSIGN_OR_RETURN(Value value,
                            ReadValue(entry.list_value().values(1), untagged));
    entries.emplace_back(std::move(key), std::move(value));
  }
  return Value::Map(std::move(entries));
}

Read ReadNumber(const std::string& tag, const Json& json) {
  const std::string& text = json.string_value();
  int64_t whole = 0;
  uint64_t natural = 0;
  double real = 0;
  if (tag == "int" && absl::SimpleAtoi(text, &whole)) return Value::Int(whole);
  if (tag == "uint" && absl::SimpleAtoi(text, &natural)) {
    return Value::Uint(natural);
  }
  if (tag == "double" && absl::SimpleAtod(text, &real)) {
    return Value::Double(real);
  }
  return NoValue(json);
}

Read ReadTime(const std::string& tag, const Json& json) {
  int64_t seconds = 0;
  int64_t nanos = 0;
  const bool numbers = absl::SimpleAtoi(TextAt(json, "seconds"), &seconds) &&
                       absl::SimpleAtoi(TextAt(json, "nanos"), &nanos);
  if (!numbers) return NoValue(json);
  const absl::Duration since =
      absl::Seconds(seconds) + absl::Nanoseconds(nanos);
  return tag == "timestamp" ? Value::Timestamp(absl::UnixEpoch() + since)
                            : Value::Duration(since);
}

Read ReadOptional(const Json& json, Untagged untagged) {
  if (json.kind_case() == Json::kNullValue) return Value::None();
  PISTIS_ASSIGN_OR_RETURN(Value value, ReadValue(json, untagged));
  return Value::Optional(std::move(value));
}

// The value where `tag` is one; nothing for other names.
std::optional<Read> ReadTagged(const std::string& tag, const Json& content,
                               Untagged untagged) {
  if (tag == "null") return Value();
  if (tag == "bool") return Value::Bool(content.bool_value());
  if (tag == "string") return Value::String(content.string_value());
  if (tag == "bytes_hex") {
    return Value::Bytes(absl::HexStringToBytes(content.string_value()));
  }
  if (tag == "type") return Value::Type(content.string_value());
  if (tag == "list") return ReadList(content, untagged);
  if (tag == "map") return ReadTaggedMap(content, untagged);
  if (tag == "optional") return ReadOptional(content, untagged);
  if (tag == "timestamp" || tag == "duration") return ReadTime(tag, content);
  if (tag == "int" || tag == "uint" || tag == "double") {
    return ReadNumber(tag, content);
  }
  return std::nullopt;
}

Read ReadPlainMap(const JsonFields& fields) {
  std::vector<Value::Entry> entries;
  for (const auto& [key, content] : fields) {
    PISTIS_ASSIGN_OR_RETURN(Value value,
                            ReadValue(content, Untagged::kPlainJson));
    entries.emplace_back(Value::String(key), std::move(value));
  }
  return Value::Map(std::move(entries));
}

Value PlainNumber(double number) {
  const bool whole =
      number == std::trunc(number) && std::abs(number) <= kWholeDoubles;
  return whole ? Value::Int(static_cast<int64_t>(number))
               : Value::Double(number);
}

Read ReadPlain(const Json& json) {
  switch (json.kind_case()) {
    case Json::kNullValue:
      return Value();
    case Json::kBoolValue:
      return Value::Bool(json.bool_value());
    case Json::kNumberValue:
      return PlainNumber(json.number_value());
    case Json::kStringValue:
      return Value::String(json.string_value());
    case Json::kListValue:
      return ReadList(json, Untagged::kPlainJson);
    case Json::kStructValue:
      return ReadPlainMap(json.struct_value().fields());
    case Json::KIND_NOT_SET:
      return NoValue(json);
  }
  return NoValue(json);
}

Read ReadValue(const Json& json, Untagged untagged) {
  if (json.struct_value().fields_size() == 1) {
    const auto& [tag, content] = *json.struct_value().fields().begin();
    auto tagged = ReadTagged(tag, content, untagged);
    if (tagged.has_value()) {
      PISTIS_ASSIGN_OR_RETURN(Value value, *std::move(tagged));
      if (value.is_error()) return NoValue(json);
      return value;
    }
  }
  return untagged == Untagged::kPlainJson ? ReadPlain(json) : NoValue(json);
}

// Cases bind these to see that the literal wins; no variable has such a name.
bool IsLiteralName(absl::string_view name) {
  return name == "true" || name == "false" || name == "null";
}

absl::StatusOr<Bindings> ReadBindings(const JsonFields& fields,
                                      Untagged untagged) {
  Bindings bindings;
  for (const auto& [name, json] : fields) {
    if (IsLiteralName(name)) continue;
    PISTIS_ASSIGN_OR_RETURN(Value value, ReadValue(json, untagged));
    bindings.variables.push_back({name, Type::Of(value)});
    bindings.values.emplace_back(std::move(value));
  }
  return bindings;
}

absl::StatusOr<Case> ReadCase(const Json& json) {
  const Json* source = Find(json, "expr");
  const Json* wanted = Find(json, "value");
  const Json* bindings = Find(json, "bindings");
  const Json* unchecked = Find(json, "unchecked");
  if (source == nullptr || (wanted == nullptr && !Find(json, "error"))) {
    return absl::InvalidArgumentError(
        "a case has \"expr\", and \"value\" or \"error\"");
  }
  Case test;
  test.name = TextAt(json, "name");
  test.source = source->string_value();
  test.container = TextAt(json, "container");
  if (unchecked != nullptr && unchecked->bool_value()) {
    test.typing = Typing::kDynamic;
  }
  if (bindings != nullptr) {
    PISTIS_ASSIGN_OR_RETURN(
        test.bindings,
        ReadBindings(bindings->struct_value().fields(), Untagged::kRefused));
  }
  if (wanted != nullptr) {
    PISTIS_ASSIGN_OR_RETURN(test.wanted,
                            ReadValue(*wanted, Untagged::kRefused));
  }
  return test;
}

template <typename Message>
absl::StatusOr<Message> ReadJson(absl::string_view json) {
  Message message;
  const auto status =
      google::protobuf::util::JsonStringToMessage(std::string(json), &message);
  if (!status.ok()) {
    return absl::InvalidArgumentError(
        absl::string_view(status.message().data(), status.message().size()));
  }
  return message;
}

bool SameValue(const Value& found, const Value& wanted) {
  if (found.kind() != wanted.kind()) return false;
  const bool both_nan = found.kind() == ValueKind::kDouble &&
                        std::isnan(found.double_value()) &&
                        std::isnan(wanted.double_value());
  return both_nan || found == wanted;
}

absl::StatusOr<Evaluated> Run(const Case& test) {
  PISTIS_ASSIGN_OR_RETURN(
      const Environment environment,
      Environment::Create(
          {.variables = test.bindings.variables, .container = test.container}));
  PISTIS_ASSIGN_OR_RETURN(
      Expression expression,
      Expression::Compile(test.source, environment, {.typing = test.typing}));
  PISTIS_ASSIGN_OR_RETURN(
      Value value, expression.Evaluate(FixedActivation(test.bindings.values)));
  return Evaluated{std::move(expression), std::move(value)};
}

std::string JsonText(absl::string_view text) {
  Json json;
  json.set_string_value(std::string(text));
  std::string written;
  // Cannot fail: it is a string.
  (void)google::protobuf::util::MessageToJsonString(json, &written);
  return written;
}

std::string TimeJson(absl::Duration since) {
  absl::Duration rest;
  const int64_t seconds = absl::IDivDuration(since, absl::Seconds(1), &rest);
  return absl::StrCat("{\"seconds\": \"", seconds, "\", \"nanos\": \"",
                      absl::ToInt64Nanoseconds(rest), "\"}");
}

std::string ListJson(const ListValue& list) {
  std::string json = "[";
  for (int64_t i = 0; i < list.size(); ++i)
    absl::StrAppend(&json, i == 0 ? "" : ", ", ValueToJson(list.At(i)));
  return json + "]";
}

std::string MapJson(const MapValue& map) {
  std::string json = "[";
  for (int64_t i = 0; i < map.size(); ++i) {
    const Value::Entry entry = map.At(i);
    absl::StrAppend(&json, i == 0 ? "" : ", ", "[", ValueToJson(entry.first),
                    ", ", ValueToJson(entry.second), "]");
  }
  return json + "]";
}

std::string DoubleJson(double number) {
  if (std::isinf(number)) return number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  return JsonText(DoubleText(number));
}

std::string Tagged(absl::string_view tag, absl::string_view content) {
  return absl::StrCat("{\"", tag, "\": ", content, "}");
}

}  // namespace

absl::StatusOr<Bindings> ParseBindings(absl::string_view json) {
  PISTIS_ASSIGN_OR_RETURN(const auto object,
                          ReadJson<google::protobuf::Struct>(json));
  return ReadBindings(object.fields(), Untagged::kPlainJson);
}

absl::StatusOr<std::vector<Case>> ParseCases(absl::string_view json) {
  PISTIS_ASSIGN_OR_RETURN(const auto list,
                          ReadJson<google::protobuf::ListValue>(json));
  std::vector<Case> cases;
  for (const Json& item : list.values()) {
    PISTIS_ASSIGN_OR_RETURN(Case test, ReadCase(item));
    cases.push_back(std::move(test));
  }
  return cases;
}

absl::StatusOr<Evaluated> EvaluateWith(absl::string_view source,
                                       const Bindings& bindings) {
  return Run({.name = "", .source = std::string(source), .bindings = bindings});
}

std::optional<std::string> FailureOf(const Case& test) {
  const absl::StatusOr<Evaluated> found = Run(test);
  if (!test.wanted.has_value()) {
    if (!found.ok()) return std::nullopt;
    return absl::StrCat("should fail, but is ", found->value.DebugText());
  }
  if (!found.ok()) return std::string(found.status().message());
  if (SameValue(found->value, *test.wanted)) return std::nullopt;
  return absl::StrCat("should be ", test.wanted->DebugText(), ", but is ",
                      found->value.DebugText());
}

std::string ValueToJson(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kNull:
      return Tagged("null", "true");
    case ValueKind::kBool:
      return Tagged("bool", value.DebugText());
    case ValueKind::kInt:
      return Tagged("int", JsonText(absl::StrCat(value.int_value())));
    case ValueKind::kUint:
      return Tagged("uint", JsonText(absl::StrCat(value.uint_value())));
    case ValueKind::kDouble:
      return Tagged("double", DoubleJson(value.double_value()));
    case ValueKind::kString:
      return Tagged("string", JsonText(value.text()));
    case ValueKind::kBytes:
      return Tagged("bytes_hex",
                    JsonText(absl::BytesToHexString(value.text())));
    case ValueKind::kList:
      return Tagged("list", ListJson(value.list()));
    case ValueKind::kMap:
      return Tagged("map", MapJson(value.map()));
    case ValueKind::kObject:
      return Tagged("object", JsonText(value.TypeName()));
    case ValueKind::kTimestamp:
      return Tagged("timestamp",
                    TimeJson(value.timestamp() - absl::UnixEpoch()));
    case ValueKind::kDuration:
      return Tagged("duration", TimeJson(value.duration()));
    case ValueKind::kType:
      return Tagged("type", JsonText(value.text()));
    case ValueKind::kOptional:
      return Tagged("optional", value.held() == nullptr
                                    ? "null"
                                    : ValueToJson(*value.held()));
    case ValueKind::kError:
      break;
  }
  std::abort();
}

}  // namespace pistis::expr
