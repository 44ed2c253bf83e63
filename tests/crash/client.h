// The calls of the crash test: one after another on a thread, each with a
// deadline.
#ifndef PISTIS_TESTS_CRASH_CLIENT_H_
#define PISTIS_TESTS_CRASH_CLIENT_H_

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "grpcpp/grpcpp.h"

#include "pistis/v1/admin_service.grpc.pb.h"
#include "pistis/v1/checkout_service.grpc.pb.h"
#include "pistis/v1/event_service.grpc.pb.h"
#include "pistis/v1/insight_service.grpc.pb.h"
#include "pistis/v1/ledger_service.grpc.pb.h"
#include "pistis/v1/member_service.grpc.pb.h"
#include "pistis/v1/rulebook_service.grpc.pb.h"

namespace pistis::crash {

// What a call came to; `value` counts where the status is OK.
template <typename Response>
struct Reply {
  grpc::Status status;
  Response value;

  [[nodiscard]] bool ok() const { return status.ok(); }
};

// A call that hangs is as wrong as one that fails.
inline void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(60));
}

// Calls `method` of `service` and waits for the reply.
template <typename Service, typename Request, typename Response>
Reply<Response> Call(Service& service,
                     grpc::Status (Service::*method)(grpc::ClientContext*,
                                                     const Request&, Response*),
                     const Request& request) {
  grpc::ClientContext context;
  SetDeadline(context);
  Reply<Response> reply;
  reply.status = (service.*method)(&context, request, &reply.value);
  return reply;
}

// One connection of its own to a server, and its services. Any thread.
struct Client {
  explicit Client(const std::string& address);

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::AdminService::Stub> admin;
  std::unique_ptr<v1::CheckoutService::Stub> checkout;
  std::unique_ptr<v1::EventService::Stub> events;
  std::unique_ptr<v1::InsightService::Stub> insight;
  std::unique_ptr<v1::LedgerService::Stub> ledger;
  std::unique_ptr<v1::MemberService::Stub> members;
  std::unique_ptr<v1::RulebookService::Stub> rulebooks;
};

// Opens the program, publishes `rulebook` and enrols the members. The first
// status that is not OK.
grpc::Status SetUp(Client& client, absl::string_view rulebook);

}  // namespace pistis::crash

#endif  // PISTIS_TESTS_CRASH_CLIENT_H_
