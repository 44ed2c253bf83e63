// What a run of many clients must have been: some order of its commands, one by
// one, that nobody who looked at it can tell from what happened.
#ifndef PISTIS_TESTS_LINEAR_HISTORY_H_
#define PISTIS_TESTS_LINEAR_HISTORY_H_

#include <string>
#include <vector>

#include "engine/operations/testing.h"
#include "engine/storage/store.h"
#include "tests/linear/sender.h"

namespace pistis {

// All commands of a run, in any order.
using History = std::vector<Sent>;

// Each returns what does not hold, one sentence each.

// Those that wrote have the numbers from `first` on, each once, without gaps;
// replies name the number of their own commit, or of the first one where the
// request is known, and then they are that one's.
[[nodiscard]] std::vector<std::string> NumberFaults(const History& history,
                                                    int64_t first);

// What was answered before another was sent comes before it, in commits and in
// time.
[[nodiscard]] std::vector<std::string> OrderFaults(const History& history);

// One by one on `shop`, whose store is `store` and which is as the run found
// it, in the order of commits and at the same times, the same answers come of
// it, to the byte; those that wrote nothing run on the state that they saw.
// Leaves in the store what the run must have left.
[[nodiscard]] std::vector<std::string> ReplayFaults(const History& history,
                                                    const TestShop& shop,
                                                    Store& store);

// How often each kind was answered how: "EarnPoints OK 12", in order.
[[nodiscard]] std::vector<std::string> Counts(const History& history);

}  // namespace pistis

#endif  // PISTIS_TESTS_LINEAR_HISTORY_H_
