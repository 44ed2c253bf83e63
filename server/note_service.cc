#include "server/note_service.h"

#include "engine/operations/note_queries.h"

namespace pistis::server {

NoteService::NoteService(const EngineRoom& room) : MethodTable(room) {
  Serve("GetNote", Reads(room, &pistis::GetNote));
  Serve("ListNotes", Reads(room, &pistis::ListNotes));
  Serve("PreviewNote", Reads(room, &pistis::PreviewNote));
}

}  // namespace pistis::server
