// Holds as they are stored and shown.
#ifndef PISTIS_ENGINE_OPERATIONS_HOLDS_H_
#define PISTIS_ENGINE_OPERATIONS_HOLDS_H_

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/ledger_service.pb.h"

#include "engine/base/ids.h"
#include "engine/ledger/account.h"

namespace pistis {

// A stored hold as the API shows it; `account` is its member's, now.
[[nodiscard]] v1::Hold ToMessage(const HoldId& id,
                                 const store::v1::HoldRecord& record,
                                 const Account& account);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_HOLDS_H_
