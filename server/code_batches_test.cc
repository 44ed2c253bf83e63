// Batches of codes of callers who show keys.
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

#include "server/auth/first_key.h"
#include "server/code_service.h"
#include "server/rulebook_service.h"
#include "server/test_engine.h"

namespace pistis::server {
namespace {

// A stream of a batch that nobody reads but for its first message.
struct OpenBatch {
  OpenBatch() {
    // One that does not end as it should ends the test.
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::minutes(2));
  }

  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::IssueCodesResponse>> stream;
};

class CodeBatchesTest : public testing::Test {
 protected:
  CodeBatchesTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&admin_);
    builder.RegisterService(&codes_);
    builder.RegisterService(&rulebooks_);
    server_ = builder.BuildAndStart();
    const auto channel = server_->InProcessChannel({});
    admin_stub_ = v1::AdminService::NewStub(channel);
    codes_stub_ = v1::CodeService::NewStub(channel);
    owner_ = **MakeOwnerKey(engine_.room, NewOwnerKey::kAlways);
    for (const char* program : {"shop", "cafe"})
      OpenShop(program, *v1::RulebookService::NewStub(channel));
  }

  ~CodeBatchesTest() override {
    open_.clear();
    engine_.stopping = true;
    server_->Shutdown();
  }

  static void Show(const std::string& key, grpc::ClientContext& context) {
    context.AddMetadata("authorization", "Bearer " + key);
  }

  void OpenShop(const std::string& id, v1::RulebookService::Stub& rulebooks) {
    v1::CreateProgramRequest request;
    request.set_request_id(absl::StrCat("open-", id));
    request.mutable_program()->set_program_id(id);
    request.mutable_program()->set_currency("EUR");
    request.mutable_program()->set_time_zone("Europe/Athens");
    grpc::ClientContext opens;
    Show(owner_, opens);
    v1::Program opened;
    EXPECT_TRUE(admin_stub_->CreateProgram(&opens, request, &opened).ok());
    v1::PublishRulebookRequest publish;
    publish.set_program_id(id);
    publish.set_request_id("codes");
    publish.set_yaml(absl::StrCat("program: ", id,
                                  "\ncurrency: EUR\ntime_zone: Europe/Athens\n",
                                  R"(rules: []
codes:
  - {id: flyer, discount: {amount: "1.00"}}
)"));
    grpc::ClientContext publishes;
    Show(owner_, publishes);
    v1::PublishedRulebook published;
    const grpc::Status done =
        rulebooks.PublishRulebook(&publishes, publish, &published);
    EXPECT_TRUE(done.ok()) << done.error_message();
  }

  // An admin's, of one program.
  std::string KeyOf(const std::string& program) {
    v1::CreateApiKeyRequest request;
    request.set_request_id(absl::StrCat("key-", ++keys_));
    request.mutable_api_key()->set_role(v1::ROLE_ADMIN);
    request.mutable_api_key()->add_program_ids(program);
    grpc::ClientContext context;
    Show(owner_, context);
    v1::CreateApiKeyResponse made;
    EXPECT_TRUE(admin_stub_->CreateApiKey(&context, request, &made).ok());
    return made.secret();
  }

  // What the refusal says; empty where the stream is open, and stays so.
  std::string Refused(const std::string& key, const std::string& program) {
    auto batch = std::make_unique<OpenBatch>();
    Show(key, batch->context);
    v1::IssueCodesRequest request;
    request.set_program_id(program);
    request.set_request_id("leaflets");
    request.set_template_id("flyer");
    request.set_count(200'000);
    batch->stream = codes_stub_->IssueCodes(&batch->context, request);
    v1::IssueCodesResponse message;
    if (batch->stream->Read(&message)) {
      open_.push_back(std::move(batch));
      return "";
    }
    const grpc::Status end = batch->stream->Finish();
    google::rpc::Status details;
    google::rpc::ErrorInfo info;
    const bool has_reason = details.ParseFromString(end.error_details()) &&
                            !details.details().empty() &&
                            details.details(0).UnpackTo(&info);
    EXPECT_TRUE(has_reason) << end.error_message();
    EXPECT_EQ(info.metadata().at("limit"), "batches");
    return info.reason();
  }

  TestEngine engine_{Identity::kAsked};
  AdminService admin_{engine_.room, engine_.upkeep()};
  CodeThrottle throttle_{{}};
  CodeService codes_{engine_.room, throttle_};
  RulebookService rulebooks_{engine_.room, engine_.simulations()};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AdminService::Stub> admin_stub_;
  std::unique_ptr<v1::CodeService::Stub> codes_stub_;
  std::string owner_;
  int keys_ = 0;
  // Cancelled as they go.
  std::vector<std::unique_ptr<OpenBatch>> open_;
};

TEST_F(CodeBatchesTest, NoCallerAndNoProgramTakesThePlacesOfOthers) {
  const std::string hog = KeyOf("shop");
  EXPECT_EQ(Refused(hog, "shop"), "");
  EXPECT_EQ(Refused(hog, "shop"), "");
  EXPECT_EQ(Refused(hog, "shop"), "LIMIT_REACHED") << "a caller has two";
  const std::string neighbour = KeyOf("shop");
  EXPECT_EQ(Refused(neighbour, "shop"), "");
  EXPECT_EQ(Refused(neighbour, "shop"), "LIMIT_REACHED") << "a program has 3";
  EXPECT_EQ(Refused(owner_, "shop"), "LIMIT_REACHED");
  const std::string other = KeyOf("cafe");
  EXPECT_EQ(Refused(other, "cafe"), "");
  EXPECT_EQ(Refused(other, "cafe"), "LIMIT_REACHED") << "there are four";
  // What a stream had is free once it ends.
  open_.front()->context.TryCancel();
  open_.front()->stream->Finish();
  const absl::Time end = absl::Now() + absl::Seconds(20);
  std::string refused = "not tried";
  while (!refused.empty() && absl::Now() < end)
    refused = Refused(other, "cafe");
  EXPECT_EQ(refused, "");
}

}  // namespace
}  // namespace pistis::server
