// Why a condition holds or does not: the parts of it that decided. Pure.
#ifndef PISTIS_ENGINE_RULES_TRACE_CONDITION_H_
#define PISTIS_ENGINE_RULES_TRACE_CONDITION_H_

#include <string>
#include <vector>

#include "engine/rulebook/rulebook.h"
#include "engine/rules/facts.h"

namespace pistis {

// A part of a condition with what it came to, each cut to kMaxPartText bytes.
struct ComparedValue {
  std::string text;
  std::string value;
};

// A part that decided: "member.orders >= 3", true or false, and what it
// compared. Or, where `error` is set, the part that could not be computed.
struct DecidingPart {
  std::string text;
  bool holds = false;
  std::string error;
  std::vector<ComparedValue> compared;
};

struct Explanation {
  bool holds = false;
  // True where it could not be computed, and so does not hold.
  bool failed = false;
  // At most kMaxDecidingParts. None where there is no condition.
  std::vector<DecidingPart> parts;
};

inline constexpr size_t kMaxPartText = 200;
inline constexpr size_t kMaxDecidingParts = 6;

// Of `a && b` that is false the first part that is, of one that is true both;
// of `a || b` the other way round; the same inside those. As many evaluations
// as there are parts on the way, at most kMaxPartsTried. Of a member's birthday
// and attributes no value is told.
inline constexpr int kMaxPartsTried = 24;
[[nodiscard]] Explanation ExplainCondition(const Condition& condition,
                                           const Facts& facts);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_TRACE_CONDITION_H_
