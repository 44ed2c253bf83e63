// How an amount is shared out over lines.
#ifndef PISTIS_ENGINE_ORDER_SHARE_OUT_H_
#define PISTIS_ENGINE_ORDER_SHARE_OUT_H_

#include <vector>

#include "absl/types/span.h"

#include "engine/base/amount.h"

namespace pistis {

// Shares `total` out over lines in proportion to `weights` by the method of the
// largest remainder; of equal remainders the earlier line's counts first. The
// shares sum exactly to `total`, and where total <= the sum of weights no share
// exceeds its weight.
//
// Requires total >= 0, no negative weight, and a positive weight where total is
// positive.
[[nodiscard]] std::vector<Money> ShareOut(Money total,
                                          absl::Span<const Money> weights);

}  // namespace pistis

#endif  // PISTIS_ENGINE_ORDER_SHARE_OUT_H_
