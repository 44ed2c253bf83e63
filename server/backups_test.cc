#include "server/backups.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/storage/files.h"
#include "server/backup_job.h"
#include "server/test_engine.h"

namespace pistis::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class BackupsTest : public testing::Test {
 protected:
  // A finished backup that was made `age` before kNow.
  std::string Add(const std::string& name, absl::Duration age) {
    const std::string path = absl::StrCat(folder_, "/", name);
    EXPECT_TRUE(MakeDirectoryDurably(folder_).ok());
    EXPECT_TRUE(CreateBackup(engine_.source, path, {.now = kNow - age}).ok());
    return path;
  }

  absl::Status Keep(const Retention& retention) {
    return RemoveOldBackups(folder_, retention, kNow);
  }

  [[nodiscard]] std::vector<std::string> Names() const {
    return NamesIn(folder_).value_or(std::vector<std::string>{});
  }

  TestEngine engine_;
  const std::string folder_ = engine_.backup_dir;
};

TEST_F(BackupsTest, TheLatestOfTheScheduleStay) {
  Add("scheduled-1", absl::Hours(3));
  Add("scheduled-2", absl::Hours(2));
  Add("scheduled-3", absl::Hours(1));
  ASSERT_TRUE(Keep({.count = 2}).ok());
  EXPECT_THAT(Names(), ElementsAre("scheduled-2", "scheduled-3"));
}

TEST_F(BackupsTest, WhatIsTooOldGoesButNeverTheLastWholeOne) {
  Add("scheduled-1", absl::Hours(50));
  Add("scheduled-2", absl::Hours(49));
  ASSERT_TRUE(Keep({.count = 5, .age = absl::Hours(48)}).ok());
  EXPECT_THAT(Names(), ElementsAre("scheduled-2"));
}

TEST_F(BackupsTest, ABrokenBackupDoesNotPushOutAWholeOne) {
  Add("scheduled-1", absl::Hours(3));
  const std::string broken = Add("scheduled-2", absl::Hours(1));
  std::filesystem::remove(absl::StrCat(broken, "/", kBackupManifestName));
  ASSERT_TRUE(Keep({.count = 1}).ok());
  EXPECT_THAT(Names(), ElementsAre("scheduled-1", "scheduled-2"));
}

TEST_F(BackupsTest, WhatIsNoBackupOfTheScheduleIsLeftAlone) {
  Add("monday", absl::Hours(900));
  const std::string with_folder = Add("scheduled-1", absl::Hours(5));
  std::filesystem::create_directory(absl::StrCat(with_folder, "/mine"));
  Add("scheduled-2", absl::Hours(4));
  Add("scheduled-3", absl::Hours(1));
  std::filesystem::create_directory(absl::StrCat(folder_, "/scheduled-notes"));
  EXPECT_TRUE(absl::IsFailedPrecondition(Keep({.count = 1})));
  EXPECT_THAT(Names(), ElementsAre("monday", "scheduled-1", "scheduled-3",
                                   "scheduled-notes"));
}

TEST_F(BackupsTest, TheTimeOfTheLastOneIsKnownAfterARestart) {
  EXPECT_EQ(engine_.backups.last_success(), absl::InfinitePast());
  Add("monday", absl::Hours(2));
  const Backups after(engine_.room, engine_.source, folder_);
  EXPECT_EQ(after.last_success(), kNow - absl::Hours(2));
}

TEST_F(BackupsTest, ABackupThatTheStopBreaksOffLeavesNothing) {
  engine_.stopping = true;
  EXPECT_TRUE(absl::IsUnavailable(engine_.backups.Make("monday").status()));
  EXPECT_THAT(Names(), IsEmpty());
  EXPECT_EQ(engine_.backups.last_success(), absl::InfinitePast());
}

TEST_F(BackupsTest, TheJobMakesOneWhereThereIsNone) {
  {
    const BackupJob job(engine_.room, engine_.backups,
                        {.every = absl::Hours(1), .retention = {.count = 2}});
    while (engine_.backups.last_success() == absl::InfinitePast()) {
      absl::SleepFor(absl::Milliseconds(5));
    }
  }
  ASSERT_EQ(Names().size(), 1U);
  EXPECT_THAT(Names().front(), testing::StartsWith(kScheduledPrefix));
  EXPECT_TRUE(CheckBackup(absl::StrCat(folder_, "/", Names().front())).ok());
}

}  // namespace
}  // namespace pistis::server
