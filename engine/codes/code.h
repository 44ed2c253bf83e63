// Discount codes: what they look like, how they are found, when they may be
// used. Pure; operations stores them.
#ifndef PISTIS_ENGINE_CODES_CODE_H_
#define PISTIS_ENGINE_CODES_CODE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/base/ids.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// What a code was issued as, and how often it was used.
struct CodeState {
  // The member it was issued to.
  MemberId member_id;
  bool bound_to_member = false;
  // absl::InfiniteFuture() where it never expires.
  absl::Time expire = absl::InfiniteFuture();
  int64_t uses = 1;
  int64_t used = 0;
};

// The code that `order_id` issues of `code_template`: the same for every retry,
// and to be guessed only by who knows `secret`. "TY-7K3M-9QXA-52BD".
[[nodiscard]] std::string DeriveCode(absl::string_view secret,
                                     const ProgramId& program_id,
                                     const OrderId& order_id,
                                     const CodeTemplate& code_template);

// A code as typed, reduced to what matters: capitals and digits, with O read as
// 0 and I and L as 1.
[[nodiscard]] std::string NormalizeCode(absl::string_view typed);

// Where a code is found: a keyed hash of its normalised form, 16 bytes.
[[nodiscard]] std::string CodeKey(absl::string_view secret,
                                  const ProgramId& program_id,
                                  absl::string_view typed);

// The last four symbols, for support.
[[nodiscard]] std::string LastSymbols(absl::string_view code);

// OK where `member_id` (empty: nobody) may use the code at `at`. Refusals:
// CODE_NOT_FOUND where it is bound to another member, CODE_EXPIRED, CODE_USED.
// `typed` goes into the message.
absl::Status CheckUsable(const CodeState& code, const MemberId& member_id,
                         absl::Time at, absl::string_view typed);

// CODE_NOT_FOUND for `typed`.
[[nodiscard]] absl::Status RefuseUnknownCode(absl::string_view typed);

}  // namespace pistis

#endif  // PISTIS_ENGINE_CODES_CODE_H_
