// Under which keys codes are listed, and batches of them lie: tables G and g of
// keys.h.
#ifndef PISTIS_ENGINE_STORAGE_CODE_KEYS_H_
#define PISTIS_ENGINE_STORAGE_CODE_KEYS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/base/ids.h"

namespace pistis {

// By what codes are listed.
enum class CodeList { kTemplate, kMember };

// A code in a list: of which template or member, when it was issued, and where
// its record lies.
struct ListedCode {
  CodeList list = CodeList::kTemplate;
  std::string of;
  absl::Time issued;
  std::string hash;
};
[[nodiscard]] std::string ListedCodeKey(const ProgramId& program,
                                        const ListedCode& code);
// And back; nothing where `rest`, a key after its program, is none.
[[nodiscard]] std::optional<ListedCode> ParseListedCode(absl::string_view rest);

// What the keys of one list begin with.
[[nodiscard]] std::string CodeListPrefix(const ProgramId& program,
                                         CodeList list, absl::string_view of);

[[nodiscard]] std::string CodeBatchKey(const ProgramId& program,
                                       const RequestId& batch);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_CODE_KEYS_H_
