#include "engine/rulebook/rulebook.h"

#include <algorithm>

namespace pistis {
namespace {

template <typename Template>
const Template* FindById(const std::vector<Template>& templates,
                         absl::string_view id) {
  const auto found =
      std::find_if(templates.begin(), templates.end(),
                   [id](const Template& entry) { return entry.id == id; });
  return found == templates.end() ? nullptr : &*found;
}

}  // namespace

const CodeTemplate* Rulebook::FindCode(absl::string_view id) const {
  return FindById(codes, id);
}

const NoteTemplate* Rulebook::FindNote(absl::string_view id) const {
  return FindById(notes, id);
}

Stage StageOf(const Rule& rule) {
  if (!rule.discount) return Stage::kEarning;
  return rule.lines != nullptr || rule.discount->picks_lines()
             ? Stage::kSelectedLines
             : Stage::kWholeOrder;
}

}  // namespace pistis
