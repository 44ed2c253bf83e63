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

absl::StatusOr<std::string> ParseCreateBackup(
    const v1::CreateBackupRequest& request, absl::Time /*now*/) {
  if (IsBackupId(request.backup_id())) return request.backup_id();
  return RefuseField("backup_id", "must be 1 to 64 of a-z, 0-9, '-', '_'");
}

// The encoded v1::Backup.
absl::StatusOr<std::string> MakeBackup(const Upkeep& upkeep,
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
  return backup.SerializeAsString();
}

}  // namespace

AdminService::AdminService(const EngineRoom& room, Upkeep upkeep)
    : room_(room), upkeep_(std::move(upkeep)) {
  Serve("CreateProgram",
        Writes(
            room,
            +[](const v1::CreateProgramRequest& request, absl::Time /*now*/) {
              return ParseCreateProgram(request);
            },
            &pistis::CreateProgram));
  Serve("CreateBackup",
        [this](grpc::CallbackServerContext* context,
               const grpc::ByteBuffer* request, grpc::ByteBuffer* reply) {
          return CreateBackup(context, *request, reply);
        });
  Stream("VerifyLedger", Streams<v1::VerifyLedgerRequest>(
                             [this](const v1::VerifyLedgerRequest& request) {
                               return StartRecount(room_, upkeep_.pool, request,
                                                   recounting_);
                             }));
  Serve("SignCheckpoint", Reads(room, &pistis::SignCheckpoint));
}

grpc::ServerUnaryReactor* AdminService::CreateBackup(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& bytes,
    grpc::ByteBuffer* reply) {
  const UnaryCall call(context, reply);
  const absl::StatusOr<std::string> id =
      ParseBytes(bytes, &ParseCreateBackup, room_.clock.Now());
  if (!id.ok()) {
    call.Finish(id.status());
    return call.reactor;
  }
  const bool queued = upkeep_.pool.Run([this, call, id = *id] {
    call.Finish(MakeBackup(upkeep_, id,
                           {.commit_seq = room_.executor.last_commit_seq(),
                            .now = room_.clock.Now()}));
  });
  if (!queued) {
    call.Finish(Refuse(Reason::kOverloaded,
                       "other backups are under way; try again later"));
  }
  return call.reactor;
}

}  // namespace pistis::server
