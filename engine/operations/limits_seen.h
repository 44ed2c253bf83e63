// What limits of rules had come to when an order was committed: kept with the
// order, so that it can be worked out once more.
#ifndef PISTIS_ENGINE_OPERATIONS_LIMITS_SEEN_H_
#define PISTIS_ENGINE_OPERATIONS_LIMITS_SEEN_H_

#include <map>
#include <utility>

#include "pistis/store/v1/records.pb.h"

#include "engine/rulebook/rulebook.h"
#include "engine/rules/limits.h"

namespace pistis {

// Remembers what a book answers. Refers to the rulebook, whose rules alone may
// be asked for. Not synchronised.
class LimitsSeen {
 public:
  LimitsSeen(const Rulebook& rulebook, LimitBook book)
      : rulebook_(rulebook), book_(std::move(book)) {}
  LimitsSeen(const LimitsSeen&) = delete;
  LimitsSeen& operator=(const LimitsSeen&) = delete;

  // The book that remembers; must not outlive this.
  [[nodiscard]] LimitBook Book();

  // Adds what was answered, where it was not nothing.
  void KeepIn(store::v1::OrderRecord& order) const;

 private:
  const Rulebook& rulebook_;
  const LimitBook book_;
  // By the place of the rule and of the limit among the rule's.
  std::map<std::pair<int, int>, LimitUse> seen_;
};

// A book that answers as when the order was committed, which `rulebook` did.
[[nodiscard]] LimitBook LimitsAsSeen(const Rulebook& rulebook,
                                     const store::v1::OrderRecord& order);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_LIMITS_SEEN_H_
