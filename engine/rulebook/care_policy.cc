#include "engine/rulebook/care_policy.h"

#include <algorithm>
#include <array>

namespace pistis {
namespace {

constexpr std::array<absl::string_view, kSeverities> kNames = {
    "low", "medium", "high", "critical"};

template <typename Entry>
const Entry* FindById(const std::vector<Entry>& entries, absl::string_view id) {
  const auto found =
      std::find_if(entries.begin(), entries.end(),
                   [id](const Entry& entry) { return entry.id == id; });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

absl::string_view NameOf(Severity severity) {
  return kNames.at(static_cast<size_t>(severity));
}

const RemedyTemplate* CarePolicy::FindRemedy(absl::string_view id) const {
  return FindById(remedies, id);
}

const CareRole* CarePolicy::FindRole(absl::string_view id) const {
  return FindById(roles, id);
}

}  // namespace pistis
