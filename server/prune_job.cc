#include "server/prune_job.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "engine/base/status_macros.h"
#include "engine/operations/work_off_due.h"
#include "server/auth/gate.h"
#include "server/run_command.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

constexpr absl::Duration kBetweenWalks = absl::Hours(24);

}  // namespace

bool PruneJob::Step() {
  if (!walk_ && steady_.Elapsed() < next_walk_) return false;
  if (walk_ && walk_->keys) {
    const absl::Status done = WalkKeys();
    if (done.ok()) return true;
    spdlog::warn("API keys that ended long ago are kept for now: {}",
                 done.ToString());
    // Tomorrow again: they do not hold up what comes after them.
    walk_->keys.reset();
    return true;
  }
  const absl::Status done = walk_ ? WalkSlice() : Begin();
  if (!done.ok()) {
    spdlog::warn("old request ids are kept for now: {}", done.ToString());
    return false;
  }
  return walk_.has_value();
}

absl::Status PruneJob::Begin() {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<ProgramId> programs,
                          ListProgramIds(*room_.store.GetSnapshot()));
  next_walk_ = steady_.Elapsed() + kBetweenWalks;
  const absl::Time now = room_.clock.Now();
  walk_ = Walk{.keys = ApiKeySlice{.before = now - kApiKeysKeptFor},
               .slice = {.before = now - retention_}};
  // The empty one stands for the requests of programs that did not exist.
  walk_->programs.emplace_back();
  walk_->programs.insert(walk_->programs.end(), programs.begin(),
                         programs.end());
  return absl::OkStatus();
}

absl::Status PruneJob::WalkKeys() {
  PISTIS_ASSIGN_OR_RETURN(
      const OldApiKeys old,
      FindOldApiKeys(*room_.store.GetSnapshot(), *walk_->keys));
  PISTIS_RETURN_IF_ERROR(ForgetKeys(old));
  walk_->keys->after = old.reached;
  if (old.more) return absl::OkStatus();
  if (walk_->forgotten_keys > 0) {
    spdlog::info("{} API keys that ended long ago were forgotten",
                 walk_->forgotten_keys);
  }
  walk_->keys.reset();
  return absl::OkStatus();
}

absl::Status PruneJob::ForgetKeys(const OldApiKeys& old) {
  ForgetApiKeysInput input{.key_ids = {}, .before = walk_->keys->before};
  for (auto next = old.key_ids.begin(); next != old.key_ids.end();) {
    const auto end = next + std::min<ptrdiff_t>(old.key_ids.end() - next,
                                                kMaxApiKeysForgottenAtOnce);
    input.key_ids.assign(next, end);
    PISTIS_ASSIGN_OR_RETURN(
        const ForgetApiKeysReply reply,
        RunCommand<ForgetApiKeysReply>(
            room_.executor,
            [&](const Reader& reader, const CommitContext& context) {
              auto decided = ForgetApiKeys(room_.env, reader, context, input);
              if (decided.ok() && room_.gate != nullptr) {
                room_.gate->keys().Learn(decided->writes);
              }
              return decided;
            }));
    walk_->forgotten_keys += reply.forgotten;
    next = end;
  }
  return absl::OkStatus();
}

absl::Status PruneJob::WalkSlice() {
  PISTIS_ASSIGN_OR_RETURN(
      const OldRequests old,
      FindOldRequests(*room_.store.GetSnapshot(), walk_->slice));
  PISTIS_RETURN_IF_ERROR(Prune(old));
  walk_->slice.after = old.reached;
  if (old.more) return absl::OkStatus();
  walk_->programs.pop_front();
  if (!walk_->programs.empty()) {
    walk_->slice.program = walk_->programs.front();
    walk_->slice.after = RequestId();
    return absl::OkStatus();
  }
  if (walk_->pruned > 0) {
    spdlog::info("{} old request ids were forgotten", walk_->pruned);
  }
  walk_.reset();
  return absl::OkStatus();
}

absl::Status PruneJob::Prune(const OldRequests& old) {
  PruneRequestsInput input{.program = walk_->slice.program,
                           .before = walk_->slice.before};
  for (auto next = old.requests.begin(); next != old.requests.end();) {
    const auto end =
        next + std::min<ptrdiff_t>(old.requests.end() - next, kMaxPrunedAtOnce);
    input.requests.assign(next, end);
    PISTIS_ASSIGN_OR_RETURN(
        const PruneRequestsReply reply,
        RunCommand<PruneRequestsReply>(
            room_.executor,
            [&](const Reader& reader, const CommitContext& context) {
              return PruneRequests(room_.env, reader, context, input);
            }));
    walk_->pruned += reply.pruned;
    next = end;
  }
  return absl::OkStatus();
}

}  // namespace pistis::server
