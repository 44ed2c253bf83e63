// The use case PruneRequests: request ids are not remembered for ever.
#ifndef PISTIS_ENGINE_OPERATIONS_PRUNE_REQUESTS_H_
#define PISTIS_ENGINE_OPERATIONS_PRUNE_REQUESTS_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/storage/store.h"

namespace pistis {

// At most this many requests are forgotten in one commit.
inline constexpr size_t kMaxPrunedAtOnce = 500;

// A part of a program's remembered requests, in the order of their ids.
struct RequestSlice {
  // Empty: the requests of programs that did not exist.
  ProgramId program;
  // The slice begins behind this one; empty: with the first.
  RequestId after;
  // Requests answered before this are old.
  absl::Time before;
  // Ends after this many, at least one.
  size_t max_requests = 5000;
};

// What a slice holds.
struct OldRequests {
  std::vector<RequestId> requests;
  // For RequestSlice::after of the next slice.
  RequestId reached;
  // True where there is a next slice.
  bool more = false;
};

// The old requests of a slice. Records that cannot be read are passed over: it
// is not known how old they are.
absl::StatusOr<OldRequests> FindOldRequests(const Reader& reader,
                                            const RequestSlice& slice);

// Requests to forget, at most kMaxPrunedAtOnce; more are left alone.
struct PruneRequestsInput {
  ProgramId program;
  std::vector<RequestId> requests;
  absl::Time before;
};

struct PruneRequestsReply {
  size_t pruned = 0;
};

// Forgets those of the named requests that are still there and were answered
// before the given time: one whose id was used anew meanwhile is kept. After
// that the id is new. Order, refund and hold ids are never forgotten.
absl::StatusOr<Decided<PruneRequestsReply>> PruneRequests(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const PruneRequestsInput& input);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_PRUNE_REQUESTS_H_
