#include "server/http/test_puppet.h"

#include "absl/strings/match.h"

#include "pistis/v1/event_service.pb.h"

#include "engine/base/refusal.h"
#include "server/methods.h"

namespace pistis::server {
namespace {

constexpr size_t kEventBytes = size_t{64} << 10U;

class Act final : public grpc::ServerGenericBidiReactor {
 public:
  Act(const std::string& method, Puppet& puppet)
      : streams_(absl::EndsWith(method, "StreamEvents")),
        hangs_(absl::EndsWith(method, "ListEntries")),
        puppet_(puppet) {
    ++puppet_.open;
    v1::Event event;
    event.set_event_id(std::string(streams_ ? kEventBytes : 0, 'e'));
    reply_ = ToBuffer(event.SerializeAsString());
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    if (streams_) return StartWrite(&reply_);
    if (!hangs_) StartWriteAndFinish(&reply_, {}, grpc::Status::OK);
  }
  void OnWriteDone(bool ok) override {
    if (!streams_) return;
    if (!ok) return Finish(grpc::Status::CANCELLED);
    ++puppet_.events;
    StartWrite(&reply_);
  }
  void OnCancel() override {
    if (hangs_) Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override {
    --puppet_.open;
    delete this;
  }

 private:
  const bool streams_;
  const bool hangs_;
  Puppet& puppet_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer reply_;
};

absl::Status RefuseNobody(const HttpCallHead& head) {
  return head.authorization == "Bearer nobody"
             ? Refuse(Reason::kUnauthenticated, "nobody calls")
             : absl::OkStatus();
}

}  // namespace

grpc::ServerGenericBidiReactor* Puppet::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  const absl::MutexLock lock(&mutex_);
  metadata_.clear();
  for (const auto& [key, value] : context->client_metadata()) {
    metadata_.emplace(std::string(key.data(), key.size()),
                      std::string(value.data(), value.size()));
  }
  return new Act(context->method(), *this);
}

std::multimap<std::string, std::string> Puppet::metadata() const {
  const absl::MutexLock lock(&mutex_);
  return metadata_;
}

PuppetPort::PuppetPort(HttpLimits limits) {
  grpc::ServerBuilder builder;
  builder.RegisterCallbackGenericService(&puppet);
  server = builder.BuildAndStart();
  gateway = *HttpGateway::Start(
      {.address = "127.0.0.1:0", .check_head = RefuseNobody, .limits = limits},
      *server);
}

PuppetPort::~PuppetPort() {
  gateway.reset();
  server->Shutdown();
}

}  // namespace pistis::server
