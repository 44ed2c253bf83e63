// A JSON object whose keys keep the order in which they were added.
#ifndef PISTIS_CLIENTS_CLI_JSON_OBJECT_H_
#define PISTIS_CLIENTS_CLI_JSON_OBJECT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace pistis {

// Written for programs: whole numbers are numbers, amounts are minor units.
// One thread.
class JsonObject {
 public:
  JsonObject& Add(absl::string_view key, int64_t number);
  JsonObject& Add(absl::string_view key, absl::string_view text);
  JsonObject& Add(absl::string_view key,
                  const std::map<std::string, int64_t>& numbers);
  JsonObject& Add(absl::string_view key,
                  const std::vector<JsonObject>& objects);

  // The object on one line.
  [[nodiscard]] std::string Text() const;

 private:
  JsonObject& AddRaw(absl::string_view key, absl::string_view value);

  std::string members_;
};

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_JSON_OBJECT_H_
