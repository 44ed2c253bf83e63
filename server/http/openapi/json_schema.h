// JSON schemas of messages, as protobuf JSON with the names of the proto files
// writes them; their comments are the descriptions.
#ifndef PISTIS_SERVER_HTTP_OPENAPI_JSON_SCHEMA_H_
#define PISTIS_SERVER_HTTP_OPENAPI_JSON_SCHEMA_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace pistis {

// JSON of a string without control characters, and of a list of JSON values.
[[nodiscard]] std::string QuotedJson(absl::string_view text);
[[nodiscard]] std::string JsonList(const std::vector<std::string>& items);

// A JSON object, its members in the order in which they were added.
class JsonObject {
 public:
  // `json` is the member's value as JSON.
  JsonObject& Add(absl::string_view key, absl::string_view json);
  JsonObject& AddText(absl::string_view key, absl::string_view text) {
    return Add(key, QuotedJson(text));
  }
  [[nodiscard]] bool empty() const { return members_.empty(); }
  // Indented by two spaces a level.
  [[nodiscard]] std::string Text() const;

 private:
  std::vector<std::string> members_;
};

// The comment above an element of a proto file, in one line; empty where its
// pool was not built with comments.
template <typename Element>
[[nodiscard]] std::string CommentOf(const Element& element) {
  google::protobuf::SourceLocation location;
  if (!element.GetSourceLocation(&location)) return "";
  const std::vector<std::string> words = absl::StrSplit(
      location.leading_comments, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  return absl::StrJoin(words, " ");
}

// Messages by name. Schemas refer to them as "<prefix><name>".
struct SchemaReferences {
  std::string prefix;
  std::map<std::string, const google::protobuf::Descriptor*> messages = {};
};

// Adds what a schema says of `message` itself; the messages that its fields
// hold are added to `references`.
void AddMessageSchema(const google::protobuf::Descriptor& message,
                      SchemaReferences& references, JsonObject& schema);

// What one field looks like, alike.
[[nodiscard]] JsonObject PropertySchema(
    const google::protobuf::FieldDescriptor& field,
    SchemaReferences& references);

// The schemas of what `references` has, and of what they hold in turn, by name.
[[nodiscard]] JsonObject DefinitionsOf(SchemaReferences references);

}  // namespace pistis

#endif  // PISTIS_SERVER_HTTP_OPENAPI_JSON_SCHEMA_H_
