// The commands, group by group.
#ifndef PISTIS_CLIENTS_CLI_COMMANDS_H_
#define PISTIS_CLIENTS_CLI_COMMANDS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "pistis/v1/order.pb.h"

#include "CLI/CLI.hpp"
#include "clients/cli/program_facts.h"
#include "clients/cli/session.h"
#include "engine/base/status_macros.h"

namespace pistis {

// What a command does once everything is parsed.
using Command = std::function<absl::Status(Session&)>;

// The command line as it is declared, and the command that parsing chose.
struct CommandLine {
  CLI::App app{"Pistis: loyalty points and rewards"};
  Command chosen;
};

// Parsing `app` chooses `act`, which gets the facts of the session's program
// and what was parsed into `arguments`. `line` must outlive the parsing.
template <typename Arguments>
void ChooseWithFacts(CLI::App* app, CommandLine& line,
                     const std::shared_ptr<Arguments>& arguments,
                     absl::Status (*act)(Session&, const ProgramFacts&,
                                         const Arguments&)) {
  app->callback([&line, arguments, act] {
    line.chosen = [arguments, act](Session& session) -> absl::Status {
      PISTIS_ASSIGN_OR_RETURN(const std::string program_id, session.Program());
      PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                              session.Facts(program_id));
      return act(session, facts, *arguments);
    };
  });
}

inline void AddRequestIdOption(CLI::App* app, std::string& request_id) {
  app->add_option("--request-id", request_id,
                  "Have one effect, however often this is run with this id");
}

// Each adds one group; parsing one of its commands sets line.chosen. `line`
// must outlive the parsing.
void AddProgramCommands(CommandLine& line);
void AddKeyCommands(CommandLine& line);
void AddAuditCommands(CommandLine& line);
void AddRulebookCommands(CommandLine& line);
void AddCostsCommands(CommandLine& line);
void AddMemberCommands(CommandLine& line);
// One of the group of members.
void AddActivityCommand(CLI::App* members, CommandLine& line);
// Some of the same group: what is stored of a member, and forgetting it.
void AddPersonalDataCommands(CLI::App* members, CommandLine& line);
void AddOrderCommands(CommandLine& line);
// Some of the group of orders.
void AddReservationCommands(CLI::App* orders, CommandLine& line);
void AddAccountCommands(CommandLine& line);
void AddCodeCommands(CommandLine& line);
void AddPointsCommands(CommandLine& line);
void AddHoldCommands(CommandLine& line);
void AddCaseCommands(CommandLine& line);
void AddNoteCommands(CommandLine& line);
void AddEventCommands(CommandLine& line);
void AddSubscriptionCommands(CommandLine& line);
void AddReplayCommand(CommandLine& line);
void AddSimulateCommand(CommandLine& line);
void AddReportCommands(CommandLine& line);
void AddExprCommand(CommandLine& line);

// The order in a file of protobuf JSON; a usage error where there is none.
[[nodiscard]] absl::StatusOr<v1::Order> ReadOrder(const std::string& path);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_COMMANDS_H_
