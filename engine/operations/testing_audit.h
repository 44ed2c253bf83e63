// Recounts a program from what it stores, naively, and says what disagrees. Not
// for programs.
#ifndef PISTIS_ENGINE_OPERATIONS_TESTING_AUDIT_H_
#define PISTIS_ENGINE_OPERATIONS_TESTING_AUDIT_H_

#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/operations/testing.h"

namespace pistis {

// What does not hold of the program, one sentence each; nothing where all does:
//   a member's entries are numbered without gaps and run forward in time; the
//   postings of each sum to zero; they sum to the stored balance, and by lot to
//   the open lots; GetAccount shows that less what is due; every open lot is
//   queued; the program's sums are what entries, orders, refunds, codes and
//   events come to.
// Takes time in proportion to all that is stored.
[[nodiscard]] std::vector<std::string> Audit(const TestShop& shop,
                                             const ProgramId& program);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_TESTING_AUDIT_H_
