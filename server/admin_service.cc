#include "server/admin_service.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/api_keys.h"
#include "engine/operations/audit_log.h"
#include "engine/operations/programs.h"
#include "engine/operations/sign_checkpoint.h"
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
  if (!IsBackupId(request.backup_id())) {
    return RefuseField("backup_id", "must be 1 to 64 of a-z, 0-9, '-', '_'");
  }
  if (absl::StartsWith(request.backup_id(), kScheduledPrefix)) {
    return RefuseField("backup_id",
                       absl::StrCat("must not begin with ", kScheduledPrefix,
                                    ": the server removes those by itself"));
  }
  return request.backup_id();
}

// The encoded v1::Backup.
absl::StatusOr<std::string> MakeBackup(Backups& backups,
                                       const std::string& id) {
  PISTIS_ASSIGN_OR_RETURN(const v1::Backup backup, backups.Make(id));
  return backup.SerializeAsString();
}

// A method that answers with what its caller may see.
template <typename Request, typename Reply>
UnaryMethod ReadsFor(const EngineRoom& room,
                     absl::StatusOr<Reply> (*query)(const QueryContext&,
                                                    const Request&,
                                                    const Access&)) {
  return [&room, query](const UnaryCall& call) {
    RunOnPool(room, call, [&room, query](const UnaryCall& call) {
      const Access& by = call.admitted.caller->access;
      call.Finish(Ask<Request>(
          room, call.request(),
          [&](const QueryContext& context, const Request& request) {
            return query(context, request, by);
          }));
    });
  };
}

// The reply to a caller who may see the key, which is stored nowhere.
void ShowSecret(KeyRing& keys, absl::Time now,
                Encoded<v1::CreateApiKeyResponse>& encoded) {
  v1::CreateApiKeyResponse reply;
  if (!reply.ParseFromString(encoded.bytes)) return;
  const auto secret = keys.Shown(reply.api_key().key_id(), now);
  if (secret) reply.set_secret(*secret);
  encoded = Encode(reply);
}

// Decides by `operation` where the caller's key or certificate is still good.
// The call waited since the gate let it in: whoever was revoked meanwhile makes
// no key to come back with, and revokes nobody's.
template <typename Operation>
auto WhileGood(const Gate& gate, const UnaryCall& call, Operation operation) {
  return
      [&gate, caller = call.admitted.caller, operation = std::move(operation)](
          const OperationEnv& env, const Reader& reader,
          const CommitContext& context,
          const auto& asked) -> decltype(operation(env, reader, context,
                                                   asked)) {
        PISTIS_RETURN_IF_ERROR(gate.CheckStanding(*caller));
        return operation(env, reader, context, asked);
      };
}

// Where the audit log refuses an act, the key ring knows nothing of it.
auto Teaches(KeyRing& keys) {
  return [&keys](const WriteSet& writes) { keys.Learn(writes); };
}

UnaryMethod CreatesKeys(const EngineRoom& room) {
  return [&room](const UnaryCall& call) {
    absl::StatusOr<CreateApiKeyInput> input =
        ParseBytes(call.request(), &ParseCreateApiKey, room.clock.Now());
    if (input.ok()) {
      input->by = call.admitted.caller->access;
      input->key = MakeApiKeyText(RandomBytes(kApiKeyRandomBytes));
    }
    const auto create = [&keys = room.gate->keys()](
                            const OperationEnv& env, const Reader& reader,
                            const CommitContext& context,
                            const CreateApiKeyInput& asked) {
      CreateApiKeyInput counted = asked;
      counted.counts = keys.Count(asked.wanted, context.now);
      auto decided = pistis::CreateApiKey(env, reader, context, counted);
      if (!decided.ok() || !decided->reply.ok()) return decided;
      if (!decided->writes.empty()) keys.Keep(asked.key, context.now);
      ShowSecret(keys, context.now, *decided->reply);
      return decided;
    };
    Submit(room, call, std::move(input), WhileGood(*room.gate, call, create),
           Teaches(room.gate->keys()));
  };
}

UnaryMethod RevokesKeys(const EngineRoom& room) {
  return [&room](const UnaryCall& call) {
    absl::StatusOr<RevokeApiKeyInput> input =
        ParseBytes(call.request(), &ParseRevokeApiKey, room.clock.Now());
    if (input.ok()) input->by = call.admitted.caller->access;
    Submit(room, call, std::move(input),
           WhileGood(*room.gate, call, &pistis::RevokeApiKey),
           Teaches(room.gate->keys()));
  };
}

}  // namespace

AdminService::AdminService(const EngineRoom& room, Upkeep upkeep)
    : MethodTable(room), room_(room), upkeep_(std::move(upkeep)) {
  Serve("CreateProgram",
        Writes(
            room,
            +[](const v1::CreateProgramRequest& request, absl::Time /*now*/) {
              return ParseCreateProgram(request);
            },
            &pistis::CreateProgram));
  Serve("CreateBackup", [this](const UnaryCall& call) { CreateBackup(call); });
  Serve("ListPrograms",
        ReadsFor<v1::ListProgramsRequest>(room, &pistis::ListPrograms));
  Serve("CreateApiKey", CreatesKeys(room));
  Serve("RevokeApiKey", RevokesKeys(room));
  Serve("ListApiKeys",
        ReadsFor<v1::ListApiKeysRequest>(room, &pistis::ListApiKeys));
  Serve("ListAuditLog", Reads(room, &pistis::ListAuditLog));
  Stream("VerifyLedger", Streams<v1::VerifyLedgerRequest>(
                             [this](const StreamCall& call,
                                    const v1::VerifyLedgerRequest& request) {
                               return StartRecount(
                                   room_, {upkeep_.recounts, recount_places_},
                                   call, request);
                             }));
  Serve("SignCheckpoint",
        ReadsFor<v1::SignCheckpointRequest>(room, &pistis::SignCheckpointFor));
}

void AdminService::CreateBackup(const UnaryCall& call) {
  const absl::StatusOr<std::string> id =
      ParseBytes(call.request(), &ParseCreateBackup, room_.clock.Now());
  if (!id.ok()) {
    call.Finish(id.status());
    return;
  }
  const bool queued = upkeep_.pool.Run([this, call, id = *id] {
    const absl::StatusOr<std::string> backup = MakeBackup(upkeep_.backups, id);
    if (!backup.ok()) {
      call.Finish(backup.status());
      return;
    }
    RecordAlone(room_, call.admitted, *backup,
                [call, backup](const absl::Status& recorded) {
                  if (recorded.ok()) {
                    call.Finish(backup);
                  } else {
                    call.Finish(recorded);
                  }
                });
  });
  if (!queued) {
    call.Finish(Refuse(Reason::kOverloaded,
                       "other backups are under way; try again later"));
  }
}

}  // namespace pistis::server
