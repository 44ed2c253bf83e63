// CheckoutService: quotes, sales and refunds.
#ifndef PISTIS_SERVER_CHECKOUT_SERVICE_H_
#define PISTIS_SERVER_CHECKOUT_SERVICE_H_

#include "pistis/v1/checkout_service.grpc.pb.h"

#include "server/code_throttle.h"
#include "server/engine_room.h"
#include "server/methods.h"

namespace pistis::server {

class CheckoutService final : public MethodTable<v1::CheckoutService> {
 public:
  // Both outlive the service.
  CheckoutService(const EngineRoom& room, CodeThrottle& throttle);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_CHECKOUT_SERVICE_H_
