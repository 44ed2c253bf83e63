// The document that is served is whole: read as a stranger's tool would.
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

#include "pistis/v1/admin_service.pb.h"
#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "server/http/openapi/openapi_json.h"

namespace pistis::server {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::ServiceDescriptor;
using google::protobuf::Value;

Value Document() {
  Value document;
  const absl::string_view json = OpenApiJson();
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(
                  {json.data(), json.size()}, &document)
                  .ok());
  return document;
}

// Null where there is none.
const Value* At(const Value& value, const std::vector<std::string>& path) {
  const Value* at = &value;
  for (const std::string& key : path) {
    const auto& fields = at->struct_value().fields();
    const auto found = fields.find(key);
    if (found == fields.end()) return nullptr;
    at = &found->second;
  }
  return at;
}

std::set<std::string> ReferencesIn(const Value& value) {
  std::set<std::string> references;
  for (const auto& [key, member] : value.struct_value().fields()) {
    if (key == "$ref") references.insert(member.string_value());
    references.merge(ReferencesIn(member));
  }
  for (const Value& item : value.list_value().values())
    references.merge(ReferencesIn(item));
  return references;
}

TEST(OpenApiTest, EveryMethodHasItsPathRequestReplyAndRefusal) {
  const Value document = Document();
  EXPECT_EQ(At(document, {"openapi"})->string_value(), "3.1.0");
  int methods = 0;
  for (const FileDescriptor* file :
       {v1::Program::descriptor()->file(),
        v1::QuoteOrderRequest::descriptor()->file(),
        v1::Event::descriptor()->file()}) {
    const ServiceDescriptor& service = *file->service(0);
    for (int i = 0; i < service.method_count(); ++i, ++methods) {
      const auto& method = *service.method(i);
      const std::string path =
          absl::StrCat("/", service.full_name(), "/", method.name());
      const Value* post = At(document, {"paths", path, "post"});
      ASSERT_NE(post, nullptr) << path;
      EXPECT_FALSE(At(*post, {"description"})->string_value().empty()) << path;
      const std::string type = method.server_streaming()
                                   ? "application/connect+json"
                                   : "application/json";
      const std::string schemas = "#/components/schemas/";
      EXPECT_EQ(At(*post, {"requestBody", "content", type, "schema", "$ref"})
                    ->string_value(),
                schemas + method.input_type()->name());
      EXPECT_EQ(
          At(*post, {"responses", "200", "content", type, "schema", "$ref"})
              ->string_value(),
          schemas + method.output_type()->name());
      EXPECT_EQ(At(*post, {"responses", "default", "$ref"})->string_value(),
                "#/components/responses/Refused");
    }
  }
  EXPECT_GT(methods, 20);
}

TEST(OpenApiTest, EveryReferenceLeadsSomewhere) {
  const Value document = Document();
  const std::set<std::string> references = ReferencesIn(document);
  EXPECT_GT(references.size(), 100U);
  for (const std::string& reference : references) {
    const std::vector<std::string> path =
        absl::StrSplit(absl::StripPrefix(reference, "#/"), '/');
    EXPECT_NE(At(document, path), nullptr) << reference;
  }
}

TEST(OpenApiTest, EverySecuritySchemeIsExplained) {
  const Value document = Document();
  const Value* asked = At(document, {"security"});
  ASSERT_NE(asked, nullptr);
  ASSERT_GT(asked->list_value().values_size(), 0);
  for (const Value& each : asked->list_value().values()) {
    for (const auto& [name, scopes] : each.struct_value().fields()) {
      EXPECT_NE(At(document, {"components", "securitySchemes", name, "type"}),
                nullptr)
          << name;
    }
  }
}

}  // namespace
}  // namespace pistis::server
