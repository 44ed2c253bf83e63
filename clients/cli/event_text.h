// Events as lines of text.
#ifndef PISTIS_CLIENTS_CLI_EVENT_TEXT_H_
#define PISTIS_CLIENTS_CLI_EVENT_TEXT_H_

#include <string>

#include "pistis/v1/event_service.pb.h"

#include "clients/cli/program_facts.h"

namespace pistis {

// What happened, by the name of the field: "note_requested". Empty where the
// server is newer and this program does not know it.
[[nodiscard]] std::string EventKind(const v1::Event& event);

// One line: the time, of a heartbeat that of its commits, what happened, whom
// it concerns, and its facts by name.
[[nodiscard]] std::string EventText(const v1::Event& event,
                                    const ProgramFacts& facts);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_EVENT_TEXT_H_
