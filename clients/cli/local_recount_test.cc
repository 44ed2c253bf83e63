#include "clients/cli/local_recount.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "clients/cli/recount_text.h"
#include "engine/operations/sign_checkpoint.h"
#include "engine/operations/testing.h"
#include "engine/storage/backup.h"
#include "engine/storage/keys.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

constexpr absl::string_view kRulebook = R"(
points: {value: "0.01", expire: {after: 30d}}
rules:
  - {id: base, earn: {points: 10, per: "1.00"}}
)";

// A directory with a stopped shop's data, and a backup beside it.
class LocalRecountTest : public testing::Test {
 protected:
  void SetUp() override {
    auto store = RocksDbStore::Open({.path = data_});
    ASSERT_TRUE(store.ok()) << store.status();
    TestShop shop(**store, clock_);
    OpenWith(kRulebook, shop);
    ASSERT_TRUE(shop.Enrol(MemberRequest("ann")).ok());
    ASSERT_TRUE(shop.Commit(SaleRequest("o1", "ann", {5000})).ok());
    v1::SignCheckpointRequest request;
    request.set_program_id(std::string(kShop));
    checkpoint_ = *shop.Ask(SignCheckpoint, request);
    const auto backup =
        CreateBackup(**store, backup_, {.commit_seq = 4, .now = clock_.Now()});
    ASSERT_TRUE(backup.ok()) << backup.status();
  }

  // What a recount of the folder says, program by program.
  std::vector<ProgramRecount> Recount(const LocalRecount& what) {
    const auto recounts =
        RecountLocally(what, [this](const v1::VerifyProgress& progress) {
          stages_.push_back(progress.stage());
        });
    EXPECT_TRUE(recounts.ok()) << recounts.status();
    return recounts.value_or(std::vector<ProgramRecount>());
  }

  LocalRecount Backup() {
    return {.folder = LocalRecount::Folder::kBackup, .path = backup_};
  }
  LocalRecount Data() { return {.path = data_}; }

  // Flips a bit in the middle of the first file that ends like this.
  static void Damage(const std::string& directory, absl::string_view ending) {
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      if (!absl::EndsWith(entry.path().string(), ending)) continue;
      std::fstream file(entry.path(),
                        std::ios::in | std::ios::out | std::ios::binary);
      const auto at =
          static_cast<std::streamoff>(std::filesystem::file_size(entry) / 3);
      file.seekg(at);
      const char byte = static_cast<char>(file.get() ^ 1);
      file.seekp(at);
      file.put(byte);
      return;
    }
    ADD_FAILURE() << "no file " << ending << " in " << directory;
  }

  TemporaryDirectory directory_;
  const std::string data_ = absl::StrCat(directory_.path(), "/data");
  const std::string backup_ = absl::StrCat(directory_.path(), "/backup");
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  v1::LedgerCheckpoint checkpoint_;
  std::vector<std::string> stages_;
};

TEST_F(LocalRecountTest, AHealthyDirectoryAndItsBackupHaveNoFindings) {
  for (LocalRecount what : {Data(), Backup()}) {
    what.checkpoints = {checkpoint_};
    const std::vector<ProgramRecount> recounts = Recount(what);
    ASSERT_EQ(recounts.size(), 1U);
    EXPECT_EQ(recounts[0].program_id, kShop);
    EXPECT_EQ(recounts[0].report.finding_count(), 0)
        << RecountText(recounts[0]);
    EXPECT_EQ(recounts[0].report.orders(), 1);
  }
  EXPECT_EQ(stages_.front(), "tables");
}

TEST_F(LocalRecountTest, EachProgramIsRecountedOrTheOneThatIsNamed) {
  {
    auto store = RocksDbStore::Open({.path = data_});
    ASSERT_TRUE(store.ok());
    TestShop shop(**store, clock_);
    v1::CreateProgramRequest other;
    other.set_request_id("open-other");
    other.mutable_program()->set_program_id("another");
    other.mutable_program()->set_currency("EUR");
    other.mutable_program()->set_time_zone("Europe/Athens");
    ASSERT_TRUE(shop.Open(other).ok());
  }
  const std::vector<ProgramRecount> all = Recount(Data());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].program_id, "another");
  EXPECT_EQ(all[1].program_id, "shop");
  LocalRecount one = Data();
  one.program_id = "another";
  EXPECT_EQ(Recount(one).size(), 1U);
}

TEST_F(LocalRecountTest, AnEditedBalanceIsFound) {
  {
    auto store = RocksDbStore::Open({.path = data_});
    ASSERT_TRUE(store.ok());
    const std::string key =
        AccountKey(ProgramId(std::string(kShop)), MemberId("ann"));
    store::v1::AccountRecord account;
    ASSERT_TRUE(
        account.ParseFromString(ValueOf(*(*store)->GetSnapshot(), key)));
    account.mutable_lots(0)->set_points(1'000'000);
    ASSERT_TRUE(CommitAll(**store, {{key, account.SerializeAsString()}}).ok());
  }
  const std::vector<ProgramRecount> recounts = Recount(Data());
  ASSERT_EQ(recounts.size(), 1U);
  const std::string text = RecountText(recounts[0]);
  EXPECT_TRUE(absl::StrContains(text, "balance")) << text;
  EXPECT_TRUE(absl::StrContains(text, "member ann")) << text;
  EXPECT_TRUE(absl::StrContains(text, "1000000 stored, 500 recounted")) << text;
}

TEST_F(LocalRecountTest, ADamagedTableIsAFindingOfTheFolder) {
  Damage(data_, ".sst");
  const std::vector<ProgramRecount> recounts = Recount(Data());
  ASSERT_FALSE(recounts.empty());
  EXPECT_EQ(recounts[0].program_id, "");
  ASSERT_GE(recounts[0].report.finding_count(), 1);
  EXPECT_EQ(recounts[0].report.findings(0).kind(), "file");
}

TEST_F(LocalRecountTest, ADamagedOrMissingFileOfABackupIsAFinding) {
  Damage(backup_, ".sst");
  std::vector<ProgramRecount> recounts = Recount(Backup());
  ASSERT_FALSE(recounts.empty());
  EXPECT_GE(recounts[0].report.finding_count(), 1);
  EXPECT_EQ(recounts[0].report.findings(0).kind(), "file");
  const std::string restored = absl::StrCat(directory_.path(), "/restored");
  EXPECT_TRUE(absl::IsDataLoss(RestoreLocally(backup_, restored)));
  EXPECT_FALSE(std::filesystem::exists(restored));
}

TEST_F(LocalRecountTest, ARestoredBackupIsTheShopAgain) {
  const std::string restored = absl::StrCat(directory_.path(), "/restored");
  ASSERT_TRUE(RestoreLocally(backup_, restored).ok());
  const std::vector<ProgramRecount> recounts =
      Recount({.path = restored, .checkpoints = {checkpoint_}});
  ASSERT_EQ(recounts.size(), 1U);
  EXPECT_EQ(recounts[0].report.finding_count(), 0);
  EXPECT_EQ(recounts[0].report.chain_hash(), checkpoint_.chain_hash());
}

TEST_F(LocalRecountTest, ACheckpointOfAProgramThatIsGoneIsAFinding) {
  LocalRecount what = Data();
  checkpoint_.set_program_id("gone");
  what.checkpoints = {checkpoint_};
  const std::vector<ProgramRecount> recounts = Recount(what);
  ASSERT_EQ(recounts.size(), 2U);
  EXPECT_EQ(recounts[0].program_id, "");
  EXPECT_EQ(recounts[0].report.findings(0).kind(), "checkpoint");
  EXPECT_EQ(recounts[0].report.findings(0).where(), "gone");
}

TEST_F(LocalRecountTest, AFolderInUseOrWithoutADatabaseIsRefused) {
  const auto nothing = [](const v1::VerifyProgress&) {};
  const auto store = RocksDbStore::Open({.path = data_});
  ASSERT_TRUE(store.ok());
  EXPECT_TRUE(
      absl::IsFailedPrecondition(RecountLocally(Data(), nothing).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      RecountLocally({.path = absl::StrCat(directory_.path(), "/none")},
                     nothing)
          .status()));
}

TEST(RecountTextTest, AReportIsALineAndATableOfFindings) {
  ProgramRecount recount{.program_id = "shop", .report = {}};
  recount.report.set_commits(7);
  recount.report.set_entries(4);
  recount.report.set_members(2);
  recount.report.set_orders(3);
  recount.report.set_commit_seq(9);
  recount.report.set_chain_hash("\x01\xff");
  EXPECT_EQ(RecountText(recount),
            "program shop: 7 commits, 4 entries, 2 members, 3 orders, chain up "
            "to commit 9\nnothing is wrong\n");
  v1::VerifyFinding* finding = recount.report.add_findings();
  finding->set_kind("lot");
  finding->set_where("member ann");
  finding->set_problem("is \"wrong\"");
  recount.report.set_finding_count(3);
  EXPECT_EQ(RecountText(recount),
            "program shop: 7 commits, 4 entries, 2 members, 3 orders, chain up "
            "to commit 9\n"
            "kind  where       what is wrong\n"
            "lot   member ann  is \"wrong\"\n"
            "and 2 more\n");
  EXPECT_EQ(RecountJson(recount),
            "{\"program\":\"shop\",\"commits\":7,\"entries\":4,\"members\":2,"
            "\"orders\":3,\"commit_seq\":9,\"chain_hash\":\"01ff\","
            "\"finding_count\":3,\"findings\":[{\"kind\":\"lot\",\"where\":"
            "\"member ann\",\"problem\":\"is \\\"wrong\\\"\"}]}");
}

TEST_F(LocalRecountTest, ACheckpointFileIsReadOrRefused) {
  const std::string path = absl::StrCat(directory_.path(), "/checkpoint.json");
  std::ofstream(path) << "{\"program_id\":\"shop\",\"commit_seq\":\"6\"}";
  const auto checkpoint = ReadCheckpoint(path);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->commit_seq(), 6);
  std::ofstream(path) << "no checkpoint";
  EXPECT_TRUE(absl::IsInvalidArgument(ReadCheckpoint(path).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      ReadCheckpoint(absl::StrCat(path, "x")).status()));
}

}  // namespace
}  // namespace pistis
