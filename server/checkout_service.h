// CheckoutService: shape, hand over, reply.
#ifndef PISTIS_SERVER_CHECKOUT_SERVICE_H_
#define PISTIS_SERVER_CHECKOUT_SERVICE_H_

#include "pistis/v1/checkout_service.grpc.pb.h"

#include "server/arena_messages.h"
#include "server/engine_room.h"

namespace pistis::server {

class CheckoutService final : public v1::CheckoutService::CallbackService {
 public:
  explicit CheckoutService(const EngineRoom& room) : room_(room) {
    SetMessageAllocatorFor_QuoteOrder(&quote_messages_);
    SetMessageAllocatorFor_CommitOrder(&commit_messages_);
  }

  grpc::ServerUnaryReactor* QuoteOrder(grpc::CallbackServerContext* context,
                                       const v1::QuoteOrderRequest* request,
                                       v1::Quote* reply) override;
  grpc::ServerUnaryReactor* CommitOrder(
      grpc::CallbackServerContext* context,
      const v1::CommitOrderRequest* request,
      v1::CommitOrderResponse* reply) override;
  grpc::ServerUnaryReactor* RefundOrder(
      grpc::CallbackServerContext* context,
      const v1::RefundOrderRequest* request,
      v1::RefundOrderResponse* reply) override;
  grpc::ServerUnaryReactor* GetOrder(grpc::CallbackServerContext* context,
                                     const v1::GetOrderRequest* request,
                                     v1::CommittedOrder* reply) override;

 private:
  const EngineRoom& room_;
  ArenaMessages<v1::QuoteOrderRequest, v1::Quote> quote_messages_;
  ArenaMessages<v1::CommitOrderRequest, v1::CommitOrderResponse>
      commit_messages_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_CHECKOUT_SERVICE_H_
