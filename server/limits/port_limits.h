// What callers may take up of the gRPC port.
#ifndef PISTIS_SERVER_LIMITS_PORT_LIMITS_H_
#define PISTIS_SERVER_LIMITS_PORT_LIMITS_H_

namespace pistis::server {

// Open connections; of one address (of IPv6: of one /64). One more is closed
// at once.
struct PortLimits {
  int connections = 2048;
  int connections_per_address = 256;
  // New ones of an address in a second, after as many as may be open at once.
  int new_connections = 200;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_LIMITS_PORT_LIMITS_H_
