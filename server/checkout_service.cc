#include "server/checkout_service.h"

#include "engine/operations/commit_order.h"
#include "engine/operations/queries.h"
#include "engine/operations/refund_order.h"
#include "server/unary.h"

namespace pistis::server {

grpc::ServerUnaryReactor* CheckoutService::QuoteOrder(
    grpc::CallbackServerContext* context, const v1::QuoteOrderRequest* request,
    v1::Quote* reply) {
  return Answer(room_, context, request, reply, &pistis::QuoteOrder);
}

grpc::ServerUnaryReactor* CheckoutService::CommitOrder(
    grpc::CallbackServerContext* context, const v1::CommitOrderRequest* request,
    v1::CommitOrderResponse* reply) {
  const UnaryCall<v1::CommitOrderResponse> call(context, reply);
  Submit(room_, call, ParseCommitOrder(*request, room_.clock.Now()),
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
