// The queries of NoteService.
#ifndef PISTIS_ENGINE_OPERATIONS_NOTE_QUERIES_H_
#define PISTIS_ENGINE_OPERATIONS_NOTE_QUERIES_H_

#include "absl/status/statusor.h"

#include "pistis/v1/note_service.pb.h"

#include "engine/operations/queries.h"

namespace pistis {

// Refusals: as pistis/v1 says of each method.
absl::StatusOr<v1::ListNotesResponse> ListNotes(
    const QueryContext& context, const v1::ListNotesRequest& request);
absl::StatusOr<v1::Note> GetNote(const QueryContext& context,
                                 const v1::GetNoteRequest& request);
absl::StatusOr<v1::RenderedNote> PreviewNote(
    const QueryContext& context, const v1::PreviewNoteRequest& request);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_NOTE_QUERIES_H_
