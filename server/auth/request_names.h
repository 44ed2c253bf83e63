// What a request names, read from its bytes before it is parsed: so no service
// has to remember to ask whether its caller may.
#ifndef PISTIS_SERVER_AUTH_REQUEST_NAMES_H_
#define PISTIS_SERVER_AUTH_REQUEST_NAMES_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace pistis::server {

// The numbers of the fields that name something; 0: the request has none.
struct NameFields {
  int program_id = 0;
  int order = 0;
};
[[nodiscard]] NameFields NameFieldsOf(const google::protobuf::Descriptor& type);

// Empty: not named.
struct RequestNames {
  std::string program_id;
  bool has_order = false;
  std::string store_id;
  std::string terminal_id;
};

// As protobuf would parse it: the last of a field counts, orders are merged.
// Nothing where the bytes are no message.
[[nodiscard]] std::optional<RequestNames> ReadNames(const NameFields& fields,
                                                    absl::string_view bytes);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_REQUEST_NAMES_H_
