// Random rulebooks, orders and proposals for the properties of the guard.
#ifndef PISTIS_TESTS_SUPPORT_RANDOM_SALE_H_
#define PISTIS_TESTS_SUPPORT_RANDOM_SALE_H_

#include <iosfwd>

#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rules/proposal.h"

namespace pistis {

// What the guard is asked to decide.
struct RandomSale {
  Rulebook rulebook;
  Order order;
  Proposal proposal;
};

// Draws a sale from RapidCheck; to be called within a property. Amounts run
// from nothing to the largest; taxes, costs, caps, priorities and redemptions
// cover what a published rulebook may hold. The proposal is drawn at random, or
// what random rules of all shapes propose.
[[nodiscard]] RandomSale AnySale();

// One whose proposal is what its rules propose.
[[nodiscard]] RandomSale AnyRuledSale();

// Shows a sale in a failure.
std::ostream& operator<<(std::ostream& out, const RandomSale& sale);

}  // namespace pistis

#endif  // PISTIS_TESTS_SUPPORT_RANDOM_SALE_H_
