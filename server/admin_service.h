// AdminService: programs, backups, and the proof that a ledger is whole.
#ifndef PISTIS_SERVER_ADMIN_SERVICE_H_
#define PISTIS_SERVER_ADMIN_SERVICE_H_

#include <atomic>
#include <string>

#include "pistis/v1/admin_service.grpc.pb.h"

#include "engine/storage/backup.h"
#include "server/engine_room.h"
#include "server/methods.h"
#include "server/read_pool.h"

namespace pistis::server {

// What takes minutes rather than milliseconds, and where it runs: apart from
// the read pool, which tills wait for.
struct Upkeep {
  ReadPool& pool;
  // What is backed up, and the folder that gets a folder for each backup; made
  // with the first.
  BackupSource& source;
  std::string backup_dir;
};

class AdminService final : public MethodTable<v1::AdminService> {
 public:
  // The room and what `upkeep` refers to outlive the service.
  AdminService(const EngineRoom& room, Upkeep upkeep);

 private:
  grpc::ServerUnaryReactor* CreateBackup(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer& bytes,
                                         grpc::ByteBuffer* reply);

  const EngineRoom& room_;
  const Upkeep upkeep_;
  std::atomic<bool> recounting_{false};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_ADMIN_SERVICE_H_
