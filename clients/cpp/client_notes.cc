// What members are told, and what was held back.
#include "clients/cpp/client.h"
#include "clients/cpp/services.h"

namespace pistis {

absl::StatusOr<v1::ListNotesResponse> Client::ListNotes(
    const v1::ListNotesRequest& request) {
  return Call(options_, services_->note, &v1::NoteService::Stub::ListNotes,
              request);
}

absl::StatusOr<v1::Note> Client::GetNote(const v1::GetNoteRequest& request) {
  return Call(options_, services_->note, &v1::NoteService::Stub::GetNote,
              request);
}

absl::StatusOr<v1::RenderedNote> Client::PreviewNote(
    const v1::PreviewNoteRequest& request) {
  return Call(options_, services_->note, &v1::NoteService::Stub::PreviewNote,
              request);
}

}  // namespace pistis
