#include "server/options.h"

#include <filesystem>
#include <iostream>
#include <optional>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "CLI/CLI.hpp"

namespace pistis::server {
namespace {

// Never inside the data, also where that is named "data/" or ".".
std::string BesideDataDir(const std::string& data_dir) {
  std::error_code error;
  const std::string path =
      std::filesystem::absolute(data_dir, error).lexically_normal().string();
  return absl::StrCat(path.substr(0, path.find_last_not_of('/') + 1),
                      "-backups");
}

// "90d", or as absl::ParseDuration has it; nothing where it is neither, or not
// positive.
std::optional<absl::Duration> ParseDuration(absl::string_view text) {
  absl::Duration duration;
  absl::string_view number = text;
  int64_t days = 0;
  if (absl::ConsumeSuffix(&number, "d") && absl::SimpleAtoi(number, &days)) {
    duration = absl::Hours(24) * days;
  } else if (!absl::ParseDuration(text, &duration)) {
    return std::nullopt;
  }
  if (duration <= absl::ZeroDuration()) return std::nullopt;
  return duration;
}

void AddDuration(const std::string& name, const std::string& meaning,
                 absl::Duration& duration, CLI::App& app) {
  app.add_option_function<std::string>(
      name,
      [name, &duration](const std::string& text) {
        const std::optional<absl::Duration> parsed = ParseDuration(text);
        if (!parsed) {
          throw CLI::ValidationError(
              name, "is \"" + text + "\"; 90d, 36h or 15m is wanted");
        }
        duration = *parsed;
      },
      meaning);
}

// A till that was offline for a while still retries.
constexpr absl::Duration kLeastRetention = absl::Hours(1);

void AddClockOptions(ServerOptions& options, CLI::App& app) {
  AddDuration("--max_clock_jump",
              "How far the machine's clock may step before it is not believed "
              "and jobs stop; 24h by default",
              options.max_clock_jump, app);
  AddDuration("--max_downtime",
              "How long after the last commit the server may start and believe "
              "the clock; 400d by default",
              options.max_downtime, app);
  app.add_flag("--accept_clock", options.accept_clock,
               "Believe the clock at this start, however far ahead it is");
  AddDuration("--request_retention",
              "How long request ids are remembered; 90d by default",
              options.request_retention, app);
}

void AddCodeOptions(ServerOptions& options, CLI::App& app) {
  app.add_option("--code_guesses", options.code_guesses.at_once,
                 "How many codes that are none a terminal or a member may try "
                 "at once; a caller ten times as many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  AddDuration("--code_guess_pause",
              "After how long it may try one more; 1m by default",
              options.code_guesses.pause, app);
}

void AddSinkOptions(ServerOptions& options, CLI::App& app) {
  app.add_option("--events_dir", options.sinks.events_dir,
                 "Directory of files that subscriptions write events to; none "
                 "by default");
  app.add_flag_callback(
      "--allow_private_targets",
      [&options] { options.sinks.private_targets = PrivateTargets::kAllowed; },
      "Let webhooks lead into private networks and to this machine");
}

}  // namespace

bool IsLoopback(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  // Digits and dots alone: "127.example.com" is a name for anything.
  const bool is_ipv4 =
      host.find_first_not_of("0123456789.") == std::string::npos;
  return (is_ipv4 && absl::StartsWith(host, "127.")) || host == "localhost" ||
         host == "[::1]";
}

ParsedOptions ParseOptions(int argc, char** argv) {
  ParsedOptions parsed;
  ServerOptions& options = parsed.options;
  CLI::App app("pistisd: loyalty points and rewards, kept in DIR");
  app.add_option("--data_dir", options.data_dir,
                 "Directory of the database; made where it does not exist")
      ->required();
  app.add_option("--backup_dir", options.backup_dir,
                 "Directory of its backups; DIR-backups by default");
  app.add_option("--grpc_address", options.grpc_address,
                 "Address of the gRPC API; port 0 picks a free one")
      ->capture_default_str();
  app.add_option("--http_address", options.http_address,
                 "Address of the API as HTTP/JSON; none by default");
  app.add_flag("--dev", options.dev,
               "Ask for no keys and listen on loopback alone");
  AddClockOptions(options, app);
  AddCodeOptions(options, app);
  AddSinkOptions(options, app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = app.exit(error);
    return parsed;
  }
  if (options.backup_dir.empty()) {
    options.backup_dir = BesideDataDir(options.data_dir);
  }
  parsed.exit_code = 2;
  if (options.request_retention < kLeastRetention) {
    std::cerr << "pistisd: --request_retention is shorter than an hour; a "
                 "retry within it would be done twice\n";
    return parsed;
  }
  if (!options.dev) {
    std::cerr << "pistisd: this version knows no API keys yet and serves only "
                 "with --dev, on loopback\n";
    return parsed;
  }
  for (const std::string& address :
       {options.grpc_address, options.http_address}) {
    if (address.empty() || IsLoopback(address)) continue;
    std::cerr << "pistisd: --dev asks for no keys, so it listens on loopback "
                 "alone; "
              << address << " is not loopback\n";
    return parsed;
  }
  parsed.exit_code = 0;
  parsed.run = true;
  return parsed;
}

}  // namespace pistis::server
