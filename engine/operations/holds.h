// Holds as they are stored and shown, and how long they last.
#ifndef PISTIS_ENGINE_OPERATIONS_HOLDS_H_
#define PISTIS_ENGINE_OPERATIONS_HOLDS_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/ledger_service.pb.h"

#include "engine/base/ids.h"
#include "engine/ledger/account.h"

namespace pistis {

// A stored hold as the API shows it; `account` is its member's, now.
[[nodiscard]] v1::Hold ToMessage(const HoldId& id,
                                 const store::v1::HoldRecord& record,
                                 const Account& account);

// How long something is held where the caller does not say, and at most.
struct HoldSpan {
  absl::Duration usual;
  int most_days = 0;
};

// Until when: as asked, or as usual. FIELD_INVALID (expire_time) where that is
// not after now, or too late.
absl::StatusOr<absl::Time> HoldUntil(std::optional<absl::Time> asked,
                                     absl::Time now, const HoldSpan& span);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_HOLDS_H_
