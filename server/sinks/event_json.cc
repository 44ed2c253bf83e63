#include "server/sinks/event_json.h"

#include "google/protobuf/util/json_util.h"

namespace pistis::server {

std::string EventJson(const v1::Event& event) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  // Fails for messages of unknown types alone, which events have none of.
  static_cast<void>(
      google::protobuf::util::MessageToJsonString(event, &json, options));
  return json;
}

}  // namespace pistis::server
