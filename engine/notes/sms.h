// How many messages a text takes as SMS. Pure.
#ifndef PISTIS_ENGINE_NOTES_SMS_H_
#define PISTIS_ENGINE_NOTES_SMS_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace pistis {

// How many messages the text takes: 160 characters of the GSM 7-bit alphabet
// (3GPP TS 23.038; those of its extension count double) are one, and 153 of
// each of several; of other texts 70 and 67 UTF-16 units. None is split in the
// middle of a character.
[[nodiscard]] int SmsParts(absl::string_view text);

// The bytes [begin, end) of a text, made of whole characters.
struct TextSpan {
  size_t begin = 0;
  size_t end = 0;
};

// The text, cut to at most `most` messages. What is cut is the end; `kept`,
// where it is not empty, is left whole, and what is before it is cut instead.
[[nodiscard]] std::string FitSms(absl::string_view text, TextSpan kept,
                                 int most);

}  // namespace pistis

#endif  // PISTIS_ENGINE_NOTES_SMS_H_
