#include "engine/operations/verify_limits.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/operations/window_sums.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::LimitRecord;
using store::v1::RollingRecord;

std::string WindowName(absl::string_view window) {
  return absl::StrCat("limit ", Printable(window));
}

void Count(const std::string& name, const LimitRecord& use, Recount& recount) {
  recount.tally().Count(Book::kLimitTimes, name, use.times());
  recount.tally().Count(Book::kLimitPoints, name, use.points());
  recount.tally().Count(Book::kLimitDiscount, name, use.discount_minor());
  recount.tally().Count(Book::kBudgetSales, name, use.sales_minor());
}

void Claim(const std::string& name, const LimitRecord& sum, Recount& recount) {
  recount.tally().Claim(Book::kLimitTimes, name, sum.times());
  recount.tally().Claim(Book::kLimitPoints, name, sum.points());
  recount.tally().Claim(Book::kLimitDiscount, name, sum.discount_minor());
  recount.tally().Claim(Book::kBudgetSales, name, sum.sales_minor());
}

// Goes through the windows in the order of their keys: a series' days come
// before what is kept of many of them.
class Windows {
 public:
  explicit Windows(Recount& recount) : recount_(recount) {}

  void See(absl::string_view rest, absl::string_view value) {
    const std::optional<LimitWindowKey> key = ParseLimitWindow(rest);
    const bool is_rolling = key && key->window == "rolling";
    if (!key || (is_rolling && TrailingNumber(rest) != 0)) {
      FindMalformedKey('L', rest, recount_);
      return;
    }
    if (key->holder != holder_ || key->of != of_) days_.clear();
    holder_ = key->holder;
    of_ = key->of;
    const std::string name = WindowName(rest);
    if (is_rolling) {
      SeeRolling(name, value);
      return;
    }
    const auto record = recount_.Parse<LimitRecord>(value, name);
    if (!record) return;
    Claim(name, *record, recount_);
    if (key->window == "day") {
      days_.push_back({.day = TrailingNumber(rest), .sum = *record});
    }
  }

 private:
  void SeeRolling(const std::string& name, absl::string_view value) {
    const auto record = recount_.Parse<RollingRecord>(value, name);
    if (!record) return;
    const Place here{"order", name};
    recount_.Expect(here, "its latest day", record->day(),
                    days_.empty() ? 0 : days_.back().day);
    for (const store::v1::RollingSumRecord& kept : record->sums()) {
      const LimitRecord sum = SumOfDays(days_, record->day(), kept.days());
      const std::string of = absl::StrCat(" of ", kept.days(), " days");
      const auto expect = [&](absl::string_view what, int64_t is,
                              int64_t should) {
        recount_.Expect(here, absl::StrCat(what, of), is, should);
      };
      expect("orders", kept.sum().times(), sum.times());
      expect("points", kept.sum().points(), sum.points());
      expect("discounts", kept.sum().discount_minor(), sum.discount_minor());
      expect("sales", kept.sum().sales_minor(), sum.sales_minor());
    }
  }

  Recount& recount_;
  std::string holder_;
  std::string of_;
  std::vector<DaySum> days_;
};

}  // namespace

void TellLimits(const LimitUseRecords& used, Uses which, Recount& recount) {
  for (const store::v1::LimitUseRecord& use : used) {
    if (which == Uses::kKept && !use.kept()) continue;
    LimitRecord sum;
    sum.set_times(1);
    sum.set_points(use.points());
    sum.set_discount_minor(use.discount_minor());
    Count(WindowName(use.window()), sum, recount);
  }
}

void TellBudgets(const BudgetUseRecords& used, Recount& recount) {
  for (const store::v1::BudgetUseRecord& use : used) {
    Count(WindowName(use.window()), Minus(SumOf(use), use.returned()), recount);
  }
}

absl::Status VerifyLimits(Recount& recount) {
  Windows windows(recount);
  return recount.Scan({.letter = 'L', .stage = "limits"},
                      [&](absl::string_view rest, absl::string_view value) {
                        windows.See(rest, value);
                        return absl::OkStatus();
                      });
}

}  // namespace pistis
