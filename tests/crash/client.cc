#include "tests/crash/client.h"

#include "absl/strings/str_cat.h"

#include "tests/crash/orders.h"

namespace pistis::crash {
namespace {

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace

Client::Client(const std::string& address)
    : channel(Connect(address)),
      admin(v1::AdminService::NewStub(channel)),
      checkout(v1::CheckoutService::NewStub(channel)),
      events(v1::EventService::NewStub(channel)),
      insight(v1::InsightService::NewStub(channel)),
      ledger(v1::LedgerService::NewStub(channel)),
      members(v1::MemberService::NewStub(channel)),
      rulebooks(v1::RulebookService::NewStub(channel)) {}

grpc::Status SetUp(Client& client, absl::string_view rulebook) {
  v1::CreateProgramRequest open;
  open.set_request_id("open");
  open.mutable_program()->set_program_id(kProgram);
  open.mutable_program()->set_currency("EUR");
  open.mutable_program()->set_time_zone("Europe/Athens");
  const auto opened =
      Call(*client.admin, &v1::AdminService::Stub::CreateProgram, open);
  if (!opened.ok()) return opened.status;

  v1::PublishRulebookRequest publish;
  publish.set_program_id(kProgram);
  publish.set_request_id("publish");
  publish.set_yaml(std::string(rulebook));
  const auto published = Call(
      *client.rulebooks, &v1::RulebookService::Stub::PublishRulebook, publish);
  if (!published.ok()) return published.status;

  for (int number = 0; number < kMembers; ++number) {
    v1::CreateMemberRequest enrol;
    enrol.set_program_id(kProgram);
    enrol.set_request_id(absl::StrCat("enrol-", number));
    enrol.mutable_member()->set_member_id(MemberName(number));
    enrol.mutable_member()->set_display_name(absl::StrCat("Member ", number));
    enrol.mutable_member()->set_language("en");
    const auto enrolled =
        Call(*client.members, &v1::MemberService::Stub::CreateMember, enrol);
    if (!enrolled.ok()) return enrolled.status;
  }
  return grpc::Status::OK;
}

}  // namespace pistis::crash
