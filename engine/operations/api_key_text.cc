#include "engine/operations/api_key_text.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/base/code_text.h"
#include "engine/base/digest.h"

namespace pistis {
namespace {

constexpr absl::string_view kPrefix = "pistis_";
constexpr int kIdBytes = 5;
constexpr int kIdSymbols = 8;
constexpr int kSecretSymbols = 32;
constexpr size_t kTextBytes =
    kPrefix.size() + kIdSymbols + 1 + kSecretSymbols + 1;

}  // namespace

ApiKeyText MakeApiKeyText(absl::string_view random) {
  ApiKeyText key;
  key.key_id = Base32Symbols(random, kIdSymbols);
  key.text =
      absl::StrCat(kPrefix, key.key_id, "_",
                   Base32Symbols(random.substr(kIdBytes), kSecretSymbols));
  key.text.push_back(CheckSymbol(key.text));
  return key;
}

bool HasApiKeyForm(absl::string_view text) {
  return text.size() == kTextBytes && absl::StartsWith(text, kPrefix) &&
         HasCheckSymbol(text);
}

std::string ApiKeyHash(absl::string_view text) {
  return Sha256(text);
}

}  // namespace pistis
