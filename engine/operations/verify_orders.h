// The stages of a recount that go over orders and their refunds.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_ORDERS_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_ORDERS_H_

#include <string>

#include "absl/status/status.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// Every order: its lines, what it was answered, its commit's event and entries,
// and what its refunds may have come to. Counts orders and the program's sums
// of sales, and tells the tally of refunds, codes (`secret` finds them) and the
// member. `totals` guesses how many there are.
absl::Status VerifyOrders(Recount& recount,
                          const store::v1::TotalsRecord& totals,
                          const std::string& secret);

// Every refund: the order that its commit's event names is there, and the
// event, its entries and the expired points that it counted are what it was
// answered.
absl::Status VerifyRefunds(Recount& recount,
                           const store::v1::TotalsRecord& totals);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_ORDERS_H_
