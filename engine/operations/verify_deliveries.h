// The stage of a recount that looks at subscriptions and deliveries.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_DELIVERIES_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_DELIVERIES_H_

#include "absl/status/status.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// Every subscription, and every delivery that waits or was given up: of an
// event that is there and of its member, counted by its subscription. What a
// subscription asks for, how far it has come and what went wrong is told by no
// other record.
absl::Status VerifyDeliveries(Recount& recount);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_DELIVERIES_H_
