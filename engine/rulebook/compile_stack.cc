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

// What a rule or code says, null where it says nothing, and where.
struct StatedStack {
  const v1::Stack* stack = nullptr;
  std::string path;
};

template <typename Entries>
void AppendStacks(const Entries& entries, absl::string_view list,
                  std::vector<StatedStack>& stated) {
  for (int i = 0; i < entries.size(); ++i) {
    stated.push_back(
        {entries[i].has_stack() ? &entries[i].stack() : nullptr,
         KeyPath(EntryPath(list, static_cast<size_t>(i)), "stack")});
  }
}

// Takes in the groups that rules and codes name, then what they say of them.
class GroupReader {
 public:
  GroupReader(const v1::Rulebook& rulebook, Reporter& reporter)
      : reporter_(reporter) {
    AppendStacks(rulebook.rules(), "rules", stated_);
    AppendStacks(rulebook.codes(), "codes", stated_);
    rules_ = rulebook.rules_size();
  }

  StackGroups Read() {
    std::vector<std::optional<size_t>> of;
    for (const StatedStack& stated : stated_)
      of.push_back(ReadGroup(stated));
    for (size_t i = 0; i < of.size(); ++i) {
      if (of[i]) ReadExcludes(stated_[i], *of[i]);
    }
    for (const auto& [group, other] : excludes_)
      groups_[group].excludes.push_back(other);
    CheckSizes(of);
    return {.groups = std::move(groups_),
            .of_rule = {of.begin(), of.begin() + rules_},
            .of_code = {of.begin() + rules_, of.end()}};
  }

 private:
  // Its group, with the mode that it says.
  std::optional<size_t> ReadGroup(const StatedStack& stated) {
    if (stated.stack == nullptr) return std::nullopt;
    const v1::Stack& stack = *stated.stack;
    const std::string& path = stated.path;
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

  void CheckSizes(const std::vector<std::optional<size_t>>& of) {
    std::vector<size_t> sizes(groups_.size());
    for (size_t i = 0; i < of.size(); ++i) {
      if (!of[i] || groups_[*of[i]].mode != StackMode::kBest) continue;
      if (++sizes[*of[i]] != kMaxBestOf + 1) continue;
      reporter_.Add(
          KeyPath(stated_[i].path, "group"),
          absl::StrCat("is a group of mode best with more than ", kMaxBestOf,
                       " rules; write mode: first, or make groups of "
                       "fewer"));
    }
  }

  void ReadExcludes(const StatedStack& stated, size_t group) {
    const v1::Stack& stack = *stated.stack;
    const std::string path = KeyPath(stated.path, "excludes");
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
    // No more are listed, and to look for the nearest name takes a while.
    if (reporter_.full()) return reporter_.Add(path, "unknown group");
    std::vector<std::string> names;
    for (const StackGroup& known : groups_)
      names.push_back(known.name);
    const std::string mend = reporter_.Suggestion(group, names);
    reporter_.Add(path,
                  absl::StrCat("no rule or code is in a group ", Shown(group),
                               mend.empty() ? "; name one that a rule is "
                                              "in"
                                            : mend));
  }

  Reporter& reporter_;
  // Rules, then codes, as the rulebook lists them; how many are rules.
  std::vector<StatedStack> stated_;
  int rules_ = 0;
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
