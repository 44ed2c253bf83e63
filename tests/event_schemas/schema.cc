#include "tests/event_schemas/schema.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace pistis {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::SourceLocation;

constexpr absl::string_view kDraft =
    "https://json-schema.org/draft/2020-12/schema";

std::string Quoted(absl::string_view text) {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

// A JSON object, its members in the order in which they were added.
class Object {
 public:
  Object& Add(absl::string_view key, const std::string& json) {
    members_.push_back(absl::StrCat(Quoted(key), ": ", json));
    return *this;
  }
  [[nodiscard]] bool empty() const { return members_.empty(); }
  [[nodiscard]] std::string Text() const {
    if (members_.empty()) return "{}";
    return absl::StrCat(
        "{\n  ",
        absl::StrReplaceAll(absl::StrJoin(members_, ",\n"), {{"\n", "\n  "}}),
        "\n}");
  }

 private:
  std::vector<std::string> members_;
};

std::string List(const std::vector<std::string>& items) {
  return absl::StrCat("[", absl::StrJoin(items, ", "), "]");
}

template <typename Element>
std::string CommentOf(const Element& element) {
  SourceLocation location;
  if (!element.GetSourceLocation(&location)) return "";
  std::vector<std::string> words = absl::StrSplit(
      location.leading_comments, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  return absl::StrJoin(words, " ");
}

std::string NamesOf(const EnumDescriptor& values) {
  std::vector<std::string> names;
  for (int i = 0; i < values.value_count(); ++i)
    names.push_back(Quoted(values.value(i)->name()));
  return List(names);
}

// The messages that a schema holds beside its own, by name.
using Others = std::map<std::string, const Descriptor*>;

// Adds to `value` what one value of the field looks like.
Object ValueOf(const FieldDescriptor& field, Others& others,
               Object value = {}) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return value.Add("type", Quoted("boolean"));
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_UINT32:
      return value.Add("type", Quoted("integer"));
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT64:
      return value.Add("type", Quoted("string"))
          .Add("pattern", Quoted("^-?[0-9]+$"));
    case FieldDescriptor::CPPTYPE_ENUM:
      return value.Add("type", Quoted("string"))
          .Add("enum", NamesOf(*field.enum_type()));
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return value.Add("type", Quoted("number"));
    case FieldDescriptor::CPPTYPE_STRING:
      return value.Add("type", Quoted("string"));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  const Descriptor& message = *field.message_type();
  if (message.full_name() == "google.protobuf.Timestamp") {
    return value.Add("type", Quoted("string"))
        .Add("format", Quoted("date-time"));
  }
  others.emplace(message.name(), &message);
  return value.Add("$ref", Quoted(absl::StrCat("#/$defs/", message.name())));
}

Object PropertyOf(const FieldDescriptor& field, Others& others) {
  Object property;
  const std::string comment = CommentOf(field);
  if (!comment.empty()) property.Add("description", Quoted(comment));
  if (field.is_map()) {
    return property.Add("type", Quoted("object"))
        .Add("additionalProperties",
             ValueOf(*field.message_type()->map_value(), others).Text());
  }
  if (field.is_repeated()) {
    return property.Add("type", Quoted("array"))
        .Add("items", ValueOf(field, others).Text());
  }
  return ValueOf(field, others, std::move(property));
}

// A message's own members of a schema.
void AddMessage(const Descriptor& message, Others& others, Object& schema) {
  schema.Add("title", Quoted(message.name()))
      .Add("description", Quoted(CommentOf(message)))
      .Add("type", Quoted("object"));
  Object properties;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    properties.Add(field.name(), PropertyOf(field, others).Text());
  }
  schema.Add("properties", properties.Text());
}

// The schemas of `others`, and of what they hold in turn.
Object DefinitionsOf(Others others) {
  std::map<std::string, std::string> done;
  while (!others.empty()) {
    const auto [name, message] = *others.begin();
    others.erase(others.begin());
    Others more;
    Object schema;
    AddMessage(*message, more, schema);
    done.emplace(name, schema.Text());
    for (const auto& [other, descriptor] : more) {
      if (!done.contains(other)) others.emplace(other, descriptor);
    }
  }
  Object definitions;
  for (const auto& [name, schema] : done)
    definitions.Add(name, schema);
  return definitions;
}

std::string PayloadSchema(const std::string& file, const Descriptor& payload) {
  Object schema;
  schema.Add("$schema", Quoted(kDraft)).Add("$id", Quoted(file));
  Others others;
  AddMessage(payload, others, schema);
  const Object definitions = DefinitionsOf(others);
  if (!definitions.empty()) schema.Add("$defs", definitions.Text());
  return absl::StrCat(schema.Text(), "\n");
}

std::string FileOf(const FieldDescriptor& payload) {
  return absl::StrCat(payload.name(), ".json");
}

std::string EventSchema(const Descriptor& event) {
  Object properties;
  std::vector<std::string> one_of;
  Others others;
  for (int i = 0; i < event.field_count(); ++i) {
    const FieldDescriptor& field = *event.field(i);
    if (field.containing_oneof() == nullptr) {
      properties.Add(field.name(), PropertyOf(field, others).Text());
      continue;
    }
    properties.Add(field.name(),
                   Object().Add("$ref", Quoted(FileOf(field))).Text());
    one_of.push_back(
        absl::StrCat("{\"required\": [", Quoted(field.name()), "]}"));
  }
  return absl::StrCat(
      Object()
          .Add("$schema", Quoted(kDraft))
          .Add("$id", Quoted("event.json"))
          .Add("title", Quoted(event.name()))
          .Add("description", Quoted(CommentOf(event)))
          .Add("type", Quoted("object"))
          .Add("properties", properties.Text())
          .Add("required", List({Quoted("cursor"), Quoted("schema_version"),
                                 Quoted("commit_time")}))
          .Add("oneOf",
               absl::StrCat("[\n  ", absl::StrJoin(one_of, ",\n  "), "\n]"))
          .Text(),
      "\n");
}

}  // namespace

std::map<std::string, std::string> EventSchemas(const Descriptor& event) {
  std::map<std::string, std::string> schemas;
  schemas.emplace("event.json", EventSchema(event));
  const google::protobuf::OneofDescriptor& payloads =
      *event.FindOneofByName("payload");
  for (int i = 0; i < payloads.field_count(); ++i) {
    const FieldDescriptor& field = *payloads.field(i);
    schemas.emplace(FileOf(field),
                    PayloadSchema(FileOf(field), *field.message_type()));
  }
  return schemas;
}

}  // namespace pistis
