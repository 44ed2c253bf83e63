// What past sales were, as a simulation runs them once more.
#ifndef PISTIS_ENGINE_OPERATIONS_SIMULATE_PAST_H_
#define PISTIS_ENGINE_OPERATIONS_SIMULATE_PAST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/checkout_service.pb.h"

#include "engine/base/amount.h"
#include "engine/base/ids.h"

namespace pistis {

// A code that was typed with an order, and what is known of it.
struct PastCode {
  std::string typed;
  store::v1::CodeRecord record;
};

// How the members of a file behave of whom it tells no codes and no points.
struct MemberHabit {
  // Who has this many points pays with all of them.
  int64_t redeem_from = 0;
};

// An order that was committed.
struct PastOrder {
  // By its member, if it has one.
  v1::Order order;
  // When it took effect.
  absl::Time time;
  // The member as its conditions saw it; nothing where that is not known.
  std::optional<store::v1::MemberFactsRecord> facts;
  // Points it was paid with.
  Points redeemed;
  // What is known of the codes it typed.
  std::vector<PastCode> codes;
  // Codes that it issued.
  std::vector<v1::IssuedCode> issued;
  // Where set, the member types a code that an earlier order issued, and pays
  // with points; the order itself says nothing of either.
  std::optional<MemberHabit> habit;
};

// What came back of an order.
struct PastRefund {
  OrderId order;
  RefundId refund;
  // None: all that was left.
  std::vector<v1::RefundLine> lines;
  absl::Time time;
};

// A member, and when it joined; of the profile what conditions may ask for.
struct PastMember {
  MemberId member;
  absl::Time joined;
  store::v1::ProfileRecord profile;
  // Who brought the member, joining; empty: nobody.
  MemberId referrer = {};
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_SIMULATE_PAST_H_
