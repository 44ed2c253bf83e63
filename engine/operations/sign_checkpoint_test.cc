#include "engine/operations/sign_checkpoint.h"

#include <string>

#include "absl/strings/escaping.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/access_records.pb.h"

#include "engine/base/refusal.h"
#include "engine/operations/rulebook_cache.h"
#include "engine/operations/testing_proof.h"
#include "engine/order/order.h"
#include "engine/storage/access_keys.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

v1::LedgerCheckpoint CheckpointOf(TestShop& shop) {
  v1::SignCheckpointRequest request;
  request.set_program_id(std::string(kShop));
  const auto checkpoint = shop.Ask(SignCheckpoint, request);
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
  return checkpoint.value_or(v1::LedgerCheckpoint());
}

v1::LedgerCheckpoint CheckpointOf(BusyShop& busy) {
  return CheckpointOf(busy.shop());
}

store::v1::AuditHeadRecord HeadOf(BusyShop& busy, const ProgramId& program) {
  store::v1::AuditHeadRecord head;
  const Contents all = busy.shop().All();
  EXPECT_TRUE(head.ParseFromString(all.at(AuditHeadKey(program))));
  return head;
}

TEST(SignCheckpointTest, ItSaysWhereTheChainEndsAndWhen) {
  BusyShop busy;
  const v1::LedgerCheckpoint checkpoint = CheckpointOf(busy);
  const v1::VerifyReport report = RecountOf(busy.shop().All());
  EXPECT_EQ(checkpoint.program_id(), kShop);
  EXPECT_EQ(checkpoint.commit_seq(), report.commit_seq());
  EXPECT_EQ(checkpoint.chain_hash(), report.chain_hash());
  EXPECT_EQ(checkpoint.entries(), report.entries());
  EXPECT_EQ(checkpoint.sign_time().SerializeAsString(),
            ToTimestamp(busy.clock().Now()).SerializeAsString());
  EXPECT_TRUE(CheckSignature(checkpoint).ok());
}

TEST(SignCheckpointTest, WithoutActsItSaysNothingOfAuditLogs) {
  MemoryStore store;
  FakeClock clock{TimeAt("2026-01-10 10:00")};
  TestShop shop{store, clock};
  OpenWith("", shop);
  const v1::LedgerCheckpoint checkpoint = CheckpointOf(shop);
  EXPECT_EQ(checkpoint.audit_acts(), 0);
  EXPECT_EQ(checkpoint.audit_hash(), "");
  EXPECT_EQ(checkpoint.server_audit_acts(), 0);
  EXPECT_EQ(checkpoint.server_audit_hash(), "");
}

TEST(SignCheckpointTest, ItSaysWhereTheAuditLogsOfTheProgramAndTheServerEnd) {
  BusyShop busy;
  const v1::LedgerCheckpoint checkpoint = CheckpointOf(busy);
  const store::v1::AuditHeadRecord own =
      HeadOf(busy, ProgramId(std::string(kShop)));
  EXPECT_GT(own.acts(), 0);
  EXPECT_EQ(checkpoint.audit_acts(), own.acts());
  EXPECT_EQ(checkpoint.audit_hash(), own.hash());
  const store::v1::AuditHeadRecord servers = HeadOf(busy, ProgramId());
  EXPECT_GT(servers.acts(), 0);
  EXPECT_EQ(checkpoint.server_audit_acts(), servers.acts());
  EXPECT_EQ(checkpoint.server_audit_hash(), servers.hash());
}

TEST(SignCheckpointTest, TheSameSeedHasTheSameKeyAndSignature) {
  BusyShop busy;
  EXPECT_EQ(CheckpointOf(busy).SerializeAsString(),
            CheckpointOf(busy).SerializeAsString());
}

// RFC 8032, section 7.1, test 1: what other implementations derive of a seed.
TEST(SignCheckpointTest, TheKeyIsThatOfTheSeedAsEd25519SaysIt) {
  BusyShop busy;
  RulebookCache rulebooks;
  const OperationEnv env{
      .secret = busy.shop().env().secret,
      .rulebooks = rulebooks,
      .signing_seed = absl::HexStringToBytes(
          "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")};
  v1::SignCheckpointRequest request;
  request.set_program_id(std::string(kShop));
  const Contents contents = busy.shop().All();
  const ContentsReader reader(contents);
  const auto checkpoint =
      SignCheckpoint({env, reader, busy.clock().Now()}, request);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(absl::BytesToHexString(checkpoint->public_key()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_TRUE(CheckSignature(*checkpoint).ok());
}

TEST(SignCheckpointTest, AnyChangeOfACheckpointBreaksItsSignature) {
  BusyShop busy;
  const google::protobuf::LogSilencer silence;
  const std::string bytes = CheckpointOf(busy).SerializeAsString();
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ (1U << bit));
      v1::LedgerCheckpoint checkpoint;
      if (!checkpoint.ParseFromString(changed)) continue;
      EXPECT_EQ(ReasonOf(CheckSignature(checkpoint)), Reason::kFieldInvalid)
          << "byte " << i << ", bit " << bit;
    }
  }
}

TEST(SignCheckpointTest, AnUnknownProgramHasNone) {
  BusyShop busy;
  v1::SignCheckpointRequest request;
  request.set_program_id("elsewhere");
  EXPECT_EQ(NameOf(busy.shop().Ask(SignCheckpoint, request).status()),
            "NOT_FOUND");
}

}  // namespace
}  // namespace pistis
