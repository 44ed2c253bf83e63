#include "server/member_service.h"

#include "engine/operations/erase_member.h"
#include "engine/operations/member_profile.h"
#include "engine/operations/members.h"
#include "engine/operations/queries.h"
#include "engine/operations/record_activity.h"
#include "server/export_stream.h"

namespace pistis::server {

MemberService::MemberService(const EngineRoom& room, absl::Duration patience)
    : MethodTable(room) {
  Serve("CreateMember",
        Writes(room, &ParseCreateMember, &pistis::CreateMember));
  Serve("EraseMember", Writes(room, &ParseEraseMember, &pistis::EraseMember));
  Stream("ExportMember", Exports(room, exports_, {.time = patience}));
  Serve("GetMember", Reads(room, &pistis::GetMember));
  Serve("ListMembers", Reads(room, &pistis::ListMembers));
  Serve("LookupMember", Reads(room, &pistis::LookupMember));
  Serve("RecordActivity",
        Writes(room, &ParseRecordActivity, &pistis::RecordActivity));
  Serve("UpdateMember",
        Writes(room, &ParseUpdateMember, &pistis::UpdateMember));
}

}  // namespace pistis::server
