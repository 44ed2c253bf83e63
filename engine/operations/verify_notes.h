// The stages of a recount that go over notes.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_NOTES_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_NOTES_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// Every note against its template, its events, its place in the index and in
// the queue, the sums, and when its member was written to.
absl::Status VerifyNotes(Recount& recount,
                         const store::v1::TotalsRecord& totals);

// Tells the tally of notes that an order, or an occasion of a member, claims to
// have asked for.
void ClaimNotesOfOrder(absl::string_view order, int64_t notes,
                       Recount& recount);
void ClaimNotesOfOccasion(absl::string_view member, int64_t occasion,
                          int64_t notes, Recount& recount);

// Tells the tally what an event counts.
void CountNoteEvent(const v1::Event& event, Recount& recount);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_NOTES_H_
