// The API keys of the server, in memory: no call reads storage for its key.
#ifndef PISTIS_SERVER_AUTH_KEY_RING_H_
#define PISTIS_SERVER_AUTH_KEY_RING_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#include "pistis/store/v1/access_records.pb.h"
#include "pistis/v1/admin_service.pb.h"

#include "engine/operations/api_key_tally.h"
#include "engine/operations/api_key_text.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"
#include "server/auth/caller.h"

namespace pistis::server {

// Any thread.
class KeyRing {
 public:
  KeyRing() = default;
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;

  // Takes up all stored keys that are sealed with `secret`, the store's: who
  // may write to the disk alone makes none. How many are not, which
  // VerifyLedger names. RECORD_CORRUPT.
  absl::StatusOr<int64_t> Load(const Reader& reader, absl::string_view secret);

  // Whose key it is. UNAUTHENTICATED where the text is mistyped, unknown,
  // revoked, or its time is over at `now`; the message never repeats it.
  [[nodiscard]] absl::StatusOr<CallerPtr> Find(absl::string_view text,
                                               absl::Time now) const;

  // OK while the key of a caller that Find gave is good. UNAUTHENTICATED.
  [[nodiscard]] absl::Status Check(const Caller& caller, absl::Time now) const;

  // Takes up the keys that a commit writes, and lets go of those that it takes
  // out. Called while the commit is decided, so before its reply leaves; a
  // commit that fails ends the server.
  void Learn(const WriteSet& writes);

  // How many keys there are at `now`, which never runs back; of_program as of
  // those that `wanted` names. On the executor's writer, as all that teaches
  // this: so the counts are those of the state that the command sees.
  [[nodiscard]] ApiKeyCounts Count(const v1::ApiKey& wanted, absl::Time now);

  // Remembers a new key to be shown, and shows it: for a day, until the server
  // ends, and nowhere but in memory. Nothing where that is over.
  void Keep(const ApiKeyText& key, absl::Time now);
  [[nodiscard]] std::optional<std::string> Shown(const std::string& key_id,
                                                 absl::Time now);

 private:
  struct Key {
    CallerPtr caller;
    bool is_revoked = false;
  };
  struct ShownKey {
    std::string text;
    absl::Time until;
  };

  [[nodiscard]] absl::StatusOr<CallerPtr> FindHash(const std::string& hash,
                                                   absl::Time now) const;
  // Counts it, and lets its holder in.
  void Put(const store::v1::ApiKeyRecord& record)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(absl::string_view key_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  // By their hashes.
  absl::flat_hash_map<std::string, Key> keys_ ABSL_GUARDED_BY(mutex_);
  // The hashes of all, by their ids.
  absl::flat_hash_map<std::string, std::string> hashes_ ABSL_GUARDED_BY(mutex_);
  ApiKeyTally tally_ ABSL_GUARDED_BY(mutex_);
  // By their ids.
  absl::flat_hash_map<std::string, ShownKey> shown_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_KEY_RING_H_
