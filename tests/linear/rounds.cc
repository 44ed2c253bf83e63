#include "tests/linear/rounds.h"

#include <cstdlib>

#include "absl/strings/numbers.h"

namespace pistis {
namespace {

int From(const char* variable, int otherwise) {
  int rounds = 0;
  const char* given = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return given != nullptr && absl::SimpleAtoi(given, &rounds) ? rounds
                                                              : otherwise;
}

}  // namespace

int LinearCommands() {
  return From("PISTIS_LINEAR_COMMANDS", 6'000);
}

int DuplicateCommands() {
  return From("PISTIS_DUPLICATE_COMMANDS", 3'000);
}

}  // namespace pistis
