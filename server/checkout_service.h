// CheckoutService: shape, hand over, reply.
#ifndef PISTIS_SERVER_CHECKOUT_SERVICE_H_
#define PISTIS_SERVER_CHECKOUT_SERVICE_H_

#include "pistis/v1/checkout_service.grpc.pb.h"

#include "server/arena_messages.h"
#include "server/engine_room.h"

namespace pistis::server {

// CommitOrder takes and gives bytes: its request is parsed on the spot, and its
// reply is sent as it was encoded for storage.
using CheckoutMethods = v1::CheckoutService::WithRawCallbackMethod_CommitOrder<
    v1::CheckoutService::CallbackService>;

class CheckoutService final : public CheckoutMethods {
 public:
  explicit CheckoutService(const EngineRoom& room) : room_(room) {
    SetMessageAllocatorFor_QuoteOrder(&quote_messages_);
  }

  grpc::ServerUnaryReactor* QuoteOrder(grpc::CallbackServerContext* context,
                                       const v1::QuoteOrderRequest* request,
                                       v1::Quote* reply) override;
  grpc::ServerUnaryReactor* CommitOrder(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* reply) override;
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
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_CHECKOUT_SERVICE_H_
