// A rulebook with one mistake, and what its refusal must say. For tests.
#ifndef PISTIS_ENGINE_RULEBOOK_MISTAKE_H_
#define PISTIS_ENGINE_RULEBOOK_MISTAKE_H_

#include <string>
#include <vector>

namespace pistis {

struct Mistake {
  // What follows the header; the whole rulebook where it begins with "!". @@
  // marks where the refusal must point; it is taken out before the text is
  // loaded.
  std::string yaml;
  // What the description must hold: the mend.
  std::string mend;
};

// Fails the test for each that is not refused with one violation, there, with
// that mend.
void ExpectAllPointedOut(const std::vector<Mistake>& mistakes);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_MISTAKE_H_
