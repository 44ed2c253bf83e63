#include "server/erasure_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/erase_again.h"
#include "engine/operations/erase_member.h"
#include "engine/operations/work_off_due.h"
#include "engine/storage/files.h"
#include "spdlog/spdlog.h"

namespace pistis::server {

ErasureLog::ErasureLog(const std::vector<std::string>& folders)
    : folders_(folders) {
  for (const std::string& folder : folders_)
    files_.emplace_back(folder);
}

absl::Status ErasureLog::Note(const Reader& reader, const ProgramId& program,
                              const std::set<MemberId>& members) {
  std::set<Erasure> erasures;
  for (const MemberId& member : members) {
    const auto erasure = FindErasure(reader, program, member);
    if (ReasonOf(erasure.status())) continue;
    PISTIS_RETURN_IF_ERROR(erasure.status());
    if (!*erasure) continue;
    erasures.insert({.program = program,
                     .member = member,
                     .time = absl::FromUnixMicros((*erasure)->erase_us())});
  }
  absl::Status noted;
  for (ErasureFile& file : files_)
    noted.Update(file.Add(erasures));
  return noted;
}

absl::Status ErasureLog::NoteWhereNoneIs(const Reader& reader) {
  const auto has_file = [](const std::string& folder) {
    return PathExists(absl::StrCat(folder, "/", kErasureLogName));
  };
  if (std::all_of(folders_.begin(), folders_.end(), has_file)) {
    return absl::OkStatus();
  }
  PISTIS_ASSIGN_OR_RETURN(const std::vector<ProgramId> programs,
                          ListProgramIds(reader));
  absl::Status all;
  for (const ProgramId& program : programs) {
    PISTIS_ASSIGN_OR_RETURN(const std::set<MemberId> erased,
                            FindErased(reader, program));
    if (!erased.empty()) all.Update(Note(reader, program, erased));
  }
  return all;
}

absl::Status ErasureLog::ApplyTo(const EngineRoom& room) const {
  std::set<Erasure> erasures;
  for (const std::string& folder : folders_) {
    const std::string path = absl::StrCat(folder, "/", kErasureLogName);
    PISTIS_ASSIGN_OR_RETURN(ErasuresRead read, ReadErasures(path));
    if (read.is_torn) {
      spdlog::warn("{} ends in what was not written whole; it is left out",
                   path);
    }
    erasures.merge(read.erasures);
  }
  PISTIS_ASSIGN_OR_RETURN(
      const ErasedAgain done,
      EraseAgain(
          {.store = room.store, .env = room.env, .executor = room.executor},
          erasures));
  for (const ProgramId& program : done.erased) {
    spdlog::warn(
        "program {}: a member was erased again, whom this copy of the data "
        "still had",
        program.text());
  }
  for (const auto& [erasure, why] : done.failed) {
    spdlog::error(
        "program {}: a member who was erased is in this copy of the data, "
        "and cannot be erased: {}",
        erasure.program.text(), why.ToString());
  }
  return absl::OkStatus();
}

}  // namespace pistis::server
