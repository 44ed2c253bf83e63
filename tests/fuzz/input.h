// The bytes of an input, taken apart.
#ifndef PISTIS_TESTS_FUZZ_INPUT_H_
#define PISTIS_TESTS_FUZZ_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace pistis {

// Gives them from the front; zeros where none is left. Refers to the bytes.
class Input {
 public:
  Input(const uint8_t* data, size_t size)
      : left_(reinterpret_cast<const char*>(data), size) {}

  [[nodiscard]] bool empty() const { return left_.empty(); }

  uint8_t Byte() {
    const absl::string_view byte = Take(1);
    return byte.empty() ? 0 : static_cast<uint8_t>(byte[0]);
  }
  // Big-endian, of two bytes.
  size_t Length() {
    const size_t high = Byte();
    return high * 256 + Byte();
  }
  // Below `many`, which is not 0.
  size_t Choice(size_t many) {
    return (many <= 256 ? Byte() : Length()) % many;
  }
  // Of eight bytes.
  int64_t Number() {
    uint64_t number = 0;
    for (int i = 0; i < 8; ++i)
      number = number * 256 + Byte();
    return static_cast<int64_t>(number);
  }
  // As many as there are, at most `most`.
  absl::string_view Take(size_t most) {
    const absl::string_view taken = left_.substr(0, most);
    left_.remove_prefix(taken.size());
    return taken;
  }
  absl::string_view Rest() { return Take(left_.size()); }

 private:
  absl::string_view left_;
};

}  // namespace pistis

#endif  // PISTIS_TESTS_FUZZ_INPUT_H_
