// The load before the crash: tills that sell, refund and repeat themselves
// until the server is gone.
#ifndef PISTIS_TESTS_CRASH_CLIENT_LOOP_H_
#define PISTIS_TESTS_CRASH_CLIENT_LOOP_H_

#include <cstdint>

#include "tests/crash/client.h"
#include "tests/crash/findings.h"
#include "tests/crash/orders.h"

namespace pistis::crash {

// Which loop of which cycle.
struct LoopId {
  int cycle = 0;
  int loop = 0;
};

// Sends one call after another until one ends because the server is gone, and
// returns what was sent and what was acknowledged. Any other refusal than
// OVERLOADED, and any reply to a repeated call that is not the first one, is a
// finding. Blocks.
Journal RunClientLoop(Client& client, uint64_t seed, const LoopId& id,
                      Findings& findings);

}  // namespace pistis::crash

#endif  // PISTIS_TESTS_CRASH_CLIENT_LOOP_H_
