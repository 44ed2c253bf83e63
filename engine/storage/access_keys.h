// Keys of API keys and audit logs: keys.h has their grammar.
#ifndef PISTIS_ENGINE_STORAGE_ACCESS_KEYS_H_
#define PISTIS_ENGINE_STORAGE_ACCESS_KEYS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

#include "engine/base/ids.h"

namespace pistis {

// `key_id` empty: where the API keys begin.
[[nodiscard]] std::string ApiKeyKey(absl::string_view key_id);
[[nodiscard]] std::string ApiKeysEnd();

// The empty program: acts on the server.
[[nodiscard]] std::string AuditHeadKey(const ProgramId& program);
[[nodiscard]] std::string AuditKey(const ProgramId& program, int64_t number);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ACCESS_KEYS_H_
