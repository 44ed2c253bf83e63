// Writes the campaigns of The Complete Journey as a rulebook to standard
// output: build/release/bin/pistis_journey_rulebook [DATA_FOLDER]
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/journey/journey.h"

int main(int argc, char** argv) {
  const std::string folder =
      argc > 1 ? argv[1] : pistis::journey::DataFolder(PISTIS_SOURCE_DIR);
  const auto journey = pistis::journey::LoadJourney(folder);
  if (!journey.ok()) {
    std::fprintf(stderr, "%s\n", journey.status().ToString().c_str());
    return EXIT_FAILURE;
  }
  const std::string yaml = pistis::journey::RulebookYaml(*journey);
  std::fwrite(yaml.data(), 1, yaml.size(), stdout);
  return EXIT_SUCCESS;
}
