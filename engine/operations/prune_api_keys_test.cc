// Keys that ended long ago are forgotten, and the recount knows of it.
#include "engine/operations/prune_api_keys.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/access_shop_test.h"
#include "engine/operations/api_key_tally.h"
#include "engine/operations/testing_proof.h"
#include "engine/operations/verify_ledger.h"
#include "engine/storage/access_keys.h"
#include "engine/storage/codec.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

class PruneApiKeysTest : public testing::Test {
 protected:
  PruneApiKeysTest() { OpenWith("rules: []\n", shop_); }

  // Makes keys of these request ids, and revokes them; their ids.
  std::vector<std::string> MakeAndRevoke(int count) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) {
      const std::string request = absl::StrCat("k", ++requests_);
      EXPECT_TRUE(desk_.Make(KeyRequest(request, v1::ROLE_CARE)).ok());
      ids.push_back(desk_.key().key_id);
      EXPECT_TRUE(
          desk_.Revoke(RevokeRequest(absl::StrCat("of-", request), ids.back()))
              .ok());
    }
    return ids;
  }

  // Commits what ForgetApiKeys decides; how many went.
  size_t Forget(const std::vector<std::string>& ids) {
    const auto decided = ForgetApiKeys(
        shop_.env(), *store_.GetSnapshot(), {.now = clock_.Now()},
        {.key_ids = ids, .before = clock_.Now() - kApiKeysKeptFor});
    EXPECT_TRUE(decided.ok()) << decided.status();
    Commit(decided->writes);
    return decided->reply->forgotten;
  }

  void Commit(const WriteSet& writes) {
    const std::unique_ptr<Txn> txn = store_.Begin();
    writes.ApplyTo(*txn);
    EXPECT_TRUE(txn->Commit().ok());
  }

  // Takes a key out with an act that says so, as who may write to the disk
  // would; what the recount then says of acts.
  std::vector<std::string> FindingsAfterForging(const std::string& id,
                                                const std::string& mac) {
    WriteSet writes;
    writes.Delete(ApiKeyKey(id));
    EXPECT_TRUE(RecordAct(*store_.GetSnapshot(), {.now = clock_.Now()},
                          {.method = std::string(kForgetApiKey),
                           .request_hash = mac,
                           .subject = id},
                          writes)
                    .ok());
    Commit(writes);
    return FindingsOf(RecountOf(shop_.All()));
  }

  [[nodiscard]] std::string MacNow(const std::string& id) const {
    return ForgetApiKeyMac(shop_.env().secret, id,
                           absl::ToUnixMicros(clock_.Now()));
  }

  [[nodiscard]] std::set<std::string> Stored() const {
    std::set<std::string> ids;
    for (const auto& [key, value] :
         ContentsOf(*store_.GetSnapshot(), ApiKeyKey(""), ApiKeysEnd())) {
      ids.insert(key.substr(1));
    }
    return ids;
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  OwnerDesk desk_{store_, shop_};
  int requests_ = 0;
};

TEST_F(PruneApiKeysTest, KeysGoLongAfterTheirEndAndTheLogSaysSo) {
  const std::vector<std::string> ended = MakeAndRevoke(3);
  ASSERT_TRUE(desk_.Make(KeyRequest("good", v1::ROLE_CARE)).ok());
  const std::string good = desk_.key().key_id;
  std::vector<std::string> all = ended;
  all.push_back(good);
  clock_.Advance(kApiKeysKeptFor);
  EXPECT_EQ(Forget(all), 0U);
  clock_.Advance(absl::Microseconds(1));
  EXPECT_EQ(Forget(all), 3U);
  EXPECT_EQ(Stored(), (std::set<std::string>{good}));
  EXPECT_EQ(FindingsOf(RecountOf(shop_.All())), std::vector<std::string>());
  v1::ListAuditLogRequest request;
  request.set_page_size(1);
  const auto page = shop_.Ask(ListAuditLog, request);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->acts(0).number(), 10) << "3 made and revoked, one made";
  EXPECT_EQ(page->acts(0).method(), "server/ForgetApiKey");
  EXPECT_EQ(page->acts(0).caller(), "server");
  EXPECT_EQ(page->acts(0).subject(), ended.back());
  EXPECT_EQ(NameOf(desk_.Revoke(RevokeRequest("again", ended[0])).status()),
            "NOT_FOUND");
  EXPECT_EQ(Forget(all), 0U) << "once";
}

TEST_F(PruneApiKeysTest, AnExpiredKeyGoesToo) {
  auto request = KeyRequest("brief", v1::ROLE_CARE);
  request.mutable_api_key()->mutable_expire_time()->set_seconds(
      absl::ToUnixSeconds(clock_.Now() + absl::Hours(1)));
  ASSERT_TRUE(desk_.Make(request).ok());
  const std::string brief = desk_.key().key_id;
  ASSERT_TRUE(desk_.Make(KeyRequest("good", v1::ROLE_CARE)).ok());
  clock_.Advance(kApiKeysKeptFor + absl::Hours(1));
  EXPECT_EQ(Forget({brief}), 0U);
  clock_.Advance(absl::Microseconds(1));
  EXPECT_EQ(Forget({brief}), 1U);
}

// A server without keys takes itself for new: it would show an owner's key.
TEST_F(PruneApiKeysTest, TheLastKeyStays) {
  const std::vector<std::string> ended = MakeAndRevoke(2);
  clock_.Advance(kApiKeysKeptFor + absl::Hours(1));
  EXPECT_EQ(Forget(ended), 1U);
  EXPECT_EQ(Stored().size(), 1U);
  EXPECT_EQ(Forget(ended), 0U);
  EXPECT_EQ(FindingsOf(RecountOf(shop_.All())), std::vector<std::string>());
}

TEST_F(PruneApiKeysTest, ACommitForgetsSoManyAtMost) {
  const std::vector<std::string> ended = MakeAndRevoke(130);
  clock_.Advance(kApiKeysKeptFor + absl::Hours(1));
  EXPECT_EQ(Forget(ended), kMaxApiKeysForgottenAtOnce);
  EXPECT_EQ(Forget({ended.begin() + 100, ended.end()}), 29U);
}

TEST_F(PruneApiKeysTest, SlicesFindEachOldKeyOnce) {
  std::vector<std::string> ended = MakeAndRevoke(7);
  clock_.Advance(kApiKeysKeptFor + absl::Hours(1));
  ASSERT_TRUE(desk_.Make(KeyRequest("good", v1::ROLE_CARE)).ok());
  std::vector<std::string> found;
  ApiKeySlice slice{.before = clock_.Now() - kApiKeysKeptFor, .max_keys = 3};
  bool more = true;
  for (int slices = 0; more; ++slices) {
    ASSERT_LT(slices, 4);
    const auto old = FindOldApiKeys(*store_.GetSnapshot(), slice);
    ASSERT_TRUE(old.ok()) << old.status();
    found.insert(found.end(), old->key_ids.begin(), old->key_ids.end());
    slice.after = old->reached;
    more = old->more;
  }
  std::sort(ended.begin(), ended.end());
  EXPECT_EQ(found, ended);
}

TEST_F(PruneApiKeysTest, AKeyThatIsGoneOrBackAgainstTheLogIsFound) {
  const std::vector<std::string> ended = MakeAndRevoke(1);
  ASSERT_TRUE(desk_.Make(KeyRequest("good", v1::ROLE_CARE)).ok());
  Contents before = shop_.All();
  const std::string key = ApiKeyKey(ended[0]);
  const std::string record = before.at(key);
  before.erase(key);
  EXPECT_GT(RecountOf(before).finding_count(), 0) << "without an act";
  clock_.Advance(kApiKeysKeptFor + absl::Hours(1));
  ASSERT_EQ(Forget(ended), 1U);
  Contents after = shop_.All();
  after[key] = record;
  EXPECT_GT(RecountOf(after).finding_count(), 0) << "put back";
}

TEST_F(PruneApiKeysTest, AKeyThatWasChangedStaysToBeFound) {
  const std::vector<std::string> ended = MakeAndRevoke(3);
  ASSERT_TRUE(desk_.Make(KeyRequest("good", v1::ROLE_CARE)).ok());
  const std::string good = desk_.key().key_id;
  clock_.Advance(kApiKeysKeptFor + absl::Hours(1));
  WriteSet changes;
  store::v1::ApiKeyRecord record;
  ASSERT_TRUE(record.ParseFromString(shop_.All().at(ApiKeyKey(ended[0]))));
  record.set_role(v1::ROLE_OWNER);
  PutRecord(ApiKeyKey(ended[0]), record, changes);
  // One that looks as if it had expired long ago.
  ASSERT_TRUE(record.ParseFromString(shop_.All().at(ApiKeyKey(good))));
  record.set_expire_us(1);
  PutRecord(ApiKeyKey(good), record, changes);
  Commit(changes);
  EXPECT_EQ(Forget({ended[0], ended[1], good}), 1U);
  EXPECT_EQ(Stored(), (std::set<std::string>{ended[0], ended[2], good}));
  EXPECT_EQ(RecountOf(shop_.All()).finding_count(), 2);
  // A whole record in another's place.
  WriteSet moved;
  moved.Put(ApiKeyKey(ended[0]), shop_.All().at(ApiKeyKey(ended[2])));
  Commit(moved);
  EXPECT_EQ(Forget({ended[0]}), 0U);
}

TEST_F(PruneApiKeysTest, ACommitForgetsNoneThatEndedLaterThanItsOwnTimeSays) {
  const std::vector<std::string> ended = MakeAndRevoke(2);
  const auto decided =
      ForgetApiKeys(shop_.env(), *store_.GetSnapshot(), {.now = clock_.Now()},
                    {.key_ids = ended, .before = absl::InfiniteFuture()});
  ASSERT_TRUE(decided.ok()) << decided.status();
  EXPECT_EQ(decided->reply->forgotten, 0U);
}

TEST_F(PruneApiKeysTest, AnActThatTheServerDidNotWriteForgetsNoKey) {
  const std::vector<std::string> ended = MakeAndRevoke(2);
  clock_.Advance(kApiKeysKeptFor + absl::Hours(1));
  const std::string of_other = MacNow(ended[1]);
  EXPECT_EQ(FindingsAfterForging(ended[0], of_other),
            (std::vector<std::string>{
                "audit: the server's audit log, act 5: forgets a key, and is "
                "not what this server wrote"}));
}

TEST_F(PruneApiKeysTest, AKeyIsForgottenLongAfterItWasMadeAndOnce) {
  const std::vector<std::string> ended = MakeAndRevoke(2);
  clock_.Advance(kApiKeysKeptFor);
  EXPECT_EQ(FindingsAfterForging(ended[0], MacNow(ended[0])),
            (std::vector<std::string>{
                "audit: the server's audit log, act 5: forgets a key that was "
                "made no more than 400 days before, so had not ended for "
                "that long"}));
  EXPECT_EQ(FindingsAfterForging(ended[0], MacNow(ended[0])).size(), 2U);
}

// The server's log and the keys may be long: nobody may have to wait for them.
TEST_F(PruneApiKeysTest, ARecountEndsInTheServersLogAndAmongItsKeys) {
  KeepKeys(desk_);
  v1::VerifyLedgerRequest request;
  request.set_program_id(std::string(kShop));
  for (const std::string stage : {"server's audit log", "API keys"}) {
    bool is_seen = false;
    const auto report = VerifyLedger(*store_.GetSnapshot(), request,
                                     [&](const v1::VerifyProgress& progress) {
                                       is_seen =
                                           is_seen || progress.stage() == stage;
                                       return progress.stage() != stage;
                                     });
    EXPECT_TRUE(is_seen) << stage;
    EXPECT_TRUE(absl::IsCancelled(report.status())) << report.status();
  }
}

// What a look at every key would count.
ApiKeyCounts CountsOf(const std::map<std::string, store::v1::ApiKeyRecord>& all,
                      absl::Time now, const std::string& program) {
  ApiKeyCounts counts;
  for (const auto& [id, key] : all) {
    ++counts.stored;
    const bool is_over =
        key.expire_us() != 0 && key.expire_us() <= absl::ToUnixMicros(now);
    if (key.revoke_us() == 0 && !is_over) ++counts.good;
    const auto& names = key.program_ids();
    if (std::find(names.begin(), names.end(), program) != names.end()) {
      ++counts.of_program;
    }
  }
  return counts;
}

TEST(ApiKeyTallyTest, ItCountsWhatALookAtEachWould) {
  std::mt19937 random(7);
  const auto below = [&](int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random);
  };
  std::map<std::string, store::v1::ApiKeyRecord> all;
  ApiKeyTally tally;
  absl::Time now = absl::FromUnixSeconds(1000);
  for (int step = 0; step < 20'000; ++step) {
    now += absl::Seconds(below(3));
    const std::string id = absl::StrCat("KEY", below(60));
    if (below(4) == 0) {
      all.erase(id);
      tally.Remove(id);
    } else {
      store::v1::ApiKeyRecord record;
      record.set_key_id(id);
      if (below(3) == 0) record.set_revoke_us(1);
      if (below(2) == 0) {
        record.set_expire_us(
            absl::ToUnixMicros(now + absl::Seconds(below(100) - 20)));
      }
      for (int named = below(3); named > 0; --named)
        record.add_program_ids(absl::StrCat("p", below(2)));
      all[id] = record;
      tally.Put(record);
    }
    v1::ApiKey wanted;
    wanted.add_program_ids("p1");
    const ApiKeyCounts is = tally.At(now, wanted.program_ids());
    const ApiKeyCounts should = CountsOf(all, now, "p1");
    ASSERT_EQ(is.stored, should.stored) << step;
    ASSERT_EQ(is.good, should.good) << step;
    ASSERT_EQ(is.of_program, should.of_program) << step;
  }
}

}  // namespace
}  // namespace pistis
