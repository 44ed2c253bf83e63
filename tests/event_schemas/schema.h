// JSON schemas of messages, as protobuf JSON with the names of the proto files
// writes them.
#ifndef PISTIS_TESTS_EVENT_SCHEMAS_SCHEMA_H_
#define PISTIS_TESTS_EVENT_SCHEMAS_SCHEMA_H_

#include <map>
#include <string>

#include "google/protobuf/descriptor.h"

namespace pistis {

// The schemas of an event and of each of its payloads, by the name of their
// file: "event.json", "order_committed.json". `event` is a message with the
// oneof `payload`, read from a proto file with its comments, which become the
// descriptions.
[[nodiscard]] std::map<std::string, std::string> EventSchemas(
    const google::protobuf::Descriptor& event);

}  // namespace pistis

#endif  // PISTIS_TESTS_EVENT_SCHEMAS_SCHEMA_H_
