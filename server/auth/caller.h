// Who calls.
#ifndef PISTIS_SERVER_AUTH_CALLER_H_
#define PISTIS_SERVER_AUTH_CALLER_H_

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
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
  // That certificate as it was shown, PEM or DER.
  std::string certificate = {};
  // When that is over by itself.
  absl::Time end = absl::InfiniteFuture();

  // True of --dev, which asks nobody who they are.
  [[nodiscard]] bool is_anybody() const {
    return key_hash.empty() && serial_name.empty();
  }

  // The name that its calls and streams are counted by. A certificate's own
  // name is that of a store and a till, which another program may have, too.
  [[nodiscard]] std::string CountedAs() const {
    return serial_name.empty() || access.programs.empty()
               ? name
               : absl::StrCat(name, " of ", access.programs.front());
  }

  // Whose turn its reads and changes have: that name; nobody's, where nobody
  // is asked who they are.
  [[nodiscard]] std::string TurnsAs() const {
    return is_anybody() ? "" : CountedAs();
  }
};

// Shared by the calls under way and the ring of keys.
using CallerPtr = std::shared_ptr<const Caller>;

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_CALLER_H_
