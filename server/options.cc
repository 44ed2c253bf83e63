#include "server/options.h"

#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "CLI/CLI.hpp"
#include "engine/base/status_macros.h"
#include "server/option_sources.h"

namespace pistis::server {
namespace {

// The same for "data/", "./data" and "data"; empty for the root.
std::string PlainPath(const std::string& directory) {
  std::error_code error;
  const std::string path =
      std::filesystem::absolute(directory, error).lexically_normal().string();
  return path.substr(0, path.find_last_not_of('/') + 1);
}

bool IsWithin(const std::string& inner, const std::string& outer) {
  return absl::StartsWith(absl::StrCat(PlainPath(inner), "/"),
                          absl::StrCat(PlainPath(outer), "/"));
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

// What ParseDuration reads as `duration`.
std::string DurationText(absl::Duration duration) {
  if (duration == absl::ZeroDuration() ||
      duration == absl::InfiniteDuration()) {
    return "";
  }
  const int64_t days = duration / absl::Hours(24);
  return duration > absl::Hours(48) && absl::Hours(24) * days == duration
             ? absl::StrCat(days, "d")
             : absl::FormatDuration(duration);
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
         meaning)
      ->default_str(DurationText(duration));
}

// "HOST:PORT"; empty says that there is none. What is wrong with it, or "".
std::string CheckAddress(const std::string& address) {
  constexpr int kMaxPort = 65535;
  const size_t colon = address.rfind(':');
  int port = -1;
  if (address.empty() || (colon != std::string::npos && colon > 0 &&
                          absl::SimpleAtoi(address.substr(colon + 1), &port) &&
                          port >= 0 && port <= kMaxPort)) {
    return "";
  }
  return absl::StrCat("\"", address,
                      "\" is no address; HOST:PORT is wanted, as in "
                      "127.0.0.1:7600 or [::1]:7600");
}

// "https://HOST[:PORT]", as RFC 6454 6.2 writes it: in small letters, and
// without the port that the scheme has anyway. What is wrong with it, or "".
std::string CheckOrigin(const std::string& origin) {
  absl::string_view host = origin;
  const bool is_https = absl::ConsumePrefix(&host, "https://");
  const bool is_known = is_https || absl::ConsumePrefix(&host, "http://");
  constexpr char kNotOfHosts[] = "/?#*@, ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return is_known && !host.empty() &&
                 !absl::EndsWith(host, is_https ? ":443" : ":80") &&
                 host.find_first_of(kNotOfHosts) == absl::string_view::npos
             ? ""
             : absl::StrCat("\"", origin,
                            "\" is no origin; one as browsers send it is "
                            "wanted, as in https://console.example: small "
                            "letters, no :443 or :80, no path");
}

void AddCount(const std::string& name, const std::string& meaning, int& count,
              CLI::App& app) {
  app.add_option(name, count, meaning)
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
}

constexpr int kUsageExit = 2;

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

void AddStoreOptions(ServerOptions& options, CLI::App& app) {
  app.add_option("--data_dir", options.data_dir,
                 "Directory of the database; made where it does not exist")
      ->required();
  app.add_option("--backup_dir", options.backup_dir,
                 "Directory of its backups; DIR-backups by default");
  BackupSchedule& schedule = options.backup_schedule;
  AddDuration("--backup_every",
              "Make a backup this often; none by the clock by default",
              schedule.every, app);
  app.add_option("--backup_keep", schedule.retention.count,
                 "How many of those stay")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  AddDuration("--backup_keep_for",
              "How long they stay; the latest one always does. For ever by "
              "default",
              schedule.retention.age, app);
}

void AddListenOptions(ServerOptions& options, CLI::App& app) {
  app.add_option("--grpc_address", options.grpc_address,
                 "Address of the gRPC API; port 0 picks a free one")
      ->check(CheckAddress)
      ->capture_default_str();
  app.add_option("--http_address", options.http.address,
                 "Address of the API as HTTP/JSON; none by default")
      ->check(CheckAddress);
  app.add_option("--cors_origin", options.http.cors_origins,
                 "Origin whose web pages may call by HTTP, as in "
                 "https://console.example; may be given again")
      ->check(CheckOrigin);
  AddCount("--http_connections", "HTTP connections that may be open",
           options.http.limits.connections, app);
  AddCount("--http_connections_per_address",
           "HTTP connections that one address may have open",
           options.http.limits.connections_per_address, app);
  AddCount("--grpc_connections", "gRPC connections that may be open",
           options.grpc_limits.connections, app);
  AddCount("--grpc_connections_per_address",
           "gRPC connections that one address may have open",
           options.grpc_limits.connections_per_address, app);
  AddCount("--http_new_connections",
           "HTTP connections that one address may open in a second",
           options.http.limits.new_connections, app);
  AddCount("--grpc_new_connections",
           "gRPC connections that one address may open in a second",
           options.grpc_limits.new_connections, app);
  AddCount("--rate", "Calls a second of one key or certificate",
           options.rates.rate, app);
  AddCount("--rate_burst", "How many of those at once", options.rates.burst,
           app);
  app.add_flag("--dev", options.dev,
               "Ask for no keys and listen on loopback alone");
}

void AddWatchOptions(WatchOptions& options, CLI::App& app) {
  app.add_option("--metrics_address", options.metrics_address,
                 "Address of /metrics for Prometheus, which asks for no key; "
                 "none by default")
      ->check(CheckAddress);
  app.add_flag("--insecure_metrics", options.insecure_metrics,
               "Serve /metrics beyond loopback, to whoever reaches it");
  app.add_option("--log_format", options.log.format,
                 "text, or json: one object a line; text by default")
      ->transform(CLI::CheckedTransformer(std::map<std::string, LogFormat>{
          {"text", LogFormat::kText}, {"json", LogFormat::kJson}}))
      ->default_str("text");
  app.add_option("--log_level", options.log.level,
                 "debug, info, warn or error: what is logged at least; info by "
                 "default")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, spdlog::level::level_enum>{
              {"debug", spdlog::level::debug},
              {"info", spdlog::level::info},
              {"warn", spdlog::level::warn},
              {"error", spdlog::level::err}}))
      ->default_str("info");
  AddDuration("--slow_request",
              "Calls that take so long are logged; 250ms by default",
              options.slow_request, app);
  app.add_option("--min_free_disk", options.min_free_disk,
                 "With less free on the disk of the data nothing is changed "
                 "any more, as in 1GiB; 0: whatever is free")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("1GiB");
}

void AddTlsOptions(ServerOptions& options, CLI::App& app) {
  app.add_option("--tls_cert", options.http.tls.certificate,
                 "PEM file of the server's certificate, for gRPC and HTTP; "
                 "read again when it changes");
  app.add_option("--tls_key", options.http.tls.key, "PEM file of its key");
  app.add_option("--tls_client_ca", options.http.tls.client_ca,
                 "PEM file of who signs the certificates of terminals");
  app.add_option("--tls_crl", options.tls_crl,
                 "PEM file of the certificates that are revoked");
  app.add_flag("--insecure_plaintext", options.insecure_plaintext,
               "Listen beyond loopback without TLS: a proxy in front has it");
  app.add_flag("--new_owner_key", options.new_owner_key,
               "Make and print another owner's key at this start")
      ->configurable(false);
}

// Nobody's key goes over a wire in plain text.
absl::Status CheckTls(const ServerOptions& options) {
  const HttpTls& tls = options.http.tls;
  if (tls.certificate.empty() != tls.key.empty()) {
    return absl::InvalidArgumentError(
        "--tls_cert and --tls_key go together, and one is missing");
  }
  const bool has_tls = !tls.certificate.empty();
  if (!tls.client_ca.empty() && !has_tls) {
    return absl::InvalidArgumentError(
        "--tls_client_ca needs --tls_cert and --tls_key");
  }
  if (!options.tls_crl.empty() && tls.client_ca.empty()) {
    return absl::InvalidArgumentError(
        "--tls_crl needs --tls_client_ca, which signs the list");
  }
  for (const std::string& address :
       {options.grpc_address, options.http.address}) {
    if (!IsLoopback(address) && !has_tls && !options.insecure_plaintext) {
      return absl::InvalidArgumentError(absl::StrCat(
          address,
          " is not loopback, and keys would go over the wire in plain "
          "text; give --tls_cert and --tls_key, or "
          "--insecure_plaintext where a proxy in front has TLS"));
    }
  }
  return absl::OkStatus();
}

// Who is asked for nothing comes from this machine.
absl::Status CheckOpenToAll(const ServerOptions& options) {
  for (const std::string& address : {options.grpc_address, options.http.address,
                                     options.watch.metrics_address}) {
    if (options.dev && !IsLoopback(address)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--dev asks for no keys, so it listens on loopback alone; ", address,
          " is not loopback"));
    }
  }
  if (!IsLoopback(options.watch.metrics_address) &&
      !options.watch.insecure_metrics) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--metrics_address ", options.watch.metrics_address,
        " is not loopback, and /metrics asks nobody for a key; give "
        "--insecure_metrics where the network lets none but Prometheus in"));
  }
  return absl::OkStatus();
}

// Who may write these decides who may call.
absl::Status CheckFiles(const ServerOptions& options,
                        const std::string& config) {
  const HttpTls& tls = options.http.tls;
  for (const auto& [option, file] :
       std::vector<std::pair<const char*, std::string>>{
           {"--config", config},
           {"--tls_cert", tls.certificate},
           {"--tls_key", tls.key},
           {"--tls_client_ca", tls.client_ca},
           {"--tls_crl", options.tls_crl}}) {
    if (!file.empty() && IsWritableByAll(file)) {
      return absl::InvalidArgumentError(
          absl::StrCat(option, " ", file,
                       " may be written by anybody on this machine; take that "
                       "away: chmod o-w ",
                       file));
    }
  }
  return absl::OkStatus();
}

// What no option can tell by itself.
absl::Status CheckTogether(const ServerOptions& options,
                           const std::string& config) {
  if (IsWithin(options.backup_dir, options.data_dir)) {
    return absl::InvalidArgumentError(
        "--backup_dir lies in --data_dir; name a folder outside, best on "
        "another disk");
  }
  if (options.request_retention < kLeastRetention) {
    return absl::InvalidArgumentError(
        "--request_retention is shorter than an hour; a retry within it would "
        "be done twice");
  }
  PISTIS_RETURN_IF_ERROR(CheckOpenToAll(options));
  PISTIS_RETURN_IF_ERROR(CheckFiles(options, config));
  return CheckTls(options);
}

}  // namespace

bool IsWritableByAll(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status found = fs::status(path, error);
  return fs::exists(found) &&
         (found.permissions() & fs::perms::others_write) != fs::perms::none;
}

bool IsLoopback(const std::string& address) {
  if (address.empty()) return true;
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
  bool check_config = false;
  app.set_version_flag("--version", absl::StrCat("pistisd ", PISTIS_VERSION));
  app.add_flag("--check_config", check_config,
               "Say what every option is and where that is from, and end")
      ->configurable(false);
  AddStoreOptions(options, app);
  AddListenOptions(options, app);
  AddTlsOptions(options, app);
  AddClockOptions(options, app);
  AddCodeOptions(options, app);
  AddSinkOptions(options, app);
  AddWatchOptions(options.watch, app);
  const OptionSources sources(app, {argv, argv + argc});
  try {
    sources.CheckEnvironment();
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    parsed.exit_code = app.exit(done);
    return parsed;
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = kUsageExit;
    std::cerr << absl::StrCat("pistisd: ", error.what(),
                              sources.Blame(error.what()), "\n");
    return parsed;
  }
  if (options.backup_dir.empty()) {
    options.backup_dir = absl::StrCat(PlainPath(options.data_dir), "-backups");
    app.get_option("--backup_dir")->default_str(options.backup_dir);
  }
  if (check_config) std::cout << sources.Describe();
  const absl::Status allowed =
      CheckTogether(options, app.get_config_ptr()->as<std::string>());
  if (!allowed.ok()) {
    parsed.exit_code = kUsageExit;
    std::cerr << absl::StrCat("pistisd: ", allowed.message(), "\n");
    return parsed;
  }
  parsed.run = !check_config;
  return parsed;
}

}  // namespace pistis::server
