#include "engine/base/ids.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace pistis {

bool IsWellFormedId(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxIdLength &&
         std::all_of(text.begin(), text.end(), absl::ascii_isgraph);
}

}  // namespace pistis
