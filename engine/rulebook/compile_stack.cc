#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr int kMaxExcludes = 100;
// The rules of a group of mode best are all worked out for each order.
constexpr size_t kMaxBestOf = 100;

// Takes in the groups that rules name, then what they say of them.
class GroupReader {
 public:
  GroupReader(const v1::Rulebook& rulebook, Reporter& reporter)
      : rulebook_(rulebook), reporter_(reporter) {}

  StackGroups Read() {
    StackGroups groups;
    for (int i = 0; i < rulebook_.rules_size(); ++i)
      groups.of_rule.push_back(ReadGroup(i));
    for (int i = 0; i < rulebook_.rules_size(); ++i) {
      if (groups.of_rule[static_cast<size_t>(i)]) {
        ReadExcludes(i, *groups.of_rule[static_cast<size_t>(i)]);
      }
    }
    for (const auto& [group, other] : excludes_)
      groups_[group].excludes.push_back(other);
    CheckSizes(groups.of_rule);
    groups.groups = std::move(groups_);
    return groups;
  }

 private:
  static std::string PathOf(int rule) {
    return KeyPath(EntryPath("rules", static_cast<size_t>(rule)), "stack");
  }

  // The rule's group, with the mode that it says.
  std::optional<size_t> ReadGroup(int rule) {
    if (!rulebook_.rules(rule).has_stack()) return std::nullopt;
    const v1::Stack& stack = rulebook_.rules(rule).stack();
    const std::string path = PathOf(rule);
    if (stack.group().empty()) {
      reporter_.Add(path, "names no group; add group: and a name for it");
      return std::nullopt;
    }
    if (!CheckIdForm({KeyPath(path, "group"), stack.group()}, reporter_)) {
      return std::nullopt;
    }
    const auto [entry, is_new] =
        indexes_.emplace(stack.group(), groups_.size());
    const size_t group = entry->second;
    if (is_new) {
      groups_.push_back({.name = stack.group()});
      modes_.emplace_back();
    }
    const auto mode =
        ReadChoice<StackMode>({KeyPath(path, "mode"), stack.mode()},
                              {{"all", StackMode::kAll},
                               {"best", StackMode::kBest},
                               {"first", StackMode::kFirst}},
                              reporter_);
    if (!mode) return group;
    if (modes_[group] && *modes_[group] != *mode) {
      reporter_.Add(KeyPath(path, "mode"),
                    absl::StrCat("the group ", Shown(stack.group()),
                                 " has another mode in an earlier rule; write "
                                 "the same in both"));
    }
    modes_[group] = mode;
    groups_[group].mode = *mode;
    return group;
  }

  void CheckSizes(const std::vector<std::optional<size_t>>& of_rule) {
    std::vector<size_t> sizes(groups_.size());
    for (size_t i = 0; i < of_rule.size(); ++i) {
      if (!of_rule[i] || groups_[*of_rule[i]].mode != StackMode::kBest)
        continue;
      if (++sizes[*of_rule[i]] != kMaxBestOf + 1) continue;
      reporter_.Add(
          KeyPath(PathOf(static_cast<int>(i)), "group"),
          absl::StrCat("is a group of mode best with more than ", kMaxBestOf,
                       " rules; write mode: first, or make groups of "
                       "fewer"));
    }
  }

  void ReadExcludes(int rule, size_t group) {
    const v1::Stack& stack = rulebook_.rules(rule).stack();
    const std::string path = KeyPath(PathOf(rule), "excludes");
    if (stack.excludes_size() > kMaxExcludes) {
      reporter_.Add(
          path, absl::StrCat("has ", stack.excludes_size(), " groups; at most ",
                             kMaxExcludes, " are allowed"));
      return;
    }
    for (int i = 0; i < stack.excludes_size(); ++i) {
      const std::string inner = EntryPath(path, static_cast<size_t>(i));
      const auto other = indexes_.find(stack.excludes(i));
      if (other == indexes_.end()) {
        ReportUnknown(inner, stack.excludes(i));
      } else if (other->second == group) {
        reporter_.Add(inner,
                      "is the rule's own group; mode: first keeps its rules "
                      "apart");
      } else {
        excludes_.emplace(group, other->second);
        excludes_.emplace(other->second, group);
      }
    }
  }

  void ReportUnknown(const std::string& path, const std::string& group) {
    std::vector<std::string> names;
    for (const StackGroup& known : groups_)
      names.push_back(known.name);
    const std::string mend = reporter_.Suggestion(group, names);
    reporter_.Add(path, absl::StrCat("no rule is in a group ", Shown(group),
                                     mend.empty() ? "; name one that a rule is "
                                                    "in"
                                                  : mend));
  }

  const v1::Rulebook& rulebook_;
  Reporter& reporter_;
  std::map<std::string, size_t> indexes_;
  std::vector<StackGroup> groups_;
  // By group: the mode that a rule has said.
  std::vector<std::optional<StackMode>> modes_;
  // Pairs of groups, both ways round.
  std::set<std::pair<size_t, size_t>> excludes_;
};

}  // namespace

StackGroups CompileStacks(const v1::Rulebook& rulebook, Reporter& reporter) {
  return GroupReader(rulebook, reporter).Read();
}

}  // namespace pistis
