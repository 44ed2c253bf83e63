// The methods of a service on gRPC's callback API: shape a request, hand it to
// the executor or the read pool, answer from there. Nothing here waits.
//
//   LedgerService::LedgerService(const EngineRoom& room) : MethodTable(room) {
//     Serve("GetAccount", Reads(room, &GetAccount));
//     Serve("EarnPoints", Writes(room, &ParseEarnPoints, &EarnPoints));
//   }
#ifndef PISTIS_SERVER_METHODS_H_
#define PISTIS_SERVER_METHODS_H_

#include <array>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/queries.h"
#include "server/auth/audit.h"
#include "server/auth/gate.h"
#include "server/engine_room.h"
#include "server/limits/thread_priority.h"
#include "server/metrics/call_meter.h"
#include "server/unread_replies.h"
#include "server/wire_status.h"

namespace pistis::server {

// The largest request, in bytes; and the largest that may hold a rulebook, as
// those of Validate-, PublishRulebook and their like.
inline constexpr size_t kMaxRequestBytes = size_t{1} << 20U;
inline constexpr size_t kMaxRulebookRequestBytes = size_t{5} << 20U;

[[nodiscard]] inline size_t MostBytesOf(
    const google::protobuf::Descriptor& request) {
  return request.FindFieldByName("yaml") == nullptr ? kMaxRequestBytes
                                                    : kMaxRulebookRequestBytes;
}

// FIELD_INVALID where the request has more bytes than that.
[[nodiscard]] absl::Status CheckSize(const grpc::ByteBuffer& request,
                                     size_t most);

// `bytes`, which are given up, as gRPC takes them.
[[nodiscard]] grpc::ByteBuffer ToBuffer(std::string bytes);

// Said instead of a reply that UnreadReplies does not hold.
[[nodiscard]] absl::Status TooMuchUnread();

// The messages of a call, which gRPC releases when it is through with it; the
// reply counts as unread until then.
class HeldMessages final
    : public grpc::MessageHolder<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  HeldMessages() {
    set_request(&request_);
    set_response(&reply_);
  }
  void Release() override { delete this; }

  // OVERLOADED where too much is not read: `bytes` are not to be sent then.
  // Nothing counts where `replies` is null.
  absl::Status Hold(UnreadReplies* replies,
                    grpc::CallbackServerContext& context, const Caller& caller,
                    size_t bytes);

 private:
  grpc::ByteBuffer request_;
  grpc::ByteBuffer reply_;
  UnreadReplies::Part unread_;
};

// Makes them; lives as long as the process.
grpc::MessageAllocator<grpc::ByteBuffer, grpc::ByteBuffer>& MessagesOfCalls();

// A call that the gate let in, and its way back. Its parts belong to gRPC and
// live until it is finished, once.
struct UnaryCall {
  [[nodiscard]] const grpc::ByteBuffer& request() const {
    return admitted.request;
  }
  [[nodiscard]] absl::Time deadline() const {
    return absl::FromChrono(context->deadline());
  }

  // Sends an encoded reply, or why there is none.
  void Finish(absl::StatusOr<std::string> bytes) const {
    if (bytes.ok()) {
      const absl::Status held =
          messages->Hold(replies, *context, *admitted.caller, bytes->size());
      if (!held.ok()) bytes = held;
    }
    if (bytes.ok()) *reply = ToBuffer(*std::move(bytes));
    std::optional<SlowCall> slow = meter.Ends(bytes.status(), begun);
    if (slow) TellSlow(*std::move(slow));
    reactor->Finish(ToWire(bytes.status()));
  }

  AdmittedCall admitted;
  const CallMeter& meter;
  // By the meter's clock.
  absl::Duration begun;
  grpc::CallbackServerContext* context;
  grpc::ByteBuffer* reply;
  grpc::ServerUnaryReactor* reactor;
  UnreadReplies* replies;
  HeldMessages* messages;
  CallTimes times = {};

 private:
  void TellSlow(SlowCall slow) const;
};

// Finishes the call, now or later.
using UnaryMethod = std::function<void(const UnaryCall&)>;

using StreamReactor = grpc::ServerWriteReactor<grpc::ByteBuffer>;
struct StreamCall {
  AdmittedCall admitted;
  grpc::CallbackServerContext& context;
};
using StreamMethod = std::function<StreamReactor*(const StreamCall&)>;

// A stream that is refused before it begins. gRPC owns it.
class RefusedStream final : public StreamReactor {
 public:
  explicit RefusedStream(const absl::Status& why) { Finish(ToWire(why)); }
  void OnDone() override { delete this; }
};

// OK where a stream of `caller` may go on. UNAVAILABLE where the server stops;
// UNAUTHENTICATED where the caller's key or certificate is good no more.
[[nodiscard]] grpc::Status MayGoOn(const EngineRoom& room,
                                   const Caller& caller);

// A service whose methods take and give bytes, so that bytes which are no
// request are refused by name like any other, and a reply is sent as it was
// encoded for storage. `Generated` is the service, such as v1::LedgerService.
// Every call passes the gate of the room first.
// Its constructor serves every method, once; a name that is none of the
// service's ends the process, and so does a room without a gate.
template <typename Generated>
class MethodTable : public Generated::Service, public MeteredService {
 public:
  [[nodiscard]] grpc::Service& service() final { return *this; }
  [[nodiscard]] std::string name() const final {
    return Generated::service_full_name();
  }

 protected:
  explicit MethodTable(const EngineRoom& room) : room_(room) {
    if (room.gate == nullptr) std::abort();
  }

  void Serve(const std::string& method, UnaryMethod serve) {
    const auto& descriptor = Find(method);
    using Handler = grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer,
                                                         grpc::ByteBuffer>;
    auto* const handler = new Handler(
        [this, &meter = Metered(descriptor), gated = GatedMethod(descriptor),
         serve = std::move(serve)](grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* reply) {
          return ServeUnary({gated, serve, meter}, context, *request, reply);
        });
    handler->SetMessageAllocator(&MessagesOfCalls());
    this->MarkMethodRawCallback(descriptor.index(), handler);
  }
  void Stream(const std::string& method, StreamMethod serve) {
    const auto& descriptor = Find(method);
    this->MarkMethodRawCallback(
        descriptor.index(),
        new grpc::internal::CallbackServerStreamingHandler<grpc::ByteBuffer,
                                                           grpc::ByteBuffer>(
            [this, &meter = Metered(descriptor),
             gated = GatedMethod(descriptor),
             serve = std::move(serve)](grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request) {
              return ServeStream({gated, serve, meter}, context, *request);
            }));
  }

 private:
  template <typename Method>
  struct Served {
    const GatedMethod& gated;
    const Method& serve;
    const CallMeter& meter;
  };

  static const google::protobuf::MethodDescriptor& Find(
      const std::string& method) {
    return *google::protobuf::DescriptorPool::generated_pool()
                ->FindServiceByName(Generated::service_full_name())
                ->FindMethodByName(method);
  }

  grpc::ServerUnaryReactor* ServeUnary(const Served<UnaryMethod>& method,
                                       grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer& request,
                                       grpc::ByteBuffer* reply) const {
    GiveWay();
    const absl::Duration begun = method.meter.Now();
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    absl::StatusOr<CallerPtr> caller =
        room_.gate->Admit(*context, method.gated, request);
    if (caller.ok()) {
      method.serve({.admitted = {method.gated, request, *std::move(caller)},
                    .meter = method.meter,
                    .begun = begun,
                    .context = context,
                    .reply = reply,
                    .reactor = reactor,
                    .replies = room_.replies,
                    .messages = static_cast<HeldMessages*>(
                        context->GetRpcAllocatorState())});
    } else {
      method.meter.Refused(caller.status(), begun);
      reactor->Finish(ToWire(caller.status()));
    }
    return reactor;
  }

  // A stream changes nothing of its own that an act could be part of.
  StreamReactor* ServeStream(const Served<StreamMethod>& method,
                             grpc::CallbackServerContext* context,
                             const grpc::ByteBuffer& request) const {
    GiveWay();
    const absl::Duration begun = method.meter.Now();
    absl::StatusOr<CallerPtr> caller =
        room_.gate->Admit(*context, method.gated, request);
    if (!caller.ok()) {
      method.meter.Refused(caller.status(), begun);
      return new RefusedStream(caller.status());
    }
    // Before the act is recorded: there is no end to who is refused.
    const absl::Status sized =
        CheckSize(request, MostBytesOf(*method.gated.descriptor.input_type()));
    if (!sized.ok()) {
      method.meter.Refused(sized, begun);
      return new RefusedStream(sized);
    }
    method.meter.StreamBegins();
    const StreamCall call{
        .admitted = {method.gated, request, *std::move(caller)},
        .context = *context};
    if (IsAudited(call.admitted)) RecordStream(room_, call.admitted, acts_);
    return method.serve(call);
  }

  const EngineRoom& room_;
  mutable StreamActs acts_;
};

// A request on an arena of its own: an order of five lines is fifty small
// allocations less.
template <typename Request>
class ParsedRequest {
 public:
  // FIELD_INVALID where the bytes are no such request, or too many.
  absl::Status Parse(const grpc::ByteBuffer& bytes) {
    static const size_t most = MostBytesOf(*Request::descriptor());
    PISTIS_RETURN_IF_ERROR(CheckSize(bytes, most));
    // Shares the bytes, which deserialising lets go of.
    grpc::ByteBuffer shared(bytes);
    if (grpc::SerializationTraits<Request>::Deserialize(&shared, &message_)
            .ok()) {
      return absl::OkStatus();
    }
    return RefuseField("request",
                       "is no serialised " + Request::descriptor()->name());
  }

  [[nodiscard]] const Request& operator*() const { return message_; }

 private:
  static constexpr size_t kFirstBlock = 4096;

  std::array<char, kFirstBlock> block_;
  google::protobuf::Arena arena_{block_.data(), block_.size()};
  Request& message_ = *google::protobuf::Arena::CreateMessage<Request>(&arena_);
};

// Shapes a request into what an operation takes.
template <typename Request, typename Input>
using Parse = absl::StatusOr<Input> (*)(const Request&, absl::Time now);

template <typename Request, typename Input>
absl::StatusOr<Input> ParseBytes(const grpc::ByteBuffer& bytes,
                                 Parse<Request, Input> parse, absl::Time now) {
  ParsedRequest<Request> request;
  PISTIS_RETURN_IF_ERROR(request.Parse(bytes));
  return parse(*request, now);
}

// An operation that may write: what engine/operations offers.
template <typename Input, typename Reply>
using Operation = absl::StatusOr<DecidedReply<Reply>> (*)(const OperationEnv&,
                                                          const Reader&,
                                                          const CommitContext&,
                                                          const Input&);

// Called with what a decided command will write; most have nobody to tell.
struct TellNobody {
  void operator()(const WriteSet& /*writes*/) const {}
};

// One call of an operation, or of what is called as one, on its way through the
// executor.
template <typename Input, typename Called, typename Told>
class UnaryCommand final : public Command {
 public:
  UnaryCommand(const OperationEnv& env, Called operation, Input input,
               UnaryCall call, Told told)
      : env_(env),
        operation_(std::move(operation)),
        input_(std::move(input)),
        call_(call),
        told_(std::move(told)) {}

  [[nodiscard]] absl::Time deadline() const override {
    return call_.deadline();
  }

  [[nodiscard]] WriteSet Decide(const Reader& reader,
                                const CommitContext& context) override {
    CommitContext of_caller = context;
    of_caller.caller = call_.admitted.caller->name;
    call_.times.work_begun = call_.meter.Now();
    auto decided = operation_(env_, reader, of_caller, input_);
    call_.times.decided = call_.meter.Now();
    if (!decided.ok()) {
      reply_ = decided.status();
      return {};
    }
    if (decided->reply.ok()) {
      reply_ = std::move(decided->reply->bytes);
    } else {
      reply_ = decided->reply.status();
    }
    if (reply_.ok() && !decided->writes.empty() && IsAudited(call_.admitted)) {
      const absl::Status recorded = RecordAct(
          reader, of_caller, ActOf(call_.admitted, env_.secret, *reply_),
          decided->writes);
      if (!recorded.ok()) {
        reply_ = recorded;
        return {};
      }
    }
    told_(decided->writes);
    return std::move(decided->writes);
  }

  void Acknowledge() override { call_.Finish(std::move(reply_)); }
  void Refuse(const absl::Status& why) override { call_.Finish(why); }

 private:
  const OperationEnv& env_;
  const Called operation_;
  const Input input_;
  UnaryCall call_;
  const Told told_;
  absl::StatusOr<std::string> reply_;
};

// Hands a shaped request to the executor; a misshapen one is refused at once.
// `told` hears of the writes of the command when nothing can refuse it any
// more, while it is decided.
template <typename Input, typename Called, typename Told = TellNobody>
void Submit(const EngineRoom& room, const UnaryCall& call,
            absl::StatusOr<Input> input, Called operation, Told told = {}) {
  if (!input.ok()) {
    call.Finish(input.status());
    return;
  }
  room.executor.Submit(std::make_unique<UnaryCommand<Input, Called, Told>>(
                           room.env, std::move(operation), *std::move(input),
                           call, std::move(told)),
                       call.admitted.caller->TurnsAs());
}

// Runs `task`, which finishes the call it is given, on the read pool; refuses
// the call where that is full, or where its deadline is over by then.
template <typename Task>
void RunOnPool(const EngineRoom& room, const UnaryCall& call, Task task) {
  auto run = [&room, call, task = std::move(task)] {
    if (call.deadline() <= room.clock.WallNow()) {
      call.Finish(Refuse(Reason::kDeadlinePassed,
                         "the deadline passed before the work began"));
      return;
    }
    UnaryCall begun = call;
    begun.times.work_begun = call.meter.Now();
    task(begun);
  };
  const bool queued =
      room.reads.Run(std::move(run), call.admitted.caller->TurnsAs());
  if (!queued) {
    call.Finish(Refuse(Reason::kOverloaded,
                       "the server has too much to read; try again after a "
                       "pause"));
  }
}

// A method that runs `operation` on the executor.
template <typename Request, typename Input, typename Reply>
UnaryMethod Writes(const EngineRoom& room,
                   absl::StatusOr<Input> (*parse)(const Request&, absl::Time),
                   Operation<Input, Reply> operation) {
  return [&room, parse, operation](const UnaryCall& call) {
    Submit(room, call, ParseBytes(call.request(), parse, room.clock.Now()),
           operation);
  };
}

// The same for a request that takes long to shape: the read pool does it.
template <typename Request, typename Input, typename Reply>
UnaryMethod WritesWhatIsRead(const EngineRoom& room,
                             absl::StatusOr<Input> (*parse)(const Request&,
                                                            absl::Time),
                             Operation<Input, Reply> operation) {
  return [&room, parse, operation](const UnaryCall& call) {
    RunOnPool(room, call, [&room, parse, operation](const UnaryCall& call) {
      Submit(room, call, ParseBytes(call.request(), parse, room.clock.Now()),
             operation);
    });
  };
}

// An operation that only reads.
template <typename Request, typename Reply>
using Query = absl::StatusOr<Reply> (*)(const QueryContext&, const Request&);

template <typename Request, typename Asked>
absl::StatusOr<std::string> Ask(const EngineRoom& room,
                                const grpc::ByteBuffer& bytes, Asked query) {
  ParsedRequest<Request> request;
  PISTIS_RETURN_IF_ERROR(request.Parse(bytes));
  const std::unique_ptr<Snapshot> snapshot = room.store.GetSnapshot();
  PISTIS_ASSIGN_OR_RETURN(
      const auto reply,
      query({.env = room.env, .reader = *snapshot, .now = room.clock.Now()},
            *request));
  return reply.SerializeAsString();
}

// A method that answers `query` from a snapshot, on the read pool.
template <typename Request, typename Reply>
UnaryMethod Reads(const EngineRoom& room,
                  absl::StatusOr<Reply> (*query)(const QueryContext&,
                                                 const Request&)) {
  return [&room, query](const UnaryCall& call) {
    RunOnPool(room, call, [&room, query](const UnaryCall& call) {
      call.Finish(Ask<Request>(room, call.request(), query));
    });
  };
}

// A method that answers with the reactor that `start` makes of a call and its
// request; the reactor deletes itself when it is done.
template <typename Request>
StreamMethod Streams(
    std::function<StreamReactor*(const StreamCall&, const Request&)> start) {
  return [start = std::move(start)](const StreamCall& call) -> StreamReactor* {
    ParsedRequest<Request> request;
    if (absl::Status parsed = request.Parse(call.admitted.request);
        !parsed.ok()) {
      return new RefusedStream(parsed);
    }
    return start(call, *request);
  };
}

}  // namespace pistis::server

#endif  // PISTIS_SERVER_METHODS_H_
