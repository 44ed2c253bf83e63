// RulebookService: a rulebook's life.
#ifndef PISTIS_SERVER_RULEBOOK_SERVICE_H_
#define PISTIS_SERVER_RULEBOOK_SERVICE_H_

#include "pistis/v1/rulebook_service.grpc.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"

namespace pistis::server {

class RulebookService final : public MethodTable<v1::RulebookService> {
 public:
  // The room outlives the service.
  explicit RulebookService(const EngineRoom& room);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_RULEBOOK_SERVICE_H_
