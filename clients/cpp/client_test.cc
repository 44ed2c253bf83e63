#include "clients/cpp/client.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"

#include "pistis/v1/admin_service.grpc.pb.h"
#include "pistis/v1/checkout_service.grpc.pb.h"
#include "pistis/v1/event_service.grpc.pb.h"

#include "engine/base/refusal.h"
#include <unistd.h>

namespace pistis {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// A checkout that answers each call with the next status of a script, and OK
// after its end.
class ScriptedCheckout final : public v1::CheckoutService::Service {
 public:
  grpc::Status CommitOrder(grpc::ServerContext*,
                           const v1::CommitOrderRequest* request,
                           v1::CommitOrderResponse* reply) override {
    const absl::MutexLock lock(&mutex_);
    seen_.push_back(request->order().order_id());
    if (script_.empty()) {
      reply->set_commit_seq(7);
      return grpc::Status::OK;
    }
    const grpc::Status status = script_.front();
    script_.pop_front();
    return status;
  }

  void Answer(const grpc::Status& status) {
    const absl::MutexLock lock(&mutex_);
    script_.push_back(status);
  }

  std::vector<std::string> Seen() {
    const absl::MutexLock lock(&mutex_);
    return seen_;
  }

 private:
  absl::Mutex mutex_;
  std::deque<grpc::Status> script_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> seen_ ABSL_GUARDED_BY(mutex_);
};

// Four events, with cursors "1" to "4"; every stream breaks after two.
class BreakingEvents final : public v1::EventService::Service {
 public:
  grpc::Status StreamEvents(grpc::ServerContext*,
                            const v1::StreamEventsRequest* request,
                            grpc::ServerWriter<v1::Event>* writer) override {
    const int first =
        request->cursor().empty() ? 1 : std::stoi(request->cursor()) + 1;
    for (int number = first; number <= 4; ++number) {
      if (number == first + 2) {
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going away");
      }
      v1::Event event;
      event.set_cursor(absl::StrCat(number));
      writer->Write(event);
    }
    return grpc::Status::OK;
  }
};

// Recounts of two steps and a report; the first breaks after its first step.
// Backups fail.
class BreakingAdmin final : public v1::AdminService::Service {
 public:
  grpc::Status VerifyLedger(
      grpc::ServerContext*, const v1::VerifyLedgerRequest*,
      grpc::ServerWriter<v1::VerifyLedgerResponse>* writer) override {
    const bool breaks = recounts_++ == 0;
    v1::VerifyLedgerResponse step;
    for (int done = 1; done <= 2; ++done) {
      step.mutable_progress()->set_done(done);
      writer->Write(step);
      if (breaks) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
    }
    step.mutable_report()->set_entries(12);
    writer->Write(step);
    return grpc::Status::OK;
  }

  grpc::Status CreateBackup(grpc::ServerContext*,
                            const v1::CreateBackupRequest*,
                            v1::Backup*) override {
    ++backups_;
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
  }

  [[nodiscard]] int backups() const { return backups_; }

 private:
  std::atomic<int> recounts_{0};
  std::atomic<int> backups_{0};
};

// A way to a server that is a long one: the first connection is passed on only
// after a while.
class LongWay {
 public:
  LongWay(int server_port, absl::Duration delay)
      : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in here = Loopback(0);
    socklen_t size = sizeof(here);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&here), size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size);
    port_ = ntohs(here.sin_port);
    thread_ = std::thread([this, server_port, delay] {
      const int near = accept(listener_, nullptr, nullptr);
      absl::SleepFor(delay);
      const int far = socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in server = Loopback(server_port);
      if (connect(far, reinterpret_cast<sockaddr*>(&server), sizeof(server)) ==
          0) {
        std::thread back([far, near] { Pass(far, near); });
        Pass(near, far);
        back.join();
      }
      close(near);
      close(far);
    });
  }
  ~LongWay() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  LongWay(const LongWay&) = delete;
  LongWay& operator=(const LongWay&) = delete;

  [[nodiscard]] int port() const { return port_; }

 private:
  static sockaddr_in Loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  // Until one of them closes.
  static void Pass(int from, int to) {
    std::array<char, 4096> bytes{};
    ssize_t count = 0;
    while ((count = recv(from, bytes.data(), bytes.size(), 0)) > 0) {
      if (send(to, bytes.data(), static_cast<size_t>(count), MSG_NOSIGNAL) < 0)
        break;
    }
    shutdown(from, SHUT_RDWR);
    shutdown(to, SHUT_RDWR);
  }

  const int listener_;
  int port_ = 0;
  std::thread thread_;
};

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(&admin_);
    builder.RegisterService(&checkout_);
    builder.RegisterService(&events_);
    server_ = builder.BuildAndStart();
    port_ = port;
    options_.address = absl::StrCat("127.0.0.1:", port);
    options_.initial_backoff = absl::Milliseconds(1);
    options_.max_backoff = absl::Milliseconds(4);
  }

  static v1::CommitOrderRequest AnOrder() {
    v1::CommitOrderRequest request;
    request.mutable_order()->set_order_id("o1");
    return request;
  }

  static grpc::Status Gone() {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
  }

  BreakingAdmin admin_;
  ScriptedCheckout checkout_;
  BreakingEvents events_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  ClientOptions options_;
};

TEST_F(ClientTest, AServerFarAwayIsReachedAtTheFirstAttempt) {
  const LongWay way(port_, absl::Milliseconds(500));
  options_.address = absl::StrCat("127.0.0.1:", way.port());
  options_.max_attempts = 1;
  Client client(options_);
  const auto reply = client.CommitOrder(AnOrder());
  EXPECT_TRUE(reply.ok()) << reply.status();
}

TEST_F(ClientTest, AnUnavailableServerIsAskedAgainWithTheSameIds) {
  checkout_.Answer(Gone());
  checkout_.Answer(Gone());
  Client client(options_);
  const auto reply = client.CommitOrder(AnOrder());
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->commit_seq(), 7);
  EXPECT_THAT(checkout_.Seen(), ElementsAre("o1", "o1", "o1"));
}

TEST_F(ClientTest, ItGivesUpAfterTheLastAttempt) {
  for (int i = 0; i < 9; ++i)
    checkout_.Answer(Gone());
  options_.max_attempts = 3;
  Client client(options_);
  EXPECT_TRUE(absl::IsUnavailable(client.CommitOrder(AnOrder()).status()));
  EXPECT_THAT(checkout_.Seen(), SizeIs(3));
}

TEST_F(ClientTest, ARefusalIsFinal) {
  checkout_.Answer(grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "no"));
  Client client(options_);
  EXPECT_TRUE(
      absl::IsFailedPrecondition(client.CommitOrder(AnOrder()).status()));
  EXPECT_THAT(checkout_.Seen(), SizeIs(1));
}

TEST_F(ClientTest, AServerThatIsNotThereIsUnavailableWithoutAReason) {
  server_->Shutdown();
  Client client(options_);
  const absl::Status status = client.CommitOrder(AnOrder()).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(ReasonOf(status), std::nullopt);
}

TEST_F(ClientTest, ABrokenStreamGoesOnAfterTheLastEventSeen) {
  Client client(options_);
  std::vector<std::string> cursors;
  const absl::Status status =
      client.StreamEvents({}, [&cursors](const v1::Event& event) {
        cursors.push_back(event.cursor());
        return Visit::kContinue;
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(cursors, ElementsAre("1", "2", "3", "4"));
}

TEST_F(ClientTest, AVisitorCanStopTheStream) {
  Client client(options_);
  int seen = 0;
  const absl::Status status =
      client.StreamEvents({}, [&seen](const v1::Event&) {
        ++seen;
        return Visit::kStop;
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(seen, 1);
}

TEST_F(ClientTest, ABrokenRecountBeginsAgain) {
  Client client(options_);
  std::vector<int64_t> done;
  const auto report =
      client.VerifyLedger({}, [&done](const v1::VerifyProgress& progress) {
        done.push_back(progress.done());
        return Visit::kContinue;
      });
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->entries(), 12);
  EXPECT_THAT(done, ElementsAre(1, 1, 2));
}

TEST_F(ClientTest, AVisitorCanStopARecount) {
  Client client(options_);
  const auto report = client.VerifyLedger(
      {}, [](const v1::VerifyProgress&) { return Visit::kStop; });
  EXPECT_TRUE(absl::IsCancelled(report.status())) << report.status();
}

TEST_F(ClientTest, ABackupIsTriedOnce) {
  Client client(options_);
  EXPECT_TRUE(absl::IsUnavailable(client.CreateBackup({}).status()));
  EXPECT_EQ(admin_.backups(), 1);
}

}  // namespace
}  // namespace pistis
