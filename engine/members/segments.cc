#include "engine/members/segments.h"

#include <algorithm>
#include <utility>

#include "engine/ledger/lot.h"

namespace pistis {

std::vector<std::string> SegmentsOf(const Rulebook& rulebook, MemberFacts facts,
                                    absl::Time now) {
  const std::vector<std::string> before = std::move(facts.segments);
  facts.segments.clear();
  for (const Segment& segment : rulebook.segments) {
    if (segment.when == nullptr &&
        std::find(before.begin(), before.end(), segment.id) != before.end()) {
      facts.segments.push_back(segment.id);
    }
  }
  for (const Segment& segment : rulebook.segments) {
    if (segment.when != nullptr &&
        segment.when->Decide(MemberAlone(facts, now)).holds) {
      facts.segments.push_back(segment.id);
    }
  }
  std::sort(facts.segments.begin(), facts.segments.end());
  return std::move(facts.segments);
}

absl::Time SegmentsDue(const Rulebook& rulebook, absl::Time now) {
  return rulebook.segments_follow_time
             ? EndOfDayAfter(now, 0, rulebook.time_zone)
             : absl::InfiniteFuture();
}

}  // namespace pistis
