// Holds, recounted from entries, and the table of holds.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_HOLDS_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_HOLDS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/rate.h"
#include "engine/operations/verify_recount.h"

namespace pistis {

// The open holds of one member, entry by entry, and in the end against the
// account. Tells the tally what the table of holds must say.
class HoldBook {
 public:
  explicit HoldBook(std::string member) : member_(std::move(member)) {}

  // Takes an entry in; one that is about a hold in a way that cannot be is a
  // finding at `where`.
  void Take(absl::string_view where, const store::v1::EntryRecord& entry,
            Recount& recount);

  // Holds the account's open holds against what the entries come to: each lot
  // that expires at a time of its own, and the idle ones together, as entries
  // do not say whose expiry was put off.
  void Compare(absl::string_view where, const store::v1::AccountRecord& account,
               Recount& recount) const;

 private:
  struct Open {
    // Points by expiry; those of idle lots under kIdle.
    std::map<int64_t, Int128> lots;
    bool captured = false;
  };

  void TakeLots(const store::v1::EntryRecord& entry, Open& open) const;

  std::string member_;
  std::map<std::string, Open> open_;
};

// What is claimed of a hold.
struct HoldClaim {
  absl::string_view id;
  absl::string_view member;
  int64_t points = 0;
  int64_t captured = 0;
  int64_t made_us = 0;
  // When it is, or was, given back by itself; 0: never.
  int64_t expire_us = 0;
  bool is_closed = false;
};
void ClaimHold(const HoldClaim& claim, Recount& recount);

// Each hold's record against itself, and for the tally.
absl::Status VerifyHolds(Recount& recount);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_HOLDS_H_
