// Requests that are no messages at all, to every method.
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"

#include "clients/cpp/wire_status.h"
#include "tests/e2e/live_server.h"

namespace pistis {
namespace {

constexpr size_t kMebibyte = 1 << 20;
constexpr uint32_t kSeed = 20240229;

// "/pistis.v1.CheckoutService/CommitOrder", of every service.
std::vector<std::string> AllMethods() {
  const std::vector<const google::protobuf::Descriptor*> one_of_each = {
      v1::CreateProgramRequest::descriptor(),
      v1::CommitOrderRequest::descriptor(),
      v1::StreamEventsRequest::descriptor(),
      v1::GetProgramStatsRequest::descriptor(),
      v1::GetAccountRequest::descriptor(),
      v1::CreateMemberRequest::descriptor(),
      v1::PublishRulebookRequest::descriptor()};
  std::vector<std::string> methods;
  for (const auto* message : one_of_each) {
    const google::protobuf::ServiceDescriptor* service =
        message->file()->service(0);
    for (int i = 0; i < service->method_count(); ++i) {
      methods.push_back(absl::StrCat("/", service->full_name(), "/",
                                     service->method(i)->name()));
    }
  }
  return methods;
}

// What asks for nothing in particular, so that an empty request is one.
bool MayBeEmpty(const std::string& method) {
  return method == "/pistis.v1.AdminService/ListPrograms" ||
         method == "/pistis.v1.AdminService/ListApiKeys" ||
         method == "/pistis.v1.AdminService/ListAuditLog";
}

class BadBytesTest : public LiveServerTest {
 protected:
  BadBytesTest()
      : stub_(grpc::CreateChannel(address(),
                                  grpc::InsecureChannelCredentials())) {}

  absl::Status Send(const std::string& method, const std::string& bytes) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer reply;
    grpc::Status status;
    absl::Notification done;
    stub_.UnaryCall(&context, method, {}, &request, &reply,
                    [&](grpc::Status result) {
                      status = std::move(result);
                      done.Notify();
                    });
    done.WaitForNotification();
    return FromWire(status);
  }

  static std::string Noise(size_t size, std::mt19937& random) {
    std::string bytes(size, '\0');
    std::generate(bytes.begin(), bytes.end(),
                  [&] { return static_cast<char>(random()); });
    return bytes;
  }

  grpc::GenericStub stub_;
};

TEST_F(BadBytesTest, AMebibyteOfNoiseIsRefusedByNameByEveryMethod) {
  std::mt19937 random(kSeed);
  for (const std::string& method : AllMethods()) {
    EXPECT_EQ(ReasonText(Send(method, Noise(kMebibyte, random))),
              "FIELD_INVALID")
        << method;
  }
}

TEST_F(BadBytesTest, ShortNoiseIsRefusedByNameByEveryMethod) {
  std::mt19937 random(kSeed);
  for (const std::string& method : AllMethods()) {
    for (size_t size = 1; size <= 40; ++size) {
      const absl::Status answer = Send(method, Noise(size, random));
      if (answer.ok() && MayBeEmpty(method)) continue;
      EXPECT_EQ(ReasonText(answer), "FIELD_INVALID")
          << method << ", seed " << kSeed << ", size " << size;
    }
  }
}

TEST_F(BadBytesTest, AnEmptyRequestIsRefusedByNameByEveryMethod) {
  for (const std::string& method : AllMethods()) {
    EXPECT_EQ(ReasonText(Send(method, "")),
              MayBeEmpty(method) ? "OK" : "FIELD_INVALID")
        << method;
  }
}

TEST_F(BadBytesTest, AMessageAboveTheLimitIsRefusedByEveryMethod) {
  for (const std::string& method : AllMethods()) {
    EXPECT_FALSE(Send(method, std::string(16 * kMebibyte, 'x')).ok()) << method;
  }
}

TEST_F(BadBytesTest, TextThatIsNoUtf8IsRefused) {
  v1::CommitOrderRequest request;
  request.set_program_id(kProgram);
  *request.mutable_order() = GoodOrder("utf8");
  request.mutable_order()->mutable_lines(0)->set_sku("broken");
  std::string bytes = request.SerializeAsString();
  bytes.replace(bytes.find("broken"), 6, "bro\xff\xfe\x80");
  EXPECT_EQ(ReasonText(Send("/pistis.v1.CheckoutService/CommitOrder", bytes)),
            "FIELD_INVALID");
}

TEST_F(BadBytesTest, ACutMessageIsRefused) {
  v1::CommitOrderRequest request;
  request.set_program_id(kProgram);
  *request.mutable_order() = GoodOrder("cut");
  const std::string bytes = request.SerializeAsString();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(ReasonText(Send("/pistis.v1.CheckoutService/CommitOrder",
                              bytes.substr(0, size))),
              "FIELD_INVALID")
        << size;
  }
}

TEST_F(BadBytesTest, FlippedBitsInAQuoteChangeNothing) {
  v1::QuoteOrderRequest request;
  request.set_program_id(kProgram);
  *request.mutable_order() = GoodOrder("flipped");
  const std::string good = request.SerializeAsString();
  std::mt19937 random(kSeed);
  for (int i = 0; i < 500; ++i) {
    std::string bytes = good;
    for (int flips = 0; flips <= i % 4; ++flips) {
      bytes[random() % bytes.size()] ^= static_cast<char>(1U << (random() % 8));
    }
    const absl::Status status =
        Send("/pistis.v1.CheckoutService/QuoteOrder", bytes);
    EXPECT_FALSE(absl::IsUnavailable(status)) << status;
    EXPECT_FALSE(absl::IsDeadlineExceeded(status)) << status;
  }
}

TEST_F(BadBytesTest, AMethodThatDoesNotExistIsUnimplemented) {
  EXPECT_TRUE(
      absl::IsUnimplemented(Send("/pistis.v1.CheckoutService/StealOrder", "")));
}

}  // namespace
}  // namespace pistis
