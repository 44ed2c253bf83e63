// How many API keys are stored, and how many of them are good, without a look
// at each.
#ifndef PISTIS_ENGINE_OPERATIONS_API_KEY_TALLY_H_
#define PISTIS_ENGINE_OPERATIONS_API_KEY_TALLY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_ptr_field.h"

#include "pistis/store/v1/access_records.pb.h"

namespace pistis {

struct ApiKeyCounts {
  // Those that are good no more among them.
  size_t stored = 0;
  // Neither revoked nor expired.
  size_t good = 0;
  // Stored ones that name a certain program.
  size_t of_program = 0;
};

// Kept in step with what is stored: what it says follows from the records that
// were put and not removed, in whatever order. One thread at a time.
class ApiKeyTally {
 public:
  // A key that is stored, or stored anew.
  void Put(const store::v1::ApiKeyRecord& record);
  // A key that is stored no more; one that never was changes nothing.
  void Remove(absl::string_view key_id);

  // The counts at `now`, which never runs back. Of the named programs, the one
  // with the most keys.
  [[nodiscard]] ApiKeyCounts At(
      absl::Time now,
      const google::protobuf::RepeatedPtrField<std::string>& programs);

 private:
  struct Key {
    bool is_good = false;
    // 0: never.
    int64_t expire_us = 0;
    std::vector<std::string> programs = {};
  };

  // By their ids.
  absl::flat_hash_map<std::string, Key> keys_;
  size_t good_ = 0;
  // When those that are good will be so no more, with their ids.
  absl::btree_set<std::pair<int64_t, std::string>> expiries_;
  absl::flat_hash_map<std::string, size_t> of_programs_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_API_KEY_TALLY_H_
