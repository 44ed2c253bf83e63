// CheckoutService: quotes, sales and refunds.
#ifndef PISTIS_SERVER_CHECKOUT_SERVICE_H_
#define PISTIS_SERVER_CHECKOUT_SERVICE_H_

#include "pistis/v1/checkout_service.grpc.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"

namespace pistis::server {

class CheckoutService final : public MethodTable<v1::CheckoutService> {
 public:
  // The room outlives the service.
  explicit CheckoutService(const EngineRoom& room);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_CHECKOUT_SERVICE_H_
