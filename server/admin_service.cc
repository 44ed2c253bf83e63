#include "server/admin_service.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/programs.h"
#include "engine/operations/sign_checkpoint.h"
#include "engine/storage/files.h"
#include "server/recount_stream.h"
#include "server/unary.h"

namespace pistis::server {
namespace {

constexpr size_t kMaxBackupId = 64;

// The id is the name of a folder, so it has no dots and no slashes.
bool IsBackupId(const std::string& id) {
  return !id.empty() && id.size() <= kMaxBackupId &&
         std::all_of(id.begin(), id.end(), [](char symbol) {
           return absl::ascii_islower(symbol) || absl::ascii_isdigit(symbol) ||
                  symbol == '-' || symbol == '_';
         });
}

absl::StatusOr<v1::Backup> MakeBackup(const Upkeep& upkeep,
                                      const std::string& id,
                                      const BackupOptions& options) {
  const std::string path =
      AbsolutePath(absl::StrCat(upkeep.backup_dir, "/", id));
  PISTIS_RETURN_IF_ERROR(MakeDirectoryDurably(FolderOf(path)));
  const auto manifest = pistis::CreateBackup(upkeep.source, path, options);
  if (absl::IsAlreadyExists(manifest.status())) {
    return Refuse(Reason::kAlreadyExists,
                  absl::StrCat("there is a backup ", id),
                  {{"kind", "backup"}, {"id", id}});
  }
  if (!manifest.ok()) return manifest.status();
  v1::Backup backup;
  backup.set_backup_id(id);
  backup.set_path(path);
  backup.set_commit_seq(manifest->commit_seq());
  *backup.mutable_create_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(
          manifest->create_us());
  backup.set_files(manifest->files_size());
  for (const auto& file : manifest->files()) {
    backup.set_bytes(backup.bytes() + file.bytes());
  }
  return backup;
}

}  // namespace

AdminService::AdminService(const EngineRoom& room, Upkeep upkeep)
    : room_(room), upkeep_(std::move(upkeep)) {}

grpc::ServerUnaryReactor* AdminService::CreateProgram(
    grpc::CallbackServerContext* context,
    const v1::CreateProgramRequest* request, v1::Program* reply) {
  const UnaryCall<v1::Program> call(context, reply);
  Submit(room_, call, ParseCreateProgram(*request), &pistis::CreateProgram);
  return call.reactor;
}

grpc::ServerUnaryReactor* AdminService::CreateBackup(
    grpc::CallbackServerContext* context,
    const v1::CreateBackupRequest* request, v1::Backup* reply) {
  const UnaryCall<v1::Backup> call(context, reply);
  if (!IsBackupId(request->backup_id())) {
    call.Finish(
        RefuseField("backup_id", "must be 1 to 64 of a-z, 0-9, '-', '_'"));
    return call.reactor;
  }
  const bool queued = upkeep_.pool.Run([this, call, id = request->backup_id()] {
    const absl::StatusOr<v1::Backup> backup =
        MakeBackup(upkeep_, id,
                   {.commit_seq = room_.executor.last_commit_seq(),
                    .now = room_.clock.Now()});
    if (backup.ok()) *call.reply = *backup;
    call.Finish(backup.status());
  });
  if (!queued) {
    call.Finish(Refuse(Reason::kOverloaded,
                       "other backups are under way; try again later"));
  }
  return call.reactor;
}

grpc::ServerWriteReactor<v1::VerifyLedgerResponse>* AdminService::VerifyLedger(
    grpc::CallbackServerContext* /*context*/,
    const v1::VerifyLedgerRequest* request) {
  return StartRecount(room_, upkeep_.pool, *request, recounting_);
}

grpc::ServerUnaryReactor* AdminService::SignCheckpoint(
    grpc::CallbackServerContext* context,
    const v1::SignCheckpointRequest* request, v1::LedgerCheckpoint* reply) {
  return Answer(room_, context, request, reply, &pistis::SignCheckpoint);
}

}  // namespace pistis::server
