#include "server/http/openapi/json_schema.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace pistis {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

std::string NamesOf(const EnumDescriptor& values) {
  std::vector<std::string> names;
  for (int i = 0; i < values.value_count(); ++i)
    names.push_back(QuotedJson(values.value(i)->name()));
  return JsonList(names);
}

JsonObject MessageValue(const Descriptor& message, SchemaReferences& references,
                        JsonObject value) {
  if (message.full_name() == "google.protobuf.Timestamp") {
    return value.AddText("type", "string").AddText("format", "date-time");
  }
  if (message.full_name() == "google.protobuf.Duration") {
    return value.AddText("type", "string")
        .AddText("pattern", R"(^-?[0-9]+(\.[0-9]+)?s$)");
  }
  references.messages.emplace(message.name(), &message);
  return value.AddText("$ref", absl::StrCat(references.prefix, message.name()));
}

// Adds to `value` what one value of the field looks like.
JsonObject ValueOf(const FieldDescriptor& field, SchemaReferences& references,
                   JsonObject value = {}) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return value.AddText("type", "boolean");
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_UINT32:
      return value.AddText("type", "integer");
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT64:
      return value.AddText("type", "string").AddText("pattern", "^-?[0-9]+$");
    case FieldDescriptor::CPPTYPE_ENUM:
      return value.AddText("type", "string")
          .Add("enum", NamesOf(*field.enum_type()));
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return value.AddText("type", "number");
    case FieldDescriptor::CPPTYPE_STRING:
      value.AddText("type", "string");
      return field.type() == FieldDescriptor::TYPE_BYTES
                 ? value.AddText("contentEncoding", "base64")
                 : value;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return MessageValue(*field.message_type(), references, std::move(value));
}

}  // namespace

std::string QuotedJson(absl::string_view text) {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

std::string JsonList(const std::vector<std::string>& items) {
  return absl::StrCat("[", absl::StrJoin(items, ", "), "]");
}

JsonObject& JsonObject::Add(absl::string_view key, absl::string_view json) {
  members_.push_back(absl::StrCat(QuotedJson(key), ": ", json));
  return *this;
}

std::string JsonObject::Text() const {
  if (members_.empty()) return "{}";
  return absl::StrCat(
      "{\n  ",
      absl::StrReplaceAll(absl::StrJoin(members_, ",\n"), {{"\n", "\n  "}}),
      "\n}");
}

JsonObject PropertySchema(const FieldDescriptor& field,
                          SchemaReferences& references) {
  JsonObject property;
  const std::string comment = CommentOf(field);
  if (!comment.empty()) property.AddText("description", comment);
  if (field.is_map()) {
    return property.AddText("type", "object")
        .Add("additionalProperties",
             ValueOf(*field.message_type()->map_value(), references).Text());
  }
  if (field.is_repeated()) {
    return property.AddText("type", "array")
        .Add("items", ValueOf(field, references).Text());
  }
  return ValueOf(field, references, std::move(property));
}

void AddMessageSchema(const Descriptor& message, SchemaReferences& references,
                      JsonObject& schema) {
  schema.AddText("title", message.name())
      .AddText("description", CommentOf(message))
      .AddText("type", "object");
  JsonObject properties;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    properties.Add(field.name(), PropertySchema(field, references).Text());
  }
  schema.Add("properties", properties.Text());
}

JsonObject DefinitionsOf(SchemaReferences references) {
  std::map<std::string, std::string> done;
  auto& open = references.messages;
  while (!open.empty()) {
    const auto [name, message] = *open.begin();
    open.erase(open.begin());
    SchemaReferences more{.prefix = references.prefix};
    JsonObject schema;
    AddMessageSchema(*message, more, schema);
    done.emplace(name, schema.Text());
    for (const auto& [other, descriptor] : more.messages) {
      if (!done.contains(other)) open.emplace(other, descriptor);
    }
  }
  JsonObject definitions;
  for (const auto& [name, schema] : done)
    definitions.Add(name, schema);
  return definitions;
}

}  // namespace pistis
