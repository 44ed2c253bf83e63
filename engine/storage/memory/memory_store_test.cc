#include "engine/storage/memory/memory_store.h"

#include <atomic>
#include <thread>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

#include "engine/storage/testing.h"

namespace pistis {
namespace {

TEST(MemoryStoreTest, KeepsOneVersionWhereNoSnapshotAsksForMore) {
  MemoryStore store;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(CommitAll(store, {{"a", "v"}, {"b", "v"}}).ok());
  }
  EXPECT_EQ(store.version_count(), 2);
  const auto txn = store.Begin();
  txn->Delete("a");
  ASSERT_TRUE(txn->Commit().ok());
  EXPECT_EQ(store.version_count(), 1);
}

TEST(MemoryStoreTest, DropsOldVersionsWithTheSnapshotThatNeededThem) {
  MemoryStore store;
  ASSERT_TRUE(CommitAll(store, {{"a", "1"}, {"b", "1"}}).ok());
  auto first = store.GetSnapshot();
  ASSERT_TRUE(CommitAll(store, {{"a", "2"}}).ok());
  auto second = store.GetSnapshot();
  const auto txn = store.Begin();
  txn->Delete("a");
  ASSERT_TRUE(txn->Commit().ok());
  EXPECT_EQ(store.version_count(), 4);
  first.reset();
  EXPECT_EQ(store.version_count(), 3);
  EXPECT_EQ(ValueOf(*second, "a"), "2");
  second.reset();
  EXPECT_EQ(store.version_count(), 1);
}

TEST(MemoryStoreTest, FailedSyncWritesNothingAndEndsAllWriting) {
  absl::Status answer = absl::OkStatus();
  MemoryStore store({.sync = [&answer] { return answer; }});
  ASSERT_TRUE(CommitAll(store, {{"k", "acknowledged"}}).ok());
  answer = absl::UnavailableError("the disk is gone");
  EXPECT_EQ(CommitAll(store, {{"k", "lost"}}), answer);
  answer = absl::OkStatus();
  const absl::Status later = CommitAll(store, {{"k", "later"}});
  EXPECT_EQ(later.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(later.message().find("the disk is gone"), absl::string_view::npos);
  EXPECT_EQ(ValueOf(*store.GetSnapshot(), "k"), "acknowledged");
}

TEST(MemoryStoreTest, ReadsGoOnDuringASlowSync) {
  absl::Notification syncing;
  absl::Notification synced;
  std::atomic<bool> slow = false;
  MemoryStore store({.sync = [&] {
    if (slow) {
      syncing.Notify();
      synced.WaitForNotification();
    }
    return absl::OkStatus();
  }});
  ASSERT_TRUE(CommitAll(store, {{"k", "1"}}).ok());
  slow = true;
  absl::Status second;
  std::thread writer([&] { second = CommitAll(store, {{"k", "2"}}); });
  syncing.WaitForNotification();
  EXPECT_EQ(ValueOf(*store.GetSnapshot(), "k"), "1");
  synced.Notify();
  writer.join();
  EXPECT_TRUE(second.ok());
  EXPECT_EQ(ValueOf(*store.GetSnapshot(), "k"), "2");
}

}  // namespace
}  // namespace pistis
