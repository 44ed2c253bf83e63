#include "engine/operations/erase_again.h"

#include <algorithm>
#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/clean_erased.h"
#include "engine/operations/erase_member.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/run_command.h"
#include "engine/operations/work_off_due.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr size_t kKeysPerLook = 2000;
constexpr ptrdiff_t kKeysPerCommand = 64;

// True where the store has the member that was erased, and not another one who
// was enrolled later.
absl::StatusOr<bool> IsStillThere(const Reader& reader, const Erasure& of) {
  PISTIS_ASSIGN_OR_RETURN(const auto account,
                          GetRecord<store::v1::AccountRecord>(
                              reader, AccountKey(of.program, of.member)));
  if (!account || account->erased()) return false;
  PISTIS_ASSIGN_OR_RETURN(const auto profile,
                          GetExpectedRecord<store::v1::ProfileRecord>(
                              reader, ProfileKey(of.program, of.member)));
  const int64_t since_us =
      profile.enrolled_us() != 0 ? profile.enrolled_us() : profile.joined_us();
  return absl::FromUnixMicros(since_us) <= of.time;
}

// True where the member was still there, and is not any more.
absl::StatusOr<bool> EraseOne(const ErasingRoom& room, const Erasure& of) {
  PISTIS_ASSIGN_OR_RETURN(const bool is_there,
                          IsStillThere(*room.store.GetSnapshot(), of));
  if (!is_there) return false;
  EraseMemberInput input{.program = of.program, .request = {}};
  input.request.set_program_id(of.program.text());
  input.request.set_member_id(of.member.text());
  // Of an id's length, whatever the names.
  input.request.set_request_id(absl::StrCat(
      "erasures.jsonl/", absl::BytesToHexString(Sha256(TextOf(of)))));
  input.fingerprint = FingerprintOf(input.request);
  PISTIS_RETURN_IF_ERROR(
      RunCommand<Encoded<v1::EraseMemberResponse>>(
          room.executor,
          [&](const Reader& reader, const CommitContext& context) {
            return EraseMember(room.env, reader, context, input);
          })
          .status());
  return true;
}

// Walks once for all of the program's members that wait.
absl::StatusOr<CleanedAgain> CleanProgram(const ErasingRoom& room,
                                          const ProgramId& program) {
  PISTIS_ASSIGN_OR_RETURN(UncleanMembers found,
                          FindUnclean(*room.store.GetSnapshot(), program, {},
                                      std::numeric_limits<size_t>::max()));
  CleanedAgain cleaned{.unreadable = found.unreadable};
  if (found.members.empty()) return cleaned;
  ErasureWalk walk(program, std::move(found.members));
  while (!walk.is_done()) {
    PISTIS_ASSIGN_OR_RETURN(const CleanErasedInput look,
                            walk.Next(*room.store.GetSnapshot(), kKeysPerLook));
    CleanErasedInput part = look;
    for (auto next = look.keys.begin(); next != look.keys.end();) {
      const auto end =
          next + std::min<ptrdiff_t>(look.keys.end() - next, kKeysPerCommand);
      part.keys.assign(next, end);
      PISTIS_ASSIGN_OR_RETURN(
          const CleanErasedReply reply,
          RunCommand<CleanErasedReply>(
              room.executor,
              [&](const Reader& reader, const CommitContext& context) {
                return CleanErased(room.env, reader, context, part);
              }));
      cleaned.records += reply.cleaned;
      next = end;
    }
  }
  PISTIS_RETURN_IF_ERROR(
      RunCommand<CleanErasedReply>(
          room.executor,
          [&](const Reader& reader, const CommitContext& /*context*/) {
            return FinishCleaning(reader, program, walk.members());
          })
          .status());
  return cleaned;
}

}  // namespace

absl::StatusOr<ErasedAgain> EraseAgain(const ErasingRoom& room,
                                       const std::set<Erasure>& erasures) {
  ErasedAgain done;
  for (const Erasure& erasure : erasures) {
    const absl::StatusOr<bool> erased = EraseOne(room, erasure);
    if (erased.ok()) {
      if (*erased) done.erased.push_back(erasure.program);
    } else if (ReasonOf(erased.status())) {
      done.failed.emplace_back(erasure, erased.status());
    } else {
      return erased.status();
    }
  }
  return done;
}

absl::StatusOr<CleanedAgain> CleanAllErased(const ErasingRoom& room) {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<ProgramId> programs,
                          ListProgramIds(*room.store.GetSnapshot()));
  CleanedAgain cleaned;
  for (const ProgramId& program : programs) {
    PISTIS_ASSIGN_OR_RETURN(const CleanedAgain of_program,
                            CleanProgram(room, program));
    cleaned.records += of_program.records;
    cleaned.unreadable += of_program.unreadable;
  }
  return cleaned;
}

}  // namespace pistis
