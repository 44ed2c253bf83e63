#include "engine/order/share_out.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "absl/container/inlined_vector.h"

#include "engine/base/rate.h"

namespace pistis {
namespace {

// Enough for most orders; more lines take memory of their own.
constexpr size_t kFewLines = 16;

struct Division {
  int64_t quotient = 0;
  int64_t remainder = 0;
};

Division Divide(Int128 product, int64_t by) {
  // Amounts of sales fit, and a division of 128 bits takes ten times as long.
  const auto narrow = static_cast<int64_t>(product);
  if (narrow == product) return {narrow / by, narrow % by};
  return {static_cast<int64_t>(product / by),
          static_cast<int64_t>(product % by)};
}

}  // namespace

std::vector<Money> ShareOut(Money total, absl::Span<const Money> weights) {
  std::vector<Money> shares(weights.size());
  if (total.is_zero()) return shares;
  Money whole;
  for (const Money weight : weights)
    whole += weight;
  if (!whole.is_positive() || total.is_negative()) std::abort();

  absl::InlinedVector<int64_t, kFewLines> remainders(weights.size());
  Money left = total;
  for (size_t i = 0; i < weights.size(); ++i) {
    const Division of =
        Divide(Int128{total.value()} * weights[i].value(), whole.value());
    shares[i] = Money(of.quotient);
    remainders[i] = of.remainder;
    left -= shares[i];
  }
  if (left.is_zero()) return shares;

  absl::InlinedVector<size_t, kFewLines> lines(weights.size());
  std::iota(lines.begin(), lines.end(), size_t{0});
  std::sort(lines.begin(), lines.end(), [&](size_t a, size_t b) {
    return remainders[a] != remainders[b] ? remainders[a] > remainders[b]
                                          : a < b;
  });
  for (size_t i = 0; left.is_positive(); ++i) {
    shares[lines[i]] += Money(1);
    left -= Money(1);
  }
  return shares;
}

}  // namespace pistis
