// CodeService: codes beside sales.
#ifndef PISTIS_SERVER_CODE_SERVICE_H_
#define PISTIS_SERVER_CODE_SERVICE_H_

#include <atomic>

#include "absl/time/time.h"

#include "pistis/v1/code_service.grpc.pb.h"

#include "server/code_throttle.h"
#include "server/engine_room.h"
#include "server/methods.h"

namespace pistis::server {

class CodeService final : public MethodTable<v1::CodeService> {
 public:
  // Both outlive the service. A stream of codes is ended where 50 messages take
  // longer than `patience` to be read: so that it does not keep others out for
  // good.
  CodeService(const EngineRoom& room, CodeThrottle& throttle,
              absl::Duration patience = absl::Minutes(1));

 private:
  std::atomic<int> batches_{0};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_CODE_SERVICE_H_
