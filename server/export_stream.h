// The stream of MemberService.ExportMember.
#ifndef PISTIS_SERVER_EXPORT_STREAM_H_
#define PISTIS_SERVER_EXPORT_STREAM_H_

#include <atomic>

#include "server/methods.h"

namespace pistis::server {

// Answers with all that is stored of a member, from one snapshot, a page in
// memory at a time and never faster than the client reads. At most two are
// open; another one is OVERLOADED. Who reads for longer than ten minutes has
// the stream ended, so that no snapshot is kept for ever. The room and `open`
// outlive the method.
[[nodiscard]] StreamMethod Exports(const EngineRoom& room,
                                   std::atomic<int>& open);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_EXPORT_STREAM_H_
