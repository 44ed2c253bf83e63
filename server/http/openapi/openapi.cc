#include "server/http/openapi/openapi.h"

#include "absl/strings/str_cat.h"

#include "server/http/openapi/json_schema.h"

namespace pistis {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr char kSchemas[] = "#/components/schemas/";

constexpr char kAbout[] =
    "Points, rewards and what they may cost, by HTTP in the Connect protocol. "
    "A call is a POST of JSON; fields may be named as here or in camelCase. A "
    "method whose reply is a stream takes and gives envelopes: one byte of "
    "flags, four of the length (big-endian), then JSON. The last envelope of a "
    "stream has the flag 2 and holds an `error` where it failed. Both kinds of "
    "call take protobuf too: application/proto, application/connect+proto.";

std::string Reference(absl::string_view where, absl::string_view name) {
  return JsonObject()
      .AddText("$ref", absl::StrCat("#/components/", where, "/", name))
      .Text();
}

JsonObject Described(absl::string_view description) {
  JsonObject object;
  object.AddText("description", description);
  return object;
}

std::string TypeOf(absl::string_view type) {
  return JsonObject().AddText("type", type).Text();
}

// `content` of a body that holds `message`.
std::string Content(absl::string_view media_type, const Descriptor& message,
                    SchemaReferences& references) {
  references.messages.emplace(message.name(), &message);
  return JsonObject()
      .Add(media_type, JsonObject()
                           .Add("schema", Reference("schemas", message.name()))
                           .Text())
      .Text();
}

std::string Operation(const MethodDescriptor& method,
                      SchemaReferences& references) {
  const bool streams = method.server_streaming();
  const char* type = streams ? "application/connect+json" : "application/json";
  const std::string reply =
      Described(streams ? "A stream: each message in an envelope."
                        : "The reply.")
          .Add("content", Content(type, *method.output_type(), references))
          .Text();
  return JsonObject()
      .AddText("operationId",
               absl::StrCat(method.service()->name(), "_", method.name()))
      .Add("tags", JsonList({QuotedJson(method.service()->name())}))
      .AddText("description", CommentOf(method))
      .Add("parameters", JsonList({Reference("parameters", "ProtocolVersion"),
                                   Reference("parameters", "Timeout")}))
      .Add("requestBody",
           JsonObject()
               .Add("required", "true")
               .Add("content", Content(type, *method.input_type(), references))
               .Text())
      .Add("responses", JsonObject()
                            .Add("200", reply)
                            .Add("default", Reference("responses", "Refused"))
                            .Text())
      .Text();
}

// A page that needs no key.
std::string Page(absl::string_view id, absl::string_view description,
                 absl::string_view media_type) {
  const std::string found =
      Described("It is so.")
          .Add("content", JsonObject().Add(media_type, "{}").Text())
          .Text();
  return JsonObject()
      .Add("get", JsonObject()
                      .AddText("operationId", id)
                      .AddText("description", description)
                      .Add("security", "[]")
                      .Add("responses",
                           JsonObject()
                               .Add("200", found)
                               .Add("default", Described("It is not.").Text())
                               .Text())
                      .Text())
      .Text();
}

std::string Header(absl::string_view name, absl::string_view description,
                   const std::string& schema) {
  return Described(description)
      .AddText("name", name)
      .AddText("in", "header")
      .Add("required", "false")
      .Add("schema", schema)
      .Text();
}

std::string Parameters() {
  return JsonObject()
      .Add("ProtocolVersion",
           Header("Connect-Protocol-Version", "1, or nothing.",
                  JsonObject().Add("const", "\"1\"").Text()))
      .Add("Timeout",
           Header("Connect-Timeout-Ms",
                  "How long the answer is waited for; 30000 by default, and "
                  "for ever for a stream.",
                  JsonObject()
                      .AddText("type", "string")
                      .AddText("pattern", "^[0-9]{1,10}$")
                      .Text()))
      .Text();
}

std::string RefusalSchema() {
  const std::string detail =
      JsonObject()
          .AddText("type", "object")
          .Add("properties",
               JsonObject()
                   .Add("type",
                        Described("google.rpc.ErrorInfo, whose reason says why "
                                  "by name; google.rpc.BadRequest.")
                            .AddText("type", "string")
                            .Text())
                   .Add("value", Described("The message as protobuf.")
                                     .AddText("type", "string")
                                     .AddText("contentEncoding", "base64")
                                     .Text())
                   .Text())
          .Text();
  return Described("Why a call was refused. A refused call changed nothing.")
      .AddText("type", "object")
      .Add("required", JsonList({"\"code\""}))
      .Add("properties", JsonObject()
                             .Add("code", TypeOf("string"))
                             .Add("message", TypeOf("string"))
                             .Add("details", JsonObject()
                                                 .AddText("type", "array")
                                                 .Add("items", detail)
                                                 .Text())
                             .Text())
      .Text();
}

std::string Responses() {
  const std::string content =
      JsonObject()
          .Add("application/json",
               JsonObject()
                   .Add("schema", Reference("schemas", "Refusal"))
                   .Text())
          .Text();
  return JsonObject()
      .Add("Refused", Described("Refused; of a stream, in its last envelope.")
                          .Add("content", content)
                          .Text())
      .Text();
}

std::string SecuritySchemes() {
  return JsonObject()
      .Add("apiKey", Described("Authorization: Bearer, then the key.")
                         .AddText("type", "http")
                         .AddText("scheme", "bearer")
                         .Text())
      .Add("clientCertificate",
           Described("Of a terminal.").AddText("type", "mutualTLS").Text())
      .Text();
}

}  // namespace

std::string OpenApiOf(const std::vector<const ServiceDescriptor*>& services) {
  SchemaReferences references{.prefix = kSchemas};
  JsonObject paths;
  std::vector<std::string> tags;
  for (const ServiceDescriptor* service : services) {
    tags.push_back(JsonObject()
                       .AddText("name", service->name())
                       .AddText("description", CommentOf(*service))
                       .Text());
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor& method = *service->method(i);
      paths.Add(absl::StrCat("/", service->full_name(), "/", method.name()),
                JsonObject().Add("post", Operation(method, references)).Text());
    }
  }
  paths.Add("/healthz", Page("healthz", "The process answers.", "text/plain"));
  paths.Add("/readyz",
            Page("readyz", "The engine accepts work.", "text/plain"));
  JsonObject schemas = DefinitionsOf(references);
  schemas.Add("Refusal", RefusalSchema());
  return JsonObject()
      .AddText("openapi", "3.1.0")
      .Add("info", Described(kAbout)
                       .AddText("title", "Pistis")
                       .AddText("version", "v1")
                       .Text())
      .Add("servers", JsonList({JsonObject().AddText("url", "/").Text()}))
      .Add("security",
           JsonList({JsonObject().Add("apiKey", "[]").Text(),
                     JsonObject().Add("clientCertificate", "[]").Text()}))
      .Add("tags", JsonList(tags))
      .Add("paths", paths.Text())
      .Add("components", JsonObject()
                             .Add("schemas", schemas.Text())
                             .Add("parameters", Parameters())
                             .Add("responses", Responses())
                             .Add("securitySchemes", SecuritySchemes())
                             .Text())
      .Text();
}

}  // namespace pistis
