// Exports of members, as clients see them who read slowly or not at all.
#include "server/export_stream.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

#include "server/auth/first_key.h"
#include "server/member_service.h"
#include "server/test_engine.h"

namespace pistis::server {
namespace {

using ::testing::ElementsAre;

constexpr absl::Duration kPatience = absl::Seconds(3);

// An export under way.
struct Reading {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::ExportMemberResponse>> stream;
  v1::ExportMemberResponse part;

  [[nodiscard]] bool Reads() { return stream->Read(&part); }
  grpc::StatusCode End() { return stream->Finish().error_code(); }
  // Instead of a part.
  [[nodiscard]] bool IsOverloaded() {
    return absl::StrContains(stream->Finish().error_details(), "OVERLOADED");
  }
};
using ReadingPtr = std::unique_ptr<Reading>;

// A server with the member ann, whose callers show keys.
class ExportStreamTest : public testing::Test {
 protected:
  ExportStreamTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&admin_);
    builder.RegisterService(&members_);
    server_ = builder.BuildAndStart();
    const auto channel = server_->InProcessChannel({});
    stub_ = v1::MemberService::NewStub(channel);
    owner_ = NewKey();
    v1::CreateProgramRequest program;
    program.set_request_id("r1");
    program.mutable_program()->set_program_id("shop");
    program.mutable_program()->set_currency("EUR");
    program.mutable_program()->set_time_zone("Europe/Athens");
    grpc::ClientContext context;
    Show(owner_, context);
    v1::Program created;
    EXPECT_TRUE(v1::AdminService::NewStub(channel)
                    ->CreateProgram(&context, program, &created)
                    .ok());
    v1::CreateMemberRequest request;
    request.set_program_id("shop");
    request.set_request_id("r2");
    request.mutable_member()->set_member_id("ann");
    grpc::ClientContext enrolling;
    Show(owner_, enrolling);
    v1::Member ann;
    EXPECT_TRUE(stub_->CreateMember(&enrolling, request, &ann).ok());
  }

  ~ExportStreamTest() override {
    engine_.stopping = true;
    server_->Shutdown();
  }

  static void Show(const std::string& key, grpc::ClientContext& context) {
    context.AddMetadata("authorization", absl::StrCat("Bearer ", key));
  }

  [[nodiscard]] std::string NewKey() const {
    return **MakeOwnerKey(engine_.room, NewOwnerKey::kAlways);
  }

  ReadingPtr Export(const std::string& key, const std::string& program = "shop",
                    const std::string& member = "ann") {
    auto reading = std::make_unique<Reading>();
    Show(key, reading->context);
    v1::ExportMemberRequest request;
    request.set_program_id(program);
    request.set_member_id(member);
    reading->stream = stub_->ExportMember(&reading->context, request);
    return reading;
  }

  // The subjects of the exports on record, latest first, once there are so
  // many: an act is on record soon after its stream began, not before it.
  std::vector<std::string> ExportsOnRecord(size_t count) {
    const absl::Time start = absl::Now();
    while (true) {
      std::vector<std::string> subjects = ExportsOnRecord();
      if (subjects.size() >= count || absl::Now() - start > absl::Seconds(20)) {
        return subjects;
      }
      absl::SleepFor(absl::Milliseconds(5));
    }
  }
  std::vector<std::string> ExportsOnRecord() {
    const auto admin = v1::AdminService::NewStub(server_->InProcessChannel({}));
    std::vector<std::string> subjects;
    for (const char* program : {"shop", ""}) {
      grpc::ClientContext context;
      Show(owner_, context);
      v1::ListAuditLogRequest request;
      request.set_program_id(program);
      v1::ListAuditLogResponse log;
      EXPECT_TRUE(admin->ListAuditLog(&context, request, &log).ok());
      for (const v1::AuditedAct& act : log.acts()) {
        if (act.method() == "MemberService/ExportMember") {
          subjects.push_back(act.subject());
        }
      }
    }
    return subjects;
  }

  // True where an export of the key's is let in before long.
  bool IsLetIn(const std::string& key) {
    const absl::Time start = absl::Now();
    while (absl::Now() - start < absl::Seconds(60)) {
      const ReadingPtr next = Export(key);
      const bool is_let_in = next->Reads();
      next->context.TryCancel();
      next->End();
      if (is_let_in) return true;
      absl::SleepFor(kPatience / 10);
    }
    return false;
  }

  TestEngine engine_{Identity::kAsked};
  AdminService admin_{engine_.room, engine_.upkeep()};
  MemberService members_{engine_.room, kPatience};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::MemberService::Stub> stub_;
  std::string owner_;
};

TEST_F(ExportStreamTest, WhoReadsGetsAllParts) {
  const ReadingPtr reading = Export(owner_);
  std::multiset<std::string> kinds;
  while (reading->Reads())
    kinds.insert(reading->part.kind());
  EXPECT_EQ(reading->End(), grpc::StatusCode::OK);
  EXPECT_EQ(kinds, (std::multiset<std::string>{"account", "event", "member"}));
}

TEST_F(ExportStreamTest, ClientsThatDoNotReadKeepOthersOutForAWhileAlone) {
  const ReadingPtr first = Export(owner_);
  ASSERT_TRUE(first->Reads());
  const ReadingPtr second = Export(NewKey());
  ASSERT_TRUE(second->Reads());
  const std::string other = NewKey();
  EXPECT_TRUE(Export(other)->IsOverloaded());
  ASSERT_TRUE(IsLetIn(other));
  ASSERT_TRUE(IsLetIn(owner_));
  EXPECT_EQ(first->End(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(second->End(), grpc::StatusCode::CANCELLED);
}

TEST_F(ExportStreamTest, TheLogHasNothingOfWhatIsNoId) {
  const std::string long_text =
      "maria smith, 6 Elm Street" + std::string(900'000, 'x');
  EXPECT_EQ(Export(owner_, "shop", long_text)->End(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(ExportsOnRecord(1), ElementsAre(""));
  EXPECT_NE(Export(owner_, long_text)->End(), grpc::StatusCode::OK);
  EXPECT_EQ(Export(owner_, "shop", std::string(2 << 20, 'x'))->End(),
            grpc::StatusCode::INVALID_ARGUMENT)
      << "too long for a request";
  EXPECT_THAT(ExportsOnRecord(1), ElementsAre(""));
  const ReadingPtr whole = Export(owner_);
  while (whole->Reads()) {
  }
  EXPECT_THAT(ExportsOnRecord(2), ElementsAre("ann", ""));
}

TEST_F(ExportStreamTest, TheLogHasNoAddressThatWasTypedAsAnId) {
  for (const char* typed : {"maria@example.com", "+306941234567"}) {
    EXPECT_EQ(Export(owner_, "shop", typed)->End(),
              grpc::StatusCode::NOT_FOUND);
  }
  EXPECT_EQ(Export(owner_, "shop", "+1-a")->End(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(ExportsOnRecord(3), ElementsAre("+1-a", "", ""));
}

TEST_F(ExportStreamTest, ACallerExportsOneMemberAtATime) {
  const ReadingPtr first = Export(owner_);
  ASSERT_TRUE(first->Reads());
  EXPECT_TRUE(Export(owner_)->IsOverloaded());
  EXPECT_TRUE(IsLetIn(NewKey()));
  first->context.TryCancel();
  EXPECT_TRUE(IsLetIn(owner_));
}

}  // namespace
}  // namespace pistis::server
