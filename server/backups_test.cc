#include "server/backups.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/base/clock.h"
#include "engine/base/refusal.h"
#include "engine/storage/files.h"
#include "server/backup_job.h"
#include "server/test_engine.h"
#include "server/test_log.h"

namespace pistis::server {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

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
    auto names = NamesIn(folder_).value_or(std::vector<std::string>{});
    names.erase(std::remove(names.begin(), names.end(), kBackupLockName),
                names.end());
    return names;
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
  const absl::Status stopped = engine_.backups.Make("monday").status();
  EXPECT_EQ(ReasonOf(stopped), Reason::kOverloaded) << stopped;
  EXPECT_THAT(Names(), IsEmpty());
  EXPECT_EQ(engine_.backups.last_success(), absl::InfinitePast());
}

TEST_F(BackupsTest, AFolderIsForOneServer) {
  Backups other(engine_.room, engine_.source, folder_);
  EXPECT_TRUE(other.Hold().ok()) << "where there is no folder yet";
  ASSERT_TRUE(engine_.backups.Make("monday").ok());
  const absl::Status held = other.Hold();
  EXPECT_TRUE(absl::IsFailedPrecondition(held)) << held;
  EXPECT_THAT(std::string(held.message()), HasSubstr(folder_));
  std::filesystem::create_directory(folder_ + "/friday.tmp");
  EXPECT_TRUE(absl::IsFailedPrecondition(other.Make("friday").status()));
  EXPECT_THAT(Names(), ElementsAre("friday.tmp", "monday"));
}

TEST_F(BackupsTest, AFolderIsFreeOnceItsServerHasEnded) {
  {
    Backups earlier(engine_.room, engine_.source, folder_);
    ASSERT_TRUE(earlier.Make("monday").ok());
  }
  EXPECT_TRUE(engine_.backups.Make("friday").ok());
  EXPECT_TRUE(engine_.backups.Hold().ok());
}

TEST_F(BackupsTest, WhatCannotBeRenamedStaysWhole) {
  const std::string first = Add("scheduled-1", absl::Hours(3));
  Add("scheduled-2", absl::Hours(2));
  std::filesystem::create_directories(folder_ + "/scheduled-1.tmp/mine");
  EXPECT_FALSE(Keep({.count = 1}).ok());
  EXPECT_TRUE(CheckBackup(first).ok());
}

// A folder as a kill leaves it that has not changed for `age`.
class BackupLeftoversTest : public BackupsTest {
 protected:
  void Leave(const std::string& name, const std::vector<std::string>& files,
             absl::Duration age) {
    const std::string path = absl::StrCat(folder_, "/", name);
    std::filesystem::create_directories(path);
    for (const std::string& file : files)
      std::ofstream(absl::StrCat(path, "/", file)) << "bytes";
    std::filesystem::last_write_time(
        path, std::filesystem::file_time_type::clock::now() -
                  absl::ToChronoSeconds(age));
  }

  std::string WhyNot(const std::string& id) {
    const auto made = engine_.backups.Make(id);
    return made.ok() ? "" : std::string(made.status().message());
  }

  const std::vector<std::string> copied_ = {"000004.sst", "000009.log",
                                            "CURRENT", "MANIFEST-000005",
                                            "OPTIONS-000007"};
};

TEST_F(BackupLeftoversTest, WhatAKillLeftGoesWithTheNextBackupAndIsLogged) {
  Leave("scheduled-20261101-020000.tmp", copied_, absl::Hours(25));
  // Killed as its manifest was written.
  Leave("monday.tmp", {"CURRENT", "pistis-backup.json.partial"},
        absl::Hours(25));
  Leave("empty.tmp", {}, absl::Hours(25));
  Leave("young.tmp", copied_, absl::Hours(23));
  LogCatcher log;
  ASSERT_EQ(WhyNot("friday"), "");
  EXPECT_THAT(Names(), ElementsAre("friday", "young.tmp"));
  EXPECT_THAT(log.Take(),
              ElementsAre(AllOf(StartsWith("warning "), HasSubstr("monday.tmp"),
                                HasSubstr("scheduled-20261101-020000.tmp"))));
}

TEST_F(BackupLeftoversTest, WhatNoBackupMakesStays) {
  const absl::Duration old = absl::Hours(2400);
  Leave("notes.tmp", {"CURRENT", "notes.txt"}, old);
  Leave("live.tmp", {"CURRENT", "LOCK", "000004.sst"}, old);
  Leave("nested.tmp", {"CURRENT"}, old);
  std::filesystem::create_directory(folder_ + "/nested.tmp/mine");
  Leave("linked.tmp", {"CURRENT"}, old);
  std::filesystem::create_symlink("/dev/null",
                                  folder_ + "/linked.tmp/000004.sst");
  std::filesystem::create_symlink(folder_ + "/notes.tmp", folder_ + "/to.tmp");
  std::ofstream(folder_ + "/file.tmp") << "bytes";
  Leave("unnamed", copied_, old);
  const std::vector<std::string> before = Names();
  const auto removed =
      RemoveLeftovers(folder_, {}, absl::Now() + absl::Hours(24));
  ASSERT_TRUE(removed.status.ok()) << removed.status;
  EXPECT_THAT(removed.names, IsEmpty());
  EXPECT_EQ(Names(), before);
}

TEST_F(BackupLeftoversTest, WhatIsLeftOfABackupGoesBeforeItIsMadeAgain) {
  Leave("monday.tmp", copied_, absl::Seconds(1));
  ASSERT_EQ(WhyNot("monday"), "");
  EXPECT_THAT(Names(), ElementsAre("monday"));
  EXPECT_TRUE(CheckBackup(folder_ + "/monday").ok());
}

TEST_F(BackupLeftoversTest, AWholeBackupThatLacksItsNameGetsIt) {
  std::filesystem::rename(Add("monday", absl::Hours(30)),
                          folder_ + "/monday.tmp");
  EXPECT_THAT(WhyNot("monday"), HasSubstr("there is a backup monday"));
  Add("scheduled-1", absl::Hours(31));
  std::filesystem::rename(Add("scheduled-2", absl::Hours(30)),
                          folder_ + "/scheduled-2.tmp");
  ASSERT_TRUE(Keep({.count = 1}).ok());
  EXPECT_THAT(Names(), ElementsAre("monday", "scheduled-1", "scheduled-2.tmp"));
  const auto removed =
      RemoveLeftovers(folder_, {}, absl::Now() + absl::Hours(25));
  ASSERT_TRUE(removed.status.ok()) << removed.status;
  EXPECT_THAT(removed.names, IsEmpty());
  EXPECT_THAT(Names(), ElementsAre("monday", "scheduled-1", "scheduled-2"));
  EXPECT_TRUE(CheckBackup(folder_ + "/scheduled-2").ok());
}

// As where a removal was broken off before the manifest went.
TEST_F(BackupLeftoversTest, WhatLacksAFileOfItsManifestGetsNoName) {
  std::filesystem::rename(Add("monday", absl::Hours(30)),
                          folder_ + "/monday.tmp");
  std::filesystem::rename(folder_ + "/monday.tmp/data",
                          folder_ + "/monday.tmp/CURRENT");
  ASSERT_EQ(WhyNot("monday"), "");
  EXPECT_TRUE(CheckBackup(folder_ + "/monday").ok());
  EXPECT_THAT(Names(), ElementsAre("monday"));
}

TEST_F(BackupLeftoversTest, OneThatStaysKeepsNoOther) {
  Leave("a.tmp", {kBackupManifestName}, absl::Hours(30));
  std::ofstream(folder_ + "/a.tmp/" + kBackupManifestName)
      << "{\"format_version\": 9}";
  Leave("b.tmp", copied_, absl::Hours(30));
  const RemovedLeftovers removed =
      RemoveLeftovers(folder_, {}, absl::Now() + absl::Hours(25));
  EXPECT_THAT(removed.names, ElementsAre("b.tmp"));
  EXPECT_TRUE(absl::IsFailedPrecondition(removed.status)) << removed.status;
  EXPECT_THAT(Names(), ElementsAre("a.tmp"));
}

TEST_F(BackupLeftoversTest, WhatIsInTheWayIsNamed) {
  Leave("monday.tmp", {"mine.txt"}, absl::Hours(48));
  EXPECT_THAT(WhyNot("monday"), HasSubstr("/monday.tmp is in the way"));
  Leave("friday", {"mine.txt"}, absl::Hours(48));
  EXPECT_THAT(WhyNot("friday"), HasSubstr("/friday is in the way"));
  EXPECT_THAT(Names(), ElementsAre("friday", "monday.tmp"));
}

// A store of which a copy takes days, with what happens meanwhile.
class LongCopy final : public BackupSource {
 public:
  absl::Status CopyTo(const std::string& directory) override {
    std::filesystem::create_directory(directory);
    std::ofstream(directory + "/CURRENT") << "bytes";
    std::filesystem::last_write_time(
        directory,
        std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
    std::exchange(meanwhile, [] {})();
    return absl::OkStatus();
  }

  std::function<void()> meanwhile;
};

TEST_F(BackupLeftoversTest, WhatIsBeingMadeStaysAndHasItsNameOnceItIsWhole) {
  LongCopy source;
  Backups backups(engine_.room, source, folder_);
  std::vector<std::string> names;
  absl::Status again;
  source.meanwhile = [&] {
    EXPECT_TRUE(backups.Make("tuesday").ok());
    again = backups.Make("monday").status();
    names = Names();
  };
  const auto made = backups.Make("monday");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(names, ElementsAre("monday.tmp", "tuesday"));
  EXPECT_TRUE(absl::IsAlreadyExists(again)) << again;
  EXPECT_THAT(std::string(again.message()), HasSubstr("is being made"));
  EXPECT_THAT(Names(), ElementsAre("monday", "tuesday"));
  EXPECT_TRUE(CheckBackup(folder_ + "/monday").ok());
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
  EXPECT_THAT(Names().front(), StartsWith(kScheduledPrefix));
  EXPECT_TRUE(CheckBackup(absl::StrCat(folder_, "/", Names().front())).ok());
}

// Counts who asks.
class AskedClock final : public Clock {
 public:
  absl::Time Now() const override {
    ++asked;
    return absl::Now();
  }
  mutable std::atomic<int> asked = 0;
};

TEST_F(BackupsTest, TheJobRestsWhileTheServerStops) {
  engine_.stopping = true;
  const AskedClock clock;
  const EngineRoom room{.store = engine_.store,
                        .clock = clock,
                        .env = engine_.env,
                        .executor = *engine_.executor,
                        .reads = engine_.reads,
                        .stopping = engine_.stopping};
  {
    const BackupJob job(room, engine_.backups, {.every = absl::Hours(1)});
    while (clock.asked < 2)
      absl::SleepFor(absl::Milliseconds(1));
    absl::SleepFor(absl::Milliseconds(50));
  }
  EXPECT_EQ(clock.asked, 2) << "once at the start, and for one try";
  EXPECT_THAT(Names(), IsEmpty());
}

}  // namespace
}  // namespace pistis::server
