#include "engine/rulebook/rule_keys.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "engine/expr/expression.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rulebook/vocabulary.h"

namespace pistis {
namespace {

using expr::Expression;
using expr::FieldTest;
using expr::NodeId;
using expr::PartKind;
using expr::TextRelation;

// Days are counted from 1970 less half of these.
constexpr int kMaxLevel = 21;
constexpr int64_t kDayCount = int64_t{1} << kMaxLevel;

int64_t NumberOf(absl::CivilDay day) {
  const int64_t since_1970 = day - absl::CivilDay(1970);
  return std::clamp<int64_t>(since_1970 + kDayCount / 2, 0, kDayCount - 1);
}

std::optional<Trait> TraitOf(const FieldTest& test) {
  struct Known {
    const expr::ObjectType& object;
    int field;
    Trait trait;
  };
  const Known known[] = {
      {LineType(), static_cast<int>(LineSlot::kSku), Trait::kSku},
      {LineType(), static_cast<int>(LineSlot::kTags), Trait::kTag},
      {LineType(), static_cast<int>(LineSlot::kCategory), Trait::kCategory},
      {OrderType(), static_cast<int>(OrderSlot::kStore), Trait::kStore},
      {OrderType(), static_cast<int>(OrderSlot::kChannel), Trait::kChannel},
      {MemberType(), static_cast<int>(MemberSlot::kSegments), Trait::kSegment},
      {MemberType(), static_cast<int>(MemberSlot::kTier), Trait::kTier}};
  for (const auto& [object, field, trait] : known) {
    if (&object == test.object && field == test.field) return trait;
  }
  return std::nullopt;
}

std::vector<RuleNeed> NeedsOfTest(const FieldTest& test) {
  const std::optional<Trait> trait = TraitOf(test);
  if (!trait) return {};
  if (test.list != nullptr) {
    const auto* list = dynamic_cast<const ItemList*>(test.list);
    if (list == nullptr || *trait != Trait::kSku) return {};
    return {{ListKey(list->place())}};
  }
  const auto kind = test.relation == TextRelation::kStartsWith
                        ? RuleKey::Kind::kBeginning
                        : RuleKey::Kind::kText;
  RuleNeed need;
  for (const std::string& text : test.texts)
    need.push_back({.kind = kind, .trait = *trait, .text = text});
  return {std::move(need)};
}

void Append(std::vector<RuleNeed> more, std::vector<RuleNeed>& needs) {
  std::move(more.begin(), more.end(), std::back_inserter(needs));
}

// The need that asks for what `need` does, else the first.
const RuleNeed& MostLike(const RuleNeed& need,
                         const std::vector<RuleNeed>& others) {
  const auto like =
      std::find_if(others.begin(), others.end(), [&](const RuleNeed& other) {
        return !need.empty() && !other.empty() &&
               need.front().trait == other.front().trait;
      });
  return like == others.end() ? others.front() : *like;
}

// What an order needs for a part of a condition to be true. What fails is not
// true, so it is enough to know what each part needs by itself.
class Reader {
 public:
  explicit Reader(const Expression& condition) : condition_(condition) {}

  [[nodiscard]] std::vector<RuleNeed> NeedsOf(NodeId part) const {
    if (const auto test = condition_.FieldTestOf(part)) {
      return NeedsOfTest(*test);
    }
    if (const auto sought = condition_.SoughtBy(part)) return NeedsOf(*sought);
    switch (condition_.KindOf(part)) {
      case PartKind::kAnd:
        return NeedsOfAll(condition_.PartsOf(part));
      case PartKind::kOr:
        return NeedsOfAny(condition_.PartsOf(part));
      case PartKind::kNot:
      case PartKind::kConditional:
      case PartKind::kLiteral:
      case PartKind::kOther:
        return {};
    }
    return {};
  }

 private:
  [[nodiscard]] std::vector<RuleNeed> NeedsOfAll(
      absl::Span<const NodeId> parts) const {
    std::vector<RuleNeed> needs;
    for (const NodeId part : parts)
      Append(NeedsOf(part), needs);
    return needs;
  }

  [[nodiscard]] std::vector<RuleNeed> NeedsOfAny(
      absl::Span<const NodeId> parts) const {
    std::vector<RuleNeed> needs = NeedsOf(parts.front());
    for (const NodeId part : parts.subspan(1)) {
      const std::vector<RuleNeed> others = NeedsOf(part);
      if (others.empty()) return {};
      for (RuleNeed& need : needs) {
        const RuleNeed& other = MostLike(need, others);
        need.insert(need.end(), other.begin(), other.end());
      }
    }
    return needs;
  }

  const Expression& condition_;
};

std::vector<RuleNeed> NeedsOfCondition(const Condition& condition) {
  if (condition == nullptr) return {};
  return Reader(*condition).NeedsOf(condition->root());
}

// The days from the first to the last as few blocks.
RuleNeed NeedOfDates(int64_t first, int64_t last) {
  RuleNeed need;
  while (first <= last) {
    int level = 0;
    while (level < kMaxLevel && first % (int64_t{2} << level) == 0 &&
           first + (int64_t{2} << level) - 1 <= last) {
      ++level;
    }
    need.push_back({.kind = RuleKey::Kind::kDays,
                    .level = level,
                    .number = first >> level});
    first += int64_t{1} << level;
  }
  return need;
}

std::vector<RuleNeed> NeedsOfTime(const Validity& valid) {
  // Hours over midnight end on the day after the one they belong to.
  const int later = valid.hours && valid.hours->end < valid.hours->begin;
  std::vector<RuleNeed> needs;
  if (valid.from || valid.to) {
    needs.push_back(
        NeedOfDates(valid.from ? NumberOf(*valid.from) : 0,
                    valid.to ? NumberOf(*valid.to + later) : kDayCount - 1));
  }
  if (valid.days.all()) return needs;
  RuleNeed weekdays;
  for (size_t day = 0; day < valid.days.size(); ++day) {
    if (!valid.days.test(day)) continue;
    weekdays.push_back(WeekdayKey(static_cast<absl::Weekday>(day)));
    if (later == 0) continue;
    weekdays.push_back(
        WeekdayKey(static_cast<absl::Weekday>((day + 1) % valid.days.size())));
  }
  needs.push_back(std::move(weekdays));
  return needs;
}

}  // namespace

RuleKey DaysKey(int level, absl::CivilDay day) {
  return {.kind = RuleKey::Kind::kDays,
          .level = level,
          .number = NumberOf(day) >> level};
}

RuleKey WeekdayKey(absl::Weekday day) {
  return {.kind = RuleKey::Kind::kWeekday, .number = static_cast<int>(day)};
}

RuleKey ListKey(size_t list) {
  return {.kind = RuleKey::Kind::kListed,
          .trait = Trait::kSku,
          .number = static_cast<int64_t>(list)};
}

std::vector<RuleNeed> NeedsOf(const Rule& rule) {
  std::vector<RuleNeed> needs = NeedsOfCondition(rule.lines);
  Append(NeedsOfCondition(rule.when), needs);
  if (rule.valid) Append(NeedsOfTime(*rule.valid), needs);
  return needs;
}

}  // namespace pistis
