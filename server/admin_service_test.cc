// Backups and recounts over a store in memory.
#include "server/admin_service.h"

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

#include "engine/operations/sign_checkpoint.h"
#include "engine/storage/access_keys.h"
#include "server/auth/first_key.h"
#include "server/run_command.h"
#include "server/test_engine.h"

namespace pistis::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AdminServiceTest : public testing::Test {
 protected:
  explicit AdminServiceTest(Identity identity = Identity::kNotAsked)
      : engine_(identity) {
    if (identity == Identity::kAsked) {
      owner_ = **MakeOwnerKey(engine_.room, NewOwnerKey::kAlways);
    }
    grpc::ServerBuilder builder;
    builder.RegisterService(&admin_);
    server_ = builder.BuildAndStart();
    stub_ = v1::AdminService::NewStub(server_->InProcessChannel({}));
    Open("shop");
  }

  ~AdminServiceTest() override { server_->Shutdown(); }

  void Open(const std::string& program) {
    v1::CreateProgramRequest request;
    request.set_request_id(program);
    request.mutable_program()->set_program_id(program);
    request.mutable_program()->set_currency("EUR");
    request.mutable_program()->set_time_zone("Europe/Athens");
    grpc::ClientContext context;
    Show(context);
    v1::Program reply;
    EXPECT_TRUE(stub_->CreateProgram(&context, request, &reply).ok());
  }
  void Show(grpc::ClientContext& context) const {
    if (owner_.empty()) return;
    context.AddMetadata("authorization", "Bearer " + owner_);
  }

  grpc::Status Backup(const std::string& id, v1::Backup& reply) {
    v1::CreateBackupRequest request;
    request.set_backup_id(id);
    grpc::ClientContext context;
    return stub_->CreateBackup(&context, request, &reply);
  }

  struct Recount {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::VerifyLedgerResponse>> stream;

    // The last step that came, and what the call ended with.
    v1::VerifyLedgerResponse last;
    grpc::Status ReadToTheEnd() {
      v1::VerifyLedgerResponse step;
      while (stream->Read(&step))
        last = step;
      return stream->Finish();
    }
  };

  std::unique_ptr<Recount> StartRecount(const std::string& program_id) {
    auto recount = std::make_unique<Recount>();
    v1::VerifyLedgerRequest request;
    request.set_program_id(program_id);
    Show(recount->context);
    recount->stream = stub_->VerifyLedger(&recount->context, request);
    return recount;
  }

  TestEngine engine_;
  // Empty where no keys are asked for.
  std::string owner_;
  AdminService admin_{engine_.room, engine_.upkeep()};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AdminService::Stub> stub_;
};

TEST_F(AdminServiceTest, ABackupHasAFolderOfItsNameAndIsMadeOnce) {
  // The backup itself goes on record after it.
  const int64_t before = engine_.executor->last_commit_seq();
  v1::Backup backup;
  ASSERT_TRUE(Backup("monday", backup).ok());
  EXPECT_EQ(backup.backup_id(), "monday");
  EXPECT_EQ(backup.path(), engine_.backup_dir + "/monday");
  EXPECT_EQ(backup.commit_seq(), before);
  EXPECT_EQ(engine_.executor->last_commit_seq(), before + 1);
  EXPECT_EQ(backup.files(), 1);
  EXPECT_EQ(backup.bytes(), 18);
  EXPECT_TRUE(CheckBackup(backup.path()).ok());
  EXPECT_EQ(Backup("monday", backup).error_code(),
            grpc::StatusCode::ALREADY_EXISTS);
}

TEST_F(AdminServiceTest, ABackupWithoutANameIsRefused) {
  v1::Backup backup;
  EXPECT_EQ(Backup("", backup).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(AdminServiceTest, NamesOfBackupsByTheClockAreTheServersOwn) {
  v1::Backup backup;
  EXPECT_EQ(Backup("scheduled-1", backup).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_FALSE(std::filesystem::exists(engine_.backup_dir + "/scheduled-1"));
}

TEST_F(AdminServiceTest, ABackupCannotLeaveItsFolder) {
  v1::Backup backup;
  for (const std::string& id :
       {std::string("../x"), std::string("a/b"), std::string("."),
        std::string("Monday"), std::string(65, 'a')}) {
    EXPECT_EQ(Backup(id, backup).error_code(),
              grpc::StatusCode::INVALID_ARGUMENT)
        << id;
  }
}

TEST_F(AdminServiceTest, ARecountEndsWithItsReport) {
  const auto recount = StartRecount("shop");
  const grpc::Status status = recount->ReadToTheEnd();
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_TRUE(recount->last.has_report());
  EXPECT_EQ(recount->last.report().finding_count(), 0);
}

TEST_F(AdminServiceTest, ARecountOfNoProgramIsRefused) {
  EXPECT_EQ(StartRecount("nowhere")->ReadToTheEnd().error_code(),
            grpc::StatusCode::NOT_FOUND);
}

class AdminServiceWithKeysTest : public AdminServiceTest {
 protected:
  AdminServiceWithKeysTest() : AdminServiceTest(Identity::kAsked) {}
};

TEST_F(AdminServiceWithKeysTest, AProgramHasOneRecountAndOthersWaitTheirTurn) {
  Open("other");
  absl::Notification go_on;
  ASSERT_TRUE(engine_.recount_pool.Run(
      [&go_on] { go_on.WaitForNotificationWithTimeout(absl::Seconds(30)); }));
  // The one that is refused ends while the others wait.
  absl::Mutex mutex;
  std::vector<std::string> ends;
  const auto run = [&](const char* program) {
    const grpc::Status status = StartRecount(program)->ReadToTheEnd();
    const absl::MutexLock lock(&mutex);
    ends.push_back(status.error_message());
    if (ends.size() == 1) go_on.Notify();
  };
  std::thread other(run, "other");
  while (engine_.recount_pool.waiting() < 1)
    absl::SleepFor(absl::Milliseconds(1));
  std::thread one(run, "shop");
  std::thread another(run, "shop");
  for (std::thread* thread : {&other, &one, &another})
    thread->join();
  EXPECT_THAT(ends, ElementsAre(HasSubstr("of this program"), "", ""));
  EXPECT_TRUE(StartRecount("shop")->ReadToTheEnd().ok());
}

TEST_F(AdminServiceTest, ARecountThatNobodyWaitsForMakesRoomForTheNext) {
  const auto gone = StartRecount("shop");
  gone->context.TryCancel();
  EXPECT_EQ(gone->ReadToTheEnd().error_code(), grpc::StatusCode::CANCELLED);
  grpc::Status next;
  do {
    next = StartRecount("shop")->ReadToTheEnd();
  } while (next.error_code() == grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(next.ok()) << next.error_message();
}

TEST_F(AdminServiceTest, ACheckpointIsSignedByTheStoresKey) {
  v1::SignCheckpointRequest request;
  request.set_program_id("shop");
  grpc::ClientContext context;
  v1::LedgerCheckpoint checkpoint;
  ASSERT_TRUE(stub_->SignCheckpoint(&context, request, &checkpoint).ok());
  EXPECT_TRUE(CheckSignature(checkpoint).ok());
  checkpoint.set_entries(checkpoint.entries() + 1);
  EXPECT_FALSE(CheckSignature(checkpoint).ok());
}

TEST_F(AdminServiceTest, AKeyThatCannotGoOnRecordIsNone) {
  const auto damage =
      [](const Reader&, const CommitContext&) -> absl::StatusOr<Decided<bool>> {
    Decided<bool> decided{.reply = true, .writes = {}};
    decided.writes.Put(AuditHeadKey(ProgramId()), "\xff no head");
    return decided;
  };
  ASSERT_TRUE(RunCommand<bool>(*engine_.executor, damage).ok());
  v1::CreateApiKeyRequest request;
  request.set_request_id("k1");
  request.mutable_api_key()->set_role(v1::ROLE_ADMIN);
  request.mutable_api_key()->add_program_ids("shop");
  grpc::ClientContext context;
  v1::CreateApiKeyResponse reply;
  const grpc::Status status = stub_->CreateApiKey(&context, request, &reply);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS)
      << status.error_message();
  EXPECT_EQ(engine_.identities->gate()
                .keys()
                .Count(request.api_key(), engine_.clock.Now())
                .stored,
            0U);
}

}  // namespace
}  // namespace pistis::server
