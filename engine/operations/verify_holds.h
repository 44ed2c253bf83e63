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

// Each hold's record against itself, and for the tally.
absl::Status VerifyHolds(Recount& recount);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_HOLDS_H_
