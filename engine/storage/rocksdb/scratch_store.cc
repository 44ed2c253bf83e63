#include "engine/storage/rocksdb/scratch_store.h"

#include <sys/file.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include <fcntl.h>
#include <unistd.h>

namespace pistis {
namespace {

constexpr absl::string_view kNameBegin = "pistis-scratch-";
constexpr size_t kBlockCacheBytes = size_t{32} << 20U;
constexpr size_t kWriteBufferBytes = size_t{16} << 20U;
constexpr int kNotLocked = -1;

absl::Status Failed(absl::string_view what, const std::string& path,
                    const std::error_code& error) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", what, " ", path, ": ", error.message()));
}

std::error_code LastError() {
  return {errno, std::generic_category()};
}

// The lock of a folder, which goes with the process; kNotLocked where another
// one has it.
int LockFolder(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder == kNotLocked) return kNotLocked;
  if (flock(folder, LOCK_EX | LOCK_NB) == 0) return folder;
  close(folder);
  return kNotLocked;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ScratchStore>> ScratchStore::Make(
    const std::string& parent) {
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  if (error) return Failed("make the folder", parent, error);
  std::string folder = absl::StrCat(parent, "/", kNameBegin, "XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) {
    return Failed("make a folder in", parent, LastError());
  }
  std::unique_ptr<ScratchStore> scratch(new ScratchStore(std::move(folder)));
  scratch->lock_ = LockFolder(scratch->folder_);
  if (scratch->lock_ == kNotLocked) {
    return Failed("lock the folder", scratch->folder_, LastError());
  }
  PISTIS_ASSIGN_OR_RETURN(
      scratch->store_,
      RocksDbStore::Open({.path = scratch->folder_,
                          .block_cache_bytes = kBlockCacheBytes,
                          .write_buffer_bytes = kWriteBufferBytes,
                          .durability = RocksDbOptions::Durability::kNone}));
  return scratch;
}

ScratchStore::~ScratchStore() {
  store_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
  if (lock_ != kNotLocked) close(lock_);
}

absl::Status RemoveScratchLeftovers(const std::string& parent) {
  std::error_code error;
  if (!std::filesystem::exists(parent, error)) return absl::OkStatus();
  std::filesystem::directory_iterator entry(parent, error);
  for (; !error && entry != std::filesystem::directory_iterator();
       entry.increment(error)) {
    const std::string path = entry->path().string();
    if (!absl::StartsWith(entry->path().filename().string(), kNameBegin)) {
      continue;
    }
    const int lock = LockFolder(path);
    if (lock == kNotLocked) continue;
    std::filesystem::remove_all(path, error);
    close(lock);
    if (error) return Failed("remove", path, error);
  }
  return error ? Failed("look into", parent, error) : absl::OkStatus();
}

}  // namespace pistis
