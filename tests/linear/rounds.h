// How much the suites of this folder do: a few seconds, or by hand what the
// environment says.
#ifndef PISTIS_TESTS_LINEAR_ROUNDS_H_
#define PISTIS_TESTS_LINEAR_ROUNDS_H_

namespace pistis {

// PISTIS_LINEAR_COMMANDS: sent by all clients together to each store.
[[nodiscard]] int LinearCommands();
// PISTIS_DUPLICATE_COMMANDS: sent in all, three of ten of them duplicates.
[[nodiscard]] int DuplicateCommands();

}  // namespace pistis

#endif  // PISTIS_TESTS_LINEAR_ROUNDS_H_
