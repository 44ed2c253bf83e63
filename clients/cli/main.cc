// pistis: the command line. Flags here; what each command does is in the file
// of its group.
#include <exception>
#include <iostream>

#include "clients/cli/commands.h"
#include "clients/cli/proof_commands.h"
#include "clients/cli/session.h"

namespace pistis {
namespace {

constexpr int kUsageExit = 2;

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  app.require_subcommand(1);
  // So that the options below may also stand behind a command.
  app.fallthrough();
  app.add_option("--server", options.server, "Address of the server")
      ->envname("PISTIS_SERVER")
      ->capture_default_str();
  app.add_option("--program", options.program,
                 "The program to work on (Env:PISTIS_PROGRAM)");
  app.add_option("--default-program", options.default_program)
      ->envname("PISTIS_PROGRAM")
      ->group("");
  app.add_option("--key", options.key, "The API key to show")
      ->envname("PISTIS_KEY");
  app.add_option("--key-file", options.key_file,
                 "A file whose first line is the API key")
      ->check(CLI::ExistingFile)
      ->envname("PISTIS_KEY_FILE");
  app.add_option("--ca", options.ca_file,
                 "Who signed the server's certificate, PEM: speak TLS")
      ->check(CLI::ExistingFile)
      ->envname("PISTIS_CA");
  CLI::Option* certificate = app.add_option("--cert", options.certificate_file,
                                            "The certificate to show, PEM")
                                 ->check(CLI::ExistingFile)
                                 ->needs("--ca");
  app.add_option("--cert-key", options.certificate_key_file,
                 "Its private key, PEM")
      ->check(CLI::ExistingFile)
      ->needs(certificate);
  certificate->needs("--cert-key");
  app.add_flag("--json", options.json, "Write JSON, one document per line");
  app.footer(
      "Exit codes: 0 done, 1 refused, 2 usage error or bad file, 3 the server "
      "could not be reached or failed.");
}

int Main(int argc, char** argv) {
  CommandLine line;
  GlobalOptions options;
  AddGlobalOptions(line.app, options);
  AddProgramCommands(line);
  AddKeyCommands(line);
  AddAuditCommands(line);
  AddRulebookCommands(line);
  AddCostsCommands(line);
  AddMemberCommands(line);
  AddOrderCommands(line);
  AddAccountCommands(line);
  AddPointsCommands(line);
  AddCodeCommands(line);
  AddHoldCommands(line);
  AddCaseCommands(line);
  AddNoteCommands(line);
  AddEventCommands(line);
  AddSubscriptionCommands(line);
  AddReplayCommand(line);
  AddSimulateCommand(line);
  AddReportCommands(line);
  AddExprCommand(line);
  AddVerifyCommands(line);
  AddBackupCommands(line);
  AddDoctorCommand(line);
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return line.app.exit(error) == 0 ? 0 : kUsageExit;
  }
  Session session(options);
  return Conclude(line.chosen(session));
}

}  // namespace
}  // namespace pistis

int main(int argc, char** argv) {
  try {
    return pistis::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "pistis: " << error.what() << "\n";
    return 3;
  }
}
