#include "tests/e2e/live_server.h"

#include "absl/strings/str_cat.h"

namespace pistis {
namespace {

constexpr char kRulebook[] = R"(
program: shop
currency: EUR
time_zone: Europe/Athens
points:
  value: "0.01"
rules:
  - id: base
    earn: {points: 1, per: "1.00"}
)";

// Sets the program up as live_server.h says.
absl::Status Open(Client& client, const v1::Order& sold) {
  v1::CreateProgramRequest program;
  program.set_request_id("program");
  program.mutable_program()->set_program_id(kProgram);
  program.mutable_program()->set_currency("EUR");
  program.mutable_program()->set_time_zone("Europe/Athens");
  absl::Status status = client.CreateProgram(program).status();
  v1::PublishRulebookRequest rulebook;
  rulebook.set_program_id(kProgram);
  rulebook.set_request_id("rulebook");
  rulebook.set_yaml(kRulebook);
  status.Update(client.PublishRulebook(rulebook).status());
  v1::CreateMemberRequest member;
  member.set_program_id(kProgram);
  member.set_request_id("member");
  member.mutable_member()->set_member_id(kMember);
  v1::Identifier& card = *member.mutable_member()->add_identifiers();
  card.set_kind("card");
  card.set_value(kCard);
  status.Update(client.CreateMember(member).status());
  v1::CommitOrderRequest order;
  order.set_program_id(kProgram);
  *order.mutable_order() = sold;
  status.Update(client.CommitOrder(order).status());
  return status;
}

}  // namespace

void LiveServerTest::SetUpTestSuite() {
  folder_ = std::make_unique<TempDir>();
  ServerOptions options;
  options.data_dir = absl::StrCat(folder_->path(), "/data");
  auto server = ServerProcess::Start(options);
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  ClientOptions to_server;
  to_server.address = server_->address();
  client_ = std::make_unique<Client>(to_server);
  const absl::Status opened = Open(*client_, GoodOrder(kSoldOrder));
  ASSERT_TRUE(opened.ok()) << opened;
}

void LiveServerTest::TearDownTestSuite() {
  client_.reset();
  ASSERT_NE(server_, nullptr);
  const absl::Status stopped = server_->Stop();
  EXPECT_TRUE(stopped.ok()) << stopped;
  server_.reset();
  folder_.reset();
}

void LiveServerTest::SetUp() {
  ASSERT_NE(server_, nullptr);
  state_before_ = State();
}

void LiveServerTest::TearDown() {
  if (server_ == nullptr) return;
  EXPECT_EQ(State(), state_before_);
}

v1::Order LiveServerTest::GoodOrder(const std::string& order_id) {
  v1::Order order;
  order.set_order_id(order_id);
  order.set_member_id(kMember);
  order.set_channel("pos");
  v1::OrderLine& line = *order.add_lines();
  line.set_line_id("1");
  line.set_sku("coffee");
  line.set_quantity(2);
  line.set_amount_minor(1000);
  return order;
}

std::string LiveServerTest::State() {
  v1::GetProgramStatsRequest stats_request;
  stats_request.set_program_id(kProgram);
  const auto stats = client_->GetProgramStats(stats_request);
  v1::GetRulebookRequest rulebook_request;
  rulebook_request.set_program_id(kProgram);
  const auto rulebook = client_->GetRulebook(rulebook_request);
  v1::StreamEventsRequest events;
  events.set_program_id(kProgram);
  std::string last;
  const absl::Status streamed =
      client_->StreamEvents(events, [&last](const v1::Event& event) {
        last = absl::StrCat(event.cursor(), " ", event.event_id());
        return Visit::kContinue;
      });
  EXPECT_TRUE(streamed.ok()) << streamed;
  EXPECT_TRUE(stats.ok()) << stats.status();
  EXPECT_TRUE(rulebook.ok()) << rulebook.status();
  if (!stats.ok() || !rulebook.ok()) return "gone";
  return absl::StrCat(stats->ShortDebugString(), "\nrulebook ",
                      rulebook->version(), "\nlast event ", last);
}

std::string ReasonText(const absl::Status& status) {
  if (const auto reason = ReasonOf(status)) {
    return std::string(ReasonName(*reason));
  }
  return status.ToString();
}

}  // namespace pistis
