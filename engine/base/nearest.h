// The name a writer most likely meant.
#ifndef PISTIS_ENGINE_BASE_NEAREST_H_
#define PISTIS_ENGINE_BASE_NEAREST_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace pistis {

// How many single-byte edits (insert, delete, replace, swap of two neighbours)
// turn `a` into `b`. Takes time in proportion to the product of the lengths.
[[nodiscard]] int EditDistance(absl::string_view a, absl::string_view b);

// The name among `known` that is nearest to `unknown`, the earlier one of two
// equally near; nothing where none is near enough to be worth a suggestion: a
// third of the longer name's letters, at least one, may differ. ASCII case
// does not count as a difference. Names above 64 bytes suggest nothing.
[[nodiscard]] std::optional<std::string> NearestName(
    absl::string_view unknown, absl::Span<const std::string> known);

}  // namespace pistis

#endif  // PISTIS_ENGINE_BASE_NEAREST_H_
