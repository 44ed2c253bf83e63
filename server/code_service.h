// CodeService: codes beside sales.
#ifndef PISTIS_SERVER_CODE_SERVICE_H_
#define PISTIS_SERVER_CODE_SERVICE_H_

#include "absl/time/time.h"

#include "pistis/v1/code_service.grpc.pb.h"

#include "server/code_throttle.h"
#include "server/engine_room.h"
#include "server/methods.h"
#include "server/stream_places.h"

namespace pistis::server {

class CodeService final : public MethodTable<v1::CodeService> {
 public:
  // Both outlive the service. A stream of codes is ended where 50 messages take
  // longer than `patience` to be read: so that it does not keep others out for
  // good.
  CodeService(const EngineRoom& room, CodeThrottle& throttle,
              absl::Duration patience = absl::Minutes(1));

 private:
  // Each keeps the writer busy between tills.
  StreamPlaces batches_{{.in_all = 4, .of_a_caller = 2, .of_a_program = 3}};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_CODE_SERVICE_H_
