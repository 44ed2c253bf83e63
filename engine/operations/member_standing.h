// Where a member stands, in and out of records and API messages, and the facts
// that conditions see.
#ifndef PISTIS_ENGINE_OPERATIONS_MEMBER_STANDING_H_
#define PISTIS_ENGINE_OPERATIONS_MEMBER_STANDING_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/member_service.pb.h"

#include "engine/base/ids.h"
#include "engine/members/standing.h"
#include "engine/operations/journal.h"
#include "engine/rules/facts.h"

namespace pistis {

[[nodiscard]] StandingState ToState(const store::v1::StandingRecord& record);
// Fills in what StandingState knows of a record that is empty.
void FillRecord(const StandingState& state, store::v1::StandingRecord& record);

// The standing among the tiers as the API shows it at `now`; nothing where
// there are no tiers and never were. `rulebook` may be null.
[[nodiscard]] std::optional<v1::TierStanding> ToMessage(
    const Standing& standing, const Rulebook* rulebook, absl::Time now);

// What an order keeps of the facts that its conditions saw, in a record that is
// empty.
void FillRecord(const MemberFacts& facts, store::v1::MemberFactsRecord& record);
[[nodiscard]] MemberFacts ToFacts(const store::v1::MemberFactsRecord& record,
                                  const MemberId& member);

// The facts with what only the profile knows.
[[nodiscard]] MemberFacts WithProfile(const store::v1::ProfileRecord& profile,
                                      MemberFacts facts);

// "1990-02-28"; nothing where it is no such day.
[[nodiscard]] std::optional<absl::CivilDay> ParseBirthday(
    const std::string& text);

// The events of changes of the tier, and of what came and went between two
// sets of segments.
void AnnounceTiers(const MemberId& member,
                   const std::vector<TierChange>& changes,
                   int64_t rulebook_version, Journal& journal);

// A member's segments before and after a change.
struct SegmentChange {
  const MemberId& member;
  absl::Time at;
  const std::vector<std::string>& before;
  const std::vector<std::string>& after;
};
void AnnounceSegments(const SegmentChange& change, int64_t rulebook_version,
                      Journal& journal);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_MEMBER_STANDING_H_
