// Accounts, times and views of entries that the tests of this folder share.
#ifndef PISTIS_ENGINE_LEDGER_ACCOUNT_BUILDERS_TEST_H_
#define PISTIS_ENGINE_LEDGER_ACCOUNT_BUILDERS_TEST_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"

#include "engine/ledger/account.h"

namespace pistis {

inline absl::Time Day(int64_t day) {
  return absl::UnixEpoch() + absl::Hours(24) * day;
}

inline int64_t DayOf(absl::Time time) {
  return (time - absl::UnixEpoch()) / absl::Hours(24);
}

inline Lot Fixed(int64_t day, int64_t points) {
  return {.expire = Day(day), .points = Points(points)};
}

inline Lot Idle(int64_t day, int64_t points) {
  return {.expire = Day(day), .points = Points(points), .kind = LotKind::kIdle};
}

// Lots as (day of expiry, points).
using ShownLots = std::vector<std::pair<int64_t, int64_t>>;

inline ShownLots LotsOf(absl::Span<const Lot> lots) {
  ShownLots shown;
  for (const Lot& lot : lots) {
    shown.emplace_back(DayOf(lot.expire), lot.points.value());
  }
  return shown;
}

inline ShownLots LotsOf(const Account& account) {
  return LotsOf(account.state().lots);
}

// The changes of the lots in one place.
inline ShownLots LotsOf(const LedgerEntry& entry,
                        LotPlace place = LotPlace::kAvailable) {
  ShownLots shown;
  for (const LotChange& change : entry.lots) {
    if (change.place != place) continue;
    shown.emplace_back(DayOf(change.lot.expire), change.lot.points.value());
  }
  return shown;
}

inline int64_t Leg(const LedgerEntry& entry, LedgerAccount account) {
  int64_t sum = 0;
  for (const Posting& posting : entry.postings) {
    if (posting.account == account) sum += posting.points.value();
  }
  return sum;
}

// An account with these lots, earned on day 0, one entry each.
inline Account AccountWith(const std::vector<Lot>& lots) {
  Account account;
  for (const Lot& lot : lots) {
    EXPECT_TRUE(account.Earn(lot, std::nullopt, Day(0), {}).ok());
  }
  return account;
}

// An account that owes `points`, after one entry.
inline Account AccountOwing(int64_t points) {
  Account account;
  EXPECT_TRUE(account.AdjustDown(Points(points), Shortfall::kOwe, Day(0)).ok());
  return account;
}

// A month's grace, days in UTC.
inline Account::DueTerms DueTerms() {
  return {.grace_days = 30, .zone = absl::UTCTimeZone()};
}

inline std::string Shown(const Lot& lot) {
  return absl::StrCat(absl::FormatTime(lot.expire, absl::UTCTimeZone()),
                      lot.kind == LotKind::kIdle ? " idle " : " fixed ",
                      lot.points.value(), "\n");
}

// All that a state says.
inline std::string Shown(const AccountState& state) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  std::string shown = absl::StrCat("entries ", state.entries, " latest ",
                                   absl::FormatTime(state.latest, utc),
                                   " deficit ", state.deficit.value(), "\n");
  for (const Lot& lot : state.lots)
    absl::StrAppend(&shown, Shown(lot));
  for (const PendingLot& pending : state.pending) {
    absl::StrAppend(&shown, "pending until ",
                    absl::FormatTime(pending.release, utc), " ",
                    Shown(pending.lot));
  }
  for (const OpenHold& hold : state.holds) {
    absl::StrAppend(&shown, "hold ", hold.id.text(), " until ",
                    absl::FormatTime(hold.expire, utc), "\n");
    for (const Lot& lot : hold.lots)
      absl::StrAppend(&shown, Shown(lot));
  }
  return shown;
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_LEDGER_ACCOUNT_BUILDERS_TEST_H_
