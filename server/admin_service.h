// AdminService: programs, backups, and the proof that a ledger is whole.
#ifndef PISTIS_SERVER_ADMIN_SERVICE_H_
#define PISTIS_SERVER_ADMIN_SERVICE_H_

#include "pistis/v1/admin_service.grpc.pb.h"

#include "server/backups.h"
#include "server/engine_room.h"
#include "server/methods.h"
#include "server/progress_stream.h"
#include "server/read_pool.h"

namespace pistis::server {

// What takes minutes rather than milliseconds, and where it runs: apart from
// the read pool, which tills wait for.
struct Upkeep {
  ReadPool& pool;
  Backups& backups;
  // Of recounts alone.
  ReadPool& recounts;
};

class AdminService final : public MethodTable<v1::AdminService> {
 public:
  // The room and what `upkeep` refers to outlive the service.
  AdminService(const EngineRoom& room, Upkeep upkeep);

 private:
  void CreateBackup(const UnaryCall& call);

  const EngineRoom& room_;
  const Upkeep upkeep_;
  StreamPlaces recount_places_{kLongWorkPlaces};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_ADMIN_SERVICE_H_
