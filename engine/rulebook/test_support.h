// What the tests of this folder share.
#ifndef PISTIS_ENGINE_RULEBOOK_TEST_SUPPORT_H_
#define PISTIS_ENGINE_RULEBOOK_TEST_SUPPORT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace pistis {

// One violation of a refusal.
struct Violation {
  std::string field;
  std::string description;
};

// The BadRequest violations that a status carries.
[[nodiscard]] std::vector<Violation> ViolationsOf(const absl::Status& status);

// All that a status says, one violation per line.
[[nodiscard]] std::string Explained(const absl::Status& status);

// The three lines that every rulebook begins with.
inline constexpr absl::string_view kHeader =
    "program: corner-shop\n"
    "currency: EUR\n"
    "time_zone: Europe/Athens\n";

// A rulebook with something of every part.
[[nodiscard]] std::string SampleYaml();

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_TEST_SUPPORT_H_
