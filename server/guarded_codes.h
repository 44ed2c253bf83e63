// Methods that look codes up: who tries too many that are none has to wait.
#ifndef PISTIS_SERVER_GUARDED_CODES_H_
#define PISTIS_SERVER_GUARDED_CODES_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/code_service.pb.h"

#include "engine/base/refusal.h"
#include "engine/operations/codes.h"
#include "engine/operations/commit_order.h"
#include "engine/operations/hold_order.h"
#include "server/code_throttle.h"
#include "server/engine_room.h"
#include "server/methods.h"

namespace pistis::server {

// True where a request types a code.
template <typename Request>
[[nodiscard]] bool TypesCode(const Request& request) {
  return request.order().codes_size() > 0;
}
[[nodiscard]] inline bool TypesCode(const v1::CheckCodeRequest& /*request*/) {
  return true;
}
[[nodiscard]] inline bool TypesCode(const v1::GetCodeRequest& /*request*/) {
  return true;
}
[[nodiscard]] inline bool TypesCode(const v1::VoidCodeRequest& /*request*/) {
  return true;
}

// Against whom its guesses are held.
template <typename Request>
[[nodiscard]] Guesser GuesserOf(const Request& request,
                                const std::string& address) {
  return GuesserOf(request.program_id(), address, request.order());
}
[[nodiscard]] inline Guesser GuesserOf(const v1::GetCodeRequest& request,
                                       const std::string& address) {
  return GuesserOf(request.program_id(), address, v1::Order());
}
[[nodiscard]] inline Guesser GuesserOf(const v1::VoidCodeRequest& request,
                                       const std::string& address) {
  return GuesserOf(request.program_id(), address, v1::Order());
}

template <typename Request>
[[nodiscard]] Guesser GuesserBehind(const UnaryCall& call,
                                    const Request& request) {
  Guesser guesser = GuesserOf(request, NetworkOf(*call.context));
  guesser.key = call.admitted.caller->name;
  return guesser;
}

// Where the operation asks whether codes may be looked up.
[[nodiscard]] inline CodeGate& GateOf(CommitOrderInput& input) {
  return input.sale.may_look;
}
[[nodiscard]] inline CodeGate& GateOf(HoldOrderInput& input) {
  return input.sale.may_look;
}
[[nodiscard]] inline CodeGate& GateOf(VoidCodeInput& input) {
  return input.may_look;
}

// True where the answer is that the code is none.
template <typename Reply>
[[nodiscard]] bool IsMiss(const absl::StatusOr<Reply>& reply) {
  return ReasonOf(reply.status()) == Reason::kCodeNotFound;
}
template <typename Reply>
[[nodiscard]] bool IsMiss(const absl::StatusOr<DecidedReply<Reply>>& decided) {
  return decided.ok() ? IsMiss(decided->reply)
                      : ReasonOf(decided.status()) == Reason::kCodeNotFound;
}
[[nodiscard]] inline bool IsMiss(
    const absl::StatusOr<v1::CheckCodeResponse>& reply) {
  if (!reply.ok()) return ReasonOf(reply.status()) == Reason::kCodeNotFound;
  return !reply->has_code() && absl::string_view(reply->reason()) ==
                                   ReasonName(Reason::kCodeNotFound);
}

// As Writes. Guesses are counted as the executor decides on them, one after
// another, so that no number of calls at once brings more of them. A request
// that is known is answered even to those who wait.
template <typename Request, typename Input, typename Reply>
UnaryMethod GuardedWrites(const EngineRoom& room, CodeThrottle& throttle,
                          absl::StatusOr<Input> (*parse)(const Request&,
                                                         absl::Time),
                          Operation<Input, Reply> operation) {
  return [&room, &throttle, parse, operation](const UnaryCall& call) {
    ParsedRequest<Request> request;
    const absl::Status parsed = request.Parse(call.request());
    absl::StatusOr<Input> input =
        parsed.ok() ? parse(*request, room.clock.Now()) : parsed;
    if (!input.ok() || !TypesCode(*request)) {
      Submit(room, call, std::move(input), operation);
      return;
    }
    const auto guesser =
        std::make_shared<const Guesser>(GuesserBehind(call, *request));
    GateOf(*input) = [&throttle, guesser](absl::Time now) {
      return throttle.Check(*guesser, now);
    };
    Submit(room, call, std::move(input),
           [&throttle, guesser, operation](
               const OperationEnv& env, const Reader& reader,
               const CommitContext& commit, const Input& asked) {
             auto decided = operation(env, reader, commit, asked);
             if (IsMiss(decided)) throttle.Miss(*guesser, commit.now);
             return decided;
           });
  };
}

// As Reads.
template <typename Request, typename Reply>
UnaryMethod GuardedReads(const EngineRoom& room, CodeThrottle& throttle,
                         absl::StatusOr<Reply> (*query)(const QueryContext&,
                                                        const Request&)) {
  return [&room, &throttle, query](const UnaryCall& call) {
    RunOnPool(room, call, [&room, &throttle, query](const UnaryCall& call) {
      const auto guarded =
          [&](const QueryContext& asked,
              const Request& request) -> absl::StatusOr<Reply> {
        if (!TypesCode(request)) return query(asked, request);
        const Guesser guesser = GuesserBehind(call, request);
        PISTIS_RETURN_IF_ERROR(throttle.Check(guesser, asked.now));
        absl::StatusOr<Reply> answer = query(asked, request);
        if (IsMiss(answer)) throttle.Miss(guesser, asked.now);
        return answer;
      };
      call.Finish(Ask<Request>(room, call.request(), guarded));
    });
  };
}

}  // namespace pistis::server

#endif  // PISTIS_SERVER_GUARDED_CODES_H_
