// Recounts a program from what it stores and holds what the API says against
// it. Not for programs.
#ifndef PISTIS_ENGINE_OPERATIONS_TESTING_AUDIT_H_
#define PISTIS_ENGINE_OPERATIONS_TESTING_AUDIT_H_

#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/operations/testing.h"

namespace pistis {

// What does not hold of the program, one sentence each; nothing where all does:
//   what VerifyLedger finds; ListEntries gives each member's entries, without
//   gaps; GetAccount is what ListLots comes to, shows nothing that is due, and
//   is what is stored where nothing is; GetProgramStats is what entries and
//   events come to; each event is streamed once.
// Takes time in proportion to all that is stored.
[[nodiscard]] std::vector<std::string> Audit(const TestShop& shop,
                                             const ProgramId& program);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_TESTING_AUDIT_H_
