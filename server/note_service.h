// NoteService: what members are told.
#ifndef PISTIS_SERVER_NOTE_SERVICE_H_
#define PISTIS_SERVER_NOTE_SERVICE_H_

#include "pistis/v1/note_service.grpc.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"

namespace pistis::server {

class NoteService final : public MethodTable<v1::NoteService> {
 public:
  // The room outlives the service.
  explicit NoteService(const EngineRoom& room);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_NOTE_SERVICE_H_
