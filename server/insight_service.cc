#include "server/insight_service.h"

#include "engine/operations/queries.h"

namespace pistis::server {

InsightService::InsightService(const EngineRoom& room) {
  Serve("GetProgramStats", Reads(room, &pistis::GetProgramStats));
}

}  // namespace pistis::server
