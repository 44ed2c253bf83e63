#include "engine/operations/limit_uses.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"

#include "engine/base/status_macros.h"
#include "engine/operations/window_sums.h"

namespace pistis {
namespace {

WindowSeries SeriesOf(const LimitQuestion& question, const Rule& rule,
                      const Limit& limit) {
  return {.program = question.program,
          .holder = HolderOf(rule),
          .of = limit.scope == LimitScope::kMember ? question.member.text()
                                                   : std::string(),
          .window = limit.window,
          .windows = limit.windows};
}

absl::CivilDay DayOf(const LimitQuestion& question) {
  return absl::ToCivilDay(question.time, question.zone);
}

// What the fullest window holds that the day of the question lies in.
absl::StatusOr<LimitUse> UsedOf(const LimitQuestion& question, const Rule& rule,
                                const Limit& limit) {
  PISTIS_ASSIGN_OR_RETURN(
      const store::v1::LimitRecord sum,
      ReadWindow(question.reader, SeriesOf(question, rule, limit),
                 DayOf(question)));
  return LimitUse{.times = sum.times(),
                  .points = Points(sum.points()),
                  .discount = Money(sum.discount_minor())};
}

// What the order used of any window of the rule; nothing where it used none.
std::optional<LimitUse> UsedByOrder(const store::v1::OrderRecord& order,
                                    const Rule& rule) {
  const std::string begin = HolderOf(rule) + '\0';
  for (const store::v1::LimitUseRecord& use : order.limits_used()) {
    if (!absl::StartsWith(use.window(), begin)) continue;
    return LimitUse{.times = 1,
                    .points = Points(use.points()),
                    .discount = Money(use.discount_minor())};
  }
  return std::nullopt;
}

// The windows of a rule's limits that are used at that time, each with the
// lengths of many days that its day counts in.
std::map<std::string, std::vector<int>> WindowsOf(const LimitQuestion& question,
                                                  const Rule& rule) {
  std::map<std::string, std::vector<int>> windows;
  for (const Limit& limit : rule.limits) {
    if (limit.scope == LimitScope::kOrder) continue;
    std::vector<int>& lengths =
        windows[StoredWindow(SeriesOf(question, rule, limit), DayOf(question))];
    const bool is_known = std::find(lengths.begin(), lengths.end(),
                                    limit.windows) != lengths.end();
    if (limit.windows > 1 && !is_known) lengths.push_back(limit.windows);
  }
  return windows;
}

store::v1::LimitRecord ToSum(const store::v1::LimitUseRecord& use) {
  store::v1::LimitRecord sum;
  sum.set_times(1);
  sum.set_points(use.points());
  sum.set_discount_minor(use.discount_minor());
  return sum;
}

}  // namespace

LimitBook LimitsInStore(LimitQuestion question) {
  return
      [question = std::move(question)](const Rule& rule, const Limit& limit) {
        return UsedOf(question, rule, limit);
      };
}

LimitBook LimitsOfOrder(const store::v1::OrderRecord& order) {
  return [&order](const Rule& rule,
                  const Limit& limit) -> absl::StatusOr<LimitUse> {
    const LimitUse whole{.times = limit.times.value_or(0),
                         .points = limit.points.value_or(Points()),
                         .discount = limit.discount.value_or(Money())};
    const std::optional<LimitUse> used = UsedByOrder(order, rule);
    if (!used) return whole;
    return LimitUse{.points = whole.points - used->points};
  };
}

absl::StatusOr<std::vector<store::v1::LimitUseRecord>> ChargeLimits(
    const LimitQuestion& question, const std::vector<LimitedGift>& gifts,
    WriteSet& writes) {
  struct Window {
    store::v1::LimitUseRecord use;
    std::vector<int> lengths;
  };
  std::map<std::string, Window> by_window;
  for (const LimitedGift& gift : gifts) {
    for (auto& [rest, lengths] : WindowsOf(question, *gift.rule)) {
      Window& window = by_window[rest];
      window.lengths = lengths;
      store::v1::LimitUseRecord& use = window.use;
      use.set_window(rest);
      use.set_points(use.points() + gift.points.value());
      use.set_discount_minor(use.discount_minor() + gift.discount.value());
      use.set_kept(gift.rule->issue_code.has_value());
    }
  }
  std::vector<store::v1::LimitUseRecord> uses;
  uses.reserve(by_window.size());
  for (const auto& [rest, window] : by_window) {
    PISTIS_RETURN_IF_ERROR(ChargeWindow(
        question.reader,
        {.program = question.program, .window = rest, .use = ToSum(window.use)},
        window.lengths, writes));
    uses.push_back(window.use);
  }
  return uses;
}

absl::StatusOr<std::vector<store::v1::LimitUseRecord>> ChargeEventLimits(
    const LimitQuestion& question, const std::vector<EventGifts::Use>& gifts,
    WriteSet& writes) {
  std::vector<LimitedGift> charged;
  charged.reserve(gifts.size());
  for (const EventGifts::Use& gift : gifts)
    charged.push_back(
        {.rule = gift.rule, .points = gift.points, .discount = {}});
  return ChargeLimits(question, charged, writes);
}

absl::Status ReturnLimits(const Reader& reader, const ProgramId& program,
                          const LimitUseRecords& uses, WriteSet& writes) {
  for (const store::v1::LimitUseRecord& use : uses) {
    if (use.kept()) continue;
    PISTIS_RETURN_IF_ERROR(
        CorrectWindow(reader,
                      {.program = program,
                       .window = use.window(),
                       .use = Minus(store::v1::LimitRecord(), ToSum(use))},
                      writes));
  }
  return absl::OkStatus();
}

}  // namespace pistis
