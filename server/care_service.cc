#include "server/care_service.h"

#include "engine/operations/cases.h"
#include "engine/operations/complaint_weeks.h"
#include "engine/operations/follow_ups.h"
#include "engine/operations/remedies.h"

namespace pistis::server {

CareService::CareService(const EngineRoom& room) : MethodTable(room) {
  Serve("GetCase", Reads(room, &pistis::GetCase));
  Serve("ListCases", Reads(room, &pistis::ListCases));
  Serve("ListRemedies", Reads(room, &pistis::ListRemedies));
  Serve("ListPatterns", Reads(room, &pistis::ListPatterns));
  Serve("OpenCase", Writes(room, &ParseOpenCase, &pistis::OpenCase));
  Serve("GrantRemedy", Writes(room, &ParseGrantRemedy, &pistis::GrantRemedy));
  Serve("ApproveRemedy",
        Writes(room, &ParseApproveRemedy, &pistis::ApproveRemedy));
  Serve("ResolveCase", Writes(room, &ParseResolveCase, &pistis::ResolveCase));
  Serve("RecordFollowUp",
        Writes(room, &ParseRecordFollowUp, &pistis::RecordFollowUp));
}

}  // namespace pistis::server
