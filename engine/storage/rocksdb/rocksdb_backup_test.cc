// Backups of a RocksDB store that serves, and reading a stopped one.
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "rocksdb/utilities/checkpoint.h"

#include "engine/storage/backup.h"
#include "engine/storage/files.h"
#include "engine/storage/rocksdb/rocksdb_options.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/rocksdb/stopped_store.h"
#include "engine/storage/rocksdb/store_copy.h"
#include "engine/storage/rocksdb/test_files.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr absl::Time kNow = absl::FromUnixSeconds(1768000000);

// A disk of which no file can be linked into one folder, as where that is on
// another disk.
class TwoDisks final : public rocksdb::FileSystemWrapper {
 public:
  explicit TwoDisks(const std::string& other)
      : FileSystemWrapper(rocksdb::FileSystem::Default()),
        other_(AbsolutePath(other)) {}

  [[nodiscard]] const char* Name() const override { return "TwoDisks"; }

  // Set before there are copies: what happens as a piece was written to the
  // other disk.
  std::function<void()> on_append = [] {};
  // To the other disk.
  std::atomic<size_t> appended_bytes = 0;
  // Links into the other one are made and said to have failed, as an answer
  // that is lost on its way from a network disk.
  bool loses_answers = false;

  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
    if (!IsOther(to)) {
      return FileSystemWrapper::LinkFile(from, to, options, debug);
    }
    if (loses_answers) {
      EXPECT_TRUE(FileSystemWrapper::LinkFile(from, to, options, debug).ok());
      return rocksdb::IOStatus::IOError("File exists");
    }
    return rocksdb::IOStatus::NotSupported("another disk");
  }

  rocksdb::IOStatus NewWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus made =
        FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (made.ok() && IsOther(name)) {
      *file = std::make_unique<Watched>(std::move(*file), *this);
    }
    return made;
  }

 private:
  class Watched final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    Watched(std::unique_ptr<rocksdb::FSWritableFile> file, TwoDisks& disks)
        : FSWritableFileOwnerWrapper(std::move(file)), disks_(disks) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& bytes,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      disks_.appended_bytes += bytes.size();
      disks_.on_append();
      return FSWritableFileOwnerWrapper::Append(bytes, options, debug);
    }

   private:
    TwoDisks& disks_;
  };

  [[nodiscard]] bool IsOther(const std::string& path) const {
    return absl::StartsWith(AbsolutePath(path), other_);
  }

  const std::string other_;
};

// With the folder that is on the other disk.
struct OtherDisk {
  explicit OtherDisk(const std::string& folder)
      : disks(std::make_shared<TwoDisks>(folder)),
        env(rocksdb::NewCompositeEnv(disks)) {}

  std::shared_ptr<TwoDisks> disks;
  std::unique_ptr<rocksdb::Env> env;
};

std::unique_ptr<RocksDbStore> OpenSmall(const std::string& path,
                                        rocksdb::Env* env = nullptr) {
  auto opened = RocksDbStore::Open(
      {.path = path, .write_buffer_bytes = 64 << 10, .env = env});
  EXPECT_TRUE(opened.ok()) << opened.status();
  return opened.ok() ? *std::move(opened) : nullptr;
}

std::string NumberedKey(int64_t number) {
  return absl::StrCat("commit/", 1000000 + number);
}

// Two keys, so that half a commit would show.
Contents NumberedCommit(int64_t number) {
  return {{NumberedKey(number), std::string(700, 'v')},
          {"last", absl::StrCat(number)}};
}

// How many commits from the first on, without a gap, are all there is.
int64_t CommitsIn(const Contents& contents) {
  const int64_t commits = static_cast<int64_t>(contents.size()) - 1;
  for (int64_t i = 1; i <= commits; ++i) {
    EXPECT_EQ(contents.count(NumberedKey(i)), 1) << i;
  }
  EXPECT_EQ(contents.at("last"), absl::StrCat(commits));
  return commits;
}

// Commits 1, 2, 3, ... until it goes.
class Till {
 public:
  explicit Till(Store& store) : store_(store), thread_([this] { Run(); }) {}
  ~Till() { Stop(); }
  Till(const Till&) = delete;
  Till& operator=(const Till&) = delete;

  int64_t acknowledged() const { return acknowledged_; }

  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Run() {
    while (!stop_) {
      const absl::Status committed =
          CommitAll(store_, NumberedCommit(acknowledged_ + 1));
      EXPECT_TRUE(committed.ok()) << committed;
      if (!committed.ok()) return;
      ++acknowledged_;
    }
  }

  Store& store_;
  std::atomic<bool> stop_ = false;
  std::atomic<int64_t> acknowledged_ = 0;
  std::thread thread_;
};

// Whether the backup is on another disk than the store.
class BackupUnderLoadTest : public testing::TestWithParam<bool> {};

TEST_P(BackupUnderLoadTest, HoldsAPrefixOfTheCommitsMadeMeanwhile) {
  const TemporaryDirectory place;
  OtherDisk other(place.path() + "/backups");
  const auto store =
      OpenSmall(place.path() + "/live", GetParam() ? other.env.get() : nullptr);
  Till till(*store);
  for (int i = 0; i < 5; ++i) {
    const int64_t wanted = till.acknowledged() + 30;
    while (till.acknowledged() < wanted && !testing::Test::HasFailure())
      std::this_thread::yield();
    const std::string backup = absl::StrCat(place.path(), "/backups/", i);
    const int64_t before = till.acknowledged();
    const auto manifest =
        CreateBackup(*store, backup, {.commit_seq = before, .now = kNow});
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    const int64_t after = till.acknowledged();
    EXPECT_EQ(manifest->commit_seq(), before);
    EXPECT_TRUE(CheckBackup(backup).ok());

    const std::string restored = absl::StrCat(place.path(), "/restored", i);
    ASSERT_TRUE(RestoreBackup(backup, restored).ok());
    const auto again = OpenSmall(restored);
    const int64_t commits = CommitsIn(ContentsOf(*again->GetSnapshot()));
    EXPECT_GE(commits, before);
    // One more may have been written without its till knowing yet.
    EXPECT_LE(commits, after + 1);
    EXPECT_TRUE(CommitAll(*again, NumberedCommit(commits + 1)).ok());
    EXPECT_TRUE(CheckBackup(backup).ok()) << "the restored store wrote into it";
  }
  till.Stop();
  EXPECT_EQ(CommitsIn(ContentsOf(*store->GetSnapshot())), till.acknowledged());
  EXPECT_EQ(other.disks->appended_bytes > 0, GetParam());
}

INSTANTIATE_TEST_SUITE_P(EitherDisk, BackupUnderLoadTest, testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "AnotherDisk" : "TheSameDisk";
                         });

// Names and bytes.
std::map<std::string, std::string> FilesIn(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (auto& [path, bytes] : AllFiles(folder))
    files[std::filesystem::path(path).filename().string()] = bytes;
  return files;
}

TEST(RocksDbBackupTest, ACopyHasTheFilesOfRocksDbsOwnCheckpoint) {
  const TemporaryDirectory place;
  OtherDisk other(place.path() + "/other");
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(
      rocksdb::DB::Open(DatabaseOptions({.path = "", .env = other.env.get()}),
                        place.path() + "/live", &opened)
          .ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  for (int i = 0; i < 50; ++i) {
    const auto put =
        db->Put(CommitOptions(RocksDbOptions::Durability::kSynced),
                NumberedKey(i), std::string(5'000, static_cast<char>('a' + i)));
    ASSERT_TRUE(put.ok());
  }
  ASSERT_TRUE(CopyDatabase(*db, place.path() + "/linked", nullptr).ok());
  ASSERT_TRUE(CopyDatabase(*db, place.path() + "/other", nullptr).ok());
  rocksdb::Checkpoint* made = nullptr;
  ASSERT_TRUE(rocksdb::Checkpoint::Create(db.get(), &made).ok());
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  ASSERT_TRUE(checkpoint->CreateCheckpoint(place.path() + "/own", 0).ok());
  const auto own = FilesIn(place.path() + "/own");
  EXPECT_GE(own.size(), 4U);
  EXPECT_TRUE(FilesIn(place.path() + "/linked") == own);
  EXPECT_TRUE(FilesIn(place.path() + "/other") == own);
  for (const auto& [name, bytes] : own)
    EXPECT_TRUE(IsNameInCopy(name)) << name;
  // What a data directory has besides.
  for (const char* name : {"LOCK", "LOG", "IDENTITY", "CURRENT.tmp", ".sst",
                           "notes.log", "MANIFEST-", "pistis-backup.json"}) {
    EXPECT_FALSE(IsNameInCopy(name)) << name;
  }
}

TEST(RocksDbBackupTest, ALinkWhoseAnswerIsLostLeavesTheStoreAlone) {
  const TemporaryDirectory place;
  OtherDisk other(place.path() + "/other");
  other.disks->loses_answers = true;
  const std::string live = place.path() + "/live";
  const std::string backup = place.path() + "/other/backup";
  int64_t commits = 0;
  {
    const auto store = OpenSmall(live, other.env.get());
    while (commits < 500)
      ASSERT_TRUE(CommitAll(*store, NumberedCommit(++commits)).ok());
    const auto made = CreateBackup(*store, backup, {.now = kNow});
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_GT(other.disks->appended_bytes, 0U);
  }
  EXPECT_TRUE(CheckBackup(backup).ok());
  const auto again = OpenSmall(live);
  EXPECT_EQ(CommitsIn(ContentsOf(*again->GetSnapshot())), commits);
}

TEST(RocksDbBackupTest, AStopBreaksOffWhatIsCopiedToAnotherDisk) {
  const TemporaryDirectory place;
  const std::string backup = place.path() + "/other/backup";
  OtherDisk other(place.path() + "/other");
  std::atomic<bool> stopping = false;
  const auto store = *RocksDbStore::Open({.path = place.path() + "/live",
                                          .env = other.env.get(),
                                          .stopping = &stopping});
  Contents large;
  std::mt19937 bits(7);
  for (int i = 0; i < 6; ++i) {
    std::string value(size_t{1} << 20, '\0');
    for (char& byte : value)
      byte = static_cast<char>(bits());
    large[NumberedKey(i)] = value;
  }
  ASSERT_TRUE(CommitAll(*store, large).ok());
  other.disks->on_append = [&stopping] { stopping = true; };
  const auto stopped = CreateBackup(*store, backup, {.now = kNow});
  EXPECT_EQ(stopped.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(
      std::string(stopped.status().message()),
      AllOf(HasSubstr("/other/backup"), HasSubstr("the program stops")));
  // Of six: the rest of the table was not waited for.
  EXPECT_LE(other.disks->appended_bytes, size_t{1} << 20);
  EXPECT_GT(other.disks->appended_bytes, 0U);
  EXPECT_TRUE(std::filesystem::is_empty(place.path() + "/other"));

  other.disks->on_append = [] {};
  stopping = false;
  ASSERT_TRUE(CreateBackup(*store, backup, {.now = kNow}).ok());
  EXPECT_TRUE(CheckBackup(backup).ok());
  const auto reader = StoppedStore::Open({.path = backup});
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_TRUE(ContentsOf(*(*reader)->GetSnapshot()) == large);
}

TEST(RocksDbBackupTest, AStoreRemovesFilesAgainAfterACopyThatFailed) {
  const TemporaryDirectory place;
  std::atomic<bool> stopping = true;
  const auto store = *RocksDbStore::Open({.path = place.path() + "/live",
                                          .write_buffer_bytes = 64 << 10,
                                          .stopping = &stopping});
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(store->CopyTo(place.path() + "/copy").ok());
  EXPECT_FALSE(std::filesystem::exists(place.path() + "/copy"));
  // Each log is used up by a flush, after a few.
  for (int64_t i = 1; i <= 1500; ++i)
    ASSERT_TRUE(CommitAll(*store, NumberedCommit(i)).ok());
  EXPECT_LT(FilesContaining(place.path() + "/live", ".log").size(), 6U);
}

TEST(RocksDbBackupTest, ACopyTakesNoFolderThatIsThere) {
  const TemporaryDirectory place;
  const auto store = OpenSmall(place.path() + "/live");
  std::filesystem::create_directory(place.path() + "/mine");
  WriteFile(place.path() + "/mine/000001.sst", "precious");
  EXPECT_FALSE(store->CopyTo(place.path() + "/mine").ok());
  EXPECT_EQ(ReadFile(place.path() + "/mine/000001.sst"), "precious");
}

TEST(RocksDbBackupTest, StaysAsItIsWhileTheStoreGoesOn) {
  const TemporaryDirectory place;
  const auto store = OpenSmall(place.path() + "/live");
  for (int64_t i = 1; i <= 100; ++i) {
    ASSERT_TRUE(CommitAll(*store, NumberedCommit(i)).ok());
  }
  const std::string backup = place.path() + "/backup";
  ASSERT_TRUE(
      CreateBackup(*store, backup, {.commit_seq = 100, .now = kNow}).ok());
  for (int64_t i = 101; i <= 600; ++i) {
    ASSERT_TRUE(CommitAll(*store, NumberedCommit(i)).ok());
  }
  EXPECT_TRUE(CheckBackup(backup).ok());
  const auto stopped = StoppedStore::Open({.path = backup});
  ASSERT_TRUE(stopped.ok()) << stopped.status();
  EXPECT_EQ(CommitsIn(ContentsOf(*(*stopped)->GetSnapshot())), 100);
}

TEST(StoppedStoreTest, ReadsABackupAndWritesNothing) {
  const TemporaryDirectory place;
  const auto store = OpenSmall(place.path() + "/live");
  for (int64_t i = 1; i <= 100; ++i) {
    ASSERT_TRUE(CommitAll(*store, NumberedCommit(i)).ok());
  }
  const std::string backup = place.path() + "/backup";
  ASSERT_TRUE(
      CreateBackup(*store, backup, {.commit_seq = 100, .now = kNow}).ok());
  const auto before = AllFiles(backup);
  for (int i = 0; i < 2; ++i) {
    const auto stopped = StoppedStore::Open({.path = backup});
    ASSERT_TRUE(stopped.ok()) << stopped.status();
    const auto snapshot = (*stopped)->GetSnapshot();
    EXPECT_EQ(CommitsIn(ContentsOf(*snapshot)), 100);
    EXPECT_EQ(ContentsBackward(*snapshot), ContentsOf(*snapshot));
    EXPECT_EQ(ValueOf(*snapshot, "last"), "100");
    EXPECT_EQ(ValueOf(*snapshot, "none"), "<absent>");
    EXPECT_TRUE((*stopped)->CheckTables().ok());
  }
  EXPECT_TRUE(AllFiles(backup) == before);
  EXPECT_TRUE(CheckBackup(backup).ok());
}

// As kill -9 leaves it: much is in the log only.
TEST(StoppedStoreTest, SeesWhatIsInTheLogsAndLeavesThemThere) {
  const TemporaryDirectory live;
  const auto store = OpenSmall(live.path());
  for (int64_t i = 1; i <= 130; ++i) {
    ASSERT_TRUE(CommitAll(*store, NumberedCommit(i)).ok());
  }
  const TemporaryDirectory killed;
  CopyFiles(live.path(), killed.path());
  const auto before = AllFiles(killed.path());
  {
    const auto stopped = StoppedStore::Open({.path = killed.path()});
    ASSERT_TRUE(stopped.ok()) << stopped.status();
    EXPECT_EQ(CommitsIn(ContentsOf(*(*stopped)->GetSnapshot())), 130);
  }
  EXPECT_TRUE(AllFiles(killed.path()) == before);
  EXPECT_EQ(CommitsIn(ContentsOf(*OpenSmall(killed.path())->GetSnapshot())),
            130);
}

TEST(StoppedStoreTest, AndAServerKeepEachOtherOut) {
  const TemporaryDirectory live;
  auto store = OpenSmall(live.path());
  EXPECT_EQ(StoppedStore::Open({.path = live.path()}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  store.reset();
  {
    const auto stopped = StoppedStore::Open({.path = live.path()});
    ASSERT_TRUE(stopped.ok()) << stopped.status();
    EXPECT_EQ(RocksDbStore::Open({.path = live.path()}).status().code(),
              absl::StatusCode::kFailedPrecondition);
  }
  EXPECT_NE(OpenSmall(live.path()), nullptr);
}

TEST(StoppedStoreTest, FolderWithoutADatabaseIsRefusedAndStaysEmpty) {
  const TemporaryDirectory empty;
  const auto stopped = StoppedStore::Open({.path = empty.path()});
  EXPECT_EQ(stopped.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(stopped.status().message()), HasSubstr(empty.path()));
  EXPECT_TRUE(std::filesystem::is_empty(empty.path()));
  EXPECT_EQ(
      StoppedStore::Open({.path = empty.path() + "/none"}).status().code(),
      absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace pistis
