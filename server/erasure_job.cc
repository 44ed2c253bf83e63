#include "server/erasure_job.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <memory>

#include "engine/base/status_macros.h"
#include "engine/operations/work_off_due.h"
#include "server/run_command.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

constexpr absl::Duration kBetweenNotes = absl::Seconds(1);
constexpr size_t kMembersPerWalk = 256;
constexpr ptrdiff_t kMembersPerMark = 256;
constexpr size_t kKeysPerLook = 2000;
constexpr ptrdiff_t kKeysPerCommand = 64;

}  // namespace

ErasureJob::~ErasureJob() {
  next_retry_ = absl::ZeroDuration();
  NoteAndLog();
}

bool ErasureJob::Step() {
  if (steady_.Elapsed() >= next_note_) {
    NoteAndLog();
    next_note_ = steady_.Elapsed() + std::min(kBetweenNotes, retry_);
  }
  absl::Status done = walk_ ? Look() : Begin();
  if (!done.ok()) walk_.reset();
  if (done.ok()) done = MarkAll();
  if (!done.ok()) {
    spdlog::warn("what erased members left is not cleaned yet: {}",
                 done.ToString());
  }
  return walk_.has_value();
}

void ErasureJob::NoteAndLog() {
  const absl::Status noted = NoteAll();
  if (noted.ok()) return;
  next_retry_ = steady_.Elapsed() + retry_;
  spdlog::error("members were erased, and not every {} says so: {}",
                kErasureLogName, noted.ToString());
}

absl::Status ErasureJob::NoteAll() {
  const std::unique_ptr<Snapshot> snapshot = room_.store.GetSnapshot();
  PISTIS_ASSIGN_OR_RETURN(const std::vector<ProgramId> programs,
                          ListProgramIds(*snapshot));
  const bool is_retry = steady_.Elapsed() >= next_retry_;
  absl::Status all;
  for (const ProgramId& program : programs) {
    Unmarked& unmarked = unmarked_[program];
    PISTIS_ASSIGN_OR_RETURN(UncleanMembers found,
                            FindUnclean(*snapshot, program, unmarked.noted,
                                        std::numeric_limits<size_t>::max()));
    const bool is_new =
        !std::includes(unmarked.tried.begin(), unmarked.tried.end(),
                       found.members.begin(), found.members.end());
    if (is_new || (is_retry && !found.members.empty())) {
      const absl::Status noted = log_.Note(*snapshot, program, found.members);
      std::set<MemberId>& where = noted.ok() ? unmarked.noted : unmarked.tried;
      unmarked.tried.clear();
      where.merge(found.members);
      all.Update(noted);
    }
    if (found.unreadable > unmarked.unreadable) {
      spdlog::error(
          "program {}: {} erased members are not cleaned, because their "
          "ErasureRecord cannot be read",
          program.text(), found.unreadable);
    }
    unmarked.unreadable = found.unreadable;
  }
  return all;
}

absl::Status ErasureJob::Begin() {
  const std::unique_ptr<Snapshot> snapshot = room_.store.GetSnapshot();
  PISTIS_ASSIGN_OR_RETURN(const std::vector<ProgramId> programs,
                          ListProgramIds(*snapshot));
  for (const ProgramId& program : programs) {
    PISTIS_ASSIGN_OR_RETURN(
        UncleanMembers found,
        FindUnclean(*snapshot, program, unmarked_[program].cleaned,
                    kMembersPerWalk));
    if (found.members.empty()) continue;
    walk_ = Walk{.of = ErasureWalk(program, std::move(found.members))};
    break;
  }
  return absl::OkStatus();
}

absl::Status ErasureJob::Look() {
  ErasureWalk& walk = walk_->of;
  PISTIS_ASSIGN_OR_RETURN(const CleanErasedInput found,
                          walk.Next(*room_.store.GetSnapshot(), kKeysPerLook));
  CleanErasedInput part = found;
  for (auto next = found.keys.begin(); next != found.keys.end();) {
    const auto end =
        next + std::min<ptrdiff_t>(found.keys.end() - next, kKeysPerCommand);
    part.keys.assign(next, end);
    PISTIS_ASSIGN_OR_RETURN(
        const CleanErasedReply reply,
        RunCommand<CleanErasedReply>(
            room_.executor,
            [&](const Reader& reader, const CommitContext& context) {
              return CleanErased(room_.env, reader, context, part);
            }));
    walk_->cleaned += reply.cleaned;
    next = end;
  }
  if (!walk.is_done()) return absl::OkStatus();
  spdlog::info("program {}: {} records of {} erased members were cleaned",
               walk.program().text(), walk_->cleaned, walk.members().size());
  unmarked_[walk.program()].cleaned.insert(walk.members().begin(),
                                           walk.members().end());
  walk_.reset();
  return Begin();
}

absl::Status ErasureJob::MarkAll() {
  for (auto& [program, unmarked] : unmarked_) {
    std::vector<MemberId> done;
    std::set_intersection(unmarked.noted.begin(), unmarked.noted.end(),
                          unmarked.cleaned.begin(), unmarked.cleaned.end(),
                          std::back_inserter(done));
    for (auto next = done.begin(); next != done.end();) {
      const auto end =
          next + std::min<ptrdiff_t>(done.end() - next, kMembersPerMark);
      const std::set<MemberId> part(next, end);
      PISTIS_RETURN_IF_ERROR(
          RunCommand<CleanErasedReply>(
              room_.executor,
              [&, &of = program](const Reader& reader,
                                 const CommitContext& /*context*/) {
                return FinishCleaning(reader, of, part);
              })
              .status());
      for (const MemberId& member : part) {
        unmarked.noted.erase(member);
        unmarked.cleaned.erase(member);
      }
      next = end;
    }
  }
  return absl::OkStatus();
}

}  // namespace pistis::server
