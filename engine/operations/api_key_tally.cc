#include "engine/operations/api_key_tally.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"

namespace pistis {

void ApiKeyTally::Put(const store::v1::ApiKeyRecord& record) {
  Remove(record.key_id());
  // A program that is named twice counts once.
  const absl::flat_hash_set<std::string> programs(record.program_ids().begin(),
                                                  record.program_ids().end());
  const Key key{.is_good = record.revoke_us() == 0,
                .expire_us = record.expire_us(),
                .programs = {programs.begin(), programs.end()}};
  for (const std::string& program : key.programs)
    ++of_programs_[program];
  if (key.is_good) ++good_;
  if (key.is_good && key.expire_us != 0) {
    expiries_.emplace(key.expire_us, record.key_id());
  }
  keys_.emplace(record.key_id(), key);
}

void ApiKeyTally::Remove(absl::string_view key_id) {
  const auto found = keys_.find(key_id);
  if (found == keys_.end()) return;
  const Key& key = found->second;
  for (const std::string& program : key.programs) {
    const auto of_program = of_programs_.find(program);
    if (--of_program->second == 0) of_programs_.erase(of_program);
  }
  if (key.is_good) {
    --good_;
    expiries_.erase({key.expire_us, std::string(key_id)});
  }
  keys_.erase(found);
}

ApiKeyCounts ApiKeyTally::At(
    absl::Time now,
    const google::protobuf::RepeatedPtrField<std::string>& programs) {
  const int64_t now_us = absl::ToUnixMicros(now);
  while (!expiries_.empty() && expiries_.begin()->first <= now_us) {
    keys_[expiries_.begin()->second].is_good = false;
    --good_;
    expiries_.erase(expiries_.begin());
  }
  ApiKeyCounts counts{.stored = keys_.size(), .good = good_};
  for (const std::string& program : programs) {
    const auto found = of_programs_.find(program);
    if (found == of_programs_.end()) continue;
    counts.of_program = std::max(counts.of_program, found->second);
  }
  return counts;
}

}  // namespace pistis
