// LedgerService: accounts and commands on points.
#ifndef PISTIS_SERVER_LEDGER_SERVICE_H_
#define PISTIS_SERVER_LEDGER_SERVICE_H_

#include "pistis/v1/ledger_service.grpc.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"

namespace pistis::server {

class LedgerService final : public MethodTable<v1::LedgerService> {
 public:
  // The room outlives the service.
  explicit LedgerService(const EngineRoom& room);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_LEDGER_SERVICE_H_
