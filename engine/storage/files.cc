#include "engine/storage/files.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

namespace pistis {
namespace {

constexpr size_t kPieceBytes = size_t{256} << 10;
constexpr mode_t kFileMode = 0644;
// What is stored is nobody else's to read.
constexpr mode_t kFolderMode = 0700;

absl::Status SystemError(int error, absl::string_view doing,
                         absl::string_view path) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return absl::Status(
      full ? absl::StatusCode::kResourceExhausted
           : absl::StatusCode::kUnavailable,
      absl::StrCat(doing, " ", path, ": ",
                   std::error_code(error, std::generic_category()).message()));
}

// Owns a descriptor.
class OpenFile {
 public:
  static absl::StatusOr<OpenFile> Open(const std::string& path, int flags) {
    const int descriptor = open(path.c_str(), flags | O_CLOEXEC, kFileMode);
    if (descriptor < 0) return SystemError(errno, "open", path);
    return OpenFile(descriptor, path);
  }
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(OpenFile&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        path_(std::move(other.path_)) {}
  OpenFile& operator=(OpenFile&&) = delete;

  // An empty piece at the end.
  absl::StatusOr<absl::string_view> Read(std::string& buffer) {
    ssize_t got = 0;
    do {
      got = read(descriptor_, buffer.data(), buffer.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) return SystemError(errno, "read", path_);
    return absl::string_view(buffer.data(), static_cast<size_t>(got));
  }

  absl::Status Write(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = write(descriptor_, bytes.data(), bytes.size());
      if (put < 0 && errno != EINTR) return SystemError(errno, "write", path_);
      if (put > 0) bytes.remove_prefix(static_cast<size_t>(put));
    }
    return absl::OkStatus();
  }

  absl::Status Sync() {
    if (fsync(descriptor_) != 0) return SystemError(errno, "sync", path_);
    return absl::OkStatus();
  }

 private:
  OpenFile(int descriptor, std::string path)
      : descriptor_(descriptor), path_(std::move(path)) {}

  int descriptor_;
  std::string path_;
};

absl::Status ForEachPiece(
    const std::string& path,
    absl::FunctionRef<absl::Status(absl::string_view)> take) {
  PISTIS_ASSIGN_OR_RETURN(OpenFile file, OpenFile::Open(path, O_RDONLY));
  std::string buffer(kPieceBytes, '\0');
  while (true) {
    PISTIS_ASSIGN_OR_RETURN(const absl::string_view piece, file.Read(buffer));
    if (piece.empty()) return absl::OkStatus();
    PISTIS_RETURN_IF_ERROR(take(piece));
  }
}

constexpr int kNewFile = O_WRONLY | O_CREAT | O_EXCL;
constexpr int kAtEnd = O_WRONLY | O_APPEND;

}  // namespace

absl::StatusOr<FileDigest> DigestOfFile(const std::string& path) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (context == nullptr ||
      EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  FileDigest digest;
  PISTIS_RETURN_IF_ERROR(ForEachPiece(path, [&](absl::string_view piece) {
    digest.bytes += static_cast<int64_t>(piece.size());
    if (EVP_DigestUpdate(context.get(), piece.data(), piece.size()) != 1) {
      std::abort();
    }
    return absl::OkStatus();
  }));
  std::string hash(EVP_MAX_MD_SIZE, '\0');
  unsigned int length = 0;
  if (EVP_DigestFinal_ex(context.get(),
                         reinterpret_cast<unsigned char*>(hash.data()),
                         &length) != 1) {
    std::abort();
  }
  digest.sha256 = absl::BytesToHexString(hash.substr(0, length));
  return digest;
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  std::string bytes;
  PISTIS_RETURN_IF_ERROR(ForEachPiece(path, [&](absl::string_view piece) {
    absl::StrAppend(&bytes, piece);
    return absl::OkStatus();
  }));
  return bytes;
}

absl::Status WriteNewFile(const std::string& path, absl::string_view bytes) {
  PISTIS_ASSIGN_OR_RETURN(OpenFile file, OpenFile::Open(path, kNewFile));
  PISTIS_RETURN_IF_ERROR(file.Write(bytes));
  return file.Sync();
}

absl::Status CopyToNewFile(const std::string& from, const std::string& to) {
  PISTIS_ASSIGN_OR_RETURN(OpenFile file, OpenFile::Open(to, kNewFile));
  PISTIS_RETURN_IF_ERROR(ForEachPiece(
      from, [&](absl::string_view piece) { return file.Write(piece); }));
  return file.Sync();
}

absl::Status AppendToFile(const std::string& path, absl::string_view bytes) {
  PISTIS_ASSIGN_OR_RETURN(OpenFile file, OpenFile::Open(path, kAtEnd));
  PISTIS_RETURN_IF_ERROR(file.Write(bytes));
  return file.Sync();
}

absl::Status SyncPath(const std::string& path) {
  PISTIS_ASSIGN_OR_RETURN(OpenFile file, OpenFile::Open(path, O_RDONLY));
  return file.Sync();
}

absl::Status MakeDirectoryDurably(const std::string& path) {
  const std::string absolute = AbsolutePath(path);
  if (PathExists(absolute)) return absl::OkStatus();
  const std::string folder = FolderOf(absolute);
  PISTIS_RETURN_IF_ERROR(MakeDirectoryDurably(folder));
  if (mkdir(absolute.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return SystemError(errno, "make folder", absolute);
  }
  return SyncPath(folder);
}

absl::Status RenameDurably(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    return SystemError(errno, "rename to", to);
  }
  return SyncPath(FolderOf(AbsolutePath(to)));
}

absl::Status ExchangeDurably(const std::string& one, const std::string& other) {
  if (renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(),
                RENAME_EXCHANGE) != 0) {
    return SystemError(errno, absl::StrCat("exchange ", one, " with"), other);
  }
  PISTIS_RETURN_IF_ERROR(SyncPath(FolderOf(AbsolutePath(one))));
  return SyncPath(FolderOf(AbsolutePath(other)));
}

absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& directory) {
  std::error_code error;
  std::filesystem::directory_iterator place(directory, error);
  std::vector<std::string> names;
  const std::filesystem::directory_iterator end;
  while (!error && place != end) {
    names.push_back(place->path().filename().string());
    place.increment(error);
  }
  if (error) return SystemError(error.value(), "list", directory);
  std::sort(names.begin(), names.end());
  return names;
}

bool PathExists(const std::string& path) {
  struct stat unused = {};
  return lstat(path.c_str(), &unused) == 0;
}

std::string AbsolutePath(const std::string& path) {
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(path, error);
  absolute =
      (error ? std::filesystem::path(path) : absolute).lexically_normal();
  const bool trailing =
      !absolute.has_filename() && absolute.has_relative_path();
  return (trailing ? absolute.parent_path() : absolute).string();
}

std::string FolderOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

}  // namespace pistis
