#include "server/insight_service.h"

#include "engine/operations/margin_report.h"
#include "engine/operations/queries.h"

namespace pistis::server {

InsightService::InsightService(const EngineRoom& room) : MethodTable(room) {
  Serve("GetProgramStats", Reads(room, &pistis::GetProgramStats));
  Serve("GetMarginReport", Reads(room, &pistis::GetMarginReport));
}

}  // namespace pistis::server
