// A pistisd of one's own, to talk to and to kill.
#ifndef PISTIS_TESTS_SUPPORT_SERVER_PROCESS_H_
#define PISTIS_TESTS_SUPPORT_SERVER_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace pistis {

// How to start a server.
struct ServerOptions {
  // The server's data; must outlive it. What it writes to standard error goes
  // to "<data_dir>.log", after what is there already.
  std::string data_dir;
  // Port 0: a free one; ServerProcess::address() tells which.
  std::string grpc_address = "127.0.0.1:0";
  // Beside --data_dir, --grpc_address and --dev.
  std::vector<std::string> flags;
  // How long it may take until it listens.
  absl::Duration start_timeout = absl::Seconds(60);
};

// A running pistisd. One thread at a time, except that Kill() may be called
// while other threads talk to the server. It dies with the thread that started
// it, so that a crashed test leaves no server behind: start it from a thread
// that lives as long as it is needed.
class ServerProcess {
 public:
  // Returns once the server listens. NotFound where the program is not built,
  // Internal where it ended, DeadlineExceeded where it never listened; both
  // with what it wrote.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(
      const ServerOptions& options);

  // Kills the server if it runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // "127.0.0.1:41234".
  [[nodiscard]] const std::string& address() const { return address_; }
  // 0 after it ended.
  [[nodiscard]] pid_t pid() const { return pid_; }
  // What it wrote to standard error, earlier servers of this data_dir included.
  [[nodiscard]] std::string Log() const;

  // Asks it to end (SIGTERM) and waits. OK where it ended with exit code 0.
  absl::Status Stop();
  // Ends it as a crash would (SIGKILL) and waits.
  void Kill();

 private:
  ServerProcess(pid_t pid, std::string log_path)
      : pid_(pid), log_path_(std::move(log_path)) {}

  absl::Status AwaitListening(size_t log_begin, absl::Duration timeout);

  pid_t pid_;
  std::string log_path_;
  std::string address_;
};

// Where the built program `name` is: in $PISTIS_BIN_DIR, or in bin/ beside the
// folder of the running test.
[[nodiscard]] std::string ProgramPath(absl::string_view name);

}  // namespace pistis

#endif  // PISTIS_TESTS_SUPPORT_SERVER_PROCESS_H_
