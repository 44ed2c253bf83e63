#include "server/erasure_log.h"

#include <cstdio>
#include <optional>
#include <tuple>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/erase_member.h"
#include "engine/operations/fingerprint.h"
#include "engine/storage/codec.h"
#include "engine/storage/files.h"
#include "engine/storage/keys.h"
#include "server/run_command.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

struct Line {
  ProgramId program;
  MemberId member;
  absl::Time time;

  friend bool operator<(const Line& a, const Line& b) {
    return std::tie(a.program, a.member, a.time) <
           std::tie(b.program, b.member, b.time);
  }
};

// Ids are printable ASCII.
std::string Quoted(absl::string_view id) {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(id, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

std::string ToText(const Line& line) {
  return absl::StrCat(
      "{\"program\":", Quoted(line.program.text()),
      ",\"member\":", Quoted(line.member.text()), ",\"time\":\"",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", line.time, absl::UTCTimeZone()),
      "\"}\n");
}

std::optional<Line> ParseLine(absl::string_view text) {
  google::protobuf::Struct fields;
  const auto parsed =
      google::protobuf::util::JsonStringToMessage(std::string(text), &fields);
  const auto of = [&](const char* name) {
    const auto found = fields.fields().find(name);
    return found == fields.fields().end() ? std::string()
                                          : found->second.string_value();
  };
  Line line{.program = ProgramId(of("program")),
            .member = MemberId(of("member")),
            .time = {}};
  std::string error;
  const bool is_line =
      parsed.ok() && !line.program.empty() && !line.member.empty() &&
      absl::ParseTime(absl::RFC3339_full, of("time"), &line.time, &error);
  if (!is_line) return std::nullopt;
  return line;
}

// None where there is no file. A last line without its end was being written
// when the power went: it is left out.
absl::StatusOr<std::set<Line>> LinesIn(const std::string& path) {
  std::set<Line> lines;
  if (!PathExists(path)) return lines;
  PISTIS_ASSIGN_OR_RETURN(const std::string bytes, ReadWholeFile(path));
  std::vector<absl::string_view> texts = absl::StrSplit(bytes, '\n');
  texts.pop_back();
  for (const absl::string_view text : texts) {
    if (text.empty()) continue;
    std::optional<Line> line = ParseLine(text);
    if (!line) {
      return absl::DataLossError(
          absl::StrCat(path, " has a line that is no erasure: ", text));
    }
    lines.insert(*std::move(line));
  }
  return lines;
}

// Writes the file anew with what it lacks, and without what may be half a line.
absl::Status AddMissing(const std::string& folder,
                        const std::set<Line>& wanted) {
  const std::string path = absl::StrCat(folder, "/", kErasureLogName);
  PISTIS_ASSIGN_OR_RETURN(const std::set<Line> known, LinesIn(path));
  std::string bytes;
  for (const Line& line : known)
    absl::StrAppend(&bytes, ToText(line));
  const size_t before = bytes.size();
  for (const Line& line : wanted) {
    if (!known.contains(line)) absl::StrAppend(&bytes, ToText(line));
  }
  if (bytes.size() == before) return absl::OkStatus();
  PISTIS_RETURN_IF_ERROR(MakeDirectoryDurably(folder));
  const std::string fresh = absl::StrCat(path, ".new");
  // A crash may have left one.
  std::remove(fresh.c_str());
  PISTIS_RETURN_IF_ERROR(WriteNewFile(fresh, bytes));
  return RenameDurably(fresh, path);
}

// True where the store has the member that was erased, and not another one who
// was enrolled later.
absl::StatusOr<bool> IsStillThere(const Reader& reader, const Line& line) {
  PISTIS_ASSIGN_OR_RETURN(const auto account,
                          GetRecord<store::v1::AccountRecord>(
                              reader, AccountKey(line.program, line.member)));
  if (!account || account->erased()) return false;
  PISTIS_ASSIGN_OR_RETURN(const auto profile,
                          GetExpectedRecord<store::v1::ProfileRecord>(
                              reader, ProfileKey(line.program, line.member)));
  const int64_t since_us =
      profile.enrolled_us() != 0 ? profile.enrolled_us() : profile.joined_us();
  return absl::FromUnixMicros(since_us) <= line.time;
}

// Where the member is still there: OK once it is not.
absl::Status EraseAgain(const EngineRoom& room, const Line& line) {
  PISTIS_ASSIGN_OR_RETURN(const bool is_there,
                          IsStillThere(*room.store.GetSnapshot(), line));
  if (!is_there) return absl::OkStatus();
  EraseMemberInput input{.program = line.program, .request = {}};
  input.request.set_program_id(line.program.text());
  input.request.set_member_id(line.member.text());
  // Of an id's length, whatever the names.
  input.request.set_request_id(absl::StrCat(
      "erasures.jsonl/", absl::BytesToHexString(Sha256(ToText(line)))));
  input.fingerprint = FingerprintOf(input.request);
  PISTIS_RETURN_IF_ERROR(
      RunCommand<Encoded<v1::EraseMemberResponse>>(
          room.executor,
          [&](const Reader& reader, const CommitContext& context) {
            return EraseMember(room.env, reader, context, input);
          })
          .status());
  spdlog::warn(
      "program {}: a member was erased again, whom this copy of the data still "
      "had",
      line.program.text());
  return absl::OkStatus();
}

}  // namespace

absl::Status ErasureLog::Note(const Reader& reader, const ProgramId& program,
                              const std::set<MemberId>& members) const {
  std::set<Line> lines;
  for (const MemberId& member : members) {
    const auto erasure = FindErasure(reader, program, member);
    if (ReasonOf(erasure.status())) continue;
    PISTIS_RETURN_IF_ERROR(erasure.status());
    if (!*erasure) continue;
    lines.insert({.program = program,
                  .member = member,
                  .time = absl::FromUnixMicros((*erasure)->erase_us())});
  }
  absl::Status noted;
  for (const std::string& folder : folders_)
    noted.Update(AddMissing(folder, lines));
  return noted;
}

absl::Status ErasureLog::ApplyTo(const EngineRoom& room) const {
  std::set<Line> lines;
  for (const std::string& folder : folders_) {
    PISTIS_ASSIGN_OR_RETURN(
        std::set<Line> known,
        LinesIn(absl::StrCat(folder, "/", kErasureLogName)));
    lines.merge(known);
  }
  for (const Line& line : lines) {
    const absl::Status erased = EraseAgain(room, line);
    if (!erased.ok() && !ReasonOf(erased)) return erased;
    if (!erased.ok()) {
      spdlog::error(
          "program {}: a member who was erased is in this copy of the data, "
          "and cannot be erased: {}",
          line.program.text(), erased.ToString());
    }
  }
  return absl::OkStatus();
}

}  // namespace pistis::server
