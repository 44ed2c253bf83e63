// A member's lots, recounted from entries.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_LOTS_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_LOTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "absl/strings/string_view.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/rate.h"
#include "engine/operations/verify_recount.h"

namespace pistis {

// The lots of one member, entry by entry, and in the end against the account.
// Open lots alone take memory.
class LotBook {
 public:
  // Takes the entry's changes in; lots that fall below zero and places whose
  // changes are not what the entry's legs (and, for available points, its
  // deficit) say are findings at `where`.
  void Take(absl::string_view where, const store::v1::EntryRecord& entry,
            Recount& recount);

  // True where there are points that expire by inactivity, wherever they are.
  [[nodiscard]] bool has_idle() const;

  // Holds the account's lots, pending lots and open holds against what the
  // entries come to. `where` names the account.
  void Compare(absl::string_view where, const store::v1::AccountRecord& account,
               Recount& recount) const;

 private:
  // Place, release, expiry (the largest number: never), idle. In the order in
  // which accounts keep lots.
  using Key = std::tuple<int, int64_t, int64_t, bool>;
  using Stored = std::map<Key, Int128>;

  static Key KeyOf(int place, const store::v1::LotRecord& lot,
                   int64_t release_us);
  static std::string NameOf(const Key& key);
  static Stored StoredLots(absl::string_view where,
                           const store::v1::AccountRecord& account,
                           Recount& recount);

  std::map<Key, Int128> lots_;
};

// When the soonest thing of an account falls due, as it is stored; 0: never.
[[nodiscard]] int64_t NextDueMicros(const store::v1::AccountRecord& account);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_LOTS_H_
