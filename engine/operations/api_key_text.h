// API keys as people copy them: "pistis_K7Q2M4XW_", 32 symbols, a check symbol.
#ifndef PISTIS_ENGINE_OPERATIONS_API_KEY_TEXT_H_
#define PISTIS_ENGINE_OPERATIONS_API_KEY_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace pistis {

// What a key is made of: 40 bits for its id, 160 for what is secret of it.
inline constexpr int kApiKeyRandomBytes = 25;

struct ApiKeyText {
  // Its public name, eight symbols.
  std::string key_id;
  // The whole key.
  std::string text;
};

// Requires kApiKeyRandomBytes random bytes.
[[nodiscard]] ApiKeyText MakeApiKeyText(absl::string_view random);

// True where the text may be a key: most mistyped ones are none.
[[nodiscard]] bool HasApiKeyForm(absl::string_view text);

// Under what a key is stored: SHA-256 over it.
[[nodiscard]] std::string ApiKeyHash(absl::string_view text);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_API_KEY_TEXT_H_
