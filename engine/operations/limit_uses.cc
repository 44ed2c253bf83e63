#include "engine/operations/limit_uses.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/base/rate.h"
#include "engine/base/status_macros.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

std::string NameOf(LimitWindow window) {
  switch (window) {
    case LimitWindow::kEver:
      return "ever";
    case LimitWindow::kDay:
      return "day";
    case LimitWindow::kWeek:
      return "week";
    case LimitWindow::kMonth:
      return "month";
    case LimitWindow::kYear:
      return "year";
  }
  return "";
}

// What its windows go by: no id of a rule holds a stroke.
std::string NameOf(const Rule& rule) {
  return rule.is_code ? absl::StrCat("code/", rule.id) : rule.id;
}

// The window of a limit that `day` lies in.
LimitWindowKey WindowOf(const LimitQuestion& question, const Rule& rule,
                        const Limit& limit, absl::CivilDay day) {
  return {.rule = NameOf(rule),
          .member =
              limit.scope == LimitScope::kMember ? question.member : MemberId(),
          .window = NameOf(limit.window),
          .start = WindowStart(limit.window, day)};
}

absl::CivilDay DayOf(const LimitQuestion& question) {
  return absl::ToCivilDay(question.time, question.zone);
}

LimitUse ToUse(const store::v1::LimitRecord& record) {
  return {.times = record.times(),
          .points = Points(record.points()),
          .discount = Money(record.discount_minor())};
}

LimitUse Plus(const LimitUse& a, const LimitUse& b) {
  return {
      .times = SaturatingAdd(a.times, b.times),
      .points = Points(SaturatingAdd(a.points.value(), b.points.value())),
      .discount = Money(SaturatingAdd(a.discount.value(), b.discount.value()))};
}

// What was used on one day.
struct DayUse {
  // Counted from some day.
  int64_t day = 0;
  LimitUse use;
};

LimitUse Minus(const LimitUse& from, const LimitUse& use) {
  return {.times = from.times - use.times,
          .points = from.points - use.points,
          .discount = from.discount - use.discount};
}

LimitUse Larger(const LimitUse& a, const LimitUse& b) {
  return {.times = std::max(a.times, b.times),
          .points = std::max(a.points, b.points),
          .discount = std::max(a.discount, b.discount)};
}

// The most that any `count` days in a row have; `uses` ascend by day.
LimitUse MostInARow(const std::vector<DayUse>& uses, int64_t count) {
  LimitUse most;
  LimitUse sum;
  auto first = uses.begin();
  for (const DayUse& last : uses) {
    for (; first->day <= last.day - count; ++first)
      sum = Minus(sum, first->use);
    sum = Plus(sum, last.use);
    most = Larger(most, sum);
  }
  return most;
}

// Of the windows of so many days that today lies in: they begin up to a window
// before it and, where a till tells a sale late, end up to a window after it.
absl::StatusOr<LimitUse> UsedOfRolling(const LimitQuestion& question,
                                       LimitWindowKey window, int64_t days) {
  const absl::CivilDay today = window.start;
  window.start = today - (days - 1);
  const std::string begin = LimitKey(question.program, LimitWindowRest(window));
  window.start = today + days;
  const std::string end = LimitKey(question.program, LimitWindowRest(window));
  std::vector<DayUse> uses;
  bool is_corrupt = false;
  PISTIS_RETURN_IF_ERROR(question.reader.Scan(
      begin, end, [&](absl::string_view key, absl::string_view value) {
        store::v1::LimitRecord record;
        is_corrupt =
            is_corrupt || !record.ParseFromArray(
                              value.data(), static_cast<int>(value.size()));
        uses.push_back({.day = TrailingNumber(key), .use = ToUse(record)});
        return Visit::kContinue;
      }));
  if (is_corrupt) return RecordCorrupt("LimitRecord");
  return MostInARow(uses, days);
}

// What the fullest window holds that today lies in.
absl::StatusOr<LimitUse> UsedOf(const LimitQuestion& question, const Rule& rule,
                                const Limit& limit) {
  const LimitWindowKey window =
      WindowOf(question, rule, limit, DayOf(question));
  if (limit.windows > 1) return UsedOfRolling(question, window, limit.windows);
  PISTIS_ASSIGN_OR_RETURN(
      const auto stored,
      GetRecord<store::v1::LimitRecord>(
          question.reader,
          LimitKey(question.program, LimitWindowRest(window))));
  return ToUse(stored.value_or(store::v1::LimitRecord()));
}

// What the order used of any window of the rule; nothing where it used none.
std::optional<LimitUse> UsedByOrder(const store::v1::OrderRecord& order,
                                    const Rule& rule) {
  const std::string begin = NameOf(rule) + '\0';
  for (const store::v1::LimitUseRecord& use : order.limits_used()) {
    if (!absl::StartsWith(use.window(), begin)) continue;
    return LimitUse{.times = 1,
                    .points = Points(use.points()),
                    .discount = Money(use.discount_minor())};
  }
  return std::nullopt;
}

// Adds to a window, or takes from it.
absl::Status AddTo(const Reader& reader, const std::string& key,
                   const LimitUse& use, WriteSet& writes) {
  PISTIS_ASSIGN_OR_RETURN(const auto stored,
                          GetRecord<store::v1::LimitRecord>(reader, key));
  store::v1::LimitRecord record = stored.value_or(store::v1::LimitRecord());
  const LimitUse sum = Plus(use, ToUse(record));
  record.set_times(sum.times);
  record.set_points(sum.points.value());
  record.set_discount_minor(sum.discount.value());
  PutRecord(key, record, writes);
  return absl::OkStatus();
}

// The windows of a rule's limits that are used at that time, each once.
std::set<std::string> WindowsOf(const LimitQuestion& question,
                                const Rule& rule) {
  std::set<std::string> windows;
  for (const Limit& limit : rule.limits) {
    if (limit.scope == LimitScope::kOrder) continue;
    windows.insert(
        LimitWindowRest(WindowOf(question, rule, limit, DayOf(question))));
  }
  return windows;
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
  std::map<std::string, store::v1::LimitUseRecord> by_window;
  for (const LimitedGift& gift : gifts) {
    for (const std::string& window : WindowsOf(question, *gift.rule)) {
      store::v1::LimitUseRecord& use = by_window[window];
      use.set_window(window);
      use.set_points(use.points() + gift.points.value());
      use.set_discount_minor(use.discount_minor() + gift.discount.value());
      use.set_kept(gift.rule->issue_code.has_value());
    }
  }
  std::vector<store::v1::LimitUseRecord> uses;
  uses.reserve(by_window.size());
  for (const auto& [window, use] : by_window) {
    PISTIS_RETURN_IF_ERROR(AddTo(question.reader,
                                 LimitKey(question.program, window),
                                 {.times = 1,
                                  .points = Points(use.points()),
                                  .discount = Money(use.discount_minor())},
                                 writes));
    uses.push_back(use);
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
    PISTIS_RETURN_IF_ERROR(AddTo(reader, LimitKey(program, use.window()),
                                 {.times = -1,
                                  .points = -Points(use.points()),
                                  .discount = -Money(use.discount_minor())},
                                 writes));
  }
  return absl::OkStatus();
}

}  // namespace pistis
