// AdminService: programs, backups, and the proof that a ledger is whole.
#ifndef PISTIS_SERVER_ADMIN_SERVICE_H_
#define PISTIS_SERVER_ADMIN_SERVICE_H_

#include <atomic>
#include <string>

#include "pistis/v1/admin_service.grpc.pb.h"

#include "engine/storage/backup.h"
#include "server/engine_room.h"
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

class AdminService final : public v1::AdminService::CallbackService {
 public:
  // What `upkeep` refers to outlives the service.
  AdminService(const EngineRoom& room, Upkeep upkeep);

  grpc::ServerUnaryReactor* CreateProgram(
      grpc::CallbackServerContext* context,
      const v1::CreateProgramRequest* request, v1::Program* reply) override;
  grpc::ServerUnaryReactor* CreateBackup(grpc::CallbackServerContext* context,
                                         const v1::CreateBackupRequest* request,
                                         v1::Backup* reply) override;
  // Refused with OVERLOADED while another recount runs.
  grpc::ServerWriteReactor<v1::VerifyLedgerResponse>* VerifyLedger(
      grpc::CallbackServerContext* context,
      const v1::VerifyLedgerRequest* request) override;
  grpc::ServerUnaryReactor* SignCheckpoint(
      grpc::CallbackServerContext* context,
      const v1::SignCheckpointRequest* request,
      v1::LedgerCheckpoint* reply) override;

 private:
  const EngineRoom& room_;
  const Upkeep upkeep_;
  std::atomic<bool> recounting_{false};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_ADMIN_SERVICE_H_
