// When birthdays, anniversaries and notices of points that are about to expire
// come, and what an account keeps of all that happens to a member. Pure.
#ifndef PISTIS_ENGINE_MEMBERS_OCCASIONS_H_
#define PISTIS_ENGINE_MEMBERS_OCCASIONS_H_

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

#include "engine/base/amount.h"
#include "engine/base/ids.h"
#include "engine/ledger/lot.h"

namespace pistis {

// An occasion that is noticed later than this after its time gives nothing.
inline constexpr absl::Duration kLatestOccasion = absl::Hours(7 * 24);

// Of a member who was brought by another, and of one who brings others.
struct ReferralState {
  // Who brought the member; empty: nobody.
  MemberId referrer = {};
  // True: the order that qualified was there, for good.
  bool is_over = false;
  // That order, as long as not all of it came back.
  OrderId order = {};
  // What it set off, by number; 0: nothing. Of the member, and of the referrer.
  int64_t occasion = 0;
  int64_t referrer_occasion = 0;
  // Friends whom the member brought and who qualified.
  int64_t friends = 0;
};

struct OccasionState {
  // How many were recorded.
  int64_t count = 0;
  // When the next ones begin; InfiniteFuture: never. The anniversary, of
  // joining, always comes: where it does not, none is known.
  absl::Time birthday = absl::InfiniteFuture();
  absl::Time anniversary = absl::InfiniteFuture();
  // When the member bought for the first time, and when the next anniversary of
  // that begins; InfiniteFuture: never, or not known.
  absl::Time first_order = absl::InfiniteFuture();
  absl::Time years = absl::InfiniteFuture();
  // The last year whose birthday had its turn: a birthday that is changed has
  // another one in the next.
  int64_t birthday_year = 0;
  // Points that expire by then were announced, or need not be.
  absl::Time noticed = absl::UnixEpoch();
  ReferralState referral = {};

  [[nodiscard]] bool is_scheduled() const {
    return anniversary != absl::InfiniteFuture();
  }
  // When the first of them begins.
  [[nodiscard]] absl::Time next_day() const {
    return std::min({birthday, anniversary, years});
  }
};

// Whether a stored state can be worked on: what comes next does so within a
// calendar's years, so that time is soon through with it. A damaged record may
// come to one that is not.
[[nodiscard]] bool IsWhole(const OccasionState& state);

// The days that matter of a member.
struct MemberDays {
  std::optional<absl::CivilDay> birthday;
  absl::Time joined;
};

// The day in `year` on which `day` comes round; 29 February does on the 28th
// where there is no other.
[[nodiscard]] absl::CivilDay DayIn(absl::CivilDay day, int64_t year);

// The beginning of the first day after `after` on which `day` comes round.
[[nodiscard]] absl::Time NextOn(absl::CivilDay day, absl::Time after,
                                absl::TimeZone zone);

// The state of a member who buys for the first time at `at`.
[[nodiscard]] OccasionState WithFirstOrder(OccasionState state, absl::Time at,
                                           absl::TimeZone zone);

// The state with the birthday and the anniversaries that come next after
// `after`, and after the member joined.
[[nodiscard]] OccasionState Scheduled(OccasionState state,
                                      const MemberDays& days, absl::Time after,
                                      absl::TimeZone zone);

// Points that are about to expire.
struct ExpiryNotice {
  absl::Time at;
  absl::Time expires;
  Points points;
};

// The next notice, `days` before points expire; nothing where none comes.
// `lots` are in order of expiry.
[[nodiscard]] std::optional<ExpiryNotice> NextNotice(absl::Span<const Lot> lots,
                                                     absl::Time noticed,
                                                     int days,
                                                     absl::TimeZone zone);

}  // namespace pistis

#endif  // PISTIS_ENGINE_MEMBERS_OCCASIONS_H_
