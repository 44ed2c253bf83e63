// The commits of a simulation, in a store that is thrown away.
#ifndef PISTIS_ENGINE_OPERATIONS_SIMULATE_SCRATCH_H_
#define PISTIS_ENGINE_OPERATIONS_SIMULATE_SCRATCH_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/base/status_macros.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// Whom what a simulation writes names as its caller.
inline constexpr char kSimulationCaller[] = "simulation";

// Runs use cases one after another, each on what the ones before it left.
// Writes reach the store some hundreds of commits at a time. One thread; the
// store outlives it, and nothing else may write to it.
class ScratchCommits {
 public:
  explicit ScratchCommits(Store& store)
      : store_(store), base_(store.GetSnapshot()) {}

  // All commits so far. Valid until the next one.
  [[nodiscard]] OverlayReader Reading() const {
    return OverlayReader(*base_, {&open_});
  }

  // Runs `decide(reader, context)` as of `time`, and keeps what it writes.
  template <typename Reply, typename Decision>
  absl::StatusOr<Reply> Run(absl::Time time, Decision decide) {
    absl::StatusOr<Decided<Reply>> decided =
        decide(Reading(), CommitContext{.commit_seq = ++commit_seq_,
                                        .now = time,
                                        .caller = kSimulationCaller});
    if (!decided.ok()) return decided.status();
    PISTIS_RETURN_IF_ERROR(Write(std::move(decided->writes)));
    return std::move(decided->reply);
  }

  // Writes that are no use case's.
  absl::Status Write(WriteSet writes);

  // What a simulation keeps beside the program, by a key of its own. Nothing
  // where it was never set.
  [[nodiscard]] absl::StatusOr<std::optional<std::string>> Note(
      absl::string_view key) const;
  absl::Status SetNote(absl::string_view key, std::string value);

 private:
  Store& store_;
  std::unique_ptr<Snapshot> base_;
  WriteSet open_;
  int64_t commit_seq_ = 0;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_SIMULATE_SCRATCH_H_
