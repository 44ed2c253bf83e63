// A gRPC server for tests whose methods do what their names say, with the HTTP
// port in front of it.
#ifndef PISTIS_SERVER_HTTP_TEST_PUPPET_H_
#define PISTIS_SERVER_HTTP_TEST_PUPPET_H_

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/grpcpp.h"

#include "server/http/gateway.h"
#include "server/http/test_http.h"

namespace pistis::server {

// LedgerService/GetAccount answers with nothing, ListEntries never, and
// EventService/StreamEvents writes events of 64 KiB without end.
class Puppet final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

  // The metadata of the last call.
  std::multimap<std::string, std::string> metadata() const;

  std::atomic<int> events{0};
  std::atomic<int> open{0};

 private:
  mutable absl::Mutex mutex_;
  std::multimap<std::string, std::string> metadata_ ABSL_GUARDED_BY(mutex_);
};

// Knows every caller but the one of the key "nobody".
struct PuppetPort {
  explicit PuppetPort(HttpLimits limits = {});
  PuppetPort(const PuppetPort&) = delete;
  PuppetPort& operator=(const PuppetPort&) = delete;
  ~PuppetPort();

  [[nodiscard]] TestPort from(const std::string& address = "127.0.0.1") const {
    return {.number = gateway->port(), .from = address};
  }
  TestReply Send(const std::string& request) const {
    return Exchange(from(), request);
  }

  Puppet puppet;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<HttpGateway> gateway;
};

// Whether `holds` becomes true within 20 s.
template <typename Condition>
bool Becomes(Condition holds) {
  for (int i = 0; i < 2000; ++i) {
    if (holds()) return true;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return false;
}

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_TEST_PUPPET_H_
