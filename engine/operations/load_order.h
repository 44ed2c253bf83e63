// What a sale needs from storage before it can be priced.
#ifndef PISTIS_ENGINE_OPERATIONS_LOAD_ORDER_H_
#define PISTIS_ENGINE_OPERATIONS_LOAD_ORDER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/env.h"
#include "engine/operations/find_code.h"
#include "engine/operations/limit_uses.h"
#include "engine/operations/member_ledger.h"
#include "engine/order/order.h"
#include "engine/rules/benefits.h"
#include "engine/storage/store.h"

namespace pistis {

// The program, or NOT_FOUND.
absl::StatusOr<store::v1::ProgramRecord> LoadProgram(const Reader& reader,
                                                     const ProgramId& program);

// The program's time zone, or NOT_FOUND.
absl::StatusOr<absl::TimeZone> LoadZone(const Reader& reader,
                                        const ProgramId& program);

// What the program has come to, or NOT_FOUND where there is no such program.
absl::StatusOr<store::v1::TotalsRecord> LoadTotals(const Reader& reader,
                                                   const ProgramId& program);

// The program's rulebook in force at `now`, or NOT_FOUND before the first.
absl::StatusOr<std::shared_ptr<const Rulebook>> LoadCurrentRulebook(
    const OperationEnv& env, const Reader& reader, const ProgramId& program,
    const store::v1::TotalsRecord& totals, absl::Time now);

// The same, or null before the first.
absl::StatusOr<std::shared_ptr<const Rulebook>> LoadRulebookIfAny(
    const OperationEnv& env, const Reader& reader, const ProgramId& program,
    const store::v1::TotalsRecord& totals, absl::Time now);

// FIELD_INVALID where the order's identifier is out of shape.
absl::Status CheckBuyer(const Order& order);

// The member that an identifier stands for, or NOT_FOUND.
absl::StatusOr<MemberId> FindMember(const OperationEnv& env,
                                    const Reader& reader,
                                    const ProgramId& program,
                                    const v1::Identifier& identifier);

// When an order that took effect at `effective` was sold.
[[nodiscard]] absl::Time SoldAt(const Order& order, absl::Time effective);

// An order with its rulebook, its member's account and its codes.
struct LoadedOrder {
  store::v1::TotalsRecord totals;
  std::shared_ptr<const Rulebook> rulebook;
  // Nothing for an anonymous sale.
  std::optional<MemberLedger> ledger;
  std::vector<LoadedCode> codes;
  // The time of the order's effects on the account, which never runs back.
  absl::Time effective;
  // When it was sold, before that where a till tells it late: the time that
  // conditions, validities, limits and codes go by.
  absl::Time sold;
  // The order with what the catalogue says its lines cost; nothing where it
  // says nothing of them.
  std::optional<Order> costed;

  // `order`, which this was loaded for, as it is to be priced.
  [[nodiscard]] const Order& WithCosts(const Order& order) const {
    return costed ? *costed : order;
  }
  // What the catalogue says of a line of it; nothing where the line says so
  // itself.
  [[nodiscard]] std::optional<Money> CatalogueCost(const Order& order,
                                                   size_t line) const;

  // The member as conditions see it, this order counted.
  [[nodiscard]] MemberFacts Facts() const;
  [[nodiscard]] std::vector<CodeToApply> CodesToApply() const;
  // What to ask of the limits of rules.
  [[nodiscard]] LimitQuestion Limits(const Reader& reader,
                                     const ProgramId& program) const;
};

// Refusals: NOT_FOUND (program, rulebook, member), MEMBER_SUSPENDED, those of
// CheckUsable, FIELD_INVALID (a code typed twice).
absl::StatusOr<LoadedOrder> LoadOrder(const OperationEnv& env,
                                      const Reader& reader,
                                      const ProgramId& program,
                                      const Order& order, absl::Time now);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_LOAD_ORDER_H_
