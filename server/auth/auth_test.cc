// Who may call what, before any service sees it.
#include <map>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"

#include "pistis/v1/admin_service.pb.h"
#include "pistis/v1/care_service.pb.h"
#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/code_service.pb.h"
#include "pistis/v1/event_service.pb.h"
#include "pistis/v1/insight_service.pb.h"
#include "pistis/v1/ledger_service.pb.h"
#include "pistis/v1/member_service.pb.h"
#include "pistis/v1/note_service.pb.h"
#include "pistis/v1/rulebook_service.pb.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/operations/api_keys.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_proof.h"
#include "engine/storage/access_keys.h"
#include "engine/storage/codec.h"
#include "server/auth/audit.h"
#include "server/auth/gate.h"
#include "server/auth/key_ring.h"
#include "server/auth/request_names.h"
#include "server/auth/roles.h"

namespace pistis::server {
namespace {

namespace protobuf = google::protobuf;

// Every method of the API, by service.
template <typename Visitor>
void ForEachMethod(Visitor visit) {
  const protobuf::FileDescriptor* files[] = {
      v1::CreateProgramRequest::descriptor()->file(),
      v1::OpenCaseRequest::descriptor()->file(),
      v1::CommitOrderRequest::descriptor()->file(),
      v1::IssueCodeRequest::descriptor()->file(),
      v1::StreamEventsRequest::descriptor()->file(),
      v1::GetProgramStatsRequest::descriptor()->file(),
      v1::EarnPointsRequest::descriptor()->file(),
      v1::CreateMemberRequest::descriptor()->file(),
      v1::ListNotesRequest::descriptor()->file(),
      v1::PublishRulebookRequest::descriptor()->file()};
  for (const protobuf::FileDescriptor* file : files) {
    ASSERT_EQ(file->service_count(), 1) << file->name();
    for (int i = 0; i < file->service(0)->method_count(); ++i)
      visit(*file->service(0)->method(i));
  }
}

TEST(RolesTest, EveryMethodHasARowAndARoleThatMayCallIt) {
  int methods = 0;
  ForEachMethod([&](const protobuf::MethodDescriptor& method) {
    ++methods;
    const std::string name =
        absl::StrCat(method.service()->name(), "/", method.name());
    const MethodRow* row = FindMethodRow(name);
    ASSERT_NE(row, nullptr) << name;
    EXPECT_TRUE(MayCall(*row, v1::ROLE_OWNER)) << name;
    EXPECT_FALSE(MayCall(*row, v1::ROLE_UNSPECIFIED)) << name;
    EXPECT_FALSE(MayCall(*row, static_cast<v1::Role>(77))) << name;
  });
  EXPECT_GT(methods, 60);
}

// Which of them change nothing.
bool Reads(const std::string& name) {
  for (const char* verb :
       {"/Get", "/List", "/Quote", "/Check", "/Explain", "/Lookup", "/Preview",
        "/Validate", "/Diff", "/Simulate", "/Verify", "/SignCheckpoint"}) {
    if (name.find(verb) != std::string::npos) return true;
  }
  return false;
}

TEST(RolesTest, AnAnalystChangesNothingAndATillDoesNoActsOnRecord) {
  ForEachMethod([&](const protobuf::MethodDescriptor& method) {
    const std::string name =
        absl::StrCat(method.service()->name(), "/", method.name());
    const MethodRow& row = *FindMethodRow(name);
    if (MayCall(row, v1::ROLE_ANALYST)) {
      EXPECT_TRUE(Reads(name)) << name;
    }
    if (MayCall(row, v1::ROLE_TERMINAL)) {
      EXPECT_NE(row.audit, Audit::kYes) << name;
    }
  });
}

TEST(RolesTest, NobodyReachesAnotherProgramOrTheServerByAnyMethod) {
  ForEachMethod([&](const protobuf::MethodDescriptor& method) {
    const GatedMethod gated(method);
    const Access bound{.role = v1::ROLE_OWNER, .programs = {"shop"}};
    const auto request_of = [&](const std::string& program) {
      const std::unique_ptr<protobuf::Message> request(
          protobuf::MessageFactory::generated_factory()
              ->GetPrototype(method.input_type())
              ->New());
      const auto* field = method.input_type()->FindFieldByName("program_id");
      if (field != nullptr && !program.empty()) {
        request->GetReflection()->SetString(request.get(), field, program);
      }
      return request->SerializeAsString();
    };
    const auto reason = [&](const std::string& program) {
      return NameOf(CheckNames(bound, gated, request_of(program)));
    };
    switch (gated.row.reach) {
      case Reach::kProgram:
        EXPECT_EQ(reason("shop"), "OK") << gated.row.method;
        EXPECT_EQ(reason("other"), "NOT_FOUND") << gated.row.method;
        EXPECT_EQ(reason(""), "FIELD_INVALID program_id") << gated.row.method;
        break;
      case Reach::kProgramOrServer:
        EXPECT_EQ(reason("shop"), "OK");
        EXPECT_EQ(reason("other"), "NOT_FOUND");
        EXPECT_EQ(reason(""), "PERMISSION_DENIED");
        break;
      case Reach::kServer:
        EXPECT_EQ(reason(""), "PERMISSION_DENIED") << gated.row.method;
        break;
      case Reach::kOwn:
        EXPECT_EQ(gated.fields.program_id, 0) << gated.row.method;
        break;
    }
  });
}

const protobuf::MethodDescriptor& CheckoutMethod(const std::string& name) {
  return *v1::CommitOrderRequest::descriptor()
              ->file()
              ->service(0)
              ->FindMethodByName(name);
}

TEST(AuditTest, WhatTillsDoAllDayIsOnRecordOfThoseWhoMayDoMore) {
  const GatedMethod refund(CheckoutMethod("RefundOrder"));
  const GatedMethod sale(CheckoutMethod("CommitOrder"));
  const grpc::ByteBuffer request;
  const auto is_audited = [&](const GatedMethod& method, v1::Role role,
                              const std::string& key_hash) {
    const auto caller = std::make_shared<const Caller>(Caller{
        .name = "key K", .access = {.role = role}, .key_hash = key_hash});
    return IsAudited({method, request, caller});
  };
  for (const v1::Role role : {v1::ROLE_TERMINAL, v1::ROLE_CHECKOUT}) {
    EXPECT_FALSE(is_audited(refund, role, "hash")) << role;
  }
  for (const v1::Role role : {v1::ROLE_CARE, v1::ROLE_ADMIN, v1::ROLE_OWNER}) {
    EXPECT_TRUE(is_audited(refund, role, "hash")) << role;
    EXPECT_FALSE(is_audited(sale, role, "hash")) << role;
    EXPECT_FALSE(is_audited(refund, role, "")) << role;
  }
}

TEST(RequestNamesTest, TheLastOfAFieldCountsAndOrdersAreMerged) {
  v1::CommitOrderRequest mine;
  mine.set_program_id("shop");
  mine.mutable_order()->set_store_id("athens");
  mine.mutable_order()->set_terminal_id("till-7");
  v1::CommitOrderRequest other;
  other.set_program_id("other");
  other.mutable_order()->set_store_id("piraeus");
  const std::string bytes =
      mine.SerializeAsString() + other.SerializeAsString();
  v1::CommitOrderRequest parsed;
  ASSERT_TRUE(parsed.ParseFromString(bytes));
  const auto names =
      ReadNames(NameFieldsOf(*v1::CommitOrderRequest::descriptor()), bytes);
  ASSERT_TRUE(names);
  EXPECT_EQ(names->program_id, parsed.program_id());
  EXPECT_EQ(names->store_id, parsed.order().store_id());
  EXPECT_EQ(names->terminal_id, parsed.order().terminal_id());
}

// Whatever the bytes: where protobuf finds a message, the names are its own.
TEST(RequestNamesTest, TheyAreThoseOfTheMessageForAnyBytes) {
  v1::CommitOrderRequest request;
  request.set_program_id("shop");
  request.mutable_order()->set_order_id("o1");
  request.mutable_order()->set_store_id("athens");
  request.mutable_order()->set_terminal_id("till-7");
  request.mutable_order()->add_lines()->set_sku("tea");
  const protobuf::LogSilencer silence;
  const std::string whole = request.SerializeAsString();
  const NameFields fields = NameFieldsOf(*v1::CommitOrderRequest::descriptor());
  int messages = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(byte);
      v1::CommitOrderRequest parsed;
      if (!parsed.ParseFromString(bytes)) continue;
      ++messages;
      const auto names = ReadNames(fields, bytes);
      ASSERT_TRUE(names) << at << " " << byte;
      EXPECT_EQ(names->program_id, parsed.program_id());
      EXPECT_EQ(names->has_order, parsed.has_order());
      EXPECT_EQ(names->store_id, parsed.order().store_id());
      EXPECT_EQ(names->terminal_id, parsed.order().terminal_id());
    }
  }
  EXPECT_GT(messages, 1000);
}

TEST(GateTest, ATillSellsForItsOwnStoreAndTerminalAlone) {
  const GatedMethod commit(CheckoutMethod("CommitOrder"));
  const Access till{.role = v1::ROLE_TERMINAL,
                    .programs = {"shop"},
                    .store_id = "athens",
                    .terminal_id = "till-7"};
  const auto said = [&](const std::string& store, const std::string& terminal) {
    v1::CommitOrderRequest request;
    request.set_program_id("shop");
    request.mutable_order()->set_store_id(store);
    request.mutable_order()->set_terminal_id(terminal);
    return NameOf(CheckNames(till, commit, request.SerializeAsString()));
  };
  EXPECT_EQ(said("athens", "till-7"), "OK");
  EXPECT_EQ(said("piraeus", "till-7"), "PERMISSION_DENIED");
  EXPECT_EQ(said("athens", "till-8"), "PERMISSION_DENIED");
  EXPECT_EQ(said("athens", ""), "PERMISSION_DENIED");
  v1::CommitOrderRequest reserved;
  reserved.set_program_id("shop");
  reserved.set_reservation_id("r1");
  EXPECT_EQ(NameOf(CheckNames(till, commit, reserved.SerializeAsString())),
            "PERMISSION_DENIED");
  EXPECT_EQ(NameOf(CheckNames(till, commit, "\xff\xff")),
            "FIELD_INVALID request");
}

TEST(GateTest, ARefusalForAnotherStoreRepeatsAnIdAtMost) {
  const GatedMethod commit(CheckoutMethod("CommitOrder"));
  const Access till{
      .role = v1::ROLE_TERMINAL, .programs = {"shop"}, .store_id = "athens"};
  const auto said = [&](const std::string& store) {
    v1::CommitOrderRequest request;
    request.set_program_id("shop");
    request.mutable_order()->set_store_id(store);
    const protobuf::LogSilencer silence;
    return std::string(
        CheckNames(till, commit, request.SerializeAsString()).message());
  };
  EXPECT_TRUE(absl::StrContains(said("piraeus"), "\"piraeus\""));
  EXPECT_LT(said(std::string(30'000, 'x')).size(), 200U);
  const std::string no_text = said("pir\xff");
  EXPECT_TRUE(absl::StrContains(no_text, "order.store_id"));
  EXPECT_FALSE(absl::StrContains(no_text, "\xff"));
}

class KeyRingTest : public testing::Test {
 protected:
  void Put(const store::v1::ApiKeyRecord& record) {
    WriteSet writes;
    PutRecord(ApiKeyKey(record.key_id()), record, writes);
    ring_.Learn(writes);
  }
  [[nodiscard]] std::string Said(absl::Time at) const {
    const auto found = ring_.Find(key_.text, at);
    return found.ok() ? (*found)->name : NameOf(found.status());
  }

  const ApiKeyText key_ = MakeApiKeyText(Sha256("some bits"));
  const absl::Time now_ = TimeAt("2026-01-10 10:00");
  KeyRing ring_;
};

TEST_F(KeyRingTest, AKeyWorksUntilItIsRevokedOrOver) {
  EXPECT_EQ(Said(now_), "UNAUTHENTICATED");
  store::v1::ApiKeyRecord record;
  record.set_key_id(key_.key_id);
  record.set_hash(ApiKeyHash(key_.text));
  record.set_role(v1::ROLE_ADMIN);
  record.set_expire_us(absl::ToUnixMicros(now_ + absl::Hours(1)));
  Put(record);
  EXPECT_EQ(Said(now_), "key " + key_.key_id);
  EXPECT_EQ(Said(now_ + absl::Hours(1)), "UNAUTHENTICATED");
  const CallerPtr caller = *ring_.Find(key_.text, now_);
  EXPECT_EQ(NameOf(ring_.Check(*caller, now_)), "OK");
  EXPECT_EQ(NameOf(ring_.Check(*caller, now_ + absl::Hours(1))),
            "UNAUTHENTICATED");
  record.set_revoke_us(1);
  Put(record);
  EXPECT_EQ(Said(now_), "UNAUTHENTICATED");
  EXPECT_EQ(NameOf(ring_.Check(*caller, now_)), "UNAUTHENTICATED");
}

TEST_F(KeyRingTest, AStoredKeyThatIsNotSealedOpensNothingAndTakesRoom) {
  constexpr absl::string_view kSecret = "the store's";
  v1::ApiKey wanted;
  wanted.add_program_ids("shop");
  store::v1::ApiKeyRecord record;
  record.set_key_id(key_.key_id);
  record.set_hash(ApiKeyHash(key_.text));
  record.set_role(v1::ROLE_ADMIN);
  record.add_program_ids("shop");
  record.set_seal(SealOf(kSecret, record));
  const auto load = [&](const store::v1::ApiKeyRecord& stored) {
    const Contents contents = {
        {ApiKeyKey(stored.key_id()), stored.SerializeAsString()}};
    KeyRing ring;
    const auto unsealed = ring.Load(ContentsReader(contents), kSecret);
    const bool opens = ring.Find(key_.text, now_).ok();
    EXPECT_EQ(ring.Count(wanted, now_).stored, 1U);
    return absl::StrCat(*unsealed, opens ? " opens" : " does not");
  };
  EXPECT_EQ(load(record), "0 opens");
  // As who writes to the disk would raise it.
  record.set_role(v1::ROLE_OWNER);
  EXPECT_EQ(load(record), "1 does not");
  record.clear_seal();
  EXPECT_EQ(load(record), "1 does not");
}

TEST_F(KeyRingTest, AKeyThatIsStoredNoMoreIsNoneAndCountsNoMore) {
  v1::ApiKey wanted;
  wanted.add_program_ids("shop");
  store::v1::ApiKeyRecord record;
  record.set_key_id(key_.key_id);
  record.set_hash(ApiKeyHash(key_.text));
  record.add_program_ids("shop");
  Put(record);
  EXPECT_EQ(ring_.Count(wanted, now_).good, 1U);
  EXPECT_EQ(ring_.Count(wanted, now_).of_program, 1U);
  record.set_revoke_us(1);
  Put(record);
  EXPECT_EQ(ring_.Count(wanted, now_).good, 0U);
  EXPECT_EQ(ring_.Count(wanted, now_).stored, 1U);
  WriteSet writes;
  writes.Delete(ApiKeyKey(key_.key_id));
  ring_.Learn(writes);
  EXPECT_EQ(ring_.Count(wanted, now_).stored, 0U);
  const auto found = ring_.Find(key_.text, now_);
  EXPECT_TRUE(absl::StrContains(found.status().message(), "none of this"))
      << found.status();
}

TEST_F(KeyRingTest, ANewKeyIsShownForADay) {
  ring_.Keep(key_, now_);
  EXPECT_EQ(ring_.Shown(key_.key_id, now_ + absl::Hours(23)), key_.text);
  EXPECT_EQ(ring_.Shown(key_.key_id, now_ + absl::Hours(24)), std::nullopt);
}

}  // namespace
}  // namespace pistis::server
