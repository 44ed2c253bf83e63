// The codes by which members bring friends. Pure.
#ifndef PISTIS_ENGINE_MEMBERS_REFERRAL_CODE_H_
#define PISTIS_ENGINE_MEMBERS_REFERRAL_CODE_H_

#include <string>

#include "absl/strings/string_view.h"

#include "engine/base/ids.h"

namespace pistis {

// The member's code, always the same but for the prefix, and to be guessed only
// by who knows `secret`: 60 bits. "FRIEND-7K3M-9QXA-52BD". As with a
// member's identifiers, keep it out of logs.
[[nodiscard]] std::string ReferralCode(absl::string_view secret,
                                       const ProgramId& program,
                                       const MemberId& member,
                                       absl::string_view prefix);

// Where the member of a code is found: a keyed hash of what comes behind the
// prefix, 16 bytes. How it is written does not matter, as with discount codes.
[[nodiscard]] std::string ReferralKey(absl::string_view secret,
                                      const ProgramId& program,
                                      absl::string_view code);

}  // namespace pistis

#endif  // PISTIS_ENGINE_MEMBERS_REFERRAL_CODE_H_
