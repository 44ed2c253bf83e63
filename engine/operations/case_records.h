// Cases and what members were given for them, in and out of storage.
#ifndef PISTIS_ENGINE_OPERATIONS_CASE_RECORDS_H_
#define PISTIS_ENGINE_OPERATIONS_CASE_RECORDS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/store/v1/care_records.pb.h"
#include "pistis/v1/care_service.pb.h"

#include "engine/base/ids.h"
#include "engine/care/case_life.h"
#include "engine/care/remedies.h"
#include "engine/care/standing.h"
#include "engine/operations/journal.h"
#include "engine/storage/store.h"

namespace pistis {

// A case as it lies in storage, its two parts side by side.
struct StoredCase {
  v1::Case message;
  // Its `case` is empty: that is `message`.
  store::v1::CaseRecord record;

  [[nodiscard]] CaseId id() const { return CaseId(message.case_id()); }
};

// NOT_FOUND, RECORD_CORRUPT.
absl::StatusOr<StoredCase> LoadCase(const Reader& reader,
                                    const ProgramId& program, const CaseId& id);

// Puts the case, and its place among those that fall due, which is at `due`
// from now on; InfiniteFuture: at none.
void PutCase(StoredCase stored, absl::Time due, Journal& journal);

[[nodiscard]] CaseStand StandOf(const v1::Case& message);
[[nodiscard]] CaseFacts FactsOf(const v1::Case& message);
// CASE_NOT_OPEN where the act cannot be done to it now.
[[nodiscard]] absl::Status CheckAct(const v1::Case& message, CaseAct act);
// LIMIT_REACHED where a case with so many of them takes no more.
[[nodiscard]] absl::Status CheckRoom(const v1::Case& message,
                                     absl::string_view what, int count);

// An empty one where there is none. RECORD_CORRUPT.
absl::StatusOr<CareStanding> LoadCareStanding(const Reader& reader,
                                              const ProgramId& program,
                                              const MemberId& member);
// Puts it without what is too old by now.
void PutCareStanding(const MemberId& member, CareStanding standing,
                     Journal& journal);

// Why an entry gives points, and what a code comes of: "case c1, remedy 2".
[[nodiscard]] std::string RemedyName(absl::string_view case_id, int64_t number);

// The note that asks the member, after the case was resolved so often: "case
// c1, follow-up 2".
[[nodiscard]] std::string FollowUpName(absl::string_view case_id,
                                       int64_t resolved);

// FIELD_INVALID where `actor` is missing or blank, or too long.
absl::Status CheckActor(absl::string_view actor);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_CASE_RECORDS_H_
