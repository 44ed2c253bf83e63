#include "clients/cpp/channel.h"

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/client_interceptor.h"

namespace pistis {
namespace {

constexpr int kMaxReplyBytes = 64 * 1024 * 1024;

int Millis(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

namespace experimental = grpc::experimental;

// Shows a key with every call. By channel, so that calls without TLS have one
// too, as those to a proxy on the same machine.
class KeyShower final : public experimental::ClientInterceptorFactoryInterface {
 public:
  explicit KeyShower(const std::string& key)
      : value_(absl::StrCat("Bearer ", key)) {}

  experimental::Interceptor* CreateClientInterceptor(
      experimental::ClientRpcInfo* /*call*/) override {
    return new OfCall(value_);
  }

 private:
  class OfCall final : public experimental::Interceptor {
   public:
    explicit OfCall(const std::string& value) : value_(value) {}

    void Intercept(experimental::InterceptorBatchMethods* methods) override {
      if (methods->QueryInterceptionHookPoint(
              experimental::InterceptionHookPoints::
                  PRE_SEND_INITIAL_METADATA)) {
        methods->GetSendInitialMetadata()->emplace("authorization", value_);
      }
      methods->Proceed();
    }

   private:
    const std::string& value_;
  };

  const std::string value_;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(
    const ClientOptions& options) {
  if (options.ca_file.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadFile(options.ca_file);
  if (!options.certificate_file.empty()) {
    tls.pem_cert_chain = ReadFile(options.certificate_file);
    tls.pem_private_key = ReadFile(options.certificate_key_file);
  }
  return grpc::SslCredentials(tls);
}

}  // namespace

std::shared_ptr<grpc::Channel> Connect(const ClientOptions& options) {
  grpc::ChannelArguments args;
  args.SetMaxReceiveMessageSize(kMaxReplyBytes);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Millis(options.keepalive_time));
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Millis(options.keepalive_timeout));
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Otherwise a restarted server would be tried again only after gRPC's own
  // second, which is longer than all our tries together. The least backoff is
  // left alone: it is how long connecting may take, far networks and TLS
  // included.
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS,
              Millis(options.initial_backoff));
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, Millis(options.max_backoff));
  std::vector<std::unique_ptr<experimental::ClientInterceptorFactoryInterface>>
      interceptors;
  if (!options.key.empty()) {
    interceptors.push_back(std::make_unique<KeyShower>(options.key));
  }
  return experimental::CreateCustomChannelWithInterceptors(
      options.address, CredentialsOf(options), args, std::move(interceptors));
}

}  // namespace pistis
