// What a member was given by way of remedy, and complained of, lately. Pure.
#ifndef PISTIS_ENGINE_CARE_STANDING_H_
#define PISTIS_ENGINE_CARE_STANDING_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

#include "engine/base/amount.h"
#include "engine/rulebook/care_policy.h"

namespace pistis {

struct GivenRemedy {
  absl::Time at;
  Money worth;
};

// Both lists oldest first.
struct CareStanding {
  std::vector<GivenRemedy> given;
  std::vector<absl::Time> opened;
};

// A window of so many days that ends with `now` begins after this.
[[nodiscard]] absl::Time WindowBefore(absl::Time now, int days);

// The worth of what was given in such a window, and the cases opened in it.
[[nodiscard]] Money GivenIn(const CareStanding& standing, absl::Time now,
                            int days);
[[nodiscard]] int64_t OpenedIn(const CareStanding& standing, absl::Time now,
                               int days);

// The standing without what no window can reach that ends at `now` or later.
[[nodiscard]] CareStanding Pruned(CareStanding standing, absl::Time now);

// True where so many cases in the window of `limit` count: all do, unless they
// must be more than a part of the member's orders.
[[nodiscard]] bool DoCasesCount(const ComplaintLimit& limit, int64_t cases,
                                int64_t orders);

}  // namespace pistis

#endif  // PISTIS_ENGINE_CARE_STANDING_H_
