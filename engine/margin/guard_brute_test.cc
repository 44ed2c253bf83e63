// Small sales, each possible grant tried: the guard's is the largest.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

#include "engine/margin/cap_books_test.h"
#include "engine/margin/guard.h"
#include "engine/margin/small_sale_test.h"
#include "rapidcheck/gtest.h"
#include "tests/support/builders.h"
#include "tests/support/random_sale.h"

namespace pistis {
namespace {

Grant GrantOf(const RandomSale& sale) {
  RC_LOG() << sale;
  absl::StatusOr<Grant> grant =
      GrantBenefits(sale.rulebook, sale.order, sale.proposal);
  RC_ASSERT(grant.ok());
  return *std::move(grant);
}

// Calls `visit` with all shares between `least` and what the benefit asks for.
template <typename Visitor>
void ForAllShares(const Benefit& benefit, const std::vector<Money>& least,
                  Visitor visit) {
  std::vector<Money> shares = least;
  while (true) {
    visit(shares);
    size_t line = 0;
    while (line < shares.size() && shares[line] == benefit.requested[line]) {
      shares[line] = least[line];
      ++line;
    }
    if (line == shares.size()) return;
    shares[line] += Money(1);
  }
}

Books With(Books books, Benefit benefit, const std::vector<Money>& shares,
           Money shipping) {
  benefit.granted = shares;
  benefit.shipping = shipping;
  books.Add(benefit);
  return books;
}

// The most that the benefit could get on top of what `higher` holds.
Money MostOf(const Books& higher, const Benefit& benefit) {
  Money most;
  const std::vector<Money> none(benefit.requested.size());
  ForAllShares(benefit, none, [&](const std::vector<Money>& shares) {
    const Money sum = SumOf(shares);
    if (sum > most && With(higher, benefit, shares, Money()).Hold()) most = sum;
  });
  for (Money shipping(1); shipping <= benefit.requested_shipping;
       shipping += Money(1)) {
    if (With(higher, benefit, none, shipping).Hold()) {
      most = std::max(most, shipping);
    }
  }
  return most;
}

// A point is worth a minor unit.
Money InSteps(const RandomSale& sale, Money most) {
  const int64_t step = sale.rulebook.points.step.value();
  const Money whole(most.value() / step * step);
  return whole.value() < sale.rulebook.points.minimum.value() ? Money() : whole;
}

RC_GTEST_PROP(GuardBruteForce, WithoutTaxEachBenefitGetsTheMostThereCanBe, ()) {
  const RandomSale sale = SmallSales(SmallTax::kNone).Draw();
  const Grant grant = GrantOf(sale);
  Books books(sale);
  for (const Benefit& benefit : InOrder(sale.proposal, grant)) {
    Money most = MostOf(books, benefit);
    if (benefit.is_points) most = InSteps(sale, most);
    if (most < benefit.minimum) most = Money();
    RC_ASSERT(SumOf(benefit.granted) + benefit.shipping == most);
    books.Add(benefit);
    RC_ASSERT(books.Hold());
  }
}

// With tax some lines cost less margin than others; shared out in proportion,
// no line may get more unless another gets less.
RC_GTEST_PROP(GuardBruteForce, WithTaxNothingFitsOnTopOfWhatIsGranted, ()) {
  const RandomSale sale = SmallSales(SmallTax::kSome).Draw();
  const Grant grant = GrantOf(sale);
  Books books(sale);
  for (const Benefit& benefit : InOrder(sale.proposal, grant)) {
    if (!benefit.is_points && !benefit.is_dropped()) {
      ForAllShares(
          benefit, benefit.granted, [&](const std::vector<Money>& shares) {
            if (shares == benefit.granted) return;
            RC_ASSERT(!With(books, benefit, shares, benefit.shipping).Hold());
          });
    }
    if (benefit.is_dropped()) {
      RC_ASSERT(MostOf(books, benefit) < benefit.minimum ||
                benefit.requested_shipping.is_zero());
    }
    books.Add(benefit);
    RC_ASSERT(books.Hold());
  }
}

}  // namespace
}  // namespace pistis
