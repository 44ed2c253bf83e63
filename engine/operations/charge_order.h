// An order on its way: shaped, loaded, priced, and charged for what it uses up.
// What CommitOrder and HoldOrder share.
#ifndef PISTIS_ENGINE_OPERATIONS_CHARGE_ORDER_H_
#define PISTIS_ENGINE_OPERATIONS_CHARGE_ORDER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/event_service.pb.h"
#include "pistis/v1/order.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/journal.h"
#include "engine/operations/load_order.h"
#include "engine/operations/price_order.h"
#include "engine/order/order.h"
#include "engine/storage/store.h"

namespace pistis {

// An order that is asked for, shaped and bounded.
struct OrderInput {
  ProgramId program;
  Order order;
  // SHA-256 over the request, and the order without its identifier, serialised.
  std::string fingerprint;
  std::string order_bytes;
  // Asked where the order types codes, once it is known to be a new one.
  CodeGate may_look = nullptr;
};

// FIELD_INVALID where a field of the order is missing or absurd; the program
// and the fingerprint are the caller's to fill in.
absl::StatusOr<OrderInput> ShapeOrder(const v1::Order& order, absl::Time now);

// The fingerprint as it is stored: keyed where an identifier is worth guessing.
[[nodiscard]] std::string StoredFingerprint(const OperationEnv& env,
                                            const OrderInput& input);

// An order, loaded and priced.
struct PricedSale {
  LoadedOrder loaded;
  // The member as its conditions saw it.
  MemberFacts facts;
  PricedOrder priced;
  // Once it is charged: what is to be told of budgets.
  std::vector<v1::BudgetReached> reached = {};

  [[nodiscard]] MemberId member() const {
    return loaded.ledger ? loaded.ledger->member_id() : MemberId();
  }
};

// Where an order is worked on.
struct SaleAt {
  const OperationEnv& env;
  const Reader& reader;
  const CommitContext& context;
  const ProgramId& program;
};

// Loads and prices the order and fills in what pricing decides of its record:
// all but its fingerprint, its reply, its time, and what becomes of its points.
// Refusals: those of LoadOrder and PriceOrder.
absl::StatusOr<PricedSale> PriceSale(const SaleAt& at, const OrderInput& input,
                                     store::v1::OrderRecord& record);

// What of an order is charged: all that it uses up; all but its sales, which
// are not made before it is committed; or those alone.
enum class Charge { kAll, kAllButSales, kSales };

// Charges what the order uses of limits, budgets and codes, and notes it in its
// record. What belongs to the member's commit is written with the account.
absl::Status ChargeOrder(const SaleAt& at, Charge what, PricedSale& sale,
                         Journal& journal, store::v1::OrderRecord& record);

// Tells what budgets were spent to, once the order was charged and told of.
void AnnounceBudgets(const PricedSale& sale, Journal& journal);

// Takes one use of a code back; `key` is that of its record.
void FreeCode(const std::string& key, store::v1::CodeRecord code,
              WriteSet& writes);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_CHARGE_ORDER_H_
