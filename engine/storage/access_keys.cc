#include "engine/storage/access_keys.h"

#include "absl/strings/str_cat.h"

#include "engine/storage/key_parts.h"

namespace pistis {
namespace {

constexpr char kApiKeys[] = "y";
constexpr char kAfterApiKeys[] = "z";
constexpr char kAudit = 'a';

}  // namespace

std::string ApiKeyKey(absl::string_view key_id) {
  return absl::StrCat(kApiKeys, key_id);
}

std::string ApiKeysEnd() {
  return kAfterApiKeys;
}

std::string AuditHeadKey(const ProgramId& program) {
  return TableKey(kAudit, program, "");
}

std::string AuditKey(const ProgramId& program, int64_t number) {
  return NumberedKey(kAudit, program, "", number);
}

}  // namespace pistis
