#include "clients/cli/local_clean.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

#include "clients/cli/local_recount.h"
#include "engine/base/clock.h"
#include "engine/base/status_macros.h"
#include "engine/operations/env.h"
#include "engine/operations/erase_again.h"
#include "engine/operations/executor.h"
#include "engine/operations/open_store.h"
#include "engine/operations/rulebook_cache.h"
#include "engine/storage/backup.h"
#include "engine/storage/erasure_file.h"
#include "engine/storage/erasure_keys.h"
#include "engine/storage/files.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/store.h"
#include <fcntl.h>
#include <unistd.h>

namespace pistis {
namespace {

using Outcome = BackupCleaning::Outcome;

constexpr char kWorkName[] = ".cleaning";
constexpr size_t kBytesPerCommit = size_t{4} << 20U;
// What is older and not finished never will be.
constexpr absl::Duration kLongestBackup = absl::Hours(24);

// A backup is of its own time: what is erased in it is erased then.
class StoppedClock final : public Clock {
 public:
  explicit StoppedClock(absl::Time now) : now_(now) {}
  [[nodiscard]] absl::Time Now() const override { return now_; }

 private:
  const absl::Time now_;
};

absl::Status OfFile(const std::error_code& error, const std::string& path) {
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(path, ": ", error.message()));
}

absl::Status OfSystem(const std::string& path) {
  return OfFile({errno, std::generic_category()}, path);
}

absl::Status RemoveAll(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  return OfFile(error, path);
}

// Nothing is acknowledged after a failed write, so nobody waits any more. The
// disk may be full: what was made so far would keep it so.
[[noreturn]] void StopFor(const absl::Status& cause, const std::string& work) {
  const absl::Status removed = RemoveAll(work);
  std::fprintf(stderr, "a write failed, so nothing more is cleaned: %s\n%s",
               cause.ToString().c_str(),
               removed.ok() ? "" : (removed.ToString() + "\n").c_str());
  std::_Exit(EXIT_FAILURE);
}

// A database without history: what was deleted from the other one never was in
// this. With the note of what it was cleaned of.
class CleanCopy final : public BackupSource {
 public:
  // `path` does not exist. Of what a crash leaves, nothing is used again.
  static absl::StatusOr<std::unique_ptr<CleanCopy>> Make(
      const Store& of, const std::string& path,
      const std::set<Erasure>& erasures) {
    PISTIS_ASSIGN_OR_RETURN(
        auto store,
        RocksDbStore::Open(
            {.path = path, .durability = RocksDbOptions::Durability::kNone}));
    auto copy =
        std::unique_ptr<CleanCopy>(new CleanCopy(std::move(store), erasures));
    PISTIS_RETURN_IF_ERROR(copy->Fill(*of.GetSnapshot()));
    return copy;
  }

  absl::Status CopyTo(const std::string& directory) override {
    PISTIS_RETURN_IF_ERROR(store_->CopyTo(directory));
    std::string lines;
    for (const Erasure& erasure : erasures_)
      absl::StrAppend(&lines, TextOf(erasure));
    return WriteNewFile(absl::StrCat(directory, "/", kCleanedOfName), lines);
  }

 private:
  CleanCopy(std::unique_ptr<RocksDbStore> store,
            const std::set<Erasure>& erasures)
      : store_(std::move(store)), erasures_(erasures) {}

  absl::Status Fill(const Reader& from) {
    absl::Status failed;
    std::unique_ptr<Txn> part = store_->Begin();
    size_t bytes = 0;
    PISTIS_RETURN_IF_ERROR(
        from.Scan("", "", [&](absl::string_view key, absl::string_view value) {
          part->Put(key, value);
          bytes += key.size() + value.size();
          if (bytes < kBytesPerCommit) return Visit::kContinue;
          failed = part->Commit();
          part = store_->Begin();
          bytes = 0;
          return failed.ok() ? Visit::kContinue : Visit::kStop;
        }));
    return failed.ok() ? part->Commit() : failed;
  }

  const std::unique_ptr<RocksDbStore> store_;
  const std::set<Erasure>& erasures_;
};

// True where the backup says so in a file that is as its manifest has it.
absl::StatusOr<bool> WasCleanedOf(const std::set<Erasure>& erasures,
                                  const std::string& backup,
                                  const store::v1::BackupManifest& manifest) {
  if (erasures.empty()) return true;
  const auto note = std::find_if(
      manifest.files().begin(), manifest.files().end(),
      [](const auto& file) { return file.name() == kCleanedOfName; });
  if (note == manifest.files().end()) return false;
  const std::string path = absl::StrCat(backup, "/", kCleanedOfName);
  if (!PathExists(path)) return false;
  PISTIS_ASSIGN_OR_RETURN(const FileDigest digest, DigestOfFile(path));
  if (digest.sha256 != note->sha256()) return false;
  PISTIS_ASSIGN_OR_RETURN(const ErasuresRead read, ReadErasures(path));
  return std::includes(read.erasures.begin(), read.erasures.end(),
                       erasures.begin(), erasures.end());
}

absl::StatusOr<int64_t> FindingsIn(const std::string& backup) {
  PISTIS_ASSIGN_OR_RETURN(
      const std::vector<ProgramRecount> recounts,
      RecountLocally({.folder = LocalRecount::Folder::kBackup, .path = backup},
                     [](const v1::VerifyProgress& /*progress*/) {}));
  int64_t findings = 0;
  for (const ProgramRecount& recount : recounts)
    findings += recount.report.finding_count();
  return findings;
}

// Room for the restored copy and the new one.
absl::Status CheckRoom(const store::v1::BackupManifest& manifest,
                       const BackupFolder& folder) {
  int64_t wanted = folder.spare_bytes;
  for (const auto& file : manifest.files())
    wanted += 2 * file.bytes();
  std::error_code error;
  const auto space = std::filesystem::space(folder.path, error);
  if (error) return OfFile(error, folder.path);
  if (space.available >= static_cast<uintmax_t>(wanted)) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("the disk has ", space.available, " bytes left; ", wanted,
                   " are wanted"));
}

// Gives `path` the owner, the group and the mode of `old`; nothing to the group
// where this user may not give it away.
absl::Status OpenAs(const std::string& old, const std::string& path) {
  struct stat found = {};
  if (stat(old.c_str(), &found) != 0) return OfSystem(old);
  mode_t mode = found.st_mode & 07777U;
  if (chown(path.c_str(), found.st_uid, found.st_gid) != 0) {
    mode &= ~static_cast<mode_t>(S_IRWXG);
  }
  return chmod(path.c_str(), mode) == 0 ? absl::OkStatus() : OfSystem(path);
}

// Whose `data` holds the restored copy, `new` the database without history and
// `backup` what takes the old one's place.
class Cleaning {
 public:
  Cleaning(const BackupFolder& folder, const std::string& old,
           const std::string& work, const std::set<Erasure>& erasures)
      : folder_(folder), old_(old), work_(work), erasures_(erasures) {}

  absl::Status Run(BackupCleaning& of) {
    PISTIS_ASSIGN_OR_RETURN(const auto manifest, ReadBackupManifest(old_));
    PISTIS_ASSIGN_OR_RETURN(const bool was_clean,
                            WasCleanedOf(erasures_, old_, manifest));
    if (was_clean) return absl::OkStatus();
    of.outcome = Outcome::kFailed;
    PISTIS_RETURN_IF_ERROR(CheckRoom(manifest, folder_));
    PISTIS_RETURN_IF_ERROR(RestoreBackup(old_, In("data")));
    PISTIS_RETURN_IF_ERROR(
        MakeAnew(absl::FromUnixMicros(manifest.create_us()), of));
    PISTIS_RETURN_IF_ERROR(Compare());
    PISTIS_RETURN_IF_ERROR(TakePlace());
    of.outcome = Outcome::kCleaned;
    return absl::OkStatus();
  }

 private:
  [[nodiscard]] std::string In(absl::string_view name) const {
    return absl::StrCat(work_, "/", name);
  }

  absl::Status MakeAnew(absl::Time made, BackupCleaning& of) {
    PISTIS_ASSIGN_OR_RETURN(const auto store,
                            RocksDbStore::Open({.path = In("data")}));
    PISTIS_ASSIGN_OR_RETURN(const StoreKeys keys, OpenFormat(*store));
    int64_t last_commit = 0;
    PISTIS_RETURN_IF_ERROR(Erase(*store, keys, made, of, last_commit));
    PISTIS_ASSIGN_OR_RETURN(const auto copy,
                            CleanCopy::Make(*store, In("new"), erasures_));
    return CreateBackup(*copy, In("backup"),
                        {.commit_seq = last_commit, .now = made})
        .status();
  }

  absl::Status Erase(Store& store, const StoreKeys& keys, absl::Time made,
                     BackupCleaning& of, int64_t& last_commit) {
    const StoppedClock clock(made);
    RulebookCache rulebooks;
    const OperationEnv env{.secret = keys.secret,
                           .rulebooks = rulebooks,
                           .signing_seed = keys.signing_seed};
    PISTIS_ASSIGN_OR_RETURN(
        const auto executor,
        Executor::Start(store, clock, {}, [this](const absl::Status& cause) {
          StopFor(cause, work_);
        }));
    const ErasingRoom room{.store = store, .env = env, .executor = *executor};
    PISTIS_ASSIGN_OR_RETURN(const ErasedAgain erased,
                            EraseAgain(room, erasures_));
    if (!erased.failed.empty()) return erased.failed.front().second;
    PISTIS_ASSIGN_OR_RETURN(const CleanedAgain cleaned, CleanAllErased(room));
    if (cleaned.unreadable > 0) {
      return absl::DataLossError(
          absl::StrCat(cleaned.unreadable,
                       " erased members have records that cannot be read"));
    }
    of.members = static_cast<int64_t>(erased.erased.size());
    of.records = cleaned.records;
    executor->Drain();
    last_commit = executor->last_commit_seq();
    return absl::OkStatus();
  }

  // The new one must be as whole as the old one.
  absl::Status Compare() const {
    PISTIS_RETURN_IF_ERROR(CheckBackup(In("backup")));
    PISTIS_ASSIGN_OR_RETURN(const int64_t now, FindingsIn(In("backup")));
    if (now == 0) return absl::OkStatus();
    PISTIS_ASSIGN_OR_RETURN(const int64_t before, FindingsIn(old_));
    if (now <= before) return absl::OkStatus();
    return absl::DataLossError(
        absl::StrCat("a recount finds ", now,
                     " things in the cleaned copy that must not be, and ",
                     before, " in the backup"));
  }

  // The new one is no more open than the old one was, whose files are as open
  // as its manifest.
  absl::Status TakePlace() const {
    const std::string made = In("backup");
    PISTIS_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                            NamesIn(made));
    for (const std::string& name : names) {
      PISTIS_RETURN_IF_ERROR(
          OpenAs(absl::StrCat(old_, "/", kBackupManifestName),
                 absl::StrCat(made, "/", name)));
    }
    PISTIS_RETURN_IF_ERROR(OpenAs(old_, made));
    return ExchangeDurably(made, old_);
  }

  const BackupFolder& folder_;
  const std::string old_;
  const std::string work_;
  const std::set<Erasure>& erasures_;
};

// Holds the folder for this process; the descriptor, which is to be closed.
absl::StatusOr<int> Hold(const std::string& folder) {
  const int held = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (held < 0) return OfSystem(folder);
  struct stat found = {};
  absl::Status refused;
  if (fstat(held, &found) != 0 || found.st_uid != geteuid()) {
    refused = absl::FailedPreconditionError(absl::StrCat(
        folder,
        " belongs to another user; clean it as that one, so that the "
        "server can still remove what it makes"));
  } else if (flock(held, LOCK_EX | LOCK_NB) != 0) {
    refused = absl::FailedPreconditionError(
        absl::StrCat("another process cleans ", folder));
  }
  if (refused.ok()) return held;
  close(held);
  return refused;
}

absl::Status MakeWorkFolder(const std::string& work) {
  PISTIS_RETURN_IF_ERROR(RemoveAll(work));
  if (mkdir(work.c_str(), S_IRWXU) == 0) return absl::OkStatus();
  return OfSystem(work);
}

[[nodiscard]] bool IsGone(const std::string& path) {
  return !PathExists(path) && errno == ENOENT;
}

// Of a link the place alone could be made anew, and not what it leads to.
absl::Status CheckIsNoLink(const std::string& backup) {
  std::error_code error;
  if (!std::filesystem::is_symlink(backup, error)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "it is a link to ", std::filesystem::canonical(backup, error).string(),
      "; clean the folder which that is in"));
}

// True for a link to something in its own folder, which has its own turn.
bool LeadsToNeighbour(const std::string& backup) {
  std::error_code error;
  if (!std::filesystem::is_symlink(backup, error)) return false;
  const auto target = std::filesystem::canonical(backup, error);
  if (error) return false;
  const auto folder = std::filesystem::canonical(FolderOf(backup), error);
  return !error && target.parent_path() == folder;
}

BackupCleaning CleanOne(Cleaning cleaning, const std::string& backup,
                        const std::string& name) {
  BackupCleaning of{.name = name};
  of.why = CheckIsNoLink(backup);
  if (of.why.ok()) of.why = cleaning.Run(of);
  if (of.why.ok()) return of;
  of.outcome = Outcome::kFailed;
  // A server takes the manifest away first.
  if (IsGone(absl::StrCat(backup, "/", kBackupManifestName))) {
    of.outcome = Outcome::kIsGone;
    of.why = absl::OkStatus();
  }
  return of;
}

// True where a crash left a backup that was being made, which nobody removes: a
// copy of a database that never was opened, and has not grown for long.
bool IsLeftOver(const std::string& path) {
  struct stat found = {};
  if (lstat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) return false;
  if (absl::Now() - absl::FromTimeT(found.st_mtime) < kLongestBackup) {
    return false;
  }
  const auto names = NamesIn(path);
  return names.ok() &&
         std::any_of(names->begin(), names->end(),
                     [](const std::string& name) {
                       return absl::EndsWith(name, ".sst");
                     }) &&
         !PathExists(absl::StrCat(path, "/LOCK"));
}

BackupCleaning TellLeftOver(const std::string& name) {
  return {.name = name,
          .outcome = Outcome::kFailed,
          .why = absl::FailedPreconditionError(absl::StrCat(
              "it has no ", kBackupManifestName,
              ", as it was never finished, and may hold erased members; "
              "remove it"))};
}

}  // namespace

absl::Status CleanBackupsLocally(
    const BackupFolder& folder,
    absl::FunctionRef<void(const BackupCleaning&)> done) {
  const std::string root = AbsolutePath(folder.path);
  const std::string list = absl::StrCat(root, "/", kErasureLogName);
  if (!PathExists(list)) {
    return absl::FailedPreconditionError(absl::StrCat(
        list, " is missing; it names whom the backups are cleaned of"));
  }
  PISTIS_ASSIGN_OR_RETURN(const ErasuresRead read, ReadErasures(list));
  PISTIS_ASSIGN_OR_RETURN(const int held, Hold(root));
  const absl::Cleanup let_go = [held] { close(held); };
  const std::string work = absl::StrCat(root, "/", kWorkName);
  PISTIS_RETURN_IF_ERROR(RemoveAll(work));
  PISTIS_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(root));
  for (const std::string& name : names) {
    const std::string backup = absl::StrCat(root, "/", name);
    if (!PathExists(absl::StrCat(backup, "/", kBackupManifestName))) {
      if (IsLeftOver(backup)) done(TellLeftOver(name));
      continue;
    }
    if (LeadsToNeighbour(backup)) continue;
    PISTIS_RETURN_IF_ERROR(MakeWorkFolder(work));
    done(CleanOne({folder, backup, work, read.erasures}, backup, name));
    PISTIS_RETURN_IF_ERROR(RemoveAll(work));
  }
  if (!read.is_torn) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      list,
      " ends in what was not written whole: whoever that names was not "
      "cleaned. The server that writes it mends it; copy it again"));
}

}  // namespace pistis
