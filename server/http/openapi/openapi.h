// The API as an OpenAPI 3.1 document.
#ifndef PISTIS_SERVER_HTTP_OPENAPI_OPENAPI_H_
#define PISTIS_SERVER_HTTP_OPENAPI_OPENAPI_H_

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace pistis {

// JSON. `services` come from a pool that was built with comments, which become
// the descriptions. Every method is a POST of its path; every refusal has one
// shape.
[[nodiscard]] std::string OpenApiOf(
    const std::vector<const google::protobuf::ServiceDescriptor*>& services);

}  // namespace pistis

#endif  // PISTIS_SERVER_HTTP_OPENAPI_OPENAPI_H_
