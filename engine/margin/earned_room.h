// What caps still allow of the points that an order earns.
#ifndef PISTIS_ENGINE_MARGIN_EARNED_ROOM_H_
#define PISTIS_ENGINE_MARGIN_EARNED_ROOM_H_

#include <vector>

#include "engine/base/amount.h"
#include "engine/margin/guard.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rules/benefits.h"

namespace pistis {

// What points are worth, by line: the worth of all, rounded down as that of
// redeemed points is, shared out by the lines' points. `line_points` sums to
// zero or more and has no negative one.
[[nodiscard]] std::vector<Money> WorthByLine(
    const Rulebook& rulebook, const std::vector<Points>& line_points);

// Counts earned points against the caps of the order and of categories, after
// all that was granted. Does nothing where the rulebook does not count them.
// Refers to the rulebook and the grant, which must outlive it. Not
// synchronised.
class EarnedRoom {
 public:
  EarnedRoom(const Rulebook& rulebook, Grant& grant)
      : rulebook_(rulebook), grant_(grant) {}

  // Cuts what is earned to points whose worth all caps allow, the rules that
  // come last first. By line points then follow what the caps allow there. It
  // trims, also where the rulebook says on_exceed: refuse: what is not earned
  // keeps nobody from buying. Again, where something else has changed what is
  // earned since.
  void Cut(Earned& earned);

  // Takes what is earned in the end, at most what Cut left, into the grant's
  // caps and figures. Once, after Cut.
  void Take(const Earned& earned);

 private:
  const Rulebook& rulebook_;
  Grant& grant_;
  // What was asked for, by line.
  std::vector<Money> asked_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_MARGIN_EARNED_ROOM_H_
