#include "engine/operations/prune_requests.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/status_macros.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

// What all keys of the program's requests begin with.
std::string PrefixOf(const ProgramId& program) {
  return RequestKey(program, RequestId());
}

// The first key that no longer does; the prefix ends with a zero byte.
std::string EndOf(std::string prefix) {
  prefix.back() = '\1';
  return prefix;
}

// The first key behind the request's.
std::string KeyBehind(const ProgramId& program, const RequestId& request) {
  std::string key = RequestKey(program, request);
  if (!request.empty()) key.push_back('\0');
  return key;
}

bool IsOld(const store::v1::RequestRecord& record, absl::Time before) {
  return record.answered_us() < absl::ToUnixMicros(before);
}

}  // namespace

absl::StatusOr<OldRequests> FindOldRequests(const Reader& reader,
                                            const RequestSlice& slice) {
  const std::string prefix = PrefixOf(slice.program);
  OldRequests old;
  size_t seen = 0;
  store::v1::RequestRecord record;
  PISTIS_RETURN_IF_ERROR(
      reader.Scan(KeyBehind(slice.program, slice.after), EndOf(prefix),
                  [&](absl::string_view key, absl::string_view value) {
                    old.more = seen++ == slice.max_requests;
                    if (old.more) return Visit::kStop;
                    absl::string_view id = absl::StripPrefix(key, prefix);
                    absl::ConsumeSuffix(&id, absl::string_view("\0", 1));
                    old.reached = RequestId(id);
                    if (record.ParseFromArray(value.data(),
                                              static_cast<int>(value.size())) &&
                        IsOld(record, slice.before)) {
                      old.requests.push_back(old.reached);
                    }
                    return Visit::kContinue;
                  }));
  return old;
}

absl::StatusOr<Decided<PruneRequestsReply>> PruneRequests(
    const OperationEnv& /*env*/, const Reader& reader,
    const CommitContext& /*context*/, const PruneRequestsInput& input) {
  PruneRequestsReply reply;
  WriteSet writes;
  const size_t count = std::min(input.requests.size(), kMaxPrunedAtOnce);
  for (const RequestId& request :
       absl::MakeConstSpan(input.requests).first(count)) {
    const std::string key = RequestKey(input.program, request);
    PISTIS_ASSIGN_OR_RETURN(const std::optional<store::v1::RequestRecord> known,
                            GetRecord<store::v1::RequestRecord>(reader, key));
    if (!known || !IsOld(*known, input.before)) continue;
    writes.Delete(key);
    ++reply.pruned;
  }
  return Decided<PruneRequestsReply>{.reply = reply,
                                     .writes = std::move(writes)};
}

}  // namespace pistis
