// The options of pistisd. A new one: a member here, a line in options.cc, a row
// in README.md.
#ifndef PISTIS_SERVER_OPTIONS_H_
#define PISTIS_SERVER_OPTIONS_H_

#include <string>

#include "absl/time/time.h"

#include "engine/codes/guess_bucket.h"
#include "server/backup_job.h"
#include "server/http/http_options.h"
#include "server/limits/port_limits.h"
#include "server/limits/rate_limits.h"
#include "server/metrics/watch_options.h"
#include "server/sinks/open_sink.h"

namespace pistis::server {

struct ServerOptions {
  std::string data_dir;
  // Where CreateBackup puts its copies; "<data_dir>-backups" where not named.
  std::string backup_dir;
  // Which are made by the clock.
  BackupSchedule backup_schedule = {};
  std::string grpc_address = "127.0.0.1:7600";
  PortLimits grpc_limits = {};
  // With the TLS of gRPC too.
  HttpOptions http = {};
  // How often one key or certificate may call.
  RateTerms rates = {};
  // The list of revoked client certificates; empty: none is.
  std::string tls_crl;
  // Beyond loopback without TLS: something in front of the server has it.
  bool insecure_plaintext = false;
  // Another owner's key is made and printed at this start.
  bool new_owner_key = false;
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
  WatchOptions watch = {};
};

// The options (option_sources.h: from where), or the exit code that ends the
// program: 0 after --help, --version or --check_config said what they say on
// standard output, 2 after what is wrong was said on standard error.
struct ParsedOptions {
  ServerOptions options;
  bool run = false;
  int exit_code = 0;
};
[[nodiscard]] ParsedOptions ParseOptions(int argc, char** argv);

// True for "127.x.x.x:port", "localhost:port" and "[::1]:port", and for none.
[[nodiscard]] bool IsLoopback(const std::string& address);

// True of a file or folder that any user of this machine may write.
[[nodiscard]] bool IsWritableByAll(const std::string& path);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_OPTIONS_H_
