#include "server/checkout_service.h"

#include <array>

#include "google/protobuf/arena.h"
#include "grpcpp/grpcpp.h"

#include "engine/base/refusal.h"
#include "engine/operations/commit_order.h"
#include "engine/operations/queries.h"
#include "engine/operations/refund_order.h"
#include "server/unary.h"

namespace pistis::server {
namespace {

// Enough for a sale of a dozen lines.
constexpr size_t kArenaBytes = size_t{4} << 10U;

absl::StatusOr<CommitOrderInput> ParseBytes(const grpc::ByteBuffer& bytes,
                                            absl::Time now) {
  std::array<char, kArenaBytes> block;
  google::protobuf::Arena arena(block.data(), block.size());
  auto* request =
      google::protobuf::Arena::CreateMessage<v1::CommitOrderRequest>(&arena);
  // Shares the bytes, which deserialising lets go of.
  grpc::ByteBuffer shared(bytes);
  using Traits = grpc::SerializationTraits<v1::CommitOrderRequest>;
  if (!Traits::Deserialize(&shared, request).ok()) {
    return RefuseField("request", "is no serialised CommitOrderRequest");
  }
  return ParseCommitOrder(*request, now);
}

}  // namespace

grpc::ServerUnaryReactor* CheckoutService::QuoteOrder(
    grpc::CallbackServerContext* context, const v1::QuoteOrderRequest* request,
    v1::Quote* reply) {
  return Answer(room_, context, request, reply, &pistis::QuoteOrder);
}

grpc::ServerUnaryReactor* CheckoutService::CommitOrder(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* reply) {
  const UnaryCall<grpc::ByteBuffer> call(context, reply);
  Submit(room_, call, ParseBytes(*request, room_.clock.Now()),
         &pistis::CommitOrder);
  return call.reactor;
}

grpc::ServerUnaryReactor* CheckoutService::RefundOrder(
    grpc::CallbackServerContext* context, const v1::RefundOrderRequest* request,
    v1::RefundOrderResponse* reply) {
  const UnaryCall<v1::RefundOrderResponse> call(context, reply);
  Submit(room_, call, ParseRefundOrder(*request, room_.clock.Now()),
         &pistis::RefundOrder);
  return call.reactor;
}

grpc::ServerUnaryReactor* CheckoutService::GetOrder(
    grpc::CallbackServerContext* context, const v1::GetOrderRequest* request,
    v1::CommittedOrder* reply) {
  return Answer(room_, context, request, reply, &pistis::GetOrder);
}

}  // namespace pistis::server
