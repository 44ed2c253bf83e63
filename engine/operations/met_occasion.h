// What happened to a member beside sales and what rules gave for it, on its way
// to storage.
#ifndef PISTIS_ENGINE_OPERATIONS_MET_OCCASION_H_
#define PISTIS_ENGINE_OPERATIONS_MET_OCCASION_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

#include "pistis/store/v1/member_records.pb.h"
#include "pistis/store/v1/occasion_records.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/base/ids.h"
#include "engine/members/occasions.h"
#include "engine/operations/env.h"
#include "engine/operations/issue_code.h"
#include "engine/operations/journal.h"

namespace pistis {

struct MetOccasion {
  // By the member.
  int64_t number = 0;
  absl::Time effective;
  store::v1::OccasionRecord record;
  v1::MemberOccasion event;
  std::vector<IssuedCode> codes;
  // But for the points that are available after it.
  std::vector<v1::NoteRequested> notes;
  // True: time alone set it off.
  bool is_by_time = false;
};

// Hands a member's occasion to `journal`: its record, its codes, its events.
void PostOccasion(const ProgramId& program, const MemberId& member,
                  const MetOccasion& met, Points available, Journal& journal);

[[nodiscard]] OccasionState ToState(const store::v1::OccasionsRecord& record);
// `record` must be empty.
void FillRecord(const OccasionState& state, store::v1::OccasionsRecord& record);

// What is needed for what happens to a member beside sales.
struct OccasionTerms {
  // The store's: codes derive from it. Outlives who has the terms.
  const std::string& secret;
  // What lies before this gives nothing any more.
  absl::Time oldest;
};

// The terms at `now`: occasions are noticed for kLatestOccasion; while old
// sales are imported, however late they come.
[[nodiscard]] OccasionTerms OccasionTermsOf(
    const OperationEnv& env, const store::v1::TotalsRecord& totals,
    absl::Time now);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_MET_OCCASION_H_
