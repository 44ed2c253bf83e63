// A committed order as a till prints it.
#ifndef PISTIS_CLIENTS_CLI_RECEIPT_H_
#define PISTIS_CLIENTS_CLI_RECEIPT_H_

#include <cstdint>
#include <string>

#include "pistis/v1/checkout_service.pb.h"

#include "clients/cli/program_facts.h"

namespace pistis {

// The lines, each discount by its rule or code, points redeemed, what is to be
// paid, points earned and the balance after, the codes issued, and in words
// each cap that cut a benefit, with what more to buy would do. What came back
// since is at the end.
[[nodiscard]] std::string ReceiptText(const v1::CommittedOrder& order,
                                      const ProgramFacts& facts);

// What the cap of this id holds, in words; the id itself where it is not known.
[[nodiscard]] std::string CapInWords(const std::string& cap_id);

// An amount of `cap` in its own measure: "12.50", or "80 points".
[[nodiscard]] std::string CapAmountText(const v1::BoundCap& cap, int64_t amount,
                                        const ProgramFacts& facts);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_RECEIPT_H_
