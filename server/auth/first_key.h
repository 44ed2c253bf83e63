// The key that a new server gives its owner.
#ifndef PISTIS_SERVER_AUTH_FIRST_KEY_H_
#define PISTIS_SERVER_AUTH_FIRST_KEY_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "server/engine_room.h"

namespace pistis::server {

// Whether an owner's key is made where there are keys already: somebody has
// lost theirs.
enum class NewOwnerKey { kForEmptyStores, kAlways };

// A new key of an owner of all programs, made and put on record as the server's
// own act; nothing where none is to be made. Waits for the executor.
[[nodiscard]] absl::StatusOr<std::optional<std::string>> MakeOwnerKey(
    const EngineRoom& room, NewOwnerKey when);

// Prints that key on standard output, where one is made.
[[nodiscard]] absl::Status PrintOwnerKey(const EngineRoom& room,
                                         NewOwnerKey when);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_FIRST_KEY_H_
