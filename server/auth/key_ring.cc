#include "server/auth/key_ring.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/api_keys.h"
#include "engine/storage/access_keys.h"

namespace pistis::server {
namespace {

constexpr absl::Duration kShownFor = absl::Hours(24);

absl::Status RefuseKey(absl::string_view problem) {
  return Refuse(Reason::kUnauthenticated, absl::StrCat("the key ", problem));
}

}  // namespace

absl::StatusOr<int64_t> KeyRing::Load(const Reader& reader,
                                      absl::string_view secret) {
  const absl::MutexLock lock(&mutex_);
  int64_t unsealed = 0;
  PISTIS_RETURN_IF_ERROR(
      ForEachApiKey(reader, [&](const store::v1::ApiKeyRecord& record) {
        mutex_.AssertHeld();
        if (record.seal() == SealOf(secret, record)) return Put(record);
        ++unsealed;
        // It takes room all the same.
        tally_.Put(record);
      }));
  return unsealed;
}

absl::StatusOr<CallerPtr> KeyRing::Find(absl::string_view text,
                                        absl::Time now) const {
  if (!HasApiKeyForm(text)) {
    return RefuseKey("is mistyped: it is no \"pistis_...\" of 49 symbols");
  }
  return FindHash(ApiKeyHash(text), now);
}

absl::Status KeyRing::Check(const Caller& caller, absl::Time now) const {
  return FindHash(caller.key_hash, now).status();
}

absl::StatusOr<CallerPtr> KeyRing::FindHash(const std::string& hash,
                                            absl::Time now) const {
  const absl::ReaderMutexLock lock(&mutex_);
  const auto found = keys_.find(hash);
  if (found == keys_.end()) return RefuseKey("is none of this server's");
  if (found->second.is_revoked) return RefuseKey("was revoked");
  const CallerPtr& caller = found->second.caller;
  if (caller->end <= now) {
    return RefuseKey(
        absl::StrCat("expired at ", absl::FormatTime(caller->end)));
  }
  return caller;
}

void KeyRing::Learn(const WriteSet& writes) {
  for (const WriteSet::Entry* write :
       writes.Sorted(ApiKeyKey(""), ApiKeysEnd())) {
    const absl::MutexLock lock(&mutex_);
    if (!write->value) {
      Remove(absl::StripPrefix(write->key, ApiKeyKey("")));
      continue;
    }
    store::v1::ApiKeyRecord record;
    if (record.ParseFromString(*write->value)) Put(record);
  }
}

ApiKeyCounts KeyRing::Count(const v1::ApiKey& wanted, absl::Time now) {
  const absl::MutexLock lock(&mutex_);
  return tally_.At(now, wanted.program_ids());
}

void KeyRing::Remove(absl::string_view key_id) {
  tally_.Remove(key_id);
  const auto found = hashes_.find(key_id);
  if (found == hashes_.end()) return;
  keys_.erase(found->second);
  hashes_.erase(found);
}

void KeyRing::Put(const store::v1::ApiKeyRecord& record) {
  tally_.Put(record);
  hashes_[record.key_id()] = record.hash();
  keys_[record.hash()] = {
      .caller = std::make_shared<const Caller>(
          Caller{.name = absl::StrCat("key ", record.key_id()),
                 .access = AccessOf(record),
                 .key_hash = record.hash(),
                 .end = record.expire_us() == 0
                            ? absl::InfiniteFuture()
                            : absl::FromUnixMicros(record.expire_us())}),
      .is_revoked = record.revoke_us() != 0};
}

void KeyRing::Keep(const ApiKeyText& key, absl::Time now) {
  const absl::MutexLock lock(&mutex_);
  absl::erase_if(
      shown_, [now](const auto& shown) { return shown.second.until <= now; });
  shown_[key.key_id] = {.text = key.text, .until = now + kShownFor};
}

std::optional<std::string> KeyRing::Shown(const std::string& key_id,
                                          absl::Time now) {
  const absl::MutexLock lock(&mutex_);
  const auto found = shown_.find(key_id);
  if (found == shown_.end() || found->second.until <= now) return std::nullopt;
  return found->second.text;
}

}  // namespace pistis::server
