#include "engine/members/standing.h"

#include <algorithm>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/rate.h"
#include "engine/ledger/lot.h"

namespace pistis {
namespace {

constexpr int64_t kOneMicrosecond = 1;

enum class Sign : int64_t { kPlus = 1, kMinus = -1 };

// Never below zero, never past 64 bits.
int64_t Moved(int64_t amount, Sign sign, int64_t by) {
  return std::max<int64_t>(
      0, SaturatingAdd(amount, static_cast<int64_t>(sign) * by));
}

Progress Moved(const Progress& progress, Sign sign, const Progress& by) {
  return {.spend = Money(Moved(progress.spend.value(), sign, by.spend.value())),
          .orders = Moved(progress.orders, sign, by.orders),
          .tier_points = Points(Moved(progress.tier_points.value(), sign,
                                      by.tier_points.value()))};
}

// The most days that a tier looks at; 0: none looks at days.
int LongestWindow(absl::Span<const Tier> tiers) {
  int longest = 0;
  for (const Tier& tier : tiers)
    longest = std::max(longest, tier.qualify.within_days.value_or(0));
  return longest;
}

absl::CivilDay DayOf(absl::Time at, const Rulebook& rulebook) {
  return absl::ToCivilDay(at, rulebook.time_zone);
}

// The last moment before `at`.
absl::Time JustBefore(absl::Time at) {
  return at - absl::Microseconds(kOneMicrosecond);
}

bool IsBefore(const DayProgress& progress, absl::CivilDay day) {
  return progress.day < day;
}

}  // namespace

bool IsWhole(const StandingState& state) {
  return state.periods.size() <= kMaxTierPeriods &&
         IsCalendarOrNever(state.tier_until) &&
         std::is_sorted(state.days.begin(), state.days.end(),
                        [](const DayProgress& a, const DayProgress& b) {
                          return a.day < b.day;
                        });
}

absl::string_view Standing::tier() const {
  return state_.periods.empty() ? absl::string_view()
                                : absl::string_view(state_.periods.back().tier);
}

absl::Time Standing::NextDue() const {
  return std::min(state_.tier_until, state_.segments_due);
}

int Standing::RankIn(absl::Span<const Tier> tiers) const {
  for (size_t i = 0; i < tiers.size(); ++i) {
    if (tiers[i].id == tier()) return static_cast<int>(i);
  }
  return -1;
}

Progress Standing::CountedFor(const TierGoal& goal, absl::CivilDay last) const {
  if (!goal.within_days) return state_.ever;
  Progress sum;
  const absl::CivilDay first = last - (*goal.within_days - 1);
  for (auto day = std::lower_bound(state_.days.begin(), state_.days.end(),
                                   first, IsBefore);
       day != state_.days.end() && day->day <= last; ++day) {
    sum = Moved(sum, Sign::kPlus, day->counted);
  }
  return sum;
}

bool Standing::Qualifies(const TierGoal& goal, absl::CivilDay last) const {
  const Progress counted = CountedFor(goal, last);
  return (!goal.spend || counted.spend >= *goal.spend) &&
         (!goal.orders || counted.orders >= *goal.orders) &&
         (!goal.tier_points || counted.tier_points >= *goal.tier_points);
}

int Standing::HighestFrom(int from, absl::Span<const Tier> tiers,
                          absl::CivilDay last) const {
  int rank = static_cast<int>(tiers.size()) - 1;
  while (rank >= from &&
         !Qualifies(tiers[static_cast<size_t>(rank)].qualify, last)) {
    --rank;
  }
  return rank >= from ? rank : -1;
}

TierChange Standing::MoveTo(int rank, absl::Time at, const Rulebook& rulebook) {
  TierChange change{.from = std::string(tier()), .at = at};
  change.until = absl::InfiniteFuture();
  if (rank >= 0) {
    const Tier& to = rulebook.tiers[static_cast<size_t>(rank)];
    change.to = to.id;
    if (to.keep_days) {
      change.until = EndOfDayAfter(at, *to.keep_days, rulebook.time_zone);
    }
  }
  state_.tier_until = change.until;
  if (change.from == change.to) return change;
  state_.periods.push_back({.tier = change.to, .since = at});
  if (state_.periods.size() > kMaxTierPeriods) {
    state_.periods.erase(state_.periods.begin());
  }
  return change;
}

// The tier's last day is the one that ends when it is looked at.
std::optional<TierChange> Standing::Review(const Rulebook& rulebook) {
  const absl::Time at = state_.tier_until;
  const absl::Time last = JustBefore(at);
  const int rank = RankIn(rulebook.tiers);
  int next =
      rank < 0 ? -1 : HighestFrom(rank, rulebook.tiers, DayOf(last, rulebook));
  const bool lost = next < 0;
  if (lost && rank > 0) next = rank - 1;
  TierChange change = MoveTo(next, last, rulebook);
  if (change.from == change.to) return std::nullopt;
  state_.periods.back().since = at;
  change.at = at;
  change.is_review = lost;
  return change;
}

std::optional<TierChange> Standing::Rise(absl::Time at,
                                         const Rulebook& rulebook) {
  const int next = HighestFrom(RankIn(rulebook.tiers) + 1, rulebook.tiers,
                               DayOf(at, rulebook));
  if (next < 0) return std::nullopt;
  return MoveTo(next, at, rulebook);
}

std::vector<TierChange> Standing::AdvanceTo(absl::Time at,
                                            const Rulebook& rulebook) {
  std::vector<TierChange> changes;
  while (state_.tier_until <= at) {
    if (auto change = Review(rulebook)) changes.push_back(*std::move(change));
  }
  if (auto change = Rise(at, rulebook)) changes.push_back(*std::move(change));
  return changes;
}

std::vector<TierChange> Standing::Count(const Progress& sale, absl::Time at,
                                        const Rulebook& rulebook) {
  state_.ever = Moved(state_.ever, Sign::kPlus, sale);
  if (const int longest = LongestWindow(rulebook.tiers); longest > 0) {
    const absl::CivilDay day = DayOf(at, rulebook);
    std::vector<DayProgress>& days = state_.days;
    days.erase(days.begin(), std::lower_bound(days.begin(), days.end(),
                                              day - (longest - 1), IsBefore));
    auto place = std::lower_bound(days.begin(), days.end(), day, IsBefore);
    if (place == days.end() || place->day != day) {
      place = days.insert(place, {.day = day, .counted = {}});
    }
    place->counted = Moved(place->counted, Sign::kPlus, sale);
  }
  std::vector<TierChange> changes;
  if (auto change = Rise(at, rulebook)) changes.push_back(*std::move(change));
  return changes;
}

void Standing::TakeBack(const Progress& returned, absl::Time sold,
                        const Rulebook& rulebook) {
  state_.ever = Moved(state_.ever, Sign::kMinus, returned);
  const absl::CivilDay day = DayOf(sold, rulebook);
  const auto place =
      std::lower_bound(state_.days.begin(), state_.days.end(), day, IsBefore);
  if (place == state_.days.end() || place->day != day) return;
  place->counted = Moved(place->counted, Sign::kMinus, returned);
}

void Standing::SetSegments(std::vector<std::string> segments, absl::Time due) {
  state_.segments = std::move(segments);
  state_.segments_due = due;
}

}  // namespace pistis
