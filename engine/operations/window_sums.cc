#include "engine/operations/window_sums.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/rules/limits.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::LimitRecord;
using store::v1::RollingRecord;
using store::v1::RollingSumRecord;

constexpr char kDays[] = "day";
constexpr char kRolling[] = "rolling";
// Beyond all days that windows are counted by.
constexpr absl::CivilDay kLastDay(9999, 12, 31);
// The number 0 in a key.
constexpr absl::CivilDay kNoDay(1, 1, 1);

std::string NameOf(LimitWindow window) {
  switch (window) {
    case LimitWindow::kEver:
      return "ever";
    case LimitWindow::kDay:
      return kDays;
    case LimitWindow::kWeek:
      return "week";
    case LimitWindow::kMonth:
      return "month";
    case LimitWindow::kYear:
      return "year";
  }
  return "";
}

LimitRecord Larger(const LimitRecord& a, const LimitRecord& b) {
  LimitRecord larger;
  larger.set_times(std::max(a.times(), b.times()));
  larger.set_points(std::max(a.points(), b.points()));
  larger.set_discount_minor(std::max(a.discount_minor(), b.discount_minor()));
  larger.set_sales_minor(std::max(a.sales_minor(), b.sales_minor()));
  return larger;
}

// The days of one series: what each holds, and what is kept of many.
class Days {
 public:
  // Any window of the series; its number does not matter.
  Days(const Reader& reader, ProgramId program, LimitWindowKey window)
      : reader_(reader), program_(std::move(program)), key_(std::move(window)) {
    key_.window = kDays;
  }

  // From `first` to `last`, both included, ascending.
  absl::StatusOr<std::vector<DaySum>> Read(absl::CivilDay first,
                                           absl::CivilDay last) const {
    std::vector<DaySum> days;
    bool is_corrupt = false;
    PISTIS_RETURN_IF_ERROR(reader_.Scan(
        KeyOf(first), KeyOf(last + 1),
        [&](absl::string_view key, absl::string_view value) {
          LimitRecord sum;
          is_corrupt =
              is_corrupt ||
              !sum.ParseFromArray(value.data(), static_cast<int>(value.size()));
          days.push_back({.day = TrailingNumber(key), .sum = std::move(sum)});
          return Visit::kContinue;
        }));
    if (is_corrupt) return RecordCorrupt("LimitRecord");
    return days;
  }

  [[nodiscard]] std::string RollingKey() const {
    LimitWindowKey rolling = key_;
    rolling.window = kRolling;
    rolling.start = kNoDay;
    return LimitKey(program_, LimitWindowRest(rolling));
  }
  [[nodiscard]] absl::StatusOr<std::optional<RollingRecord>> Rolling() const {
    return GetRecord<RollingRecord>(reader_, RollingKey());
  }

  // What is kept once `charge` is added on `today`, of windows of `lengths`.
  absl::StatusOr<RollingRecord> Advance(RollingRecord kept,
                                        absl::CivilDay today,
                                        const LimitRecord& charge,
                                        absl::Span<const int> lengths) const {
    const int64_t before = kept.day();
    const int64_t at = today - kNoDay;
    RollingRecord next;
    next.set_day(std::max(before, at));
    const absl::CivilDay last = kNoDay + next.day();
    for (const int length : lengths) {
      RollingSumRecord& sum = *next.add_sums();
      sum.set_days(length);
      const RollingSumRecord* old = SumOf(kept, length);
      if (old == nullptr) {
        PISTIS_ASSIGN_OR_RETURN(const std::vector<DaySum> days,
                                Read(last - (length - 1), last));
        *sum.mutable_sum() = SumOfDays(days, next.day(), length);
      } else {
        // The days that have left the window since.
        const int64_t gone = std::min(before, next.day() - length);
        PISTIS_ASSIGN_OR_RETURN(
            const std::vector<DaySum> days,
            Read(kNoDay + (before - length + 1), kNoDay + gone));
        *sum.mutable_sum() =
            Minus(old->sum(), SumOfDays(days, gone, gone - before + length));
      }
      if (at > next.day() - length) {
        *sum.mutable_sum() = Plus(sum.sum(), charge);
      }
    }
    return next;
  }

  // Null where nothing is kept of that length.
  static const RollingSumRecord* SumOf(const RollingRecord& kept, int length) {
    const auto found = std::find_if(
        kept.sums().begin(), kept.sums().end(),
        [&](const RollingSumRecord& sum) { return sum.days() == length; });
    return found == kept.sums().end() ? nullptr : &*found;
  }

 private:
  [[nodiscard]] std::string KeyOf(absl::CivilDay day) const {
    LimitWindowKey of_day = key_;
    of_day.start = day;
    return LimitKey(program_, LimitWindowRest(of_day));
  }

  const Reader& reader_;
  const ProgramId program_;
  LimitWindowKey key_;
};

LimitWindowKey KeyOf(const WindowSeries& series, absl::CivilDay day) {
  return {.holder = series.holder,
          .of = series.of,
          .window = NameOf(series.window),
          .start = WindowStart(series.window, day)};
}

// Of the windows of so many days that `today` lies in: they begin up to a
// window before it and, where a till tells a sale late, end up to a window
// after it.
absl::StatusOr<LimitRecord> ReadRolling(const Reader& reader,
                                        const WindowSeries& series,
                                        absl::CivilDay today) {
  const Days days(reader, series.program, KeyOf(series, today));
  PISTIS_ASSIGN_OR_RETURN(const std::optional<RollingRecord> kept,
                          days.Rolling());
  if (kept && Days::SumOf(*kept, series.windows) != nullptr &&
      today - kNoDay >= kept->day()) {
    const int lengths[] = {series.windows};
    PISTIS_ASSIGN_OR_RETURN(const RollingRecord now,
                            days.Advance(*kept, today, {}, lengths));
    return now.sums(0).sum();
  }
  PISTIS_ASSIGN_OR_RETURN(
      const std::vector<DaySum> around,
      days.Read(today - (series.windows - 1), today + (series.windows - 1)));
  LimitRecord most;
  LimitRecord sum;
  auto first = around.begin();
  for (const DaySum& last : around) {
    for (; first->day <= last.day - series.windows; ++first)
      sum = Minus(sum, first->sum);
    sum = Plus(sum, last.sum);
    most = Larger(most, sum);
  }
  return most;
}

// Adds to what is kept of many days. `lengths`: nothing: as it is.
absl::Status AddToRolling(const Reader& reader, const WindowCharge& charge,
                          std::optional<absl::Span<const int>> lengths,
                          WriteSet& writes) {
  const std::optional<LimitWindowKey> window = ParseLimitWindow(charge.window);
  if (!window) return RecordCorrupt("LimitUseRecord");
  if (window->window != kDays) return absl::OkStatus();
  const Days days(reader, charge.program, *window);
  PISTIS_ASSIGN_OR_RETURN(std::optional<RollingRecord> kept, days.Rolling());
  std::vector<int> all;
  if (lengths) {
    all.assign(lengths->begin(), lengths->end());
  } else if (kept) {
    for (const RollingSumRecord& sum : kept->sums())
      all.push_back(static_cast<int>(sum.days()));
  }
  if (all.empty()) {
    if (kept) writes.Delete(days.RollingKey());
    return absl::OkStatus();
  }
  if (!kept) {
    kept.emplace();
    PISTIS_ASSIGN_OR_RETURN(const std::vector<DaySum> later,
                            days.Read(window->start, kLastDay));
    if (!later.empty()) kept->set_day(later.back().day);
  }
  PISTIS_ASSIGN_OR_RETURN(
      const RollingRecord next,
      days.Advance(*std::move(kept), window->start, charge.use, all));
  PutRecord(days.RollingKey(), next, writes);
  return absl::OkStatus();
}

absl::Status Add(const Reader& reader, const WindowCharge& charge,
                 WriteSet& writes) {
  const std::string key = LimitKey(charge.program, charge.window);
  PISTIS_ASSIGN_OR_RETURN(const auto stored,
                          GetRecord<LimitRecord>(reader, key));
  const LimitRecord before = stored.value_or(LimitRecord());
  LimitRecord sum = Plus(before, charge.use);
  sum.set_told_percent(
      std::max(before.told_percent(), charge.use.told_percent()));
  // A day that came back whole still is the latest of its series.
  const std::optional<LimitWindowKey> window = ParseLimitWindow(charge.window);
  if (sum.ByteSizeLong() == 0 && window && window->window != kDays) {
    writes.Delete(key);
  } else {
    PutRecord(key, sum, writes);
  }
  return absl::OkStatus();
}

}  // namespace

std::string StoredWindow(const WindowSeries& series, absl::CivilDay day) {
  return LimitWindowRest(KeyOf(series, day));
}

absl::StatusOr<LimitRecord> ReadWindow(const Reader& reader,
                                       const WindowSeries& series,
                                       absl::CivilDay day) {
  if (series.windows > 1) return ReadRolling(reader, series, day);
  PISTIS_ASSIGN_OR_RETURN(
      const auto stored,
      GetRecord<LimitRecord>(
          reader, LimitKey(series.program, StoredWindow(series, day))));
  return stored.value_or(LimitRecord());
}

absl::Status ChargeWindow(const Reader& reader, const WindowCharge& charge,
                          absl::Span<const int> lengths, WriteSet& writes) {
  PISTIS_RETURN_IF_ERROR(AddToRolling(reader, charge, lengths, writes));
  return Add(reader, charge, writes);
}

absl::Status CorrectWindow(const Reader& reader, const WindowCharge& charge,
                           WriteSet& writes) {
  PISTIS_RETURN_IF_ERROR(AddToRolling(reader, charge, std::nullopt, writes));
  return Add(reader, charge, writes);
}

LimitRecord Plus(const LimitRecord& a, const LimitRecord& b) {
  LimitRecord sum;
  sum.set_times(SaturatingAdd(a.times(), b.times()));
  sum.set_points(SaturatingAdd(a.points(), b.points()));
  sum.set_discount_minor(SaturatingAdd(a.discount_minor(), b.discount_minor()));
  sum.set_sales_minor(SaturatingAdd(a.sales_minor(), b.sales_minor()));
  return sum;
}

LimitRecord Minus(const LimitRecord& a, const LimitRecord& b) {
  LimitRecord less;
  less.set_times(-b.times());
  less.set_points(-b.points());
  less.set_discount_minor(-b.discount_minor());
  less.set_sales_minor(-b.sales_minor());
  return Plus(a, less);
}

LimitRecord SumOfDays(absl::Span<const DaySum> days, int64_t last,
                      int64_t length) {
  LimitRecord sum;
  for (const DaySum& day : days) {
    if (day.day > last - length && day.day <= last) sum = Plus(sum, day.sum);
  }
  return sum;
}

}  // namespace pistis
