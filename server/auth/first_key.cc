#include "server/auth/first_key.h"

#include <iostream>

#include "absl/strings/str_cat.h"

#include "engine/base/digest.h"
#include "engine/base/status_macros.h"
#include "engine/operations/api_keys.h"
#include "engine/operations/audit_log.h"
#include "server/auth/gate.h"
#include "server/run_command.h"

namespace pistis::server {

absl::StatusOr<std::optional<std::string>> MakeOwnerKey(const EngineRoom& room,
                                                        NewOwnerKey when) {
  bool is_empty = true;
  PISTIS_RETURN_IF_ERROR(
      ForEachApiKey(*room.store.GetSnapshot(),
                    [&](const store::v1::ApiKeyRecord&) { is_empty = false; }));
  if (!is_empty && when == NewOwnerKey::kForEmptyStores) return std::nullopt;
  const ApiKeyText key = MakeApiKeyText(RandomBytes(kApiKeyRandomBytes));
  v1::CreateApiKeyRequest request;
  request.set_request_id(absl::StrCat("owner-key-", key.key_id));
  request.mutable_api_key()->set_role(v1::ROLE_OWNER);
  request.mutable_api_key()->set_display_name("made at a start of the server");
  PISTIS_ASSIGN_OR_RETURN(CreateApiKeyInput input,
                          ParseCreateApiKey(request, room.clock.Now()));
  input.key = key;
  input.limit = KeyLimit::kIsWaived;
  const Act act{
      .role = v1::ROLE_OWNER,
      .method = "AdminService/CreateApiKey",
      .request_hash = HmacSha256(room.env.secret, request.SerializeAsString()),
      .subject = key.key_id};
  const auto made = RunCommand<Encoded<v1::CreateApiKeyResponse>>(
      room.executor,
      [&](const Reader& reader, const CommitContext& context)
          -> absl::StatusOr<DecidedReply<v1::CreateApiKeyResponse>> {
        PISTIS_ASSIGN_OR_RETURN(auto decided,
                                CreateApiKey(room.env, reader, context, input));
        PISTIS_RETURN_IF_ERROR(RecordAct(reader, context, act, decided.writes));
        room.gate->keys().Learn(decided.writes);
        return decided;
      });
  PISTIS_RETURN_IF_ERROR(made.status());
  return key.text;
}

absl::Status PrintOwnerKey(const EngineRoom& room, NewOwnerKey when) {
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> key,
                          MakeOwnerKey(room, when));
  if (!key) return absl::OkStatus();
  std::cout << absl::StrCat("The owner's key, shown this once: ", *key, "\n")
            << std::flush;
  return absl::OkStatus();
}

}  // namespace pistis::server
