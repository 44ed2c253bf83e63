// What the executor runs.
#ifndef PISTIS_ENGINE_OPERATIONS_COMMAND_H_
#define PISTIS_ENGINE_OPERATIONS_COMMAND_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// When and as what a command is committed.
struct CommitContext {
  // The number the commit gets if it writes anything.
  int64_t commit_seq = 0;
  // Never earlier than for the command before.
  absl::Time now;
  // Whom entries, rulebooks and the audit log name as their caller; lives as
  // long as the command.
  absl::string_view caller = "server";
};

// One change, decided on one state. The executor calls exactly one of
// Acknowledge and Refuse, once, unless the process stops before.
class Command {
 public:
  virtual ~Command() = default;

  // After this the caller does not wait any more, and the command is not run.
  [[nodiscard]] virtual absl::Time deadline() const = 0;

  // Decides what changes on the state that `reader` shows. Writes nothing
  // itself; no writes mean that nothing changes. Runs on the executor's writer,
  // so it must not wait for anything but storage. Remembers the reply, a
  // refusal too, until Acknowledge.
  [[nodiscard]] virtual WriteSet Decide(const Reader& reader,
                                        const CommitContext& context) = 0;

  // What Decide returned is durable, and so is all that it saw: reply now. Must
  // not block.
  virtual void Acknowledge() = 0;

  // The command was not run and never will be. Must not block.
  virtual void Refuse(const absl::Status& why) = 0;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_COMMAND_H_
