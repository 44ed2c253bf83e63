#include "engine/expr/utf8.h"

#include <algorithm>

namespace pistis::expr {
namespace {

constexpr uint32_t kMaxCodePoint = 0x10FFFF;
constexpr uint32_t kReplacement = 0xFFFD;
// The least code point that needs so many bytes.
constexpr uint32_t kLeastOfLength[] = {0, 0, 0x80, 0x800, 0x10000};

bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

bool IsSurrogate(uint32_t code_point) {
  return code_point >= 0xD800 && code_point <= 0xDFFF;
}

size_t LengthByLead(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// The length of the well-formed code point at the front of `text`, or 0.
size_t LengthOfFirst(absl::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = LengthByLead(lead);
  if (length <= 1) return length;
  if (text.size() < length) return 0;
  uint32_t code_point = lead & (0x7FU >> length);
  for (const char byte : text.substr(1, length - 1)) {
    if (!IsContinuation(byte)) return 0;
    code_point =
        (code_point << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
  }
  const bool well_formed = code_point >= kLeastOfLength[length] &&
                           code_point <= kMaxCodePoint &&
                           !IsSurrogate(code_point);
  return well_formed ? length : 0;
}

}  // namespace

std::optional<size_t> FirstInvalidUtf8(absl::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = LengthOfFirst(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

absl::string_view FirstCodePoint(absl::string_view text) {
  return text.substr(0, std::max<size_t>(LengthOfFirst(text), 1));
}

uint32_t DecodeUtf8(absl::string_view code_point) {
  const size_t length = LengthOfFirst(code_point);
  if (length == 0) return kReplacement;
  const auto lead = static_cast<unsigned char>(code_point[0]);
  if (length == 1) return lead;
  uint32_t number = lead & (0x7FU >> length);
  for (const char byte : code_point.substr(1, length - 1))
    number = (number << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
  return number;
}

std::optional<size_t> OffsetOfCodePoint(absl::string_view text, int64_t index) {
  if (index < 0) return std::nullopt;
  size_t at = 0;
  for (; index > 0 && at < text.size(); --index)
    at += FirstCodePoint(text.substr(at)).size();
  if (index > 0) return std::nullopt;
  return at;
}

int64_t CountCodePoints(absl::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char byte) { return !IsContinuation(byte); });
}

std::optional<std::string> EncodeUtf8(uint32_t code_point) {
  if (code_point > kMaxCodePoint || IsSurrogate(code_point)) {
    return std::nullopt;
  }
  if (code_point < 0x80) return std::string(1, static_cast<char>(code_point));
  const auto tail = [code_point](uint32_t shift) {
    return static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU));
  };
  if (code_point < 0x800) {
    return std::string{static_cast<char>(0xC0U | (code_point >> 6U)), tail(0)};
  }
  if (code_point < 0x10000) {
    return std::string{static_cast<char>(0xE0U | (code_point >> 12U)), tail(6),
                       tail(0)};
  }
  return std::string{static_cast<char>(0xF0U | (code_point >> 18U)), tail(12),
                     tail(6), tail(0)};
}

}  // namespace pistis::expr
