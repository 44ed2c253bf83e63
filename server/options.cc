#include "server/options.h"

#include <iostream>

#include "absl/strings/match.h"

#include "CLI/CLI.hpp"

namespace pistis::server {

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
  app.add_option("--grpc_address", options.grpc_address,
                 "Address of the gRPC API; port 0 picks a free one")
      ->capture_default_str();
  app.add_option("--http_address", options.http_address,
                 "Address of the API as HTTP/JSON; none by default");
  app.add_flag("--dev", options.dev,
               "Ask for no keys and listen on loopback alone");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = app.exit(error);
    return parsed;
  }
  parsed.exit_code = 2;
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
