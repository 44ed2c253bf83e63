#include "server/http_gateway.h"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/util/json_util.h"
#include "grpcpp/generic/generic_stub.h"

#include "httplib.h"
#include "server/connect_error.h"

namespace pistis::server {
namespace {

// JSON writes a line's end, and each quote of a rulebook, as two bytes.
constexpr size_t kMaxBodyBytes = size_t{1} << 20U;
constexpr size_t kMaxRulebookBodyBytes = size_t{6} << 20U;
constexpr char kRulebookService[] = "pistis.v1.RulebookService";
constexpr int kMaxReplyBytes = 64 << 20;
constexpr int kThreads = 4;
constexpr std::chrono::seconds kDeadline{30};
constexpr char kJson[] = "application/json";

namespace protobuf = google::protobuf;

std::unique_ptr<protobuf::Message> NewMessage(
    const protobuf::Descriptor* type) {
  return absl::WrapUnique(
      protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

void Refuse(const grpc::Status& status, httplib::Response& response) {
  const ConnectError error = ToConnectError(status);
  response.status = error.http_status;
  response.set_content(error.body, kJson);
}

// What a large order gets may pass gRPC's default of 4 MiB.
grpc::ChannelArguments LargeReplies() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReplyBytes);
  return arguments;
}

grpc::ByteBuffer ToBuffer(const protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

bool FromBuffer(const grpc::ByteBuffer& buffer, protobuf::Message& message) {
  grpc::Slice slice;
  return buffer.DumpToSingleSlice(&slice).ok() &&
         message.ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
}

}  // namespace

// The HTTP server and its way into the gRPC one.
class HttpGateway::Listener {
 public:
  explicit Listener(grpc::Server& server)
      : stub_(server.InProcessChannel(LargeReplies())) {
    http_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    http_.set_payload_max_length(kMaxRulebookBodyBytes);
    http_.Get("/healthz",
              [](const httplib::Request&, httplib::Response& response) {
                response.set_content("ok\n", "text/plain");
              });
    http_.Post(
        R"(/(pistis\.v1\.\w+)/(\w+))",
        [this](const httplib::Request& request, httplib::Response& response,
               const httplib::ContentReader& reader) {
          Receive(request, response, reader);
        });
  }

  ~Listener() {
    http_.stop();
    if (thread_.joinable()) thread_.join();
  }

  bool Listen(const std::string& host, int port) {
    if (!http_.bind_to_port(host.c_str(), port)) return false;
    thread_ = std::thread([this] { http_.listen_after_bind(); });
    // Stopping a server that does not run yet would be forgotten.
    while (!http_.is_running())
      absl::SleepFor(absl::Milliseconds(1));
    return true;
  }

 private:
  // JSON alone, which a web page cannot send here without asking first; and
  // counted as it is unpacked, whatever length the header tells.
  void Receive(const httplib::Request& request, httplib::Response& response,
               const httplib::ContentReader& reader) {
    const std::string type = request.get_header_value("Content-Type");
    if (type.substr(0, type.find(';')) != kJson) {
      response.status = 415;
      return;
    }
    const size_t most = request.matches[1] == kRulebookService
                            ? kMaxRulebookBodyBytes
                            : kMaxBodyBytes;
    std::string body;
    const bool whole = reader([&](const char* data, size_t length) {
      if (body.size() + length > most) return false;
      body.append(data, length);
      return true;
    });
    if (!whole) {
      response.status = 413;
      return;
    }
    Call(request, body, response);
  }

  void Call(const httplib::Request& request, const std::string& body,
            httplib::Response& response) {
    const std::string service = request.matches[1];
    const std::string name = request.matches[2];
    const protobuf::MethodDescriptor* method =
        protobuf::DescriptorPool::generated_pool()->FindMethodByName(
            absl::StrCat(service, ".", name));
    if (method == nullptr) {
      Refuse({grpc::StatusCode::UNIMPLEMENTED,
              absl::StrCat("no method ", service, "/", name)},
             response);
    } else if (method->client_streaming() || method->server_streaming()) {
      Refuse({grpc::StatusCode::UNIMPLEMENTED,
              absl::StrCat(name, " is a stream; call it by gRPC")},
             response);
    } else {
      CallUnary(*method, body, response);
    }
  }

  void CallUnary(const protobuf::MethodDescriptor& method,
                 const std::string& body, httplib::Response& response) {
    const auto input = NewMessage(method.input_type());
    const auto parsed = protobuf::util::JsonStringToMessage(body, input.get());
    if (!parsed.ok()) {
      Refuse({grpc::StatusCode::INVALID_ARGUMENT,
              absl::StrCat("the body is no JSON of ",
                           method.input_type()->full_name(), ": ",
                           std::string(parsed.message()))},
             response);
      return;
    }
    const auto output = NewMessage(method.output_type());
    const grpc::Status status = Forward(method, *input, *output);
    if (!status.ok()) {
      Refuse(status, response);
      return;
    }
    protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    std::string reply;
    if (!protobuf::util::MessageToJsonString(*output, &reply, options).ok()) {
      Refuse({grpc::StatusCode::INTERNAL, "the reply has no JSON form"},
             response);
      return;
    }
    response.set_content(reply, kJson);
  }

  grpc::Status Forward(const protobuf::MethodDescriptor& method,
                       const protobuf::Message& input,
                       protobuf::Message& output) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    const grpc::ByteBuffer request = ToBuffer(input);
    grpc::ByteBuffer reply;
    grpc::Status status;
    absl::Notification done;
    stub_.UnaryCall(
        &context,
        absl::StrCat("/", method.service()->full_name(), "/", method.name()),
        grpc::StubOptions(), &request, &reply,
        [&](const grpc::Status& of_call) {
          status = of_call;
          done.Notify();
        });
    done.WaitForNotification();
    if (status.ok() && !FromBuffer(reply, output)) {
      return {grpc::StatusCode::INTERNAL, "the reply cannot be read"};
    }
    return status;
  }

  grpc::GenericStub stub_;
  httplib::Server http_;
  std::thread thread_;
};

HttpGateway::HttpGateway(std::unique_ptr<Listener> listener)
    : listener_(std::move(listener)) {}

HttpGateway::~HttpGateway() = default;

absl::StatusOr<std::unique_ptr<HttpGateway>> HttpGateway::Start(
    const std::string& address, grpc::Server& server) {
  if (address.empty()) return nullptr;
  const size_t colon = address.rfind(':');
  int port = 0;
  auto listener = std::make_unique<Listener>(server);
  if (colon == std::string::npos ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
      !listener->Listen(address.substr(0, colon), port)) {
    return absl::UnavailableError(address);
  }
  return absl::WrapUnique(new HttpGateway(std::move(listener)));
}

}  // namespace pistis::server
