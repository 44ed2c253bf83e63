#include "clients/cli/local_clean.h"

#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

#include "clients/cli/local_recount.h"
#include "engine/base/status_macros.h"
#include "engine/operations/erase_again.h"
#include "engine/operations/executor.h"
#include "engine/operations/testing.h"
#include "engine/storage/backup.h"
#include "engine/storage/erasure_keys.h"
#include "engine/storage/files.h"
#include "engine/storage/keys.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/testing.h"
#include <fcntl.h>
#include <unistd.h>

namespace pistis {
namespace {

using Outcome = BackupCleaning::Outcome;

constexpr absl::string_view kRulebook = R"(
rules:
  - {id: base, earn: {points: 10, per: "1.00"}}
)";
// All that is known of ann, and of nobody else.
const char* const kAnns[] = {"Annoula Testaki", "annoula@example.org",
                             "wears-size-43", "gift for Eleni"};

v1::CreateMemberRequest Known(const std::string& id, const std::string& name,
                              const std::string& email) {
  v1::CreateMemberRequest request = MemberRequest(id);
  request.mutable_member()->set_display_name(name);
  (*request.mutable_member()->mutable_addresses())["email"] = email;
  v1::Identifier& identifier = *request.mutable_member()->add_identifiers();
  identifier.set_kind("email");
  identifier.set_value(email);
  return request;
}

// A shop's data, and a folder with two backups of it: "before" and "after" ann
// was erased, which has her bytes too, in a table that is older than that.
class LocalCleanTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = *RocksDbStore::Open({.path = Path("data")});
    TestShop shop(*store_, clock_);
    OpenWith(kRulebook, shop);
    v1::CreateMemberRequest ann =
        Known("ann", "Annoula Testaki", "annoula@example.org");
    (*ann.mutable_member()->mutable_attributes())["shoes"] = "wears-size-43";
    ASSERT_TRUE(shop.Enrol(ann).ok());
    ASSERT_TRUE(
        shop.Enrol(Known("ben", "Benos Testakis", "benos@example.org")).ok());
    v1::CommitOrderRequest sale = SaleRequest("o1", "ann", {5000});
    (*sale.mutable_order()->mutable_attributes())["note"] = "gift for Eleni";
    ASSERT_TRUE(shop.Commit(sale).ok());
    ASSERT_TRUE(shop.Commit(SaleRequest("o2", "ben", {700})).ok());
    Backup("before");
    NoteErasure("ann");
    Erase(shop.env(), "ann");
    Backup("after");
    store_.reset();
  }

  [[nodiscard]] std::string Path(const std::string& name) const {
    return absl::StrCat(directory_.path(), "/", name);
  }
  [[nodiscard]] std::string Folder() const { return Path("backups"); }
  [[nodiscard]] std::string BackupAt(const std::string& name) const {
    return absl::StrCat(Folder(), "/", name);
  }

  void Backup(const std::string& name) {
    const auto made = CreateBackup(*store_, BackupAt(name),
                                   {.commit_seq = 1, .now = clock_.Now()});
    ASSERT_TRUE(made.ok()) << made.status();
  }

  [[nodiscard]] Erasure ErasureOf(const std::string& member) const {
    return {.program = ProgramId(std::string(kShop)),
            .member = MemberId(member),
            .time = clock_.Now() + absl::Hours(1)};
  }
  void NoteErasure(const std::string& member) {
    ASSERT_TRUE(ErasureFile(Folder()).Add({ErasureOf(member)}).ok());
  }
  void Erase(const OperationEnv& env, const std::string& member) {
    const auto executor = *Executor::Start(
        *store_, clock_, {},
        [](const absl::Status& cause) { ADD_FAILURE() << cause; });
    const ErasingRoom room{*store_, env, *executor};
    const auto erased = EraseAgain(room, {ErasureOf(member)});
    ASSERT_TRUE(erased.ok()) << erased.status();
    ASSERT_EQ(erased->erased.size(), 1U);
    ASSERT_TRUE(CleanAllErased(room).ok());
  }

  // What became of each.
  std::vector<BackupCleaning> Clean() {
    std::vector<BackupCleaning> all;
    const absl::Status done = CleanBackupsLocally(
        {.path = Folder()},
        [&](const BackupCleaning& of) { all.push_back(of); });
    EXPECT_TRUE(done.ok()) << done;
    return all;
  }

  // Which of the texts stand anywhere in the backup's files, as bytes.
  [[nodiscard]] std::vector<std::string> InFiles(
      const std::string& name, const std::vector<std::string>& texts) const {
    std::vector<std::string> found;
    for (const auto& entry :
         std::filesystem::directory_iterator(BackupAt(name))) {
      const std::string bytes = *ReadWholeFile(entry.path().string());
      for (const std::string& text : texts) {
        if (absl::StrContains(bytes, text)) found.push_back(text);
      }
    }
    return found;
  }

  // All that the backup holds, whatever its files pack it in.
  [[nodiscard]] Contents Restored(const std::string& name) const {
    const std::string to = Path(absl::StrCat("restored-", ++restored_));
    EXPECT_TRUE(RestoreBackup(BackupAt(name), to).ok());
    const auto store = RocksDbStore::Open({.path = to});
    EXPECT_TRUE(store.ok()) << store.status();
    return ContentsOf(*(*store)->GetSnapshot());
  }

  static bool Holds(const Contents& contents, absl::string_view text) {
    for (const auto& [key, value] : contents) {
      if (absl::StrContains(key, text) || absl::StrContains(value, text)) {
        return true;
      }
    }
    return false;
  }

  // The ends of the keys by which identifiers are found.
  static std::vector<std::string> Identifiers(const Contents& contents) {
    std::vector<std::string> ends;
    for (const auto& [key, value] : contents) {
      if (key.front() == 'I') ends.push_back(key.substr(key.size() - 16));
    }
    return ends;
  }

  static void ExpectSound(const std::string& backup) {
    EXPECT_TRUE(CheckBackup(backup).ok()) << CheckBackup(backup);
    const auto recounts = RecountLocally(
        {.folder = LocalRecount::Folder::kBackup, .path = backup},
        [](const v1::VerifyProgress&) {});
    ASSERT_TRUE(recounts.ok()) << recounts.status();
    ASSERT_EQ(recounts->size(), 1U);
    EXPECT_EQ(recounts->front().report.finding_count(), 0)
        << recounts->front().report.ShortDebugString();
  }

  // Their names, with the backup's in front.
  [[nodiscard]] std::vector<std::string> FilesOf(
      const std::string& backup) const {
    std::vector<std::string> names = *NamesIn(BackupAt(backup));
    for (std::string& name : names)
      name = absl::StrCat(backup, "/", name);
    return names;
  }

  [[nodiscard]] struct stat StatOf(const std::string& name) const {
    struct stat found = {};
    EXPECT_EQ(stat(BackupAt(name).c_str(), &found), 0) << name;
    return found;
  }

  TemporaryDirectory directory_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  std::unique_ptr<RocksDbStore> store_;
  mutable int restored_ = 0;
};

TEST_F(LocalCleanTest, AnErasedMembersBytesLeaveEveryBackup) {
  const std::vector<std::string> anns(std::begin(kAnns), std::end(kAnns));
  const Contents old = Restored("before");
  const auto made = ReadBackupManifest(BackupAt("before"))->create_us();
  for (const char* name : {"before", "after"})
    EXPECT_FALSE(InFiles(name, anns).empty()) << name;
  ASSERT_EQ(Identifiers(old).size(), 2U);

  const std::vector<BackupCleaning> done = Clean();
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(done[0].name, "after");
  EXPECT_EQ(done[0].members, 0);
  EXPECT_EQ(done[1].members, 1);
  EXPECT_GT(done[1].records, 0);

  for (const char* name : {"before", "after"}) {
    EXPECT_EQ(InFiles(name, anns), std::vector<std::string>()) << name;
    const Contents now = Restored(name);
    for (const std::string& text : anns)
      EXPECT_FALSE(Holds(now, text)) << name << ": " << text;
    EXPECT_EQ(Identifiers(now).size(), 1U);
    EXPECT_EQ(InFiles(name, Identifiers(old)).size(), 1U) << name;
    const std::string bens =
        ProfileKey(ProgramId(std::string(kShop)), MemberId("ben"));
    EXPECT_EQ(now.at(bens), old.at(bens));
    EXPECT_TRUE(Holds(now, "Benos Testakis"));
    ExpectSound(BackupAt(name));
  }
  EXPECT_EQ(ReadBackupManifest(BackupAt("before"))->create_us(), made);
  EXPECT_FALSE(PathExists(BackupAt(".cleaning")));
}

TEST_F(LocalCleanTest, WhatIsCleanIsLeftUntilSomebodyElseIsErased) {
  for (const BackupCleaning& of : Clean())
    EXPECT_EQ(of.outcome, Outcome::kCleaned) << of.name << of.why;
  for (const BackupCleaning& of : Clean())
    EXPECT_EQ(of.outcome, Outcome::kWasClean) << of.name << of.why;
  NoteErasure("ben");
  for (const BackupCleaning& of : Clean()) {
    EXPECT_EQ(of.outcome, Outcome::kCleaned) << of.name << of.why;
    EXPECT_EQ(of.members, 1);
    EXPECT_EQ(InFiles(of.name, {"Benos Testakis", "Annoula Testaki"}),
              std::vector<std::string>());
    ExpectSound(BackupAt(of.name));
  }
}

TEST_F(LocalCleanTest, ADamagedBackupIsLeftAndKeepsUpNoOther) {
  const std::string current = BackupAt("after/CURRENT");
  std::fstream(current).put('X');
  const std::vector<BackupCleaning> done = Clean();
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(done[0].outcome, Outcome::kFailed);
  EXPECT_TRUE(absl::IsDataLoss(done[0].why)) << done[0].why;
  EXPECT_EQ(ReadWholeFile(current)->front(), 'X');
  EXPECT_FALSE(InFiles("after", {"Annoula Testaki"}).empty());
  EXPECT_EQ(done[1].outcome, Outcome::kCleaned) << done[1].why;
}

TEST_F(LocalCleanTest, WhoCannotBeErasedIsToldAndTheBackupLeft) {
  store_ = *RocksDbStore::Open({.path = Path("other")});
  TestShop shop(*store_, clock_);
  OpenWith(kRulebook, shop);
  ASSERT_TRUE(CommitAll(*store_, {{AccountKey(ProgramId(std::string(kShop)),
                                              MemberId("ann")),
                                   "\xff"}})
                  .ok());
  Backup("broken");
  store_.reset();
  const std::vector<BackupCleaning> done = Clean();
  ASSERT_EQ(done.size(), 3U);
  EXPECT_EQ(done[2].name, "broken");
  EXPECT_EQ(done[2].outcome, Outcome::kFailed);
  EXPECT_FALSE(done[2].why.ok());
  EXPECT_FALSE(PathExists(BackupAt("broken/cleaned-of.jsonl")));
}

TEST_F(LocalCleanTest, WhatACrashLeftIsRemovedAndOtherThingsStay) {
  std::filesystem::create_directories(BackupAt(".cleaning/backup"));
  std::ofstream(BackupAt(".cleaning/backup/data")) << "Annoula Testaki";
  std::filesystem::create_directories(BackupAt("notes"));
  std::ofstream(BackupAt("notes/mine")) << "Annoula Testaki";
  EXPECT_EQ(Clean().size(), 2U);
  EXPECT_FALSE(PathExists(BackupAt(".cleaning")));
  EXPECT_TRUE(PathExists(BackupAt("notes/mine")));
}

TEST_F(LocalCleanTest, WhereTheDiskHasNoRoomNothingIsTouched) {
  const BackupFolder folder{.path = Folder(), .spare_bytes = int64_t{1} << 60U};
  int left = 0;
  const absl::Status done =
      CleanBackupsLocally(folder, [&](const BackupCleaning& of) {
        EXPECT_EQ(of.outcome, Outcome::kFailed);
        EXPECT_TRUE(absl::IsResourceExhausted(of.why)) << of.why;
        left += InFiles(of.name, {"Annoula Testaki"}).empty() ? 0 : 1;
      });
  EXPECT_TRUE(done.ok()) << done;
  EXPECT_EQ(left, 2);
}

TEST_F(LocalCleanTest, WithoutAListNothingIsDone) {
  std::filesystem::remove(BackupAt(kErasureLogName));
  EXPECT_TRUE(absl::IsFailedPrecondition(CleanBackupsLocally(
      {.path = Folder()},
      [](const BackupCleaning&) { ADD_FAILURE() << "of nothing"; })));
  EXPECT_TRUE(absl::IsFailedPrecondition(CleanBackupsLocally(
      {.path = Path("none")}, [](const BackupCleaning&) {})));
}

TEST_F(LocalCleanTest, OnlyOneProcessCleansAFolder) {
  bool asked = false;
  const absl::Status done =
      CleanBackupsLocally({.path = Folder()}, [&](const BackupCleaning&) {
        asked = true;
        EXPECT_TRUE(absl::IsFailedPrecondition(CleanBackupsLocally(
            {.path = Folder()}, [](const BackupCleaning&) {})));
      });
  EXPECT_TRUE(done.ok()) << done;
  EXPECT_TRUE(asked);
}

TEST_F(LocalCleanTest, ACleanedBackupIsAsOpenAsItWas) {
  constexpr unsigned kFolder = S_IRWXU | S_IRGRP | S_IXGRP | S_IXOTH;
  constexpr unsigned kFile = S_IRUSR | S_IWUSR | S_IRGRP;
  ASSERT_EQ(chmod(BackupAt("before").c_str(), kFolder), 0);
  for (const std::string& name : FilesOf("before"))
    ASSERT_EQ(chmod(BackupAt(name).c_str(), kFile), 0);
  Clean();
  EXPECT_EQ(StatOf("before").st_mode & 07777U, kFolder);
  for (const std::string& name : FilesOf("before"))
    EXPECT_EQ(StatOf(name).st_mode & 07777U, kFile) << name;
}

TEST_F(LocalCleanTest, ACleanedBackupBelongsToWhomItDid) {
  constexpr uid_t kOwner = 60'001;
  constexpr gid_t kGroup = 60'002;
  const std::string before = BackupAt("before");
  const std::string manifest = absl::StrCat(before, "/", kBackupManifestName);
  if (chown(before.c_str(), kOwner, kGroup) != 0 ||
      chown(manifest.c_str(), kOwner, kGroup) != 0) {
    GTEST_SKIP() << "only root may give a file away";
  }
  Clean();
  for (const char* name : {"before", "before/CURRENT"}) {
    EXPECT_EQ(StatOf(name).st_uid, kOwner) << name;
    EXPECT_EQ(StatOf(name).st_gid, kGroup) << name;
  }
}

TEST_F(LocalCleanTest, WhatALinkOutOfTheFolderLeadsToIsNotCalledClean) {
  std::filesystem::rename(BackupAt("before"), Path("elsewhere"));
  std::filesystem::create_symlink(Path("elsewhere"), BackupAt("before"));
  std::filesystem::create_symlink("after", BackupAt("latest"));
  const std::vector<BackupCleaning> done = Clean();
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(done[0].name, "after");
  EXPECT_EQ(done[0].outcome, Outcome::kCleaned) << done[0].why;
  EXPECT_EQ(done[1].name, "before");
  EXPECT_EQ(done[1].outcome, Outcome::kFailed);
  EXPECT_TRUE(absl::StrContains(done[1].why.message(), "/elsewhere"))
      << done[1].why;
  EXPECT_TRUE(std::filesystem::is_symlink(BackupAt("before")));
  EXPECT_TRUE(std::filesystem::is_symlink(BackupAt("latest")));
}

TEST_F(LocalCleanTest, ABackupThatGoesWhileItIsReadIsGoneAndNotDamaged) {
  // Of a size that takes a while to copy.
  class Large final : public BackupSource {
   public:
    explicit Large(RocksDbStore& store) : store_(store) {}
    absl::Status CopyTo(const std::string& directory) override {
      PISTIS_RETURN_IF_ERROR(store_.CopyTo(directory));
      return WriteNewFile(absl::StrCat(directory, "/00-large"),
                          std::string(size_t{96} << 20U, '\0'));
    }

   private:
    RocksDbStore& store_;
  };
  store_ = *RocksDbStore::Open({.path = Path("data")});
  Large source(*store_);
  ASSERT_TRUE(
      CreateBackup(source, BackupAt("large"), {.now = clock_.Now()}).ok());
  store_.reset();
  // As a server removes by its schedule: the manifest first.
  std::thread server([this] {
    const absl::Time end = absl::Now() + absl::Minutes(1);
    while (!PathExists(BackupAt(".cleaning/data.partial/00-large")) &&
           absl::Now() < end) {
      std::this_thread::yield();
    }
    std::filesystem::remove(
        BackupAt(absl::StrCat("large/", kBackupManifestName)));
    std::filesystem::remove_all(BackupAt("large"));
  });
  for (const std::string name : {"before", "after"})
    std::filesystem::remove_all(BackupAt(name));
  const std::vector<BackupCleaning> done = Clean();
  server.join();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].outcome, Outcome::kIsGone) << done[0].why;
  EXPECT_TRUE(done[0].why.ok()) << done[0].why;
}

TEST_F(LocalCleanTest, ATornListIsToldAfterAllThatItNamesWasCleaned) {
  std::ofstream(BackupAt(kErasureLogName), std::ios::app)
      << R"({"program":"corner-shop","member":"be)";
  int cleaned = 0;
  const absl::Status done =
      CleanBackupsLocally({.path = Folder()}, [&](const BackupCleaning& of) {
        cleaned += of.outcome == Outcome::kCleaned ? 1 : 0;
      });
  EXPECT_TRUE(absl::IsDataLoss(done)) << done;
  EXPECT_EQ(cleaned, 2);
}

TEST_F(LocalCleanTest, WhatACrashLeftOfABackupIsToldOnceItIsOld) {
  std::filesystem::rename(BackupAt("before"), BackupAt("broken"));
  std::filesystem::remove(
      BackupAt(absl::StrCat("broken/", kBackupManifestName)));
  EXPECT_EQ(Clean().size(), 1U);
  const std::array<timespec, 2> old = {};
  ASSERT_EQ(utimensat(AT_FDCWD, BackupAt("broken").c_str(), old.data(), 0), 0);
  const std::vector<BackupCleaning> done = Clean();
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(done[1].name, "broken");
  EXPECT_EQ(done[1].outcome, Outcome::kFailed);
  EXPECT_TRUE(absl::IsFailedPrecondition(done[1].why)) << done[1].why;
  EXPECT_TRUE(PathExists(BackupAt("broken")));
}

}  // namespace
}  // namespace pistis
