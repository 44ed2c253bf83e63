// RulebookService: a rulebook's life, and the catalogue of costs beside it.
#ifndef PISTIS_SERVER_RULEBOOK_SERVICE_H_
#define PISTIS_SERVER_RULEBOOK_SERVICE_H_

#include "pistis/v1/rulebook_service.grpc.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"
#include "server/progress_stream.h"
#include "server/simulation_stream.h"

namespace pistis::server {

class RulebookService final : public MethodTable<v1::RulebookService> {
 public:
  // The room and the simulations' pool outlive the service.
  RulebookService(const EngineRoom& room, SimulationRoom simulations);

 private:
  const SimulationRoom simulations_;
  StreamPlaces simulation_places_{kLongWorkPlaces};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_RULEBOOK_SERVICE_H_
