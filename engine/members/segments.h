// Which segments a member is in. Pure.
#ifndef PISTIS_ENGINE_MEMBERS_SEGMENTS_H_
#define PISTIS_ENGINE_MEMBERS_SEGMENTS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

#include "engine/rulebook/rulebook.h"
#include "engine/rules/facts.h"

namespace pistis {

// The ids of the segments of a member with these facts at `now`, in
// alphabetical order: those whose condition holds, and of those without one,
// those that `facts` has. A condition sees the segments without one and those
// that the rulebook lists before its own; one that fails at run time does not
// hold.
[[nodiscard]] std::vector<std::string> SegmentsOf(const Rulebook& rulebook,
                                                  MemberFacts facts,
                                                  absl::Time now);

// When time may change that: the end of the day; InfiniteFuture where no
// segment asks for `now`.
[[nodiscard]] absl::Time SegmentsDue(const Rulebook& rulebook, absl::Time now);

}  // namespace pistis

#endif  // PISTIS_ENGINE_MEMBERS_SEGMENTS_H_
