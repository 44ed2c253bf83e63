#include "engine/rulebook/rulebook.h"

#include <algorithm>

#include "absl/strings/strip.h"

#include "engine/base/code_text.h"

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

std::optional<size_t> Rulebook::FindGroup(absl::string_view name) const {
  const auto found =
      std::find_if(groups.begin(), groups.end(),
                   [&](const StackGroup& group) { return group.name == name; });
  if (found == groups.end()) return std::nullopt;
  return static_cast<size_t>(found - groups.begin());
}

const CodeTemplate* Rulebook::FindCode(absl::string_view id) const {
  return FindById(codes, id);
}

const CodeTemplate* Rulebook::FindWord(absl::string_view typed) const {
  const std::string wanted = NormalizeCode(typed);
  const auto found =
      std::find_if(codes.begin(), codes.end(), [&](const CodeTemplate& code) {
        return code.is_word() && NormalizeCode(code.word) == wanted;
      });
  return found == codes.end() ? nullptr : &*found;
}

bool Rulebook::HasRuleOn(absl::string_view event) const {
  return std::any_of(event_rules.begin(), event_rules.end(),
                     [&](const Rule& rule) { return rule.event == event; });
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

bool LiesInCategory(absl::string_view category, absl::string_view above) {
  return absl::ConsumePrefix(&category, above) &&
         (category.empty() || category.front() == '/');
}

bool MarginPolicy::Excludes(absl::string_view of_line) const {
  return std::any_of(excluded_categories.begin(), excluded_categories.end(),
                     [&](const std::string& excluded) {
                       return LiesInCategory(of_line, excluded);
                     });
}

}  // namespace pistis
