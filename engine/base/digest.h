// SHA-256, HMAC-SHA-256 and text forms of random bits, all by OpenSSL.
#ifndef PISTIS_ENGINE_BASE_DIGEST_H_
#define PISTIS_ENGINE_BASE_DIGEST_H_

#include <string>

#include "absl/strings/string_view.h"

namespace pistis {

// The 32 bytes of SHA-256 over `bytes`.
[[nodiscard]] std::string Sha256(absl::string_view bytes);

// The 32 bytes of HMAC-SHA-256 over `bytes` with `key`.
[[nodiscard]] std::string HmacSha256(absl::string_view key,
                                     absl::string_view bytes);

// `count` bytes from the operating system's generator.
[[nodiscard]] std::string RandomBytes(int count);

// An alphabet of 32 without look-alikes: no I, L, O or U; Crockford's.
inline constexpr absl::string_view kCodeSymbols =
    "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// The first `symbols` symbols of `bytes`, five bits each. Requires
// symbols * 5 <= bits in `bytes`.
[[nodiscard]] std::string Base32Symbols(absl::string_view bytes, int symbols);

}  // namespace pistis

#endif  // PISTIS_ENGINE_BASE_DIGEST_H_
