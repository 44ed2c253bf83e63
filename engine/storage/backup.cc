#include "engine/storage/backup.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

#include "engine/base/digest.h"
#include "engine/base/status_macros.h"
#include "engine/storage/erasure_keys.h"
#include "engine/storage/files.h"

namespace pistis {
namespace {

using store::v1::BackupFile;
using store::v1::BackupManifest;

constexpr int kFormatVersion = 1;

std::string PathIn(const std::string& directory, absl::string_view name) {
  return absl::StrCat(directory, "/", name);
}

// Over the fields, not the JSON, so that the check does not hang on spaces.
std::string OwnDigest(BackupManifest manifest) {
  manifest.clear_digest();
  return absl::BytesToHexString(Sha256(manifest.SerializeAsString()));
}

absl::Status OfSystem(const std::error_code& error, const std::string& path) {
  return absl::UnavailableError(absl::StrCat(path, ": ", error.message()));
}

bool IsPlainName(absl::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         !absl::StrContains(name, '/') && !absl::StrContains(name, '\0') &&
         name != kBackupManifestName;
}

absl::StatusOr<BackupFile> Describe(const std::string& directory,
                                    const std::string& name) {
  const std::string path = PathIn(directory, name);
  std::error_code error;
  if (!std::filesystem::is_regular_file(
          std::filesystem::symlink_status(path, error))) {
    return absl::DataLossError(absl::StrCat(path, " is not a plain file"));
  }
  PISTIS_ASSIGN_OR_RETURN(FileDigest digest, DigestOfFile(path));
  BackupFile file;
  file.set_name(name);
  file.set_bytes(digest.bytes);
  file.set_sha256(std::move(digest.sha256));
  return file;
}

absl::Status WriteManifest(const std::string& directory,
                           const BackupManifest& manifest) {
  google::protobuf::util::JsonPrintOptions layout;
  layout.add_whitespace = true;
  layout.preserve_proto_field_names = true;
  layout.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(manifest, &json, layout)
           .ok()) {
    return absl::InternalError("the backup's manifest cannot be written");
  }
  const std::string path = PathIn(directory, kBackupManifestName);
  const std::string unfinished = absl::StrCat(path, ".partial");
  PISTIS_RETURN_IF_ERROR(WriteNewFile(unfinished, json));
  return RenameDurably(unfinished, path);
}

absl::StatusOr<BackupManifest> DescribeAndSync(const std::string& directory,
                                               const BackupOptions& options) {
  BackupManifest manifest;
  manifest.set_format_version(kFormatVersion);
  manifest.set_commit_seq(options.commit_seq);
  manifest.set_create_us(absl::ToUnixMicros(options.now));
  PISTIS_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          NamesIn(directory));
  for (const std::string& name : names) {
    if (options.stopping != nullptr && *options.stopping) {
      return absl::UnavailableError(
          "the program stops before the backup is made");
    }
    PISTIS_RETURN_IF_ERROR(SyncPath(PathIn(directory, name)));
    PISTIS_ASSIGN_OR_RETURN(*manifest.add_files(), Describe(directory, name));
  }
  manifest.set_digest(OwnDigest(manifest));
  PISTIS_RETURN_IF_ERROR(SyncPath(directory));
  PISTIS_RETURN_IF_ERROR(SyncPath(FolderOf(directory)));
  return manifest;
}

absl::Status CheckSize(const std::string& path, int64_t bytes,
                       int64_t written) {
  if (bytes == written) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      path, " has ", bytes, " bytes; it was written with ", written));
}

enum class Depth { kSizes, kContents };

absl::Status CheckFile(const std::string& directory, const BackupFile& file,
                       Depth depth) {
  const std::string path = PathIn(directory, file.name());
  if (!PathExists(path)) {
    return absl::DataLossError(absl::StrCat(path, " is missing"));
  }
  if (depth == Depth::kSizes) {
    std::error_code error;
    const uintmax_t bytes = std::filesystem::file_size(path, error);
    if (error) return OfSystem(error, path);
    return CheckSize(path, static_cast<int64_t>(bytes), file.bytes());
  }
  PISTIS_ASSIGN_OR_RETURN(const BackupFile found,
                          Describe(directory, file.name()));
  PISTIS_RETURN_IF_ERROR(CheckSize(path, found.bytes(), file.bytes()));
  if (found.sha256() != file.sha256()) {
    return absl::DataLossError(
        absl::StrCat(path, " is damaged: its SHA-256 is ", found.sha256(),
                     "; it was written with ", file.sha256()));
  }
  return absl::OkStatus();
}

// Exactly the manifest's files, and `also` where it is not empty.
absl::Status CheckFiles(const std::string& directory,
                        const BackupManifest& manifest, absl::string_view also,
                        Depth depth = Depth::kContents) {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          NamesIn(directory));
  auto expected = manifest.files().begin();
  for (const std::string& name : names) {
    if (name == also) continue;
    if (expected != manifest.files().end() && expected->name() == name) {
      ++expected;
    } else if (expected == manifest.files().end() || name < expected->name()) {
      return absl::DataLossError(
          absl::StrCat(PathIn(directory, name), " is no part of the backup"));
    }
  }
  for (const BackupFile& file : manifest.files()) {
    PISTIS_RETURN_IF_ERROR(CheckFile(directory, file, depth));
  }
  return absl::OkStatus();
}

absl::Status CheckIsVacant(const std::string& to, const std::string& partial) {
  if (PathExists(partial)) {
    return absl::FailedPreconditionError(absl::StrCat(
        partial, " is left from an unfinished restore; remove it first"));
  }
  if (!PathExists(to)) return absl::OkStatus();
  std::error_code error;
  const bool empty = std::filesystem::is_directory(to, error) &&
                     std::filesystem::is_empty(to, error) && !error;
  if (empty) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      to, " is in use: a backup is restored to a new or an empty folder"));
}

// The manifest's files from `from`, in the new folder `to`.
absl::Status CopyAllTo(const std::string& to, const std::string& from,
                       const BackupManifest& manifest) {
  PISTIS_RETURN_IF_ERROR(MakeDirectoryDurably(to));
  for (const BackupFile& file : manifest.files()) {
    PISTIS_RETURN_IF_ERROR(
        CopyToNewFile(PathIn(from, file.name()), PathIn(to, file.name())));
  }
  return SyncPath(to);
}

}  // namespace

absl::StatusOr<BackupManifest> CreateBackup(BackupSource& source,
                                            const std::string& directory,
                                            const BackupOptions& options) {
  if (directory.empty()) {
    return absl::InvalidArgumentError("the backup's folder has no name");
  }
  const std::string path = AbsolutePath(directory);
  if (PathExists(path)) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, PathExists(PathIn(path, kBackupManifestName))
                               ? " is a backup already"
                               : " exists already and is no finished backup"));
  }
  PISTIS_RETURN_IF_ERROR(MakeDirectoryDurably(FolderOf(path)));
  PISTIS_RETURN_IF_ERROR(source.CopyTo(path));
  absl::Cleanup take_away = [&path] { RemoveBackup(path).IgnoreError(); };
  PISTIS_ASSIGN_OR_RETURN(BackupManifest manifest,
                          DescribeAndSync(path, options));
  PISTIS_RETURN_IF_ERROR(WriteManifest(path, manifest));
  std::move(take_away).Cancel();
  return manifest;
}

absl::StatusOr<BackupManifest> ReadBackupManifest(
    const std::string& directory) {
  const std::string path = PathIn(directory, kBackupManifestName);
  if (!PathExists(path)) {
    if (errno == EACCES) {
      return absl::PermissionDeniedError(
          absl::StrCat(directory, " may not be read by this user"));
    }
    return absl::FailedPreconditionError(absl::StrCat(
        directory, " is no finished backup: it has no ", kBackupManifestName));
  }
  PISTIS_ASSIGN_OR_RETURN(const std::string json, ReadWholeFile(path));
  // A later format may have more fields; then its version says so.
  google::protobuf::util::JsonParseOptions lenient;
  lenient.ignore_unknown_fields = true;
  BackupManifest manifest;
  if (!google::protobuf::util::JsonStringToMessage(json, &manifest, lenient)
           .ok()) {
    return absl::DataLossError(absl::StrCat(path, " is damaged"));
  }
  if (manifest.format_version() != kFormatVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " has format version ", manifest.format_version(),
                     "; this program knows ", kFormatVersion));
  }
  bool sound = manifest.digest() == OwnDigest(manifest);
  for (const BackupFile& file : manifest.files()) {
    sound = sound && IsPlainName(file.name());
  }
  if (!sound) return absl::DataLossError(absl::StrCat(path, " is damaged"));
  return manifest;
}

absl::Time LatestBackupTime(const std::string& directory) {
  absl::Time latest = absl::InfinitePast();
  const auto names = NamesIn(directory);
  if (!names.ok()) return latest;
  for (const std::string& name : *names) {
    const auto manifest = ReadBackupManifest(PathIn(directory, name));
    if (!manifest.ok()) continue;
    latest = std::max(latest, absl::FromUnixMicros(manifest->create_us()));
  }
  return latest;
}

absl::Status CheckBackup(const std::string& directory) {
  const std::string path = AbsolutePath(directory);
  PISTIS_ASSIGN_OR_RETURN(const BackupManifest manifest,
                          ReadBackupManifest(path));
  return CheckFiles(path, manifest, kBackupManifestName);
}

absl::Status CheckBackupSizes(const std::string& directory) {
  const std::string path = AbsolutePath(directory);
  PISTIS_ASSIGN_OR_RETURN(const BackupManifest manifest,
                          ReadBackupManifest(path));
  return CheckFiles(path, manifest, kBackupManifestName, Depth::kSizes);
}

absl::Status RemoveBackup(const std::string& directory) {
  std::error_code error;
  if (std::filesystem::remove(PathIn(directory, kBackupManifestName), error)) {
    PISTIS_RETURN_IF_ERROR(SyncPath(directory));
  }
  if (!error) std::filesystem::remove_all(directory, error);
  return error ? OfSystem(error, directory) : absl::OkStatus();
}

absl::Status RestoreBackup(const std::string& from, const std::string& to) {
  if (from.empty() || to.empty()) {
    return absl::InvalidArgumentError("restoring needs two folders");
  }
  const std::string source = AbsolutePath(from);
  const std::string target = AbsolutePath(to);
  const std::string partial = absl::StrCat(target, ".partial");
  PISTIS_RETURN_IF_ERROR(CheckIsVacant(target, partial));
  PISTIS_ASSIGN_OR_RETURN(const BackupManifest manifest,
                          ReadBackupManifest(source));
  PISTIS_RETURN_IF_ERROR(CheckFiles(source, manifest, kBackupManifestName));
  PISTIS_RETURN_IF_ERROR(CopyAllTo(partial, source, manifest));
  PISTIS_RETURN_IF_ERROR(CheckFiles(partial, manifest, ""));
  const std::string erasures = PathIn(FolderOf(source), kErasureLogName);
  if (PathExists(erasures)) {
    PISTIS_RETURN_IF_ERROR(
        CopyToNewFile(erasures, PathIn(partial, kErasureLogName)));
  }
  return RenameDurably(partial, target);
}

}  // namespace pistis
