#include "engine/storage/erasure_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

#include "engine/base/digest.h"
#include "engine/base/status_macros.h"
#include "engine/storage/erasure_keys.h"
#include "engine/storage/files.h"

namespace pistis {
namespace {

// Ids are printable ASCII.
std::string Quoted(absl::string_view id) {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(id, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

std::optional<Erasure> ParseLine(absl::string_view text) {
  google::protobuf::Struct fields;
  const auto parsed =
      google::protobuf::util::JsonStringToMessage(std::string(text), &fields);
  const auto of = [&](const char* name) {
    const auto found = fields.fields().find(name);
    return found == fields.fields().end() ? std::string()
                                          : found->second.string_value();
  };
  Erasure erasure{.program = ProgramId(of("program")),
                  .member = MemberId(of("member")),
                  .time = {}};
  std::string error;
  const bool is_line =
      parsed.ok() && !erasure.program.empty() && !erasure.member.empty() &&
      absl::ParseTime(absl::RFC3339_full, of("time"), &erasure.time, &error);
  if (!is_line) return std::nullopt;
  return erasure;
}

}  // namespace

std::string TextOf(const Erasure& erasure) {
  return absl::StrCat("{\"program\":", Quoted(erasure.program.text()),
                      ",\"member\":", Quoted(erasure.member.text()),
                      ",\"time\":\"",
                      absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", erasure.time,
                                       absl::UTCTimeZone()),
                      "\"}\n");
}

absl::StatusOr<ErasuresRead> ReadErasures(const std::string& path) {
  ErasuresRead read;
  if (!PathExists(path)) return read;
  PISTIS_ASSIGN_OR_RETURN(const std::string bytes, ReadWholeFile(path));
  std::vector<absl::string_view> texts = absl::StrSplit(bytes, '\n');
  if (std::optional<Erasure> last = ParseLine(texts.back())) {
    read.erasures.insert(*std::move(last));
    read.lacks_end = true;
  } else {
    read.is_torn = !texts.back().empty();
  }
  texts.pop_back();
  for (const absl::string_view text : texts) {
    if (text.empty()) continue;
    std::optional<Erasure> erasure = ParseLine(text);
    if (erasure) {
      read.erasures.insert(*std::move(erasure));
    } else if (absl::StrContains(text, '\0')) {
      read.is_torn = true;
    } else {
      return absl::DataLossError(
          absl::StrCat(path, " has a line that is no erasure: ", text));
    }
  }
  return read;
}

ErasureFile::LineDigest ErasureFile::DigestOf(absl::string_view line) {
  const std::string sha256 = Sha256(line);
  LineDigest digest;
  std::copy_n(sha256.begin(), digest.size(), digest.begin());
  return digest;
}

std::optional<ErasureFile::Stamp> ErasureFile::StampOf(
    const std::string& path) {
  struct stat found = {};
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  return Stamp{.inode = found.st_ino, .bytes = found.st_size};
}

absl::Status ErasureFile::Load(const std::string& path) {
  const std::optional<Stamp> before = StampOf(path);
  stamp_.reset();
  known_.clear();
  PISTIS_ASSIGN_OR_RETURN(const ErasuresRead read, ReadErasures(path));
  for (const Erasure& erasure : read.erasures)
    known_.insert(DigestOf(TextOf(erasure)));
  is_broken_ = read.is_torn || read.lacks_end;
  stamp_ = before;
  return absl::OkStatus();
}

// A file that is new or torn is written whole beside its place; at the end of a
// sound one there is nothing but what is added that a crash could tear.
absl::Status ErasureFile::Write(const std::string& path,
                                absl::string_view fresh) {
  if (stamp_ && !is_broken_) return AppendToFile(path, fresh);
  PISTIS_ASSIGN_OR_RETURN(const ErasuresRead read, ReadErasures(path));
  std::string bytes;
  for (const Erasure& erasure : read.erasures)
    absl::StrAppend(&bytes, TextOf(erasure));
  absl::StrAppend(&bytes, fresh);
  PISTIS_RETURN_IF_ERROR(MakeDirectoryDurably(folder_));
  const std::string whole = absl::StrCat(path, ".new");
  // A crash may have left one.
  std::remove(whole.c_str());
  PISTIS_RETURN_IF_ERROR(WriteNewFile(whole, bytes));
  return RenameDurably(whole, path);
}

absl::Status ErasureFile::Add(const std::set<Erasure>& erasures) {
  const std::string path = absl::StrCat(folder_, "/", kErasureLogName);
  if (!stamp_ || StampOf(path) != stamp_) PISTIS_RETURN_IF_ERROR(Load(path));
  std::string fresh;
  std::vector<LineDigest> digests;
  for (const Erasure& erasure : erasures) {
    const std::string line = TextOf(erasure);
    const LineDigest digest = DigestOf(line);
    if (known_.contains(digest)) continue;
    absl::StrAppend(&fresh, line);
    digests.push_back(digest);
  }
  if (fresh.empty()) return absl::OkStatus();
  absl::Status written = Write(path, fresh);
  // After a failure nobody knows what the file holds: it is read again.
  stamp_ = written.ok() ? StampOf(path) : std::nullopt;
  if (!written.ok()) return written;
  known_.insert(digests.begin(), digests.end());
  is_broken_ = false;
  return absl::OkStatus();
}

absl::Status ShareErasures(const std::vector<std::string>& folders) {
  std::set<Erasure> erasures;
  for (const std::string& folder : folders) {
    PISTIS_ASSIGN_OR_RETURN(
        ErasuresRead read,
        ReadErasures(absl::StrCat(folder, "/", kErasureLogName)));
    erasures.merge(read.erasures);
  }
  absl::Status shared;
  for (const std::string& folder : folders)
    shared.Update(ErasureFile(folder).Add(erasures));
  return shared;
}

}  // namespace pistis
