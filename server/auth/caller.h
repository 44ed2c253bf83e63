// Who calls.
#ifndef PISTIS_SERVER_AUTH_CALLER_H_
#define PISTIS_SERVER_AUTH_CALLER_H_

#include <memory>
#include <string>

#include "engine/operations/access.h"

namespace pistis::server {

struct Caller {
  // What entries and the audit log call it: "key K7Q2M4XW", "certificate
  // athens/till-7", "dev".
  std::string name;
  Access access;
};

// Shared by the calls under way and the ring of keys.
using CallerPtr = std::shared_ptr<const Caller>;

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_CALLER_H_
