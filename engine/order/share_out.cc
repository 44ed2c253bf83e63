#include "engine/order/share_out.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "engine/base/rate.h"

namespace pistis {

std::vector<Money> ShareOut(Money total, absl::Span<const Money> weights) {
  std::vector<Money> shares(weights.size());
  if (total.is_zero()) return shares;
  Money whole;
  for (const Money weight : weights)
    whole += weight;
  if (!whole.is_positive() || total.is_negative()) std::abort();

  std::vector<int64_t> remainders(weights.size());
  Money left = total;
  for (size_t i = 0; i < weights.size(); ++i) {
    const Int128 product = Int128{total.value()} * weights[i].value();
    shares[i] = Money(static_cast<int64_t>(product / whole.value()));
    remainders[i] = static_cast<int64_t>(product % whole.value());
    left -= shares[i];
  }
  if (left.is_zero()) return shares;

  std::vector<size_t> lines(weights.size());
  std::iota(lines.begin(), lines.end(), size_t{0});
  std::stable_sort(lines.begin(), lines.end(), [&](size_t a, size_t b) {
    return remainders[a] > remainders[b];
  });
  for (size_t i = 0; left.is_positive(); ++i) {
    shares[lines[i]] += Money(1);
    left -= Money(1);
  }
  return shares;
}

}  // namespace pistis
