// How a member is found: card numbers, phones, e-mail addresses. Pure.
#ifndef PISTIS_ENGINE_MEMBERS_IDENTIFIER_H_
#define PISTIS_ENGINE_MEMBERS_IDENTIFIER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/base/ids.h"

namespace pistis {

inline constexpr int kMaxIdentifiers = 16;

// FIELD_INVALID where `kind` or `value` is not shaped as the API says; `field`
// is the path of the identifier.
absl::Status CheckIdentifier(absl::string_view field, absl::string_view kind,
                             absl::string_view value);

// Where a member of this identifier is found: a keyed hash, 16 bytes. Spaces
// around the value do not matter, in an "email" case neither.
[[nodiscard]] std::string IdentifierKey(absl::string_view secret,
                                        const ProgramId& program_id,
                                        absl::string_view kind,
                                        absl::string_view value);

// The id of a member whose creator named none: the same for every retry of the
// request.
[[nodiscard]] MemberId DeriveMemberId(absl::string_view secret,
                                      const ProgramId& program_id,
                                      const RequestId& request_id);

}  // namespace pistis

#endif  // PISTIS_ENGINE_MEMBERS_IDENTIFIER_H_
