#include "engine/operations/verify_ledger.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/testing_proof.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::AccountRecord;
using store::v1::CommitRecord;
using store::v1::EntryRecord;
using store::v1::TotalsRecord;

const ProgramId kProgram{std::string(kShop)};
const MemberId kAnn{"ann"};

class VerifyLedgerTest : public TamperTest {};

TEST_F(VerifyLedgerTest, AHealthyShopHasNoFindings) {
  const v1::VerifyReport report = RecountOf(contents_);
  EXPECT_EQ(FindingsOf(report), std::vector<std::string>());
  EXPECT_EQ(report.finding_count(), 0);
  EXPECT_EQ(report.members(), 5);
  EXPECT_EQ(report.orders(), 15);
  EXPECT_GT(report.entries(), 25);
  EXPECT_EQ(report.commits(),
            static_cast<int64_t>(KeysOf(contents_, 'V').size()));
  EXPECT_EQ(report.commit_seq(), Links().back());
  EXPECT_EQ(report.chain_hash().size(), 32U);
}

TEST_F(VerifyLedgerTest, WhatFormatOneKeptOfCasesThatWereToldIsNoFinding) {
  contents_[absl::StrCat("c", kShop, std::string(1, 0), "ann",
                         std::string(1, 0), "apology", std::string(1, 0), "c1",
                         std::string(1, 0))] = "";
  EXPECT_EQ(FindingsOf(RecountOf(contents_)), std::vector<std::string>());
}

TEST_F(VerifyLedgerTest, AnEmptyProgramHasNoFindings) {
  MemoryStore store;
  FakeClock clock(TimeAt("2026-01-10"));
  TestShop shop(store, clock);
  OpenWith("rules: []\n", shop);
  EXPECT_EQ(FindingsOf(RecountOf(shop.All())), std::vector<std::string>());
}

TEST_F(VerifyLedgerTest, EveryEntryOfTheBusyShopTellsOfAKindThatIsTested) {
  std::set<int> kinds;
  for (const std::string& key : KeysOf(contents_, 'A')) {
    EntryRecord entry;
    if (key.find('\0') + kAnn.text().size() + 2 == key.size()) continue;
    if (entry.ParseFromString(contents_[key])) kinds.insert(entry.kind());
  }
  for (int kind = v1::LedgerEntry::EARN; kind <= v1::LedgerEntry::REVERSE;
       ++kind) {
    EXPECT_TRUE(kinds.contains(kind)) << "no entry of kind " << kind;
  }
}

TEST_F(VerifyLedgerTest, AChangedEntryBreaksTheChainAtItsCommit) {
  int64_t commit_seq = 0;
  Tamper<EntryRecord>(EntryKey(kProgram, kAnn, 2), [&](EntryRecord& entry) {
    commit_seq = entry.commit_seq();
    entry.set_reason("a better one");
  });
  const v1::VerifyReport report = RecountOf(contents_);
  ASSERT_EQ(report.finding_count(), 1);
  EXPECT_EQ(report.findings(0).kind(), "chain");
  EXPECT_EQ(report.findings(0).where(), absl::StrCat("commit ", commit_seq));
}

TEST_F(VerifyLedgerTest, ADeletedEntryIsMissing) {
  contents_.erase(EntryKey(kProgram, kAnn, 2));
  ExpectFound("entry", "member ann, entry 3");
  ExpectFound("chain", "commit ");
}

TEST_F(VerifyLedgerTest, AnEntryThatWasPutInIsInNoCommit) {
  AccountRecord account;
  ASSERT_TRUE(account.ParseFromString(contents_[AccountKey(kProgram, kAnn)]));
  const int64_t number = account.entries() + 1;
  contents_[EntryKey(kProgram, kAnn, number)] =
      contents_[EntryKey(kProgram, kAnn, account.entries())];
  ExpectFound("chain", absl::StrCat("member ann, entry ", number));
  ExpectFound("balance", "member ann");
}

TEST_F(VerifyLedgerTest, TwoEntriesThatChangedPlacesAreFound) {
  std::swap(contents_[EntryKey(kProgram, kAnn, 2)],
            contents_[EntryKey(kProgram, kAnn, 3)]);
  ExpectFound("chain", "commit ");
  ExpectFound("entry", "member ann, entry ");
}

TEST_F(VerifyLedgerTest, ACommitThatIsGoneBreaksTheNextLink) {
  const std::vector<int64_t> links = Links();
  contents_.erase(CommitKey(kProgram, links[3]));
  ExpectFound("chain", absl::StrCat("commit ", links[4]));
  ExpectFound("chain", "the head");
}

TEST_F(VerifyLedgerTest, TwoCommitsThatChangedPlacesAreFound) {
  const std::vector<int64_t> links = Links();
  std::swap(contents_[CommitKey(kProgram, links[3])],
            contents_[CommitKey(kProgram, links[4])]);
  ExpectFound("chain", absl::StrCat("commit ", links[3]));
}

TEST_F(VerifyLedgerTest, AnEntryNamedTwiceIsFound) {
  const int64_t commit_seq = Links()[3];
  Tamper<CommitRecord>(
      CommitKey(kProgram, commit_seq),
      [](CommitRecord& commit) { *commit.add_entries() = commit.entries(0); });
  ExpectFound("chain", absl::StrCat("commit ", commit_seq));
}

// Whoever can compute the whole chain anew is found by what entries say, and in
// the end by a checkpoint.
TEST_F(VerifyLedgerTest, ARewrittenChainIsFoundByItsSumsAndByACheckpoint) {
  const v1::LedgerCheckpoint checkpoint = Checkpoint();
  Tamper<EntryRecord>(EntryKey(kProgram, kAnn, 2), [](EntryRecord& entry) {
    entry.set_reason("a better one");
  });
  Rechain();
  EXPECT_EQ(RecountOf(contents_).finding_count(), 0);
  const v1::VerifyReport report = RecountOf(contents_, {checkpoint});
  ASSERT_EQ(report.finding_count(), 1);
  EXPECT_EQ(report.findings(0).kind(), "checkpoint");
  EXPECT_EQ(report.findings(0).where(),
            absl::StrCat("commit ", checkpoint.commit_seq()));
}

TEST_F(VerifyLedgerTest, ACheckpointOfThePastAgreesForEver) {
  const v1::LedgerCheckpoint checkpoint = Checkpoint();
  ASSERT_TRUE(busy_.shop().Commit(SaleRequest("more", "ann", {100})).ok());
  EXPECT_EQ(
      FindingsOf(RecountOf(busy_.shop().All(), {checkpoint, Checkpoint()})),
      std::vector<std::string>());
}

TEST_F(VerifyLedgerTest, AnEndThatWasCutOffWithoutATraceIsFoundByACheckpoint) {
  const Contents before = contents_;
  ASSERT_TRUE(busy_.shop().Commit(SaleRequest("more", "ann", {100})).ok());
  const v1::LedgerCheckpoint checkpoint = Checkpoint();
  EXPECT_EQ(RecountOf(before).finding_count(), 0);
  const v1::VerifyReport report = RecountOf(before, {checkpoint});
  ASSERT_EQ(report.finding_count(), 1);
  EXPECT_EQ(report.findings(0).kind(), "checkpoint");
  EXPECT_TRUE(absl::StrContains(report.findings(0).problem(), "cut off"));
}

TEST_F(VerifyLedgerTest, ACutEndWithItsHeadPutRightIsFoundByItsEntries) {
  const std::vector<int64_t> links = Links();
  const int64_t last = links[links.size() - 2];
  CommitRecord commit;
  ASSERT_TRUE(commit.ParseFromString(contents_[CommitKey(kProgram, last)]));
  CommitRecord cut;
  ASSERT_TRUE(
      cut.ParseFromString(contents_[CommitKey(kProgram, links.back())]));
  contents_.erase(CommitKey(kProgram, links.back()));
  Tamper<TotalsRecord>(TotalsKey(kProgram), [&](TotalsRecord& totals) {
    totals.set_chain_hash(commit.chain_hash());
    totals.set_chain_seq(last);
    totals.set_chain_entries(totals.chain_entries() - cut.entries_size());
  });
  ExpectFound("chain", absl::StrCat("member ", cut.entries(0).member_id(),
                                    ", entry ", cut.entries(0).number()));
}

TEST_F(VerifyLedgerTest, AForgedCheckpointIsAFindingAndNotBelieved) {
  v1::LedgerCheckpoint checkpoint = Checkpoint();
  checkpoint.set_entries(checkpoint.entries() + 1);
  const v1::VerifyReport report = RecountOf(contents_, {checkpoint});
  ASSERT_EQ(report.finding_count(), 1);
  EXPECT_EQ(report.findings(0).kind(), "checkpoint");
}

TEST_F(VerifyLedgerTest, ACheckpointThatIsNoneOfThisProgramIsRefused) {
  v1::VerifyLedgerRequest request;
  request.set_program_id(std::string(kShop));
  *request.add_checkpoints() = Checkpoint();
  request.mutable_checkpoints(0)->set_program_id("elsewhere");
  const ContentsReader reader(contents_);
  const auto go_on = [](const v1::VerifyProgress&) { return true; };
  EXPECT_EQ(NameOf(VerifyLedger(reader, request, go_on).status()),
            "FIELD_INVALID checkpoints[0].program_id");
  *request.mutable_checkpoints(0) = Checkpoint();
  request.mutable_checkpoints(0)->set_chain_hash("short");
  EXPECT_EQ(NameOf(VerifyLedger(reader, request, go_on).status()),
            "FIELD_INVALID checkpoints[0].chain_hash");
}

TEST_F(VerifyLedgerTest, AnUnknownProgramIsRefused) {
  v1::VerifyLedgerRequest request;
  request.set_program_id("elsewhere");
  const auto go_on = [](const v1::VerifyProgress&) { return true; };
  EXPECT_EQ(
      NameOf(VerifyLedger(ContentsReader(contents_), request, go_on).status()),
      "NOT_FOUND");
}

TEST_F(VerifyLedgerTest, ItTellsEachStageAndStopsWhenNobodyWaits) {
  v1::VerifyLedgerRequest request;
  request.set_program_id(std::string(kShop));
  std::vector<std::string> stages;
  const ContentsReader reader(contents_);
  ASSERT_TRUE(VerifyLedger(reader, request, [&](const auto& progress) {
                EXPECT_TRUE(progress.of() == 0 ||
                            progress.done() <= progress.of());
                stages.push_back(progress.stage());
                return true;
              }).ok());
  for (const char* stage :
       {"commits", "members", "orders", "refunds", "codes", "holds"}) {
    EXPECT_NE(std::find(stages.begin(), stages.end(), stage), stages.end())
        << stage;
  }
  size_t told = 0;
  const auto stopped = VerifyLedger(
      reader, request, [&](const v1::VerifyProgress&) { return ++told < 3; });
  EXPECT_TRUE(absl::IsCancelled(stopped.status()));
  EXPECT_EQ(told, 3U);
}

TEST_F(VerifyLedgerTest, ManyFindingsAreCountedAndAThousandKept) {
  for (int i = 0; i < 1500; ++i)
    contents_[absl::StrCat("stray ", i)] = "";
  const v1::VerifyReport report = RecountOf(contents_);
  EXPECT_EQ(report.findings_size(), 1000);
  EXPECT_EQ(report.finding_count(), 1500);
}

}  // namespace
}  // namespace pistis
