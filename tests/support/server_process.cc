#include "tests/support/server_process.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include <fcntl.h>
#include <unistd.h>

namespace pistis {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The address in the line that says that the server listens.
std::optional<std::string> AddressIn(absl::string_view log) {
  constexpr absl::string_view kReady = "pistisd listening on ";
  const size_t at = log.find(kReady);
  if (at == absl::string_view::npos) return std::nullopt;
  const absl::string_view rest = log.substr(at + kReady.size());
  const size_t end = rest.find_first_of(" \n");
  if (end == absl::string_view::npos) return std::nullopt;
  return std::string(rest.substr(0, end));
}

std::vector<std::string> Arguments(const std::string& program,
                                   const ServerOptions& options) {
  std::vector<std::string> arguments = {
      program,          "--data_dir",         options.data_dir,
      "--grpc_address", options.grpc_address, "--dev"};
  arguments.insert(arguments.end(), options.flags.begin(), options.flags.end());
  return arguments;
}

// In the child of a fork of a process with threads: only system calls.
[[noreturn]] void Become(const std::vector<char*>& arguments, int log,
                         pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  dup2(log, STDERR_FILENO);
  execv(arguments[0], arguments.data());
  _exit(127);
}

// Waits until the process ends; its status as waitpid gives it.
int Await(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(
    const ServerOptions& options) {
  const std::string program = ProgramPath("pistisd");
  if (access(program.c_str(), X_OK) != 0) {
    return absl::NotFoundError(absl::StrCat(program, " is not built"));
  }
  const std::string log_path = absl::StrCat(options.data_dir, ".log");
  const size_t log_begin = ReadAll(log_path).size();
  const int log =
      open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) return absl::InternalError(absl::StrCat("no ", log_path));
  std::vector<std::string> arguments = Arguments(program, options);
  std::vector<char*> pointers;
  for (std::string& argument : arguments)
    pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) Become(pointers, log, parent);
  close(log);
  if (pid < 0) return absl::InternalError("cannot fork");
  std::unique_ptr<ServerProcess> server(new ServerProcess(pid, log_path));
  const absl::Status listening =
      server->AwaitListening(log_begin, options.start_timeout);
  if (!listening.ok()) return listening;
  return server;
}

ServerProcess::~ServerProcess() {
  Kill();
}

std::string ServerProcess::Log() const {
  return ReadAll(log_path_);
}

absl::Status ServerProcess::AwaitListening(size_t log_begin,
                                           absl::Duration timeout) {
  const absl::Time end = absl::Now() + timeout;
  while (absl::Now() < end) {
    const std::string log = Log().substr(log_begin);
    if (const auto address = AddressIn(log)) {
      address_ = *address;
      return absl::OkStatus();
    }
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      return absl::InternalError(
          absl::StrCat("pistisd ended before it listened: ", Log()));
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  return absl::DeadlineExceededError(
      absl::StrCat("pistisd does not listen: ", Log()));
}

absl::Status ServerProcess::Stop() {
  if (pid_ == 0) return absl::FailedPreconditionError("it does not run");
  kill(pid_, SIGTERM);
  const int status = Await(std::exchange(pid_, 0));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("pistisd ended with status ", status, ": ", Log()));
}

void ServerProcess::Kill() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  Await(std::exchange(pid_, 0));
}

std::string ProgramPath(absl::string_view name) {
  if (const char* folder = std::getenv("PISTIS_BIN_DIR")) {
    return absl::StrCat(folder, "/", name);
  }
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path().parent_path() / "bin" / std::string(name))
      .string();
}

}  // namespace pistis
