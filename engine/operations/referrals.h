// Members who bring friends: what a friend's order sets off, and what happens
// when it comes back.
#ifndef PISTIS_ENGINE_OPERATIONS_REFERRALS_H_
#define PISTIS_ENGINE_OPERATIONS_REFERRALS_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"

#include "engine/operations/expired_lots.h"
#include "engine/operations/journal.h"
#include "engine/operations/member_ledger.h"
#include "engine/order/order.h"
#include "engine/rules/facts.h"
#include "engine/storage/store.h"

namespace pistis {

// An order of a member, and the member as its conditions saw it.
struct ReferredOrder {
  const Order& order;
  const MemberFacts& facts;
  // When it was sold.
  absl::Time sold;
};

// Where the order is the first of `member` to qualify for a referral: sets off
// what both get, and returns the referrer's account, to be posted after the
// member's. The order's rules had their turn, and nothing more happens to the
// member in this commit.
absl::StatusOr<std::optional<MemberLedger>> QualifyReferral(
    const Reader& reader, const ReferredOrder& referred, MemberLedger& member);

// What an undone referral leaves to be posted after the member's account: the
// referrer's, and after each what its refund has counted as expired.
struct UndoneReferral {
  std::optional<ExpiredLot> expired;
  std::optional<MemberLedger> referrer;
  std::optional<ExpiredLot> referrer_expired;
};

// Takes back what the order set off, once; `counted` is what the refund has
// counted as expired itself. Points come back exactly, limits too; codes stay
// good, and the referral stays used up. Nothing more happens to the member in
// this commit.
absl::StatusOr<UndoneReferral> UndoReferral(
    const Reader& reader, const OrderId& order,
    const std::optional<ExpiredLot>& counted, MemberLedger& member,
    Journal& journal);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_REFERRALS_H_
