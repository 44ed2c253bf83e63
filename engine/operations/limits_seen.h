// What limits of rules and codes had come to when an order was committed: kept
// with the order, so that it can be worked out once more.
#ifndef PISTIS_ENGINE_OPERATIONS_LIMITS_SEEN_H_
#define PISTIS_ENGINE_OPERATIONS_LIMITS_SEEN_H_

#include <map>
#include <utility>
#include <vector>

#include "pistis/store/v1/records.pb.h"

#include "engine/rulebook/rulebook.h"
#include "engine/rules/limits.h"
#include "engine/rules/sale_view.h"

namespace pistis {

// Whose limits may be asked for: the rules of the rulebook of a sale, and the
// codes that the order types, as it does. Refers to both.
struct LimitHolders {
  const Rulebook& rulebook;
  std::vector<CodeToApply> codes;
};

// Remembers what a book answers. Not synchronised.
class LimitsSeen {
 public:
  LimitsSeen(LimitHolders holders, LimitBook book)
      : holders_(std::move(holders)), book_(std::move(book)) {}
  LimitsSeen(const LimitsSeen&) = delete;
  LimitsSeen& operator=(const LimitsSeen&) = delete;

  // The book that remembers; must not outlive this.
  [[nodiscard]] LimitBook Book();

  // Adds what was answered, where it was not nothing.
  void KeepIn(store::v1::OrderRecord& order) const;

 private:
  const LimitHolders holders_;
  const LimitBook book_;
  // By the place of the rule, behind all of them of the code, and of the limit
  // among its own.
  std::map<std::pair<int, int>, LimitUse> seen_;
};

// A book that answers as when the order was committed, by the same rulebook.
[[nodiscard]] LimitBook LimitsAsSeen(LimitHolders holders,
                                     const store::v1::OrderRecord& order);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_LIMITS_SEEN_H_
