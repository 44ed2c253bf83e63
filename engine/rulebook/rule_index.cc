#include "engine/rulebook/rule_index.h"

#include <algorithm>
#include <bit>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"

#include "engine/rulebook/rulebook.h"

namespace pistis {
namespace {

constexpr size_t kWordBits = 64;

using KeyCounts = absl::flat_hash_map<RuleKey, int64_t>;

void SetBit(size_t bit, std::vector<uint64_t>& words) {
  words[bit / kWordBits] |= uint64_t{1} << bit % kWordBits;
}

bool HasBit(size_t bit, const std::vector<uint64_t>& words) {
  return (words[bit / kWordBits] >> bit % kWordBits & 1U) != 0;
}

void SetBits(const std::vector<size_t>& bits, std::vector<uint64_t>& words) {
  for (const size_t bit : bits)
    SetBit(bit, words);
}

std::vector<size_t> BitsOf(const std::vector<uint64_t>& words) {
  std::vector<size_t> bits;
  for (size_t i = 0; i < words.size(); ++i) {
    for (uint64_t word = words[i]; word != 0; word &= word - 1) {
      bits.push_back(i * kWordBits +
                     static_cast<size_t>(std::countr_zero(word)));
    }
  }
  return bits;
}

// A list brings along what lies on any of its articles. Counts that for those
// that anything needs, instead of what needs the list itself.
void CountListed(const ItemLists& lists, KeyCounts& counts) {
  std::vector<std::pair<const ItemList*, int64_t*>> needed;
  absl::flat_hash_map<absl::string_view, int64_t> on_sku;
  for (const auto& list : lists.all()) {
    const auto count = counts.find(ListKey(list->place()));
    if (count == counts.end()) continue;
    needed.emplace_back(list.get(), &count->second);
    for (const std::string& sku : list->skus())
      on_sku[sku] += count->second;
  }
  for (const auto& [list, count] : needed) {
    for (const std::string& sku : list->skus())
      *count = std::max(*count, on_sku.at(sku));
  }
}

// The need that brings the fewest other rules along.
const RuleNeed& MostTelling(const std::vector<RuleNeed>& needs,
                            const KeyCounts& counts) {
  const auto cost = [&](const RuleNeed& need) {
    int64_t most = 0;
    for (const RuleKey& key : need)
      most = std::max(most, counts.at(key));
    const RuleKey first = need.empty() ? RuleKey() : need.front();
    return std::tuple(most, first.kind, first.trait, need.size());
  };
  return *std::min_element(
      needs.begin(), needs.end(),
      [&](const RuleNeed& a, const RuleNeed& b) { return cost(a) < cost(b); });
}

}  // namespace

RuleIndex::RuleIndex(const std::vector<Rule>& rules,
                     std::shared_ptr<const ItemLists> lists)
    : always_(rules.size() / kWordBits + 1),
      lists_(std::move(lists)),
      listed_(lists_->all().size()) {
  std::vector<std::vector<RuleNeed>> needs;
  KeyCounts counts;
  for (const Rule& rule : rules) {
    for (const RuleNeed& need : needs.emplace_back(NeedsOf(rule))) {
      for (const RuleKey& key : need)
        ++counts[key];
    }
  }
  CountListed(*lists_, counts);
  for (size_t i = 0; i < rules.size(); ++i) {
    if (needs[i].empty()) {
      SetBit(i, always_);
    } else {
      File(i, MostTelling(needs[i], counts));
    }
  }
  FileLists();
  for (Filed& filed : filed_)
    LinkBeginnings(filed);
}

void RuleIndex::File(size_t rule, const RuleNeed& need) {
  for (const RuleKey& key : need) {
    Filed& filed = filed_.at(static_cast<size_t>(key.trait));
    if (key.kind == RuleKey::Kind::kBeginning) {
      filed.beginnings[key.text].rules.push_back(rule);
      continue;
    }
    if (key.kind == RuleKey::Kind::kListed) {
      listed_[static_cast<size_t>(key.number)].push_back(rule);
      continue;
    }
    if (key.kind == RuleKey::Kind::kText) filed.has_texts = true;
    if (key.kind == RuleKey::Kind::kDays) day_levels_.insert(key.level);
    rules_[key].push_back(rule);
  }
}

void RuleIndex::FileLists() {
  for (const auto& list : lists_->all()) {
    if (listed_[list->place()].empty()) continue;
    for (const std::string& sku : list->skus())
      lists_of_[sku].push_back(static_cast<uint32_t>(list->place()));
  }
}

void RuleIndex::LinkBeginnings(Filed& filed) {
  std::vector<std::string> around;
  for (auto& [text, beginning] : filed.beginnings) {
    while (!around.empty() && !absl::StartsWith(text, around.back()))
      around.pop_back();
    if (!around.empty()) beginning.wider = around.back();
    around.push_back(text);
  }
}

void RuleIndex::AddRulesOf(const RuleKey& key, Bits& found) const {
  const auto rules = rules_.find(key);
  if (rules != rules_.end()) SetBits(rules->second, found);
}

void RuleIndex::AddRulesOfLists(absl::string_view sku, Bits& seen,
                                Bits& found) const {
  const auto lists = lists_of_.find(sku);
  if (lists == lists_of_.end()) return;
  for (const uint32_t list : lists->second) {
    if (HasBit(list, seen)) continue;
    SetBit(list, seen);
    SetBits(listed_[list], found);
  }
}

void RuleIndex::AddRulesOfBeginnings(const Filed& filed, absl::string_view text,
                                     Bits& found) {
  // What stands between a beginning of the text and the text starts with it
  // too, so all beginnings of the text are around the last one before it.
  auto at = filed.beginnings.upper_bound(text);
  if (at == filed.beginnings.begin()) return;
  --at;
  while (true) {
    const auto& [beginning, of] = *at;
    if (absl::StartsWith(text, beginning)) SetBits(of.rules, found);
    if (!of.wider) return;
    at = filed.beginnings.find(*of.wider);
  }
}

std::vector<size_t> RuleIndex::Find(absl::Span<const OrderTrait> traits,
                                    absl::CivilDay day) const {
  Bits found = always_;
  Bits seen(lists_of_.empty() ? 0 : listed_.size() / kWordBits + 1);
  RuleKey key;
  for (const OrderTrait& has : traits) {
    const Filed& filed = filed_.at(static_cast<size_t>(has.trait));
    AddRulesOfBeginnings(filed, has.text, found);
    if (has.trait == Trait::kSku && !lists_of_.empty()) {
      AddRulesOfLists(has.text, seen, found);
    }
    if (!filed.has_texts) continue;
    key.trait = has.trait;
    key.text.assign(has.text.data(), has.text.size());
    AddRulesOf(key, found);
  }
  for (const int level : day_levels_)
    AddRulesOf(DaysKey(level, day), found);
  AddRulesOf(WeekdayKey(absl::GetWeekday(day)), found);
  return BitsOf(found);
}

}  // namespace pistis
