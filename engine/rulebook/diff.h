// What changes from one rulebook to another, in words.
#ifndef PISTIS_ENGINE_RULEBOOK_DIFF_H_
#define PISTIS_ENGINE_RULEBOOK_DIFF_H_

#include <string>
#include <vector>

#include "pistis/v1/rulebook.pb.h"

namespace pistis {

struct RulebookChange {
  // Entries that have an id stand under it, the others under their place:
  // "rules[coffee-double].earn.multiply", "rules[a].limits[0].times".
  std::string path;
  // "rule coffee-double: earn multiply 2 -> 3".
  std::string text;
};

// Field by field as they are stated, in the order of the schema, then by id. An
// entry with an id is the same entry wherever it stands in its list; of several
// with one id the last counts. Long texts are shown from where they differ. Any
// two messages; pure.
[[nodiscard]] std::vector<RulebookChange> Differences(const v1::Rulebook& from,
                                                      const v1::Rulebook& to);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_DIFF_H_
