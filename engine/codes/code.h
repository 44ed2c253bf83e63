// Discount codes: what they look like, how they are found, when they may be
// used. Pure; operations stores them.
#ifndef PISTIS_ENGINE_CODES_CODE_H_
#define PISTIS_ENGINE_CODES_CODE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/base/code_text.h"
#include "engine/base/ids.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// What a code was issued as, and how often it was used.
struct CodeState {
  // The member it was issued to.
  MemberId member_id;
  bool bound_to_member = false;
  bool is_void = false;
  // absl::InfiniteFuture() where it never expires.
  absl::Time expire = absl::InfiniteFuture();
  // 0: any number.
  int64_t uses = 1;
  int64_t used = 0;
  // How often one member may use it, and how often the member at hand did.
  std::optional<int64_t> uses_per_member;
  int64_t used_by_member = 0;
};

// Whether a code can be used at all, whoever types it.
enum class CodeStanding { kUsable, kUsed, kExpired, kVoid };
[[nodiscard]] CodeStanding StandingOf(const CodeState& code, absl::Time at);

// The code that `source` issues of `code_template`: the same for every retry,
// and to be guessed only by who knows `secret`. "TY-7K3M-9QXA-52BDC", the last
// being the check symbol where the template has one. A source is an order, or a
// name with a space in it, as no order has.
[[nodiscard]] std::string DeriveCode(absl::string_view secret,
                                     const ProgramId& program_id,
                                     const OrderId& source,
                                     const CodeTemplate& code_template);

// Where a code is found: a keyed hash of its normalised form, 16 bytes.
[[nodiscard]] std::string CodeKey(absl::string_view secret,
                                  const ProgramId& program_id,
                                  absl::string_view typed);

// The last four symbols, for support.
[[nodiscard]] std::string LastSymbols(absl::string_view code);

// A code as it was typed, and the rulebook that says how codes look.
struct TypedCode {
  absl::string_view text;
  const Rulebook& in_force;
};

// OK where `member_id` (empty: nobody) may use the code at `at`. Refusals:
// CODE_NOT_FOUND where it is void or bound to another member, CODE_EXPIRED,
// CODE_USED, CODE_NOT_APPLICABLE where each member may use it so often and
// there is none.
absl::Status CheckUsable(const CodeState& code, const MemberId& member_id,
                         absl::Time at, const TypedCode& typed);

// CODE_NOT_FOUND. The text alone, and the form of the codes of the rulebook,
// decide whether it says that the code is mistyped: nothing is learnt of which
// codes there are.
[[nodiscard]] absl::Status RefuseUnknownCode(const TypedCode& typed);

}  // namespace pistis

#endif  // PISTIS_ENGINE_CODES_CODE_H_
