// What the environment says of a run, and the server that it is about.
#ifndef PISTIS_TESTS_CRASH_SETTINGS_H_
#define PISTIS_TESTS_CRASH_SETTINGS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "tests/crash/books.h"
#include "tests/support/server_process.h"

namespace pistis::crash {

// Calls share so many connections: a real shop's tills do behind their proxy.
inline constexpr int kConnections = 16;
static_assert(kConnections >= kWorkers);

// What is asked for, or `seconds` and `cycles`.
struct Settings {
  // PISTIS_CRASH_SEED, else PISTIS_TEST_SEED, else any.
  uint64_t seed = 0;
  // PISTIS_CRASH_CYCLES.
  int cycles = 0;
  // PISTIS_CRASH_SECONDS: the longest load before a crash.
  double seconds = 0;
};

// Reads them, and prints them so that a run can be repeated.
[[nodiscard]] Settings ReadSettings(int cycles, double seconds);

// Starts a server on what is in `data_dir` and connects the shop to it.
[[nodiscard]] absl::StatusOr<std::unique_ptr<ServerProcess>> OpenShop(
    const std::string& data_dir, Shop& shop);

// Ends it as an operator would. The shop hangs up first: a connection that
// nobody waits on does not see that it is asked to close, and the server would
// wait for it.
[[nodiscard]] absl::Status StopOrderly(ServerProcess& server, Shop& shop);

}  // namespace pistis::crash

#endif  // PISTIS_TESTS_CRASH_SETTINGS_H_
