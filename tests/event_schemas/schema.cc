#include "tests/event_schemas/schema.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/http/openapi/json_schema.h"

namespace pistis {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr absl::string_view kDraft =
    "https://json-schema.org/draft/2020-12/schema";
constexpr char kDefinitions[] = "#/$defs/";

std::string PayloadSchema(const std::string& file, const Descriptor& payload) {
  JsonObject schema;
  schema.AddText("$schema", kDraft).AddText("$id", file);
  SchemaReferences references{.prefix = kDefinitions};
  AddMessageSchema(payload, references, schema);
  const JsonObject definitions = DefinitionsOf(references);
  if (!definitions.empty()) schema.Add("$defs", definitions.Text());
  return absl::StrCat(schema.Text(), "\n");
}

std::string FileOf(const FieldDescriptor& payload) {
  return absl::StrCat(payload.name(), ".json");
}

std::string EventSchema(const Descriptor& event) {
  JsonObject properties;
  std::vector<std::string> one_of;
  SchemaReferences references{.prefix = kDefinitions};
  for (int i = 0; i < event.field_count(); ++i) {
    const FieldDescriptor& field = *event.field(i);
    if (field.containing_oneof() == nullptr) {
      properties.Add(field.name(), PropertySchema(field, references).Text());
      continue;
    }
    properties.Add(field.name(),
                   JsonObject().AddText("$ref", FileOf(field)).Text());
    one_of.push_back(
        absl::StrCat("{\"required\": [", QuotedJson(field.name()), "]}"));
  }
  return absl::StrCat(
      JsonObject()
          .AddText("$schema", kDraft)
          .AddText("$id", "event.json")
          .AddText("title", event.name())
          .AddText("description", CommentOf(event))
          .AddText("type", "object")
          .Add("properties", properties.Text())
          .Add("required",
               JsonList({QuotedJson("cursor"), QuotedJson("schema_version"),
                         QuotedJson("commit_time")}))
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
