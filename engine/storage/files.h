// Folders of plain files, copied and hashed so that a power loss takes nothing
// back. For backups; databases bring their own.
//
// Statuses as store.h names them: kResourceExhausted for a full disk,
// kUnavailable for any other answer of the operating system, which the message
// quotes. All functions are thread-safe.
#ifndef PISTIS_ENGINE_STORAGE_FILES_H_
#define PISTIS_ENGINE_STORAGE_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pistis {

struct FileDigest {
  int64_t bytes = 0;
  // SHA-256, lower-case hexadecimal.
  std::string sha256;
};

// Reads the whole file, a piece at a time.
[[nodiscard]] absl::StatusOr<FileDigest> DigestOfFile(const std::string& path);

// For small files.
[[nodiscard]] absl::StatusOr<std::string> ReadWholeFile(
    const std::string& path);

// Writes a file that must not exist yet, and syncs it. Its name is durable only
// after SyncPath on its folder.
[[nodiscard]] absl::Status WriteNewFile(const std::string& path,
                                        absl::string_view bytes);

// The same with the content of `from`.
[[nodiscard]] absl::Status CopyToNewFile(const std::string& from,
                                         const std::string& to);

// Writes at the end of a file that exists, and syncs it. What is there after a
// failure or a crash may be a part of it.
[[nodiscard]] absl::Status AppendToFile(const std::string& path,
                                        absl::string_view bytes);

// Syncs a file's content, or a folder's names.
[[nodiscard]] absl::Status SyncPath(const std::string& path);

// Makes `path` and the folders above it where they are missing, each synced
// into the one above.
[[nodiscard]] absl::Status MakeDirectoryDurably(const std::string& path);

// Renames, durably. Both must lie in the same folder; `to` may be an empty
// folder where `from` is one.
[[nodiscard]] absl::Status RenameDurably(const std::string& from,
                                         const std::string& to);

// Gives each of two paths what the other one was, at one moment; durable when
// it returns. kUnavailable where one does not exist, they lie on two file
// systems, or theirs cannot do that, and nothing has changed then.
[[nodiscard]] absl::Status ExchangeDurably(const std::string& one,
                                           const std::string& other);

// The names in a folder, sorted, whatever kind of thing they are.
[[nodiscard]] absl::StatusOr<std::vector<std::string>> NamesIn(
    const std::string& directory);

[[nodiscard]] bool PathExists(const std::string& path);

// `path` from the root, without "." and "..", doubled or trailing slashes.
[[nodiscard]] std::string AbsolutePath(const std::string& path);

// The folder that `path`, of the form that AbsolutePath gives, lies in.
[[nodiscard]] std::string FolderOf(const std::string& path);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_FILES_H_
