// The commands that prove a ledger whole, and keep copies of it.
#ifndef PISTIS_CLIENTS_CLI_PROOF_COMMANDS_H_
#define PISTIS_CLIENTS_CLI_PROOF_COMMANDS_H_

#include "clients/cli/commands.h"

namespace pistis {

// As those of commands.h: `verify` and `checkpoint`; `backup`, `backup clean`
// and `restore`; `doctor`.
void AddVerifyCommands(CommandLine& line);
void AddBackupCommands(CommandLine& line);
void AddDoctorCommand(CommandLine& line);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_PROOF_COMMANDS_H_
