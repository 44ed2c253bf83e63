// What is complained about more than usual. Pure.
//
// Under chance alone, each of the n cases that something has in both spans lies
// in the later one with the probability s, that span's part of the orders (or
// of the weeks, where that is more: complaints come after their sales). So many
// or more of n come by chance with the probability of a binomial tail. Where
// many things are looked at, some stand out by chance: each probability is
// multiplied by the number of things that could have stood out at all (those
// with enough cases, whenever these came), so that with no pattern anywhere one
// answer in twenty, at most, shows any.
#ifndef PISTIS_ENGINE_INSIGHT_PATTERNS_H_
#define PISTIS_ENGINE_INSIGHT_PATTERNS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace pistis {

// An answer shows any pattern by chance with this probability, at most.
inline constexpr double kPatternChance = 0.05;

// Cases about something, and orders that they could be about, in the weeks that
// are looked at and in those before.
struct PatternCount {
  // "category", "sku", "store".
  std::string by;
  std::string value;
  int64_t cases = 0;
  int64_t orders = 0;
  int64_t baseline_cases = 0;
  int64_t baseline_orders = 0;
};

// How many weeks are looked at, and how many before them are the usual; both
// from 1.
struct PatternSpan {
  int weeks = 1;
  int baseline_weeks = 12;
};

struct Pattern {
  PatternCount count;
  // Cases that were to be expected.
  double expected = 0;
  // Corrected for how many things were looked at; at most kPatternChance.
  double p_value = 1;
};

// The patterns among `counts`, the least likely first, then by `by` and value.
[[nodiscard]] std::vector<Pattern> FindPatterns(
    const std::vector<PatternCount>& counts, const PatternSpan& span);

}  // namespace pistis

#endif  // PISTIS_ENGINE_INSIGHT_PATTERNS_H_
