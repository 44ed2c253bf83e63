// The OpenAPI document of the API, made from its protos when this was built.
#ifndef PISTIS_SERVER_HTTP_OPENAPI_OPENAPI_JSON_H_
#define PISTIS_SERVER_HTTP_OPENAPI_OPENAPI_JSON_H_

#include "absl/strings/string_view.h"

namespace pistis::server {

[[nodiscard]] absl::string_view OpenApiJson();

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_OPENAPI_OPENAPI_JSON_H_
