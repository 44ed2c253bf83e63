// What a note says, put together when it is read: so that no name and no
// address lies in the event store.
#ifndef PISTIS_ENGINE_OPERATIONS_RENDER_EVENT_H_
#define PISTIS_ENGINE_OPERATIONS_RENDER_EVENT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "pistis/v1/event_service.pb.h"

#include "engine/base/ids.h"
#include "engine/notes/render.h"
#include "engine/operations/queries.h"

namespace pistis {

// A note as its member gets it.
struct NoteForMember {
  RenderedNote note;
  // "email", "sms" or "print".
  std::string channel;
  // NoteTemplate.kind.
  std::string kind;
  // Why it is not to go to the member any more, as NoteRequested.not_wanted;
  // empty: it is. By what the member said and by the rulebook in force.
  std::string not_wanted;
  // Where it goes; empty where none is on record, and where it is not wanted.
  std::string address;
};

// A request whose template is that of the rulebook, for the member.
struct RequestForMember {
  const MemberId& member;
  int64_t rulebook_version = 0;
  const v1::NoteRequested& request;
};

// In the language of the member, with the name and address that the member has
// now. NOT_FOUND where there is no such member; RECORD_CORRUPT.
absl::StatusOr<NoteForMember> RenderForMember(const QueryContext& context,
                                              const ProgramId& program,
                                              const RequestForMember& asked);

// Fills in what is not stored of a NoteRequested; other events stay as they
// are.
absl::Status RenderEvent(const QueryContext& context, const ProgramId& program,
                         v1::Event& event);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_RENDER_EVENT_H_
