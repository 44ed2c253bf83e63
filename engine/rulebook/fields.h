// Reads single fields of a rulebook and reports what is wrong with them.
#ifndef PISTIS_ENGINE_RULEBOOK_FIELDS_H_
#define PISTIS_ENGINE_RULEBOOK_FIELDS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

#include "engine/base/decimal.h"
#include "engine/base/rate.h"
#include "engine/expr/environment.h"
#include "engine/rulebook/reporter.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// The longest duration and the most of anything countable in a rulebook.
inline constexpr int kMaxDays = 36'500;
inline constexpr int64_t kMaxCount = 1'000'000'000;

// A text field and where it is in the rulebook.
struct TextField {
  std::string path;
  absl::string_view text;
};

// A whole-number field, where it is, and its bounds.
struct CountField {
  std::string path;
  int64_t value = 0;
  int64_t least = 1;
  int64_t most = kMaxCount;
};

// What a rate stands for, which sets its bounds.
enum class RateMeaning {
  // A part that is given: above 0 %, at most 100 %.
  kDiscount,
  // A limit: 0 % to 100 %.
  kCap,
  // A cost as a part of a price: 0 % to 1000 %.
  kCost,
};

// Each Read reports a problem and returns nothing where the text is not what is
// wanted. An empty text is a missing one.

// An amount from zero up.
std::optional<Money> ReadAmount(const TextField& field,
                                const Currency& currency, Reporter& reporter);
// An amount above zero.
std::optional<Money> ReadMoney(const TextField& field, const Currency& currency,
                               Reporter& reporter);
std::optional<Rate> ReadRate(const TextField& field, RateMeaning meaning,
                             Reporter& reporter);
// "365d": 1 to kMaxDays.
std::optional<int> ReadDays(const TextField& field, Reporter& reporter);
// "2026-12-31"; nothing where the text is empty.
std::optional<absl::CivilDay> ReadDay(const TextField& field,
                                      Reporter& reporter);
// A null condition where the text is empty, and where it does not compile.
Condition ReadCondition(const TextField& field,
                        const expr::Environment& environment,
                        Reporter& reporter);
// Reports a count that is out of its bounds; true where it is fine.
bool CheckCount(const CountField& field, Reporter& reporter);
// The same, but 0 stands for `otherwise` where the YAML does not state it.
int64_t ReadCount(const CountField& field, int64_t otherwise,
                  Reporter& reporter);

// Reports a text that is not of the form of an id; true where it is.
bool CheckIdForm(const TextField& field, Reporter& reporter);

// The names of a choice, in the order in which messages list them.
template <typename Choice>
using ChoiceNames = std::vector<std::pair<std::string, Choice>>;

// Reports that the text is none of `names`.
void ReportChoice(const TextField& field, const std::vector<std::string>& names,
                  Reporter& reporter);

// The choice of this name; nothing where the text is empty or, with a problem
// reported, where it is none of the names.
template <typename Choice>
std::optional<Choice> ReadChoice(const TextField& field,
                                 const ChoiceNames<Choice>& choices,
                                 Reporter& reporter) {
  if (field.text.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& [name, choice] : choices) {
    if (field.text == name) return choice;
    names.push_back(name);
  }
  ReportChoice(field, names, reporter);
  return std::nullopt;
}

// The ids of one list, each with its index.
class IdIndex {
 public:
  // Takes in an id; reports where it is missing, malformed or taken. `index` is
  // the entry's place in the list.
  void Add(const TextField& field, size_t index, Reporter& reporter);

  // The index of the entry that the field refers to; nothing where the text is
  // empty or, with a problem reported, where no entry has the id. `kind` is
  // what an entry is called ("note").
  std::optional<size_t> Find(const TextField& field, absl::string_view kind,
                             Reporter& reporter) const;

 private:
  std::map<std::string, size_t, std::less<>> indexes_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_FIELDS_H_
