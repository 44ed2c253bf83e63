#include "engine/storage/rocksdb/store_copy.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/metadata.h"

#include "engine/base/status_macros.h"
#include "engine/storage/rocksdb/status.h"

namespace pistis {
namespace {

// A copy always flushes first, so that it holds next to no log.
constexpr uint64_t kLogBytesForFlush = 0;
constexpr size_t kPieceBytes = size_t{1} << 20;
// So few bytes await the other disk that a stop does not wait for it long.
constexpr uint64_t kBytesPerSync = uint64_t{8} << 20;

// One copy that is being made.
class Copying {
 public:
  Copying(rocksdb::Env& env, const std::string& directory,
          const std::atomic<bool>* stopping)
      : env_(env), directory_(directory), stopping_(stopping) {}

  absl::Status Add(const rocksdb::LiveFileStorageInfo& file) {
    PISTIS_RETURN_IF_ERROR(GoesOn());
    const std::string to =
        absl::StrCat(directory_, "/", file.relative_filename);
    if (!file.replacement_contents.empty()) {
      return Write(file.replacement_contents, to);
    }
    const std::string from =
        absl::StrCat(file.directory, "/", file.relative_filename);
    // Another file system, or one without links: whatever it says, a copy will
    // do, and fails by itself where nothing can be written.
    if (!file.trim_to_size) {
      if (env_.LinkFile(from, to).ok()) return absl::OkStatus();
      PISTIS_RETURN_IF_ERROR(MakeRoomFor(to));
    }
    return Copy(from, to, file.size);
  }

 private:
  absl::Status GoesOn() const {
    if (stopping_ == nullptr || !*stopping_) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("copy the store to ", directory_,
                     ": the program stops before it is done"));
  }

  // A link that was said to have failed may be there all the same, as network
  // disks do: who writes to it writes into the store.
  absl::Status MakeRoomFor(const std::string& to) const {
    const rocksdb::Status ignored = env_.DeleteFile(to);
    if (env_.FileExists(to).IsNotFound()) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("copy to ", to, ": something is there already"));
  }

  absl::Status Write(const std::string& contents, const std::string& to) const {
    std::unique_ptr<rocksdb::WritableFile> file;
    rocksdb::Status done =
        env_.NewWritableFile(to, &file, rocksdb::EnvOptions());
    if (done.ok()) done = file->Append(contents);
    if (done.ok()) done = file->Sync();
    if (done.ok()) done = file->Close();
    return FromRocksDb(done, absl::StrCat("write ", to));
  }

  // The first `bytes`, which are there: a log and the manifest grow on.
  absl::Status Copy(const std::string& from, const std::string& to,
                    uint64_t bytes) {
    std::unique_ptr<rocksdb::SequentialFile> source;
    PISTIS_RETURN_IF_ERROR(FromRocksDb(
        env_.NewSequentialFile(from, &source, rocksdb::EnvOptions()),
        absl::StrCat("read ", from)));
    const std::string doing = absl::StrCat("copy ", from, " to ", to);
    std::unique_ptr<rocksdb::WritableFile> target;
    PISTIS_RETURN_IF_ERROR(FromRocksDb(
        env_.NewWritableFile(to, &target, rocksdb::EnvOptions()), doing));
    PISTIS_RETURN_IF_ERROR(CopyPieces(*source, *target, bytes, doing));
    return FromRocksDb(target->Close(), doing);
  }

  // And syncs them.
  absl::Status CopyPieces(rocksdb::SequentialFile& source,
                          rocksdb::WritableFile& target, uint64_t bytes,
                          const std::string& doing) {
    uint64_t synced = 0;
    for (uint64_t done = 0; done < bytes;) {
      PISTIS_RETURN_IF_ERROR(GoesOn());
      rocksdb::Slice piece;
      const size_t wanted = std::min<uint64_t>(kPieceBytes, bytes - done);
      rocksdb::Status moved = source.Read(wanted, &piece, piece_.get());
      if (moved.ok() && piece.empty()) {
        moved = rocksdb::Status::Corruption(
            absl::StrCat("only ", done, " of ", bytes, " bytes are there"));
      }
      if (moved.ok()) moved = target.Append(piece);
      done += piece.size();
      if (moved.ok() && (done - synced >= kBytesPerSync || done == bytes)) {
        moved = target.Sync();
        synced = done;
      }
      PISTIS_RETURN_IF_ERROR(FromRocksDb(moved, doing));
    }
    return absl::OkStatus();
  }

  rocksdb::Env& env_;
  const std::string& directory_;
  const std::atomic<bool>* const stopping_;
  const std::unique_ptr<char[]> piece_ = std::make_unique<char[]>(kPieceBytes);
};

void TakeAway(rocksdb::Env& env, const std::string& directory) {
  std::vector<std::string> names;
  if (!env.GetChildren(directory, &names).ok()) return;
  for (const std::string& name : names) {
    const rocksdb::Status ignored =
        env.DeleteFile(absl::StrCat(directory, "/", name));
  }
  const rocksdb::Status ignored = env.DeleteDir(directory);
}

bool IsNumber(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

}  // namespace

absl::Status CopyDatabase(rocksdb::DB& db, const std::string& directory,
                          const std::atomic<bool>* stopping) {
  rocksdb::Env& env = *db.GetEnv();
  const std::string doing = absl::StrCat("copy the store to ", directory);
  PISTIS_RETURN_IF_ERROR(FromRocksDb(env.CreateDir(directory), doing));
  absl::Cleanup take_away = [&env, &directory] { TakeAway(env, directory); };
  PISTIS_RETURN_IF_ERROR(FromRocksDb(db.DisableFileDeletions(), doing));
  // Without force: another copy may be under way.
  const absl::Cleanup enable = [&db] {
    const rocksdb::Status ignored = db.EnableFileDeletions(/*force=*/false);
  };
  rocksdb::LiveFilesStorageInfoOptions options;
  options.wal_size_for_flush = kLogBytesForFlush;
  std::vector<rocksdb::LiveFileStorageInfo> files;
  PISTIS_RETURN_IF_ERROR(
      FromRocksDb(db.GetLiveFilesStorageInfo(options, &files), doing));
  Copying copying(env, directory, stopping);
  for (const rocksdb::LiveFileStorageInfo& file : files) {
    PISTIS_RETURN_IF_ERROR(copying.Add(file));
  }
  std::unique_ptr<rocksdb::Directory> folder;
  rocksdb::Status synced = env.NewDirectory(directory, &folder);
  if (synced.ok()) synced = folder->Fsync();
  PISTIS_RETURN_IF_ERROR(FromRocksDb(synced, doing));
  std::move(take_away).Cancel();
  return absl::OkStatus();
}

bool IsNameInCopy(absl::string_view name) {
  if (name == "CURRENT") return true;
  if (absl::ConsumePrefix(&name, "MANIFEST-") ||
      absl::ConsumePrefix(&name, "OPTIONS-") ||
      absl::ConsumeSuffix(&name, ".sst") ||
      absl::ConsumeSuffix(&name, ".log")) {
    return IsNumber(name);
  }
  return false;
}

}  // namespace pistis
