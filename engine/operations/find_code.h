// Discount codes as they are stored: found by what was typed, and what became
// of them.
#ifndef PISTIS_ENGINE_OPERATIONS_FIND_CODE_H_
#define PISTIS_ENGINE_OPERATIONS_FIND_CODE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/ids.h"
#include "engine/codes/code.h"
#include "engine/operations/env.h"
#include "engine/rules/sale_view.h"
#include "engine/storage/store.h"

namespace pistis {

// A code that is there, usable or not.
struct LoadedCode {
  CodeToApply apply;
  // Its key in the index, and its record. That of a word is made when the word
  // is first used, or made void.
  std::string hash;
  store::v1::CodeRecord record;
  // Keeps apply.code_template alive: the rulebook that issued the code; of a
  // word, the one it was looked up in.
  std::shared_ptr<const Rulebook> issued_by;

  // How often it may be used; 0: any number.
  [[nodiscard]] int64_t uses() const;
  // True: a use stays used when its order comes back.
  [[nodiscard]] bool keeps_uses() const;
};

// Where codes are looked up. Refers to what it is made of.
struct CodeLookup {
  const OperationEnv& env;
  const Reader& reader;
  const ProgramId& program;
  // Whose words count.
  const std::shared_ptr<const Rulebook>& rulebook;
};

// Says at a time whether the caller may have codes looked up: RATE_LIMITED
// where it tried too many that are none. Null: yes.
using CodeGate = std::function<absl::Status(absl::Time now)>;

// The code, usable or not. CODE_NOT_FOUND.
absl::StatusOr<LoadedCode> FindCode(const CodeLookup& of,
                                    const std::string& typed);
// The same by its index key; apply.typed is empty then. CODE_NOT_FOUND, also
// for a word that the rulebook does not have.
absl::StatusOr<LoadedCode> FindCodeByHash(const CodeLookup& of,
                                          const std::string& hash);

// The code as `member` finds it; empty: as nobody.
absl::StatusOr<CodeState> StateOf(const CodeLookup& of, const LoadedCode& code,
                                  const MemberId& member);

// OK where the member may use it at `at`. Refusals: those of CheckUsable.
absl::Status CheckUsableBy(const CodeLookup& of, const LoadedCode& code,
                           const MemberId& member, absl::Time at);

// The word of the rulebook that lies under this key, or null.
[[nodiscard]] const CodeTemplate* WordUnder(const Rulebook& rulebook,
                                            const std::string& secret,
                                            const ProgramId& program,
                                            absl::string_view hash);

// True: the use of a code by an order stays used when that comes back;
// `of_sale` is the rulebook of its sale.
[[nodiscard]] bool KeepsUse(const store::v1::CodeRecord& code,
                            const CodeTemplate* word_of_sale);

// The window in which a member's uses of one code are counted.
[[nodiscard]] std::string MemberUsesWindow(absl::string_view hash,
                                           const MemberId& member);

// Names a code, and back to its index key; empty for what is no name.
[[nodiscard]] std::string CodeIdOf(absl::string_view hash);
[[nodiscard]] std::string HashOfCodeId(absl::string_view code_id);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_FIND_CODE_H_
