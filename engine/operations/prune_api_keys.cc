#include "engine/operations/prune_api_keys.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/strip.h"
#include "absl/types/span.h"

#include "pistis/store/v1/access_records.pb.h"

#include "engine/base/digest.h"
#include "engine/base/status_macros.h"
#include "engine/operations/api_keys.h"
#include "engine/operations/audit_log.h"
#include "engine/storage/access_keys.h"
#include "engine/storage/codec.h"
#include "engine/storage/key_parts.h"
#include "engine/storage/overlay.h"

namespace pistis {
namespace {

using store::v1::ApiKeyRecord;

bool EndedBefore(const ApiKeyRecord& key, absl::Time time) {
  const auto is_before = [&](int64_t us) {
    return us != 0 && absl::FromUnixMicros(us) < time;
  };
  return is_before(key.revoke_us()) || is_before(key.expire_us());
}

absl::StatusOr<bool> HasKeys(const Reader& reader) {
  bool has = false;
  PISTIS_RETURN_IF_ERROR(
      reader.Scan(ApiKeyKey(""), ApiKeysEnd(),
                  [&](absl::string_view /*key*/, absl::string_view /*value*/) {
                    has = true;
                    return Visit::kStop;
                  }));
  return has;
}

}  // namespace

absl::StatusOr<OldApiKeys> FindOldApiKeys(const Reader& reader,
                                          const ApiKeySlice& slice) {
  const std::string prefix = ApiKeyKey("");
  std::string begin = ApiKeyKey(slice.after);
  if (!slice.after.empty()) begin.push_back('\0');
  OldApiKeys old;
  size_t seen = 0;
  ApiKeyRecord record;
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      begin, ApiKeysEnd(), [&](absl::string_view key, absl::string_view value) {
        old.more = seen++ == slice.max_keys;
        if (old.more) return Visit::kStop;
        old.reached = std::string(absl::StripPrefix(key, prefix));
        if (record.ParseFromArray(value.data(),
                                  static_cast<int>(value.size())) &&
            EndedBefore(record, slice.before)) {
          old.key_ids.push_back(old.reached);
        }
        return Visit::kContinue;
      }));
  return old;
}

absl::StatusOr<Decided<ForgetApiKeysReply>> ForgetApiKeys(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ForgetApiKeysInput& input) {
  ForgetApiKeysReply reply;
  // A clock that was set back since the keys were looked for makes none older.
  const absl::Time before =
      std::min(input.before, context.now - kApiKeysKeptFor);
  WriteSet writes;
  // Each act follows the one before, which is not stored yet.
  const OverlayReader after_writes(reader, {&writes});
  const size_t count =
      std::min(input.key_ids.size(), kMaxApiKeysForgottenAtOnce);
  for (const std::string& id :
       absl::MakeConstSpan(input.key_ids).first(count)) {
    const std::string key = ApiKeyKey(id);
    PISTIS_ASSIGN_OR_RETURN(const std::optional<ApiKeyRecord> known,
                            GetRecord<ApiKeyRecord>(after_writes, key));
    if (!known || !EndedBefore(*known, before)) continue;
    if (known->key_id() != id || known->seal() != SealOf(env.secret, *known)) {
      continue;
    }
    WriteSet without;
    without.Delete(key);
    PISTIS_ASSIGN_OR_RETURN(
        const bool has_others,
        HasKeys(OverlayReader(reader, {&without, &writes})));
    if (!has_others) break;
    PISTIS_RETURN_IF_ERROR(RecordAct(
        after_writes, context,
        {.method = std::string(kForgetApiKey),
         .request_hash =
             ForgetApiKeyMac(env.secret, id, absl::ToUnixMicros(context.now)),
         .subject = id},
        without));
    writes.Merge(std::move(without));
    ++reply.forgotten;
  }
  return Decided<ForgetApiKeysReply>{.reply = reply,
                                     .writes = std::move(writes)};
}

std::string ForgetApiKeyMac(absl::string_view secret, absl::string_view key_id,
                            int64_t time_us) {
  std::string bytes(kForgetApiKey);
  bytes.push_back('\0');
  AppendKeyNumber(time_us, bytes);
  bytes.append(key_id.data(), key_id.size());
  return HmacSha256(secret, bytes);
}

}  // namespace pistis
