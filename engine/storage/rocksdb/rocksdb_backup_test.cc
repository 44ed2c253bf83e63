// Backups of a RocksDB store that serves, and reading a stopped one.
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/storage/backup.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/rocksdb/stopped_store.h"
#include "engine/storage/rocksdb/test_files.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

using ::testing::HasSubstr;

constexpr absl::Time kNow = absl::FromUnixSeconds(1768000000);

std::unique_ptr<RocksDbStore> OpenSmall(const std::string& path) {
  auto opened =
      RocksDbStore::Open({.path = path, .write_buffer_bytes = 64 << 10});
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

TEST(RocksDbBackupTest, HoldsAPrefixOfTheCommitsMadeMeanwhile) {
  const TemporaryDirectory place;
  const auto store = OpenSmall(place.path() + "/live");
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
