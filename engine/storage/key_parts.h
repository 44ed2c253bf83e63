// What keys are made of: keys.h has their grammar.
#ifndef PISTIS_ENGINE_STORAGE_KEY_PARTS_H_
#define PISTIS_ENGINE_STORAGE_KEY_PARTS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/base/ids.h"

namespace pistis {

inline constexpr size_t kKeyNumberBytes = 8;

// A text without zero bytes, then a zero byte.
void AppendKeyText(absl::string_view text, std::string& key);
// Eight bytes, big-endian.
void AppendKeyNumber(int64_t number, std::string& key);
// The number that `bytes` begin with; they have eight at least.
[[nodiscard]] int64_t ReadKeyNumber(absl::string_view bytes);

// table program, and the text where it is not empty.
[[nodiscard]] std::string TableKey(char table, const ProgramId& program,
                                   absl::string_view text);
// The same and a number.
[[nodiscard]] std::string NumberedKey(char table, const ProgramId& program,
                                      absl::string_view text, int64_t number);
// table program number text, of a time in microseconds.
[[nodiscard]] std::string TimedKey(char table, const ProgramId& program,
                                   absl::Time time, absl::string_view text);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_KEY_PARTS_H_
