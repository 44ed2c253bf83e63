// Who calls.
#ifndef PISTIS_SERVER_AUTH_CALLER_H_
#define PISTIS_SERVER_AUTH_CALLER_H_

#include <memory>
#include <string>

#include "absl/time/time.h"

#include "engine/operations/access.h"

namespace pistis::server {

struct Caller {
  // What entries and the audit log call it: "key K7Q2M4XW", "certificate
  // athens/till-7", "dev".
  std::string name;
  Access access;
  // What finds its key in the ring again; empty: it showed none.
  std::string key_hash = {};
  // The issuer and serial number of its certificate; empty: it showed none.
  std::string serial_name = {};
  // When that is over by itself.
  absl::Time end = absl::InfiniteFuture();

  // True of --dev, which asks nobody who they are.
  [[nodiscard]] bool is_anybody() const {
    return key_hash.empty() && serial_name.empty();
  }
};

// Shared by the calls under way and the ring of keys.
using CallerPtr = std::shared_ptr<const Caller>;

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_CALLER_H_
