// Quotes, orders and refunds as tables.
#ifndef PISTIS_CLIENTS_CLI_ORDER_TEXT_H_
#define PISTIS_CLIENTS_CLI_ORDER_TEXT_H_

#include <string>

#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/order.pb.h"

#include "clients/cli/program_facts.h"

namespace pistis {

// What an order would get: lines, discounts, caps that bound, totals.
[[nodiscard]] std::string QuoteText(const v1::Quote& quote,
                                    const ProgramFacts& facts);

// The same of a commit, with the points after it and the codes issued.
[[nodiscard]] std::string CommittedText(
    const v1::CommitOrderResponse& committed, const ProgramFacts& facts);

// The same of a stored order, with where it stands.
[[nodiscard]] std::string OrderText(const v1::CommittedOrder& order,
                                    const ProgramFacts& facts);

// A reservation: where it stands, what it gets, and the points after it.
[[nodiscard]] std::string ReservationText(const v1::HoldOrderResponse& held,
                                          const ProgramFacts& facts);
[[nodiscard]] std::string ReservationText(
    const v1::CancelReservationResponse& cancelled, const ProgramFacts& facts);
[[nodiscard]] std::string ReservationText(const v1::HeldOrder& held,
                                          const ProgramFacts& facts);

// What a refund gave and took.
[[nodiscard]] std::string RefundText(const v1::RefundOrderResponse& reply,
                                     const ProgramFacts& facts);

// A member's points.
[[nodiscard]] std::string AccountText(const v1::Account& account,
                                      const ProgramFacts& facts);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_ORDER_TEXT_H_
