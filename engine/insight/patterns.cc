#include "engine/insight/patterns.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <tuple>

#include <boost/math/distributions/binomial.hpp>

namespace pistis {
namespace {

double Part(int64_t later, int64_t earlier) {
  const auto whole = static_cast<double>(later) + static_cast<double>(earlier);
  return whole > 0 ? static_cast<double>(later) / whole : 0;
}

// The later span's part of what could be complained about; 1 where there is
// nothing to compare it with.
double LaterPart(const PatternCount& count, const PatternSpan& span) {
  const double of_weeks = Part(span.weeks, span.baseline_weeks);
  return std::max(of_weeks, Part(count.orders, count.baseline_orders));
}

double CasesOf(const PatternCount& count) {
  return static_cast<double>(count.cases) +
         static_cast<double>(count.baseline_cases);
}

// So many or more of the cases lie in the later span.
double ChanceOf(const PatternCount& count, double part) {
  if (count.cases <= 0) return 1;
  if (part >= 1) return 1;
  const boost::math::binomial_distribution<double> cases(CasesOf(count), part);
  return boost::math::cdf(
      boost::math::complement(cases, static_cast<double>(count.cases) - 1));
}

// What chance there is at least, wherever the cases lie.
double LeastChanceOf(const PatternCount& count, double part) {
  return std::pow(part, CasesOf(count));
}

// How many things could stand out, where one of so many must be so unlikely.
double CandidatesAmong(std::vector<double> least) {
  std::sort(least.begin(), least.end());
  for (size_t most = 1; most < least.size(); ++most) {
    const double bound = kPatternChance / static_cast<double>(most);
    const auto reach = std::upper_bound(least.begin(), least.end(), bound);
    if (static_cast<size_t>(reach - least.begin()) <= most) {
      return static_cast<double>(most);
    }
  }
  return static_cast<double>(std::max<size_t>(least.size(), 1));
}

}  // namespace

std::vector<Pattern> FindPatterns(const std::vector<PatternCount>& counts,
                                  const PatternSpan& span) {
  std::vector<double> least;
  least.reserve(counts.size());
  for (const PatternCount& count : counts)
    least.push_back(LeastChanceOf(count, LaterPart(count, span)));
  const double candidates = CandidatesAmong(std::move(least));
  std::vector<Pattern> patterns;
  for (const PatternCount& count : counts) {
    const double part = LaterPart(count, span);
    const double chance = ChanceOf(count, part) * candidates;
    if (chance > kPatternChance) continue;
    patterns.push_back({.count = count,
                        .expected = static_cast<double>(count.baseline_cases) *
                                    part / (1 - part),
                        .p_value = chance});
  }
  std::sort(patterns.begin(), patterns.end(),
            [](const Pattern& a, const Pattern& b) {
              return std::tie(a.p_value, a.count.by, a.count.value) <
                     std::tie(b.p_value, b.count.by, b.count.value);
            });
  return patterns;
}

}  // namespace pistis
