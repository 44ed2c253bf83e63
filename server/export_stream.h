// The stream of MemberService.ExportMember.
#ifndef PISTIS_SERVER_EXPORT_STREAM_H_
#define PISTIS_SERVER_EXPORT_STREAM_H_

#include "server/methods.h"
#include "server/patient_stream.h"
#include "server/stream_places.h"

namespace pistis::server {

// Answers with all that is stored of a member, from one snapshot, a page in
// memory at a time and never faster than the client reads, who has `patience`
// for each part. OVERLOADED where there is no place. Who reads for longer than
// ten minutes has the stream ended, so that no snapshot is kept for ever. The
// room and the places outlive the method.
[[nodiscard]] StreamMethod Exports(const EngineRoom& room, StreamPlaces& places,
                                   Patience patience);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_EXPORT_STREAM_H_
