#include "engine/base/nearest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"

namespace pistis {
namespace {

constexpr size_t kMaxNameLength = 64;

}  // namespace

int EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<int> before(b.size() + 1, 0);
  std::vector<int> above(b.size() + 1, 0);
  std::vector<int> row(b.size() + 1, 0);
  std::iota(above.begin(), above.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped =
          i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::optional<std::string> NearestName(absl::string_view unknown,
                                       absl::Span<const std::string> known) {
  if (unknown.empty() || unknown.size() > kMaxNameLength) return std::nullopt;
  const std::string wanted = absl::AsciiStrToLower(unknown);
  const std::string* nearest = nullptr;
  int least = 0;
  for (const std::string& name : known) {
    if (name.empty() || name.size() > kMaxNameLength) continue;
    const int distance = EditDistance(wanted, absl::AsciiStrToLower(name));
    const size_t longer = std::max(name.size(), unknown.size());
    if (distance > std::max<int>(1, static_cast<int>(longer / 3))) continue;
    if (nearest != nullptr && distance >= least) continue;
    nearest = &name;
    least = distance;
  }
  if (nearest == nullptr) return std::nullopt;
  return *nearest;
}

}  // namespace pistis
