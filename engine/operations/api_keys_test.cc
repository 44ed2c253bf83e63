// Keys and the audit log: who may make which, once, and nothing goes missing.
#include "engine/operations/api_keys.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/access_shop_test.h"
#include "engine/operations/audit_log.h"
#include "engine/operations/sign_checkpoint.h"
#include "engine/operations/testing_proof.h"
#include "engine/storage/access_keys.h"
#include "engine/storage/codec.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

class ApiKeysTest : public testing::Test {
 protected:
  ApiKeysTest() { OpenWith("rules: []\n", shop_); }

  [[nodiscard]] std::vector<std::string> Audit(const std::string& program) {
    v1::ListAuditLogRequest request;
    request.set_program_id(program);
    std::vector<std::string> acts;
    const auto page = shop_.Ask(ListAuditLog, request);
    EXPECT_TRUE(page.ok()) << page.status();
    for (const v1::AuditedAct& act : page->acts()) {
      acts.push_back(absl::StrCat(act.number(), " ", act.caller(), " ",
                                  act.method(), " ", act.subject()));
    }
    return acts;
  }

  [[nodiscard]] v1::VerifyReport Recounted() { return RecountOf(shop_.All()); }

  [[nodiscard]] v1::LedgerCheckpoint Checkpoint(const Access& by = {}) {
    v1::SignCheckpointRequest request;
    request.set_program_id(std::string(kShop));
    const auto checkpoint = shop_.Ask(
        [&](const QueryContext& context, const auto& asked) {
          return SignCheckpointFor(context, asked, by);
        },
        request);
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    return *checkpoint;
  }

  // `good` ones, and of each pair one that is over and one that is revoked.
  void FillWithKeys(int good, int pairs) {
    const std::unique_ptr<Txn> txn = store_.Begin();
    WriteSet writes;
    for (int i = 0; i < good + 2 * pairs; ++i) {
      store::v1::ApiKeyRecord record;
      record.set_key_id(absl::StrCat("KEY", i));
      record.add_program_ids(std::string(kShop));
      if (i >= good + pairs) {
        record.set_revoke_us(1);
      } else if (i >= good) {
        record.set_expire_us(absl::ToUnixMicros(clock_.Now()));
      }
      PutRecord(ApiKeyKey(record.key_id()), record, writes);
    }
    writes.ApplyTo(*txn);
    ASSERT_TRUE(txn->Commit().ok());
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  OwnerDesk desk_{store_, shop_};
};

TEST_F(ApiKeysTest, OneRequestIdMakesOneKeyAndNoSecretIsStored) {
  const auto request = KeyRequest("k1", v1::ROLE_TERMINAL);
  const auto first = desk_.Make(request);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string text = desk_.key().text;
  const auto again = desk_.Make(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(first->secret(), "");
  for (const auto& [key, value] : shop_.All()) {
    EXPECT_FALSE(absl::StrContains(key + value, text));
    EXPECT_FALSE(absl::StrContains(key + value, text.substr(17, 32)));
  }
  auto other = request;
  other.mutable_api_key()->set_store_id("piraeus");
  EXPECT_EQ(NameOf(desk_.Make(other).status()), "REQUEST_ID_REUSED");
}

TEST_F(ApiKeysTest, EachCallerHasRequestIdsOfItsOwn) {
  const auto request = KeyRequest("k1", v1::ROLE_TERMINAL);
  const auto first = desk_.Make(request);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string of_first = desk_.caller;
  desk_.caller = "key SOMEBODY";
  const auto second = desk_.Make(request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(second->api_key().key_id(), first->api_key().key_id());
  const auto ended =
      desk_.Revoke(RevokeRequest("k1", first->api_key().key_id()));
  EXPECT_EQ(NameOf(ended.status()), "REQUEST_ID_REUSED");
  EXPECT_TRUE(
      desk_.Revoke(RevokeRequest("k2", first->api_key().key_id())).ok());
  desk_.caller = of_first;
  EXPECT_TRUE(
      desk_.Revoke(RevokeRequest("k2", second->api_key().key_id())).ok());
  const auto again = desk_.Make(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
}

// As they were kept before each caller had ids of its own.
TEST_F(ApiKeysTest, ARetryOfWhatWasAnsweredToASharedIdGetsThatAnswer) {
  const auto request = KeyRequest("k1", v1::ROLE_TERMINAL);
  const auto first = desk_.Make(request);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::unique_ptr<Txn> txn = store_.Begin();
  const std::string own =
      RequestKey({}, RequestId(absl::StrCat(desk_.caller, " ", "k1")));
  const auto record = txn->Get(own);
  ASSERT_TRUE(record.ok() && record->has_value());
  txn->Put(RequestKey({}, RequestId("k1")), **record);
  txn->Delete(own);
  ASSERT_TRUE(txn->Commit().ok());
  const auto again = desk_.Make(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  desk_.caller = "key SOMEBODY";
  const auto other = desk_.Make(request);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_NE(other->api_key().key_id(), first->api_key().key_id());
}

TEST_F(ApiKeysTest, AKeyThatMakesNoSenseIsRefusedByItsField) {
  int tries = 0;
  const auto refusal = [&](auto change) {
    auto request = KeyRequest(absl::StrCat("k", ++tries), v1::ROLE_TERMINAL);
    change(*request.mutable_api_key());
    return NameOf(desk_.Make(request).status());
  };
  EXPECT_EQ(refusal([](v1::ApiKey& key) { key.clear_role(); }),
            "FIELD_INVALID api_key.role");
  EXPECT_EQ(refusal([](v1::ApiKey& key) { key.clear_program_ids(); }),
            "FIELD_INVALID api_key.program_ids");
  EXPECT_EQ(refusal([](v1::ApiKey& key) { key.clear_store_id(); }),
            "FIELD_INVALID api_key.store_id");
  EXPECT_EQ(refusal([](v1::ApiKey& key) { key.set_role(v1::ROLE_ADMIN); }),
            "FIELD_INVALID api_key.store_id");
  EXPECT_EQ(refusal([](v1::ApiKey& key) { key.set_key_id("K"); }),
            "FIELD_INVALID api_key");
  EXPECT_EQ(refusal([](v1::ApiKey& key) {
              key.mutable_expire_time()->set_seconds(1);
            }),
            "FIELD_INVALID api_key.expire_time");
  EXPECT_EQ(refusal([](v1::ApiKey& key) { key.set_program_ids(0, "other"); }),
            "NOT_FOUND");
}

TEST_F(ApiKeysTest, NobodyMakesSeesOrRevokesWhatReachesFurtherThanThey) {
  auto all = KeyRequest("all", v1::ROLE_ADMIN);
  all.mutable_api_key()->clear_program_ids();
  ASSERT_TRUE(desk_.Make(all).ok());
  const std::string wide = desk_.key().key_id;
  desk_.by.programs = {"elsewhere"};
  all.set_request_id("again");
  EXPECT_EQ(NameOf(desk_.Make(all).status()), "PERMISSION_DENIED");
  EXPECT_EQ(NameOf(desk_.Make(KeyRequest("k", v1::ROLE_CARE)).status()),
            "NOT_FOUND");
  EXPECT_EQ(NameOf(desk_.Revoke(RevokeRequest("r", wide)).status()),
            "NOT_FOUND");
  const auto seen = [&](const Access& by) {
    return shop_.Ask(
        [&](const QueryContext& context,
            const v1::ListApiKeysRequest& request) {
          return ListApiKeys(context, request, by);
        },
        v1::ListApiKeysRequest());
  };
  EXPECT_EQ(seen(desk_.by)->api_keys_size(), 0);
  EXPECT_EQ(seen({.role = v1::ROLE_OWNER})->api_keys_size(), 1);
}

TEST_F(ApiKeysTest, OnlyKeysThatAreGoodCountAgainstTheMost) {
  FillWithKeys(kMostApiKeys, 1);
  EXPECT_EQ(NameOf(desk_.Make(KeyRequest("k1", v1::ROLE_CARE)).status()),
            "LIMIT_REACHED");
  ASSERT_TRUE(desk_.Revoke(RevokeRequest("r1", "KEY7")).ok());
  EXPECT_TRUE(desk_.Make(KeyRequest("k2", v1::ROLE_CARE)).ok());
  EXPECT_EQ(NameOf(desk_.Make(KeyRequest("k3", v1::ROLE_CARE)).status()),
            "LIMIT_REACHED");
  desk_.limit = KeyLimit::kIsWaived;
  EXPECT_TRUE(desk_.Make(KeyRequest("k4", v1::ROLE_OWNER)).ok());
}

TEST_F(ApiKeysTest, KeysThatAreGoodNoMoreDoNotGrowWithoutEnd) {
  FillWithKeys(1, (kMostStoredApiKeys - 2) / 2);
  EXPECT_TRUE(desk_.Make(KeyRequest("k1", v1::ROLE_CARE)).ok());
  EXPECT_EQ(NameOf(desk_.Make(KeyRequest("k2", v1::ROLE_CARE)).status()),
            "LIMIT_REACHED");
  desk_.limit = KeyLimit::kIsWaived;
  EXPECT_TRUE(desk_.Make(KeyRequest("k3", v1::ROLE_OWNER)).ok());
}

TEST_F(ApiKeysTest, NobodyTakesTheRoomOfOtherPrograms) {
  FillWithKeys(kMostStoredApiKeysOfAProgram - 1, 0);
  desk_.by.programs = {std::string(kShop)};
  EXPECT_TRUE(desk_.Make(KeyRequest("k1", v1::ROLE_CARE)).ok());
  const auto refused = desk_.Make(KeyRequest("k2", v1::ROLE_CARE)).status();
  EXPECT_EQ(NameOf(refused), "LIMIT_REACHED");
  EXPECT_TRUE(absl::StrContains(refused.message(), "an owner of all programs"));
  desk_.by.programs = {};
  EXPECT_TRUE(desk_.Make(KeyRequest("k3", v1::ROLE_CARE)).ok());
}

// Four programs with 5,000 keys each would be all that the server stores, and
// two all that may be good.
TEST_F(ApiKeysTest, OwnersOfSomeProgramsLeaveRoomToOwnersOfAll) {
  const Access all = desk_.by;
  const Access some{.role = v1::ROLE_OWNER,
                    .programs = {std::string(kShop), "a", "b", "c"}};
  const auto make = [&](const std::string& request, const Access& by,
                        const ApiKeyCounts& counts) {
    desk_.by = by;
    desk_.counts = counts;
    return desk_.Make(KeyRequest(request, v1::ROLE_CARE)).status();
  };
  const ApiKeyCounts below{.stored = kMostStoredApiKeysForSomePrograms - 1,
                           .good = kMostApiKeysForSomePrograms - 1};
  EXPECT_TRUE(make("k1", some, below).ok());
  ApiKeyCounts good = below;
  ++good.good;
  const absl::Status of_good = make("k2", some, good);
  EXPECT_EQ(NameOf(of_good), "LIMIT_REACHED");
  EXPECT_TRUE(absl::StrContains(of_good.message(), "7500 keys that are good"));
  EXPECT_TRUE(absl::StrContains(of_good.message(), "an owner of all programs"));
  EXPECT_TRUE(make("k3", all, good).ok());
  ApiKeyCounts stored = below;
  ++stored.stored;
  const absl::Status of_stored = make("k4", some, stored);
  EXPECT_EQ(NameOf(of_stored), "LIMIT_REACHED");
  EXPECT_TRUE(absl::StrContains(of_stored.message(), "15000 keys that are"));
  EXPECT_TRUE(make("k5", all, stored).ok());
}

TEST_F(ApiKeysTest, ARevokedKeyWhoseRecordWasChangedIsStillFound) {
  ASSERT_TRUE(desk_.Make(KeyRequest("k1", v1::ROLE_CARE)).ok());
  const std::string id = desk_.key().key_id;
  store::v1::ApiKeyRecord record;
  ASSERT_TRUE(record.ParseFromString(shop_.All().at(ApiKeyKey(id))));
  record.set_role(v1::ROLE_OWNER);
  WriteSet writes;
  PutRecord(ApiKeyKey(id), record, writes);
  const std::unique_ptr<Txn> txn = store_.Begin();
  writes.ApplyTo(*txn);
  ASSERT_TRUE(txn->Commit().ok());
  const auto revoked = desk_.Revoke(RevokeRequest("r1", id));
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_TRUE(revoked->has_revoke_time());
  const v1::VerifyReport report = Recounted();
  ASSERT_EQ(report.finding_count(), 1);
  EXPECT_EQ(report.findings(0).where(), absl::StrCat("API key ", id));
}

TEST_F(ApiKeysTest, ARecordInAnothersPlaceEndsNotTheOther) {
  ASSERT_TRUE(desk_.Make(KeyRequest("k1", v1::ROLE_CARE)).ok());
  const std::string id = desk_.key().key_id;
  ASSERT_TRUE(desk_.Make(KeyRequest("k2", v1::ROLE_CARE)).ok());
  const std::string other = ApiKeyKey(desk_.key().key_id);
  const std::string record = shop_.All().at(other);
  WriteSet writes;
  writes.Put(ApiKeyKey(id), record);
  const std::unique_ptr<Txn> txn = store_.Begin();
  writes.ApplyTo(*txn);
  ASSERT_TRUE(txn->Commit().ok());
  ASSERT_TRUE(desk_.Revoke(RevokeRequest("r1", id)).ok());
  EXPECT_EQ(shop_.All().at(other), record);
  EXPECT_GT(Recounted().finding_count(), 0);
}

TEST_F(ApiKeysTest, APageOfKeysReadsNoFurtherThanItsEnd) {
  FillWithKeys(3, 0);
  const std::unique_ptr<Txn> txn = store_.Begin();
  WriteSet writes;
  writes.Put(ApiKeyKey("KEY9"), "\xff");
  writes.ApplyTo(*txn);
  ASSERT_TRUE(txn->Commit().ok());
  const auto list = [&](const std::string& token) {
    v1::ListApiKeysRequest request;
    request.set_page_size(2);
    request.set_page_token(token);
    return shop_.Ask(
        [&](const QueryContext& context, const auto& asked) {
          return ListApiKeys(context, asked, desk_.by);
        },
        request);
  };
  const auto page = list("");
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->api_keys_size(), 2);
  EXPECT_EQ(page->api_keys(1).key_id(), "KEY1");
  ASSERT_NE(page->next_page_token(), "");
  EXPECT_EQ(NameOf(list(page->next_page_token()).status()), "RECORD_CORRUPT")
      << "whether there is a next page is not known";
}

TEST_F(ApiKeysTest, WhereKeysAreCountedTheyAreNotLookedThrough) {
  FillWithKeys(kMostApiKeys, 0);
  desk_.counts = ApiKeyCounts{.stored = 1, .good = 1};
  EXPECT_TRUE(desk_.Make(KeyRequest("k1", v1::ROLE_CARE)).ok());
  desk_.counts->good = kMostApiKeys;
  EXPECT_EQ(NameOf(desk_.Make(KeyRequest("k2", v1::ROLE_CARE)).status()),
            "LIMIT_REACHED");
  desk_.counts = ApiKeyCounts{.stored = kMostStoredApiKeys};
  EXPECT_EQ(NameOf(desk_.Make(KeyRequest("k3", v1::ROLE_CARE)).status()),
            "LIMIT_REACHED");
}

TEST_F(ApiKeysTest, OnlyWhoReachesTheServerLearnsHowManyActsItsLogHas) {
  KeepKeys(desk_);
  const Contents before = shop_.All();
  const Access analyst{.role = v1::ROLE_ANALYST,
                       .programs = {std::string(kShop)}};
  EXPECT_EQ(Checkpoint().server_audit_acts(), 3);
  const v1::LedgerCheckpoint early = Checkpoint(analyst);
  EXPECT_TRUE(CheckSignature(early).ok());
  EXPECT_EQ(early.audit_acts(), 2);
  EXPECT_EQ(early.server_audit_acts(), 0);
  EXPECT_EQ(early.server_audit_hash(), Checkpoint().server_audit_hash());
  const std::string key = MakeApiKeyText(Sha256("key 1")).key_id;
  ASSERT_TRUE(desk_.Revoke(RevokeRequest("r9", key)).ok());
  const v1::LedgerCheckpoint late = Checkpoint(analyst);
  EXPECT_EQ(FindingsOf(RecountOf(shop_.All(), {early, late})),
            std::vector<std::string>());
  const v1::VerifyReport cut = RecountOf(before, {early, late});
  ASSERT_EQ(cut.finding_count(), 1);
  EXPECT_EQ(cut.findings(0).kind(), "checkpoint");
  EXPECT_EQ(cut.findings(0).where(), "the server's audit log");
}

TEST_F(ApiKeysTest, ACutAuditLogIsFoundByACheckpoint) {
  KeepKeys(desk_);
  const Contents before = shop_.All();
  const v1::LedgerCheckpoint early = Checkpoint();
  EXPECT_EQ(early.audit_acts(), 2);
  EXPECT_EQ(early.server_audit_acts(), 3);
  ASSERT_TRUE(desk_.Do("LedgerService/AdjustPoints", "ben").ok());
  const Contents later = shop_.All();
  const v1::LedgerCheckpoint late = Checkpoint();
  const std::string key = MakeApiKeyText(Sha256("key 1")).key_id;
  ASSERT_TRUE(desk_.Revoke(RevokeRequest("r9", key)).ok());
  EXPECT_EQ(FindingsOf(RecountOf(shop_.All(), {early, late, Checkpoint()})),
            std::vector<std::string>());
  const v1::VerifyReport of_program = RecountOf(before, {late});
  ASSERT_EQ(of_program.finding_count(), 1);
  EXPECT_EQ(of_program.findings(0).kind(), "checkpoint");
  EXPECT_EQ(of_program.findings(0).where(), "audit log, act 3");
  const v1::VerifyReport of_server = RecountOf(later, {Checkpoint()});
  ASSERT_EQ(of_server.finding_count(), 1);
  EXPECT_EQ(of_server.findings(0).where(), "the server's audit log, act 4");
}

TEST_F(ApiKeysTest, ARewrittenAuditLogIsFoundByACheckpoint) {
  KeepKeys(desk_);
  const v1::LedgerCheckpoint checkpoint = Checkpoint();
  Contents contents = shop_.All();
  const ProgramId program(kShop);
  const std::string key = AuditKey(program, checkpoint.audit_acts());
  store::v1::AuditRecord act;
  ASSERT_TRUE(act.ParseFromString(contents[key]));
  store::v1::AuditRecord before;
  ASSERT_TRUE(before.ParseFromString(
      contents[AuditKey(program, checkpoint.audit_acts() - 1)]));
  act.set_caller("key SOMEBODY");
  act.set_hash(ActHash(before.hash(), program, checkpoint.audit_acts(), act));
  contents[key] = act.SerializeAsString();
  store::v1::AuditHeadRecord head;
  head.set_acts(checkpoint.audit_acts());
  head.set_hash(act.hash());
  contents[AuditHeadKey(program)] = head.SerializeAsString();
  EXPECT_EQ(RecountOf(contents).finding_count(), 0);
  const v1::VerifyReport report = RecountOf(contents, {checkpoint});
  ASSERT_EQ(report.finding_count(), 1);
  EXPECT_EQ(report.findings(0).kind(), "checkpoint");
  EXPECT_EQ(report.findings(0).where(), "audit log, act 2");
}

TEST_F(ApiKeysTest, TheAuditLogTellsEachActOnceLatestFirst) {
  ASSERT_TRUE(desk_.Make(KeyRequest("k1", v1::ROLE_ADMIN)).ok());
  ASSERT_TRUE(desk_.Make(KeyRequest("k1", v1::ROLE_ADMIN)).ok());
  const std::string id = MakeApiKeyText(Sha256("key 1")).key_id;
  ASSERT_TRUE(desk_.Revoke(RevokeRequest("r1", id)).ok());
  ASSERT_TRUE(desk_.Do("RulebookService/PublishRulebook", "2").ok());
  EXPECT_EQ(Audit(""), (std::vector<std::string>{
                           "2 key OWNER AdminService/RevokeApiKey " + id,
                           "1 key OWNER AdminService/CreateApiKey " + id}));
  EXPECT_EQ(Audit("shop"), (std::vector<std::string>{
                               "1 key OWNER RulebookService/PublishRulebook "
                               "2"}));
  EXPECT_EQ(Recounted().finding_count(), 0);
}

TEST_F(ApiKeysTest, AnEditedOrMissingActAndAForgedKeyAreFound) {
  KeepKeys(desk_);
  const Contents whole = shop_.All();
  ASSERT_EQ(RecountOf(whole).finding_count(), 0);
  const auto found_without = [&](const std::string& key) {
    Contents changed = whole;
    EXPECT_EQ(changed.erase(key), 1U);
    return RecountOf(changed).finding_count() > 0;
  };
  EXPECT_TRUE(found_without(AuditKey(ProgramId(kShop), 1)));
  EXPECT_TRUE(found_without(AuditKey(ProgramId(kShop), 2)));
  EXPECT_TRUE(found_without(AuditHeadKey(ProgramId())));
  const std::string key = ApiKeyKey(MakeApiKeyText(Sha256("key 1")).key_id);
  EXPECT_TRUE(found_without(key));
  Contents forged = whole;
  store::v1::ApiKeyRecord record;
  ASSERT_TRUE(record.ParseFromString(forged[key]));
  record.set_role(v1::ROLE_OWNER);
  forged[key] = record.SerializeAsString();
  EXPECT_GT(RecountOf(forged).finding_count(), 0);
}

TEST_F(ApiKeysTest, MistypedKeysAreNone) {
  const std::string text = MakeApiKeyText(Sha256("any")).text;
  ASSERT_TRUE(HasApiKeyForm(text));
  for (size_t i = 7; i < text.size(); ++i) {
    if (text[i] == '_') continue;
    std::string other = text;
    other[i] = other[i] == '7' ? '8' : '7';
    EXPECT_FALSE(HasApiKeyForm(other)) << i;
  }
  EXPECT_FALSE(HasApiKeyForm(""));
  EXPECT_FALSE(HasApiKeyForm(text.substr(1)));
}

}  // namespace
}  // namespace pistis
