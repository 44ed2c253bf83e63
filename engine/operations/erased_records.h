// What erasing a member takes out of single records.
#ifndef PISTIS_ENGINE_OPERATIONS_ERASED_RECORDS_H_
#define PISTIS_ENGINE_OPERATIONS_ERASED_RECORDS_H_

#include <string>

#include "absl/strings/string_view.h"

#include "pistis/store/v1/records.pb.h"

namespace pistis {

// Why entries, codes and cases of an erased member end.
inline constexpr char kErasedReason[] = "erased";

// The digest that goes with an order from which personal data was taken.
[[nodiscard]] std::string ErasedDigest(store::v1::OrderRecord order);

// Renews that digest after a change; leaves other orders alone.
void SealErased(store::v1::OrderRecord& order);

// Takes out what the order and its lines were told as attributes, and of the
// member's facts all but tier and sums, which name nobody. False where its
// bytes are no order; nothing is changed then.
[[nodiscard]] bool StripSale(store::v1::OrderRecord& order);

// The fingerprint of a request as `known` of a stored sale has it: of a sale
// that was stripped it is keyed once more, so that nobody guesses what was
// there from the rest.
[[nodiscard]] std::string FingerprintLike(absl::string_view known,
                                          absl::string_view secret,
                                          std::string fingerprint);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_ERASED_RECORDS_H_
