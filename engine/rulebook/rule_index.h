// Which rules of a rulebook may concern an order, without looking at each.
#ifndef PISTIS_ENGINE_RULEBOOK_RULE_INDEX_H_
#define PISTIS_ENGINE_RULEBOOK_RULE_INDEX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"

#include "engine/rulebook/item_lists.h"
#include "engine/rulebook/rule_keys.h"

namespace pistis {

struct OrderTrait {
  Trait trait = Trait::kSku;
  absl::string_view text;
};

// Files each rule under the need that fewest other rules share; a rule that may
// concern every order is always found. Immutable; any thread.
class RuleIndex {
 public:
  // `lists` are those that the rules' conditions ask for. A rule is filed once
  // for each list, however long that is.
  RuleIndex(const std::vector<Rule>& rules,
            std::shared_ptr<const ItemLists> lists);

  // Indices of rules, ascending: all that may concern an order which has
  // exactly `traits`, in any order, some perhaps repeated, on `day`, the day of
  // the sale on the program's wall. Others do nothing for it; see NeedsOf.
  // Takes time for the traits and for what is found; for the other rules, a bit
  // each.
  [[nodiscard]] std::vector<size_t> Find(absl::Span<const OrderTrait> traits,
                                         absl::CivilDay day) const;

 private:
  // A bit for each rule.
  using Bits = std::vector<uint64_t>;

  // The rules filed under a beginning, and the longest other beginning that it
  // starts with.
  struct Beginning {
    std::vector<size_t> rules;
    std::optional<std::string> wider;
  };
  // What is filed under one trait.
  struct Filed {
    bool has_texts = false;
    std::map<std::string, Beginning, std::less<>> beginnings;
  };

  void File(size_t rule, const RuleNeed& need);
  void FileLists();
  static void LinkBeginnings(Filed& filed);
  void AddRulesOf(const RuleKey& key, Bits& found) const;
  // `seen` are the lists whose rules are found already.
  void AddRulesOfLists(absl::string_view sku, Bits& seen, Bits& found) const;
  static void AddRulesOfBeginnings(const Filed& filed, absl::string_view text,
                                   Bits& found);

  Bits always_;
  absl::flat_hash_map<RuleKey, std::vector<size_t>> rules_;
  std::array<Filed, kTraitCount> filed_;
  // Holds the skus below.
  std::shared_ptr<const ItemLists> lists_;
  // By sku the lists that it is in, of those that anything is filed under; by
  // list the rules.
  absl::flat_hash_map<absl::string_view, absl::InlinedVector<uint32_t, 4>>
      lists_of_;
  std::vector<std::vector<size_t>> listed_;
  std::set<int> day_levels_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_RULE_INDEX_H_
