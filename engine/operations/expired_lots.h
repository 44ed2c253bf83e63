// What became of the points of an order that expired: refunds count them once.
#ifndef PISTIS_ENGINE_OPERATIONS_EXPIRED_LOTS_H_
#define PISTIS_ENGINE_OPERATIONS_EXPIRED_LOTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/ids.h"
#include "engine/ledger/lot.h"
#include "engine/storage/store.h"

namespace pistis {

// The number in the key of an ExpiredLotRecord: the expiry in microseconds, and
// one more for an idle lot. Days begin at whole seconds, so the two never meet.
[[nodiscard]] int64_t ExpiredLotNumber(const Lot& lot);

// The key of the record of `lot`, which expired when it says.
[[nodiscard]] std::string ExpiredKey(const ProgramId& program,
                                     const MemberId& member, const Lot& lot);

// A lot that expired, and its record.
struct ExpiredLot {
  std::string key;
  store::v1::ExpiredLotRecord record;
};

// True where points that `order` earned were among the idle points whose expiry
// `expired` tells of. Idle points expire together, so an order's did so with
// the first that expired after it, if those had begun by the time its own were
// available; else its own were spent before.
[[nodiscard]] bool IsOfOrder(const store::v1::ExpiredLotRecord& expired,
                             const store::v1::OrderRecord& order);

// The stored record of the lot that `order` earned, if it expired; of idle
// points, that of the first expiry after the order, whether or not it
// IsOfOrder.
absl::StatusOr<std::optional<ExpiredLot>> FindExpired(
    const Reader& reader, const ProgramId& program,
    const store::v1::OrderRecord& order);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_EXPIRED_LOTS_H_
