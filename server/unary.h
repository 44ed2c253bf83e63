// Unary calls on the callback API: shape them, hand them to the executor or the
// read pool, finish them from there. Nothing here waits.
#ifndef PISTIS_SERVER_UNARY_H_
#define PISTIS_SERVER_UNARY_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

#include "engine/base/refusal.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/queries.h"
#include "server/engine_room.h"
#include "server/wire_status.h"

namespace pistis::server {

// A call's way back: its context, its reply, its reactor. All belong to gRPC
// and live until the reactor is finished.
template <typename Reply>
struct UnaryCall {
  explicit UnaryCall(grpc::CallbackServerContext* of_context, Reply* of_reply)
      : context(of_context),
        reply(of_reply),
        reactor(of_context->DefaultReactor()) {}

  void Finish(const absl::Status& status) const {
    reactor->Finish(ToWire(status));
  }

  [[nodiscard]] absl::Time deadline() const {
    return absl::FromChrono(context->deadline());
  }

  grpc::CallbackServerContext* context;
  Reply* reply;
  grpc::ServerUnaryReactor* reactor;
};

// An operation that may write: what engine/operations offers.
template <typename Input, typename Reply>
using Operation = absl::StatusOr<DecidedReply<Reply>> (*)(const OperationEnv&,
                                                          const Reader&,
                                                          const CommitContext&,
                                                          const Input&);

// An operation that only reads.
template <typename Request, typename Reply>
using Query = absl::StatusOr<Reply> (*)(const QueryContext&, const Request&);

// Puts an encoded reply where gRPC takes it from. Bytes are handed on as they
// are; a message is parsed again, which methods that are not called for every
// sale can afford.
template <typename Reply>
void Fill(Encoded<Reply> encoded, Reply& reply) {
  reply.ParseFromString(encoded.bytes);
}
template <typename Reply>
void Fill(Encoded<Reply> encoded, grpc::ByteBuffer& reply) {
  auto* bytes = new std::string(std::move(encoded.bytes));
  const grpc::Slice slice(
      bytes->data(), bytes->size(),
      [](void* owned) { delete static_cast<std::string*>(owned); }, bytes);
  reply = grpc::ByteBuffer(&slice, 1);
}

// One call of an operation, on its way through the executor. `Wire` is what
// gRPC wants the reply as: the message, or its bytes.
template <typename Input, typename Reply, typename Wire>
class UnaryCommand final : public Command {
 public:
  UnaryCommand(const OperationEnv& env, Operation<Input, Reply> operation,
               Input input, UnaryCall<Wire> call)
      : env_(env),
        operation_(operation),
        input_(std::move(input)),
        call_(call) {}

  [[nodiscard]] absl::Time deadline() const override {
    return call_.deadline();
  }

  [[nodiscard]] WriteSet Decide(const Reader& reader,
                                const CommitContext& context) override {
    absl::StatusOr<DecidedReply<Reply>> decided =
        operation_(env_, reader, context, input_);
    if (!decided.ok()) {
      reply_ = decided.status();
      return {};
    }
    reply_ = std::move(decided->reply);
    return std::move(decided->writes);
  }

  void Acknowledge() override {
    if (reply_.ok()) Fill(*std::move(reply_), *call_.reply);
    call_.Finish(reply_.status());
  }
  void Refuse(const absl::Status& why) override { call_.Finish(why); }

 private:
  const OperationEnv& env_;
  const Operation<Input, Reply> operation_;
  const Input input_;
  const UnaryCall<Wire> call_;
  absl::StatusOr<Encoded<Reply>> reply_;
};

// Hands a shaped request to the executor; a misshapen one is refused at once.
template <typename Input, typename Reply, typename Wire>
void Submit(const EngineRoom& room, const UnaryCall<Wire>& call,
            absl::StatusOr<Input> input, Operation<Input, Reply> operation) {
  if (!input.ok()) {
    call.Finish(input.status());
    return;
  }
  room.executor.Submit(std::make_unique<UnaryCommand<Input, Reply, Wire>>(
      room.env, operation, *std::move(input), call));
}

// Runs `task` on the read pool, or refuses the call where that is full.
template <typename Reply, typename Task>
void RunOnPool(const EngineRoom& room, const UnaryCall<Reply>& call,
               Task task) {
  if (!room.reads.Run(std::move(task))) {
    call.Finish(Refuse(Reason::kOverloaded,
                       "the server has too much to read; try again after a "
                       "pause"));
  }
}

// Answers a query from a snapshot, on the read pool.
template <typename Request, typename Reply>
grpc::ServerUnaryReactor* Answer(const EngineRoom& room,
                                 grpc::CallbackServerContext* context,
                                 const Request* request, Reply* reply,
                                 Query<Request, Reply> query) {
  const UnaryCall<Reply> call(context, reply);
  RunOnPool(room, call, [&room, call, request, query] {
    if (call.deadline() <= room.clock.WallNow()) {
      call.Finish(Refuse(Reason::kDeadlinePassed,
                         "the deadline passed before the work began"));
      return;
    }
    const std::unique_ptr<Snapshot> snapshot = room.store.GetSnapshot();
    absl::StatusOr<Reply> answer =
        query({.env = room.env, .reader = *snapshot, .now = room.clock.Now()},
              *request);
    if (answer.ok()) *call.reply = *std::move(answer);
    call.Finish(answer.status());
  });
  return call.reactor;
}

}  // namespace pistis::server

#endif  // PISTIS_SERVER_UNARY_H_
