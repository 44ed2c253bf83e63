// The little of UTF-8 that expressions need.
#ifndef PISTIS_ENGINE_EXPR_UTF8_H_
#define PISTIS_ENGINE_EXPR_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace pistis::expr {

// The offset of the first byte that is not part of well-formed UTF-8, or
// nothing where all of `text` is.
[[nodiscard]] std::optional<size_t> FirstInvalidUtf8(absl::string_view text);

// How many code points well-formed `text` has; other bytes than continuations
// count as one each where it is not well-formed.
[[nodiscard]] int64_t CountCodePoints(absl::string_view text);

// The UTF-8 of a code point; nothing for surrogates and beyond U+10FFFF.
[[nodiscard]] std::optional<std::string> EncodeUtf8(uint32_t code_point);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_UTF8_H_
