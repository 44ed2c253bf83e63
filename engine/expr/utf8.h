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

// The code point at the front of `text`, which is not empty: a view of its
// bytes, or of one byte where they are not well-formed.
[[nodiscard]] absl::string_view FirstCodePoint(absl::string_view text);

// The number of a code point from its UTF-8; U+FFFD where it is not
// well-formed.
[[nodiscard]] uint32_t DecodeUtf8(absl::string_view code_point);

// The offset of code point number `index`, or of the end where there are just
// so many; nothing beyond.
[[nodiscard]] std::optional<size_t> OffsetOfCodePoint(absl::string_view text,
                                                      int64_t index);

// How many code points well-formed `text` has; other bytes than continuations
// count as one each where it is not well-formed.
[[nodiscard]] int64_t CountCodePoints(absl::string_view text);

// The UTF-8 of a code point; nothing for surrogates and beyond U+10FFFF.
[[nodiscard]] std::optional<std::string> EncodeUtf8(uint32_t code_point);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_UTF8_H_
