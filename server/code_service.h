// CodeService: codes beside sales.
#ifndef PISTIS_SERVER_CODE_SERVICE_H_
#define PISTIS_SERVER_CODE_SERVICE_H_

#include <atomic>

#include "pistis/v1/code_service.grpc.pb.h"

#include "server/code_throttle.h"
#include "server/engine_room.h"
#include "server/methods.h"

namespace pistis::server {

class CodeService final : public MethodTable<v1::CodeService> {
 public:
  // Both outlive the service.
  CodeService(const EngineRoom& room, CodeThrottle& throttle);

 private:
  std::atomic<int> batches_{0};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_CODE_SERVICE_H_
