#include "clients/cli/json_object.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace pistis {
namespace {

std::string Quoted(absl::string_view text) {
  std::string quoted = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') {
      absl::StrAppend(&quoted, "\\", absl::string_view(&byte, 1));
    } else if (static_cast<unsigned char>(byte) < 0x20) {
      absl::StrAppendFormat(&quoted, "\\u%04x", byte);
    } else {
      quoted.push_back(byte);
    }
  }
  return absl::StrCat(quoted, "\"");
}

}  // namespace

JsonObject& JsonObject::Add(absl::string_view key, int64_t number) {
  return AddRaw(key, absl::StrCat(number));
}

JsonObject& JsonObject::Add(absl::string_view key, absl::string_view text) {
  return AddRaw(key, Quoted(text));
}

JsonObject& JsonObject::Add(absl::string_view key,
                            const std::map<std::string, int64_t>& numbers) {
  JsonObject inner;
  for (const auto& [name, number] : numbers)
    inner.Add(name, number);
  return AddRaw(key, inner.Text());
}

JsonObject& JsonObject::Add(absl::string_view key,
                            const std::vector<JsonObject>& objects) {
  const std::string joined =
      absl::StrJoin(objects, ",", [](std::string* out, const JsonObject& o) {
        absl::StrAppend(out, o.Text());
      });
  return AddRaw(key, absl::StrCat("[", joined, "]"));
}

std::string JsonObject::Text() const {
  return absl::StrCat("{", members_, "}");
}

JsonObject& JsonObject::AddRaw(absl::string_view key, absl::string_view value) {
  absl::StrAppend(&members_, members_.empty() ? "" : ",", Quoted(key), ":",
                  value);
  return *this;
}

}  // namespace pistis
