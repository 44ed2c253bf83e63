// What a recount says of discount codes.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_CODES_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_CODES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// An order and its first reply.
struct AnsweredOrder {
  absl::string_view id;
  const store::v1::OrderRecord& order;
  const v1::CommitOrderResponse& reply;
};

// Tells the tally of a code that was issued as `code`, by its index key.
void CountIssued(absl::string_view hash, const store::v1::CodeRecord& code,
                 Recount& recount);

// Tells the tally of the codes that an order holds. They must be there.
absl::Status TellUsedCodes(const store::v1::OrderRecord& order,
                           Recount& recount);

// The same of those that an order used and did not give back, and of those that
// it issued; `secret` says under which keys they lie.
absl::Status TellCodes(const AnsweredOrder& of, const std::string& secret,
                       Recount& recount);

// Tells the tally of an event of a code that no order and no occasion tells of;
// nothing of others.
void CountCodeEvent(const v1::Event& event, Recount& recount);

// Every code: issued by a rulebook that has its template, or a word of one;
// used no more often than that allows; in its lists, which list no others.
// Every batch: what it issued follows from it. And for the tally.
absl::Status VerifyCodes(Recount& recount,
                         const store::v1::TotalsRecord& totals,
                         const std::string& secret);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_CODES_H_
