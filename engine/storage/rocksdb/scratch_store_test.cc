#include "engine/storage/rocksdb/scratch_store.h"

#include <sys/wait.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/storage/testing.h"
#include <unistd.h>

namespace pistis {
namespace {

size_t CountIn(const std::string& folder) {
  return static_cast<size_t>(
      std::distance(std::filesystem::directory_iterator(folder),
                    std::filesystem::directory_iterator()));
}

std::string NewFolder() {
  const std::string folder =
      absl::StrCat(testing::TempDir(), "scratch_store_test-", getpid());
  std::filesystem::remove_all(folder);
  return folder;
}

TEST(ScratchStoreTest, WhatIsCommittedIsThereForAsLongAsTheStore) {
  const std::string folder = NewFolder();
  {
    auto scratch = ScratchStore::Make(folder);
    ASSERT_TRUE(scratch.ok()) << scratch.status();
    ASSERT_TRUE(CommitAll((*scratch)->store(), {{"a", "1"}, {"b", "2"}}).ok());
    EXPECT_EQ(ContentsOf(*(*scratch)->store().GetSnapshot()),
              (Contents{{"a", "1"}, {"b", "2"}}));
    EXPECT_EQ(CountIn(folder), 1U);
  }
  EXPECT_EQ(CountIn(folder), 0U);
  std::filesystem::remove_all(folder);
}

TEST(ScratchStoreTest, LeftoversOfACrashGoAndLivingStoresStay) {
  const std::string folder = NewFolder();
  const pid_t crashing = fork();
  if (crashing == 0) {
    auto lost = ScratchStore::Make(folder);
    const bool written =
        lost.ok() && CommitAll((*lost)->store(), {{"a", "1"}}).ok();
    _exit(written ? 0 : 1);
  }
  int outcome = 1;
  ASSERT_EQ(waitpid(crashing, &outcome, 0), crashing);
  ASSERT_EQ(outcome, 0);
  auto living = ScratchStore::Make(folder);
  ASSERT_TRUE(living.ok()) << living.status();
  std::filesystem::create_directories(absl::StrCat(folder, "/somebody-elses"));
  ASSERT_EQ(CountIn(folder), 3U);

  EXPECT_TRUE(RemoveScratchLeftovers(folder).ok());
  EXPECT_EQ(CountIn(folder), 2U);
  EXPECT_TRUE(CommitAll((*living)->store(), {{"b", "2"}}).ok());
  living->reset();
  EXPECT_EQ(CountIn(folder), 1U);
  std::filesystem::remove_all(folder);
}

TEST(ScratchStoreTest, NoFolderMeansNoLeftovers) {
  EXPECT_TRUE(RemoveScratchLeftovers(NewFolder()).ok());
}

}  // namespace
}  // namespace pistis
