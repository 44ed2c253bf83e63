// The command line of pistisd.
#ifndef PISTIS_SERVER_OPTIONS_H_
#define PISTIS_SERVER_OPTIONS_H_

#include <string>

#include "absl/time/time.h"

#include "engine/codes/guess_bucket.h"
#include "server/sinks/open_sink.h"

namespace pistis::server {

struct ServerOptions {
  std::string data_dir;
  // Where CreateBackup puts its copies; "<data_dir>-backups" where not named.
  std::string backup_dir;
  std::string grpc_address = "127.0.0.1:7600";
  // Empty: no HTTP.
  std::string http_address;
  // No keys are asked for; loopback alone is listened on.
  bool dev = false;
  // How far the machine's clock may step from where it should be, and how long
  // the server may have stood still, before the clock is not believed;
  // accept_clock: it is believed this once.
  absl::Duration max_clock_jump = absl::Hours(24);
  absl::Duration max_downtime = absl::Hours(24) * 400;
  bool accept_clock = false;
  // What sinks of subscriptions may do.
  SinkOptions sinks = {};
  // How many codes that are none a terminal or a member may try.
  GuessTerms code_guesses = {};
  // How long request ids are remembered.
  absl::Duration request_retention = absl::Hours(24) * 90;
};

// The options on the command line, or the exit code that ends the program:
// after --help, or after what is wrong was said on stderr.
struct ParsedOptions {
  ServerOptions options;
  bool run = false;
  int exit_code = 0;
};
[[nodiscard]] ParsedOptions ParseOptions(int argc, char** argv);

// True for "127.x.x.x:port", "localhost:port" and "[::1]:port".
[[nodiscard]] bool IsLoopback(const std::string& address);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_OPTIONS_H_
