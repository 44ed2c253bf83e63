// Streams that last, and those whose keys do not.
#include "server/event_service.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

#include "engine/operations/command.h"
#include "server/auth/first_key.h"
#include "server/member_service.h"
#include "server/test_engine.h"

namespace pistis::server {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(3);

template <typename Message>
struct Reading {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<Message>> stream;

  [[nodiscard]] bool Reads() {
    Message message;
    return stream->Read(&message);
  }
  grpc::StatusCode End() {
    while (Reads()) {
    }
    return stream->Finish().error_code();
  }
};

// A server with a program, whose callers show keys.
class EventServiceTest : public testing::Test {
 protected:
  EventServiceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&admin_);
    builder.RegisterService(&events_);
    builder.RegisterService(&members_);
    server_ = builder.BuildAndStart();
    const auto channel = server_->InProcessChannel({});
    admin_stub_ = v1::AdminService::NewStub(channel);
    events_stub_ = v1::EventService::NewStub(channel);
    owner_ = **MakeOwnerKey(engine_.room, NewOwnerKey::kAlways);
    v1::CreateProgramRequest request;
    request.set_request_id("r1");
    request.mutable_program()->set_program_id("shop");
    request.mutable_program()->set_currency("EUR");
    request.mutable_program()->set_time_zone("Europe/Athens");
    grpc::ClientContext context;
    Show(owner_, context);
    v1::Program reply;
    EXPECT_TRUE(admin_stub_->CreateProgram(&context, request, &reply).ok());
  }

  ~EventServiceTest() override {
    engine_.stopping = true;
    server_->Shutdown();
  }

  static void Show(const std::string& key, grpc::ClientContext& context) {
    context.AddMetadata("authorization", "Bearer " + key);
    // A stream that does not end as it should ends the test.
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::minutes(2));
  }

  grpc::Status Make(const std::string& by, const std::string& request_id,
                    v1::Role role, v1::CreateApiKeyResponse& made) {
    v1::CreateApiKeyRequest request;
    request.set_request_id(request_id);
    request.mutable_api_key()->set_role(role);
    grpc::ClientContext context;
    Show(by, context);
    return admin_stub_->CreateApiKey(&context, request, &made);
  }
  v1::CreateApiKeyResponse MakeAdmin(const std::string& request_id) {
    v1::CreateApiKeyResponse made;
    EXPECT_TRUE(Make(owner_, request_id, v1::ROLE_ADMIN, made).ok());
    return made;
  }

  grpc::Status RevokeBy(const std::string& by,
                        const v1::CreateApiKeyResponse& made) {
    v1::RevokeApiKeyRequest request;
    request.set_request_id(absl::StrCat("of-", made.api_key().key_id()));
    request.set_key_id(made.api_key().key_id());
    grpc::ClientContext context;
    Show(by, context);
    v1::ApiKey revoked;
    return admin_stub_->RevokeApiKey(&context, request, &revoked);
  }
  void Revoke(const v1::CreateApiKeyResponse& made) {
    EXPECT_TRUE(RevokeBy(owner_, made).ok());
  }

  std::unique_ptr<Reading<v1::Event>> Follow(const std::string& key) {
    auto reading = std::make_unique<Reading<v1::Event>>();
    Show(key, reading->context);
    v1::StreamEventsRequest request;
    request.set_program_id("shop");
    request.set_follow(true);
    reading->stream = events_stub_->StreamEvents(&reading->context, request);
    return reading;
  }

  // An event for each; gRPC takes one or two that nobody reads.
  void Enrol(int members) {
    const auto stub = v1::MemberService::NewStub(server_->InProcessChannel({}));
    for (int i = 0; i < members; ++i) {
      v1::CreateMemberRequest request;
      request.set_program_id("shop");
      request.set_request_id(absl::StrCat("m", i));
      request.mutable_member()->set_member_id(absl::StrCat("m", i));
      grpc::ClientContext context;
      Show(owner_, context);
      v1::Member reply;
      EXPECT_TRUE(stub->CreateMember(&context, request, &reply).ok());
    }
  }

  [[nodiscard]] double RecountsLetIn() const {
    Families families = CallFamilies();
    admin_.AddTo(families);
    double streams = 0;
    for (const prometheus::MetricFamily& family : families) {
      if (family.name != "pistis_streams_opened_total") continue;
      for (const prometheus::ClientMetric& metric : family.metric)
        streams += metric.counter.value;
    }
    return streams;
  }

  TestEngine engine_{Identity::kAsked};
  AdminService admin_{engine_.room, engine_.upkeep()};
  const SinkOptions sinks_;
  EventService events_{engine_.room, sinks_, kPatience};
  MemberService members_{engine_.room};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AdminService::Stub> admin_stub_;
  std::unique_ptr<v1::EventService::Stub> events_stub_;
  std::string owner_;
};

TEST_F(EventServiceTest, AnOpenStreamEndsWithItsKey) {
  const v1::CreateApiKeyResponse made = MakeAdmin("k1");
  const auto stream = Follow(made.secret());
  ASSERT_TRUE(stream->Reads());
  Revoke(made);
  EXPECT_EQ(stream->End(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(EventServiceTest, AKeyThatIsRevokedGetsNoneOfTheEventsThatWereRead) {
  Enrol(100);
  const v1::CreateApiKeyResponse made = MakeAdmin("k1");
  const auto stream = Follow(made.secret());
  ASSERT_TRUE(stream->Reads());
  Revoke(made);
  int events = 0;
  while (stream->Reads())
    ++events;
  // Those that were on their way.
  EXPECT_LT(events, 10);
  EXPECT_EQ(stream->stream->Finish().error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

// Keeps the writer until it is told to go on; changes nothing.
class Standstill final : public Command {
 public:
  struct Signals {
    absl::Notification begun;
    absl::Notification go_on;
  };
  explicit Standstill(Signals& signals) : signals_(signals) {}

  [[nodiscard]] absl::Time deadline() const override {
    return absl::InfiniteFuture();
  }
  [[nodiscard]] WriteSet Decide(const Reader& /*reader*/,
                                const CommitContext& /*context*/) override {
    signals_.begun.Notify();
    signals_.go_on.WaitForNotification();
    return {};
  }
  void Acknowledge() override {}
  void Refuse(const absl::Status& /*why*/) override {}

 private:
  Signals& signals_;
};

TEST_F(EventServiceTest, WhoIsRevokedMakesAndRevokesNoKeyByACallThatWaited) {
  v1::CreateApiKeyResponse stolen;
  ASSERT_TRUE(Make(owner_, "k1", v1::ROLE_OWNER, stolen).ok());
  const v1::CreateApiKeyResponse admin = MakeAdmin("k3");
  Standstill::Signals signals;
  engine_.executor->Submit(std::make_unique<Standstill>(signals));
  signals.begun.WaitForNotification();
  const auto await_waiting = [&](size_t calls) {
    while (engine_.executor->figures().waiting < calls)
      std::this_thread::yield();
  };
  std::thread revoke([&] { Revoke(stolen); });
  await_waiting(1);
  v1::CreateApiKeyResponse made;
  grpc::Status end;
  std::thread create(
      [&] { end = Make(stolen.secret(), "k2", v1::ROLE_OWNER, made); });
  // The gate has let it in: the key is good until its end is decided.
  await_waiting(2);
  grpc::Status revoked;
  std::thread avenge([&] { revoked = RevokeBy(stolen.secret(), admin); });
  await_waiting(3);
  signals.go_on.Notify();
  revoke.join();
  create.join();
  avenge.join();
  EXPECT_EQ(end.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(revoked.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(made.secret(), "");
}

TEST_F(EventServiceTest, ARecountEndsWithItsKey) {
  const v1::CreateApiKeyResponse made = MakeAdmin("k1");
  absl::Notification go_on;
  ASSERT_TRUE(
      engine_.recount_pool.Run([&go_on] { go_on.WaitForNotification(); }));
  Reading<v1::VerifyLedgerResponse> recount;
  Show(made.secret(), recount.context);
  v1::VerifyLedgerRequest request;
  request.set_program_id("shop");
  recount.stream = admin_stub_->VerifyLedger(&recount.context, request);
  while (RecountsLetIn() == 0)
    std::this_thread::yield();
  Revoke(made);
  go_on.Notify();
  EXPECT_EQ(recount.End(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(EventServiceTest, NoCallerTakesThePlacesOfOthers) {
  const std::string hog = MakeAdmin("k1").secret();
  std::vector<std::unique_ptr<Reading<v1::Event>>> open;
  for (int i = 0; i < 16; ++i) {
    open.push_back(Follow(hog));
    ASSERT_TRUE(open.back()->Reads()) << i;
  }
  EXPECT_EQ(Follow(hog)->End(), grpc::StatusCode::UNAVAILABLE);
  const auto other = Follow(MakeAdmin("k2").secret());
  EXPECT_TRUE(other->Reads());
  open.back()->context.TryCancel();
  open.pop_back();
  bool is_open = false;
  while (!is_open) {
    open.push_back(Follow(hog));
    is_open = open.back()->Reads();
  }
  for (const auto& stream : open)
    stream->context.TryCancel();
  other->context.TryCancel();
}

TEST_F(EventServiceTest, AStreamThatNobodyReadsGivesItsPlaceBack) {
  constexpr int kMembers = 8;
  Enrol(kMembers);
  const std::string hog = MakeAdmin("k1").secret();
  std::vector<std::unique_ptr<Reading<v1::Event>>> unread;
  for (int i = 0; i < 16; ++i) {
    unread.push_back(Follow(hog));
    // It is let in before the next asks; what follows, nobody reads.
    ASSERT_TRUE(unread.back()->Reads()) << i;
  }
  // As many that are read find a place once all of those have given theirs
  // back.
  std::vector<std::unique_ptr<Reading<v1::Event>>> read;
  while (read.size() < unread.size()) {
    auto next = Follow(hog);
    int events = 0;
    while (events < kMembers && next->Reads())
      ++events;
    if (events == kMembers) read.push_back(std::move(next));
  }
  for (const auto& stream : unread)
    EXPECT_EQ(stream->End(), grpc::StatusCode::CANCELLED);
  for (const auto& stream : read)
    stream->context.TryCancel();
}

TEST_F(EventServiceTest, WhoReadsStaysHoweverLongItTakes) {
  Enrol(8);
  const auto stream = Follow(owner_);
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(stream->Reads()) << i;
    // Slowly, but each within the patience.
    absl::SleepFor(kPatience / 3);
  }
  EXPECT_TRUE(stream->Reads());
  stream->context.TryCancel();
  EXPECT_EQ(stream->End(), grpc::StatusCode::CANCELLED);
}

// One caller of each number, whose key is for one program.
Caller KeyOf(int number, const std::string& program) {
  return {.name = absl::StrCat("key ", number),
          .access = {.programs = {program}},
          .key_hash = absl::StrCat("hash ", number)};
}

class Taking {
 public:
  explicit Taking(StreamPlaces::Most most) : places_(most) {}

  bool Take(const Caller& caller, const std::string& program) {
    StreamPlaces::PlacePtr place = places_.Take(caller, program);
    if (place == nullptr) return false;
    taken_.push_back(std::move(place));
    return true;
  }
  // By another key each time.
  bool TakeOwn(const std::string& program) {
    return Take(KeyOf(++keys_, program), program);
  }
  void GiveFirstBack() { taken_.erase(taken_.begin()); }

 private:
  StreamPlaces places_;
  std::vector<StreamPlaces::PlacePtr> taken_;
  int keys_ = 0;
};

TEST(StreamPlacesTest, KeysOfOneProgramDoNotTakeThePlacesOfAnother) {
  Taking places({.in_all = 5,
                 .of_a_caller = 1,
                 .of_a_program = 4,
                 .kept = 2,
                 .kept_for_a_program = 2});
  EXPECT_TRUE(places.TakeOwn("shop"));
  EXPECT_TRUE(places.TakeOwn("shop"));
  EXPECT_TRUE(places.TakeOwn("shop"));
  EXPECT_FALSE(places.TakeOwn("shop")) << "the others are kept";
  EXPECT_TRUE(places.TakeOwn("cafe"));
  EXPECT_TRUE(places.TakeOwn("cafe"));
  EXPECT_FALSE(places.TakeOwn("bar")) << "there are no more than five";
  places.GiveFirstBack();
  EXPECT_FALSE(places.TakeOwn("shop"));
  EXPECT_FALSE(places.TakeOwn("cafe"));
  EXPECT_TRUE(places.TakeOwn("bar"));
}

TEST(StreamPlacesTest, NoneAreKeptForThoseWhoReachAllPrograms) {
  Taking places({.in_all = 4,
                 .of_a_caller = 4,
                 .of_a_program = 2,
                 .kept = 2,
                 .kept_for_a_program = 2});
  const Caller owner{.name = "key O", .key_hash = "hash"};
  EXPECT_TRUE(places.Take(owner, "shop"));
  EXPECT_TRUE(places.Take(owner, "shop"));
  EXPECT_FALSE(places.Take(owner, "shop"));
  EXPECT_FALSE(places.Take(owner, "cafe"));
  // Whatever others have open of their program.
  EXPECT_TRUE(places.TakeOwn("shop"));
  EXPECT_TRUE(places.TakeOwn("shop"));
  EXPECT_FALSE(places.TakeOwn("shop"));
}

TEST(StreamPlacesTest, AProgramHasNoMoreThanItsNumber) {
  Taking places({.in_all = 8, .of_a_caller = 1, .of_a_program = 2});
  EXPECT_TRUE(places.TakeOwn("shop"));
  EXPECT_TRUE(places.TakeOwn("shop"));
  EXPECT_FALSE(places.TakeOwn("shop"));
  EXPECT_TRUE(places.TakeOwn("cafe"));
}

TEST(StreamPlacesTest, TillsOfTheSameNameInTwoProgramsAreTwoCallers) {
  StreamPlaces places({.in_all = 4, .of_a_caller = 1});
  const auto till = [](const std::string& program) {
    return Caller{.name = "certificate athens/till-7",
                  .access = {.programs = {program}},
                  .serial_name = "of " + program};
  };
  const auto first = places.Take(till("shop"));
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(places.Take(till("shop")), nullptr);
  EXPECT_NE(places.Take(till("cafe")), nullptr);
}

TEST(StreamPlacesTest, CallersOfADevelopersServerAreBoundInAllAlone) {
  StreamPlaces places({.in_all = 3, .of_a_caller = 1});
  const Caller anybody{.name = "dev"};
  const Caller known{.name = "key K", .key_hash = "hash"};
  const auto first = places.Take(anybody);
  auto second = places.Take(anybody);
  const auto third = places.Take(known);
  EXPECT_NE(second, nullptr);
  EXPECT_NE(third, nullptr);
  EXPECT_EQ(places.Take(anybody), nullptr);
  second.reset();
  EXPECT_EQ(places.Take(known), nullptr);
  EXPECT_NE(places.Take(anybody), nullptr);
}

}  // namespace
}  // namespace pistis::server
