#include "engine/operations/limit_uses.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"

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

// The window of a limit that `day` lies in.
LimitWindowKey WindowOf(const LimitQuestion& question, const Rule& rule,
                        const Limit& limit, absl::CivilDay day) {
  return {.rule = rule.id,
          .member =
              limit.scope == LimitScope::kMember ? question.member : MemberId(),
          .window = NameOf(limit.window),
          .start = WindowStart(limit.window, day)};
}

absl::CivilDay DayOf(const LimitQuestion& question) {
  return absl::ToCivilDay(question.time, question.zone);
}

LimitUse Plus(const LimitUse& use, const store::v1::LimitRecord& record) {
  return {.times = SaturatingAdd(use.times, record.times()),
          .points = Points(SaturatingAdd(use.points.value(), record.points())),
          .discount = Money(
              SaturatingAdd(use.discount.value(), record.discount_minor()))};
}

// The sum over the window's days, today the last of them.
absl::StatusOr<LimitUse> UsedOf(const LimitQuestion& question, const Rule& rule,
                                const Limit& limit) {
  LimitWindowKey window = WindowOf(question, rule, limit, DayOf(question));
  if (limit.windows == 1) {
    PISTIS_ASSIGN_OR_RETURN(
        const auto stored,
        GetRecord<store::v1::LimitRecord>(
            question.reader,
            LimitKey(question.program, LimitWindowRest(window))));
    return Plus({}, stored.value_or(store::v1::LimitRecord()));
  }
  const absl::CivilDay last = window.start;
  window.start -= limit.windows - 1;
  const std::string begin = LimitKey(question.program, LimitWindowRest(window));
  window.start = last + 1;
  const std::string end = LimitKey(question.program, LimitWindowRest(window));
  LimitUse used;
  bool is_corrupt = false;
  PISTIS_RETURN_IF_ERROR(question.reader.Scan(
      begin, end, [&](absl::string_view /*key*/, absl::string_view value) {
        store::v1::LimitRecord record;
        is_corrupt =
            is_corrupt || !record.ParseFromArray(
                              value.data(), static_cast<int>(value.size()));
        used = Plus(used, record);
        return Visit::kContinue;
      }));
  if (is_corrupt) return RecordCorrupt("LimitRecord");
  return used;
}

// What the order used of any window of the rule; nothing where it used none.
std::optional<LimitUse> UsedByOrder(const store::v1::OrderRecord& order,
                                    const std::string& rule_id) {
  for (const store::v1::LimitUseRecord& use : order.limits_used()) {
    if (!absl::StartsWith(use.window(), rule_id + '\0')) continue;
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
  const LimitUse sum = Plus(use, record);
  record.set_times(sum.times);
  record.set_points(sum.points.value());
  record.set_discount_minor(sum.discount.value());
  PutRecord(key, record, writes);
  return absl::OkStatus();
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
    const std::optional<LimitUse> used = UsedByOrder(order, rule.id);
    if (!used) return whole;
    return LimitUse{.points = whole.points - used->points};
  };
}

absl::StatusOr<std::vector<store::v1::LimitUseRecord>> ChargeLimits(
    const LimitQuestion& question, const Rulebook& rulebook,
    const std::vector<LimitedGift>& gifts, WriteSet& writes) {
  std::vector<store::v1::LimitUseRecord> uses;
  for (const LimitedGift& gift : gifts) {
    const Rule& rule = rulebook.rules[gift.rule];
    std::set<std::string> windows;
    for (const Limit& limit : rule.limits) {
      if (limit.scope == LimitScope::kOrder) continue;
      windows.insert(
          LimitWindowRest(WindowOf(question, rule, limit, DayOf(question))));
    }
    for (const std::string& window : windows) {
      PISTIS_RETURN_IF_ERROR(
          AddTo(question.reader, LimitKey(question.program, window),
                {.times = 1, .points = gift.points, .discount = gift.discount},
                writes));
      store::v1::LimitUseRecord& use = uses.emplace_back();
      use.set_window(window);
      use.set_points(gift.points.value());
      use.set_discount_minor(gift.discount.value());
      use.set_kept(rule.issue_code.has_value());
    }
  }
  return uses;
}

absl::Status ReturnLimits(const Reader& reader, const ProgramId& program,
                          const store::v1::OrderRecord& order,
                          WriteSet& writes) {
  for (const store::v1::LimitUseRecord& use : order.limits_used()) {
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
