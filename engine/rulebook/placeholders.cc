#include "engine/rulebook/placeholders.h"

#include "engine/rulebook/rulebook.h"

namespace pistis {

std::vector<std::string> PlaceholdersOf(absl::string_view kind) {
  std::vector<std::string> names = {"name",  "code", "points", "order",
                                    "years", "tier", "program"};
  const bool is_any = kind == kOtherNotes;
  if (is_any || kind == "points-expiring") {
    names.insert(names.end(), {"expiring", "expires"});
  }
  if (is_any || kind == "apology" || kind == kFollowUpNotes) {
    names.emplace_back("case");
  }
  return names;
}

}  // namespace pistis
