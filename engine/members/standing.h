// Where a member stands: what sales came to, the tier that gives, segments.
//
// Pure: time is passed in and never runs back. Of bounded size: at most
// kMaxTierWindowDays days, kMaxTierPeriods tiers and kMaxSegments segments, so
// that no work grows with a member's history.
#ifndef PISTIS_ENGINE_MEMBERS_STANDING_H_
#define PISTIS_ENGINE_MEMBERS_STANDING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

#include "engine/base/amount.h"
#include "engine/rulebook/member_policy.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

inline constexpr size_t kMaxTierPeriods = 20;

// What sales count for.
struct Progress {
  // Paid for goods, after discounts and points, without shipping.
  Money spend;
  int64_t orders = 0;
  Points tier_points;
};

// One day's, in the program's zone.
struct DayProgress {
  absl::CivilDay day;
  Progress counted;
};

// A time in a tier; an empty one is none.
struct TierPeriod {
  std::string tier;
  absl::Time since;
};

struct StandingState {
  // Less what came back; never below zero.
  Progress ever;
  // The same by day, in the order of days. What a rulebook without windows saw
  // is not in it.
  std::vector<DayProgress> days;
  // Oldest first, the last is the present one. None: the member never was in a
  // tier.
  std::vector<TierPeriod> periods;
  // When the present tier is looked at; InfiniteFuture: never.
  absl::Time tier_until = absl::InfiniteFuture();
  // In alphabetical order.
  std::vector<std::string> segments;
  // When time may change the segments; InfiniteFuture: never.
  absl::Time segments_due = absl::InfiniteFuture();
};

// Whether a stored standing can be worked on: days in order and a calendar's
// time for its tier. A damaged record may come to one that is not.
[[nodiscard]] bool IsWhole(const StandingState& state);

// That a member came from one tier to another.
struct TierChange {
  std::string from;
  std::string to;
  absl::Time at;
  // When `to` is looked at; InfiniteFuture: never.
  absl::Time until;
  // The time in `from` was over, and the member did not qualify.
  bool is_review = false;
};

// Not synchronised.
class Standing {
 public:
  explicit Standing(StandingState state = {}) : state_(std::move(state)) {}

  [[nodiscard]] const StandingState& state() const { return state_; }
  // The present tier's id; empty: none.
  [[nodiscard]] absl::string_view tier() const;
  // When something happens by time alone; InfiniteFuture: never.
  [[nodiscard]] absl::Time NextDue() const;

  // Takes the standing to `at`, by the tiers of `rulebook`. A tier whose time
  // is over by then is kept as long again, from that moment, where the member
  // qualifies with what lies before it; else the member goes one tier down. A
  // tier that the rulebook does not have counts as lower than all of its own,
  // and ends when its time does. Then the member rises to the highest tier
  // above his that he qualifies for at `at`.
  std::vector<TierChange> AdvanceTo(absl::Time at, const Rulebook& rulebook);

  // Counts a sale at `at`, to which the standing was taken, and lets the member
  // rise.
  std::vector<TierChange> Count(const Progress& sale, absl::Time at,
                                const Rulebook& rulebook);

  // Counts back what came of a sale at `sold`. A tier is never lost by that: it
  // stays until its time is over.
  void TakeBack(const Progress& returned, absl::Time sold,
                const Rulebook& rulebook);

  // What counts for `goal` on the last of its days.
  [[nodiscard]] Progress CountedFor(const TierGoal& goal,
                                    absl::CivilDay last) const;

  // The member is in these segments from now on, in alphabetical order;
  // `due` is when time may change that.
  void SetSegments(std::vector<std::string> segments, absl::Time due);

 private:
  // Where the present tier stands in `tiers`; -1 where there is none.
  [[nodiscard]] int RankIn(absl::Span<const Tier> tiers) const;
  [[nodiscard]] bool Qualifies(const TierGoal& goal, absl::CivilDay last) const;
  // The highest tier from `from` up that the member qualifies for; -1: none.
  [[nodiscard]] int HighestFrom(int from, absl::Span<const Tier> tiers,
                                absl::CivilDay last) const;
  std::optional<TierChange> Review(const Rulebook& rulebook);
  std::optional<TierChange> Rise(absl::Time at, const Rulebook& rulebook);
  TierChange MoveTo(int rank, absl::Time at, const Rulebook& rulebook);

  StandingState state_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_MEMBERS_STANDING_H_
