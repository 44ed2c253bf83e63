// One run of the command line: what every command shares.
#ifndef PISTIS_CLIENTS_CLI_SESSION_H_
#define PISTIS_CLIENTS_CLI_SESSION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

#include "clients/cli/program_facts.h"
#include "clients/cpp/client.h"

namespace pistis {

// What can be said in front of or behind any command.
struct GlobalOptions {
  std::string server = "127.0.0.1:7600";
  // As given with --program.
  std::string program;
  // As the environment says; what a command reads itself comes before it.
  std::string default_program;
  // What is shown to the server; see ClientOptions. The key as given, or in the
  // first line of a file.
  std::string key;
  std::string key_file;
  std::string ca_file;
  std::string certificate_file;
  std::string certificate_key_file;
  // One JSON document per line instead of text.
  bool json = false;
};

// A mistake in what was typed or in a file of the caller's.
[[nodiscard]] absl::Status UsageError(absl::string_view message);

// The time that was typed behind `option`, in one of the forms of time_text.h;
// a usage error for other text.
[[nodiscard]] absl::StatusOr<google::protobuf::Timestamp> TypedTime(
    absl::string_view option, const std::string& text,
    const ProgramFacts& facts);

// The id under which a request is sent again, as typed behind `option`; empty:
// none was.
struct RetryId {
  absl::string_view option;
  const std::string& id;
};

// As TypedTime, of a request that asks for the same whenever it is sent again:
// a usage error, too, for a time from now where there is an id.
[[nodiscard]] absl::StatusOr<google::protobuf::Timestamp> RepeatableTime(
    absl::string_view option, const std::string& text, const RetryId& retry,
    const ProgramFacts& facts);

// A refusal of which the output has told all: exit code 1, nothing more said.
[[nodiscard]] absl::Status RefusalTold();

// Says on standard error what went wrong, if anything did, and returns the
// exit code: 0 done, 1 refused, 2 a usage error, 3 the server could not be
// reached, has too much to do, or failed.
[[nodiscard]] int Conclude(const absl::Status& status);

// Standard output, the server and the options. One thread.
class Session {
 public:
  explicit Session(GlobalOptions options) : options_(std::move(options)) {}

  [[nodiscard]] const GlobalOptions& options() const { return options_; }
  [[nodiscard]] bool json() const { return options_.json; }

  // Connected on first use.
  Client& client();

  // The program to work on; a usage error where none was named.
  [[nodiscard]] absl::StatusOr<std::string> Program() const;

  // The facts of the program's current rulebook; without a currency where it
  // has none yet.
  absl::StatusOr<ProgramFacts> Facts(const std::string& program_id);

  void Print(absl::string_view text) const;
  // As protobuf JSON with the names of the proto files, on one line.
  void PrintJson(const google::protobuf::Message& message) const;

 private:
  GlobalOptions options_;
  std::unique_ptr<Client> client_;
};

// A new id for a request that nobody gave one.
[[nodiscard]] std::string NewRequestId();

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_SESSION_H_
