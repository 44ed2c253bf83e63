// What the files of the client share: the stubs, and a call that is tried
// again. Not for programs.
#ifndef PISTIS_CLIENTS_CPP_SERVICES_H_
#define PISTIS_CLIENTS_CPP_SERVICES_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"

#include "pistis/v1/admin_service.grpc.pb.h"
#include "pistis/v1/care_service.grpc.pb.h"
#include "pistis/v1/checkout_service.grpc.pb.h"
#include "pistis/v1/code_service.grpc.pb.h"
#include "pistis/v1/event_service.grpc.pb.h"
#include "pistis/v1/insight_service.grpc.pb.h"
#include "pistis/v1/ledger_service.grpc.pb.h"
#include "pistis/v1/member_service.grpc.pb.h"
#include "pistis/v1/note_service.grpc.pb.h"
#include "pistis/v1/rulebook_service.grpc.pb.h"

#include "clients/cpp/backoff.h"
#include "clients/cpp/client.h"
#include "clients/cpp/wire_status.h"

namespace pistis {

// True where the same call may succeed a little later.
inline bool IsWorthAnotherTry(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

// A unary method of a stub.
template <typename Stub, typename Request, typename Reply>
using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&,
                                      Reply*);

// Within the deadline of `options`.
template <typename Stub, typename Request, typename Reply>
absl::StatusOr<Reply> CallOnce(const ClientOptions& options, Stub& stub,
                               Method<Stub, Request, Reply> method,
                               const Request& request) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options.deadline));
  Reply reply;
  const grpc::Status status = (stub.*method)(&context, request, &reply);
  if (!status.ok()) return FromWire(status);
  return reply;
}

// The same until it succeeds or there is no use in trying, after longer and
// longer pauses.
template <typename Stub, typename Request, typename Reply>
absl::StatusOr<Reply> Call(const ClientOptions& options, Stub& stub,
                           Method<Stub, Request, Reply> method,
                           const Request& request) {
  absl::StatusOr<Reply> reply = CallOnce(options, stub, method, request);
  if (reply.ok() || !IsWorthAnotherTry(reply.status())) return reply;
  Backoff backoff(options.initial_backoff, options.max_backoff);
  for (int attempt = 2; attempt <= options.max_attempts; ++attempt) {
    absl::SleepFor(backoff.Next());
    reply = CallOnce(options, stub, method, request);
    if (reply.ok() || !IsWorthAnotherTry(reply.status())) break;
  }
  return reply;
}

// A stub of each service, on one channel.
struct Client::Services {
  explicit Services(const std::shared_ptr<grpc::Channel>& channel)
      : admin(channel),
        care(channel),
        checkout(channel),
        code(channel),
        event(channel),
        insight(channel),
        ledger(channel),
        member(channel),
        note(channel),
        rulebook(channel) {}

  v1::AdminService::Stub admin;
  v1::CareService::Stub care;
  v1::CheckoutService::Stub checkout;
  v1::CodeService::Stub code;
  v1::EventService::Stub event;
  v1::InsightService::Stub insight;
  v1::LedgerService::Stub ledger;
  v1::MemberService::Stub member;
  v1::NoteService::Stub note;
  v1::RulebookService::Stub rulebook;
};

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CPP_SERVICES_H_
