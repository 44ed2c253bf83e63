// `pistis simulate`.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

#include "clients/cli/commands.h"
#include "clients/cli/files.h"
#include "clients/cli/local_simulation.h"
#include "clients/cli/progress.h"
#include "clients/cli/simulation_text.h"
#include "clients/cli/time_text.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

struct SimulateArguments {
  std::string rulebook;
  std::string against;
  std::string from;
  std::string to;
  std::string orders;
  std::string csv;
  bool plain = false;
  int64_t redeem_from = 500;
};

// A report, and how its program writes amounts and times.
struct Simulated {
  v1::SimulationReport report;
  ProgramFacts facts;
};

// Through the server: the program's own sales.
absl::StatusOr<Simulated> SimulateOnline(Session& session,
                                         const SimulateArguments& arguments) {
  Simulated simulated;
  v1::SimulateRulebookRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_yaml(),
                          ReadRulebookFile(arguments.rulebook));
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(),
                          ProgramFor(session, request.yaml()));
  PISTIS_ASSIGN_OR_RETURN(simulated.facts, session.Facts(request.program_id()));
  if (!arguments.against.empty()) {
    int64_t version = 0;
    if (!absl::SimpleAtoi(arguments.against, &version)) {
      return UsageError(
          "--against takes a version; a file of it goes with --orders");
    }
    request.set_current_version(version);
  }
  if (!arguments.from.empty()) {
    PISTIS_ASSIGN_OR_RETURN(
        *request.mutable_from_time(),
        TypedTime("--from", arguments.from, simulated.facts));
  }
  if (!arguments.to.empty()) {
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_to_time(),
                            TypedTime("--to", arguments.to, simulated.facts));
  }
  StagedProgress shown;
  PISTIS_ASSIGN_OR_RETURN(
      simulated.report,
      session.client().SimulateRulebook(
          request, [&](const v1::SimulationProgress& progress) {
            shown.Show(progress);
            return Visit::kContinue;
          }));
  return simulated;
}

// The rulebook in force, as text.
absl::StatusOr<std::string> RulebookInForce(Session& session,
                                            const std::string& program) {
  v1::GetRulebookRequest request;
  request.set_program_id(program);
  PISTIS_ASSIGN_OR_RETURN(const v1::PublishedRulebook published,
                          session.client().GetRulebook(request));
  if (!published.yaml().empty()) return published.yaml();
  // JSON is YAML, too.
  std::string json;
  google::protobuf::util::JsonPrintOptions style;
  style.preserve_proto_field_names = true;
  if (!google::protobuf::util::MessageToJsonString(published.rulebook(), &json,
                                                   style)
           .ok()) {
    return absl::InternalError("the rulebook in force cannot be written");
  }
  return json;
}

// In this process: the sales of a file.
absl::StatusOr<Simulated> SimulateOffline(Session& session,
                                          const SimulateArguments& arguments) {
  LocalSimulation what;
  PISTIS_ASSIGN_OR_RETURN(what.candidate, ReadRulebookFile(arguments.rulebook));
  PISTIS_ASSIGN_OR_RETURN(what.sales, ReadSalesFile(arguments.orders));
  if (!arguments.plain) what.redeem_from = arguments.redeem_from;
  if (!arguments.against.empty()) {
    PISTIS_ASSIGN_OR_RETURN(what.current, ReadRulebookFile(arguments.against));
  } else {
    PISTIS_ASSIGN_OR_RETURN(const std::string program,
                            ProgramFor(session, what.candidate));
    PISTIS_ASSIGN_OR_RETURN(what.current, RulebookInForce(session, program));
  }
  Simulated simulated;
  StagedProgress shown;
  PISTIS_ASSIGN_OR_RETURN(
      simulated.report,
      SimulateLocally(what, [&](const v1::SimulationProgress& progress) {
        shown.Show(progress);
      }));
  PISTIS_ASSIGN_OR_RETURN(simulated.facts, FactsIn(what.current));
  return simulated;
}

absl::Status Simulate(Session& session, const SimulateArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(const Simulated simulated,
                          arguments.orders.empty()
                              ? SimulateOnline(session, arguments)
                              : SimulateOffline(session, arguments));
  if (!arguments.csv.empty()) {
    PISTIS_RETURN_IF_ERROR(
        WriteFile(arguments.csv, SimulationCsv(simulated.report)));
  }
  if (session.json()) {
    session.PrintJson(simulated.report);
  } else {
    session.Print(SimulationText(simulated.report, simulated.facts));
  }
  return absl::OkStatus();
}

}  // namespace

void AddSimulateCommand(CommandLine& line) {
  const auto arguments = std::make_shared<SimulateArguments>();
  CLI::App* simulate = line.app.add_subcommand(
      "simulate", "Say what a rulebook would have given on past sales");
  simulate
      ->add_option("--rulebook", arguments->rulebook,
                   "The rulebook to try: YAML; - for standard input")
      ->required();
  simulate->add_option("--against", arguments->against,
                       "The version, or with --orders the file, to compare "
                       "with; the one in force else");
  CLI::Option* from =
      simulate->add_option("--from", arguments->from,
                           absl::StrCat("Sales from then on: ", kTimeForms));
  CLI::Option* to = simulate->add_option(
      "--to", arguments->to, absl::StrCat("And before then: ", kTimeForms));
  CLI::Option* orders = simulate->add_option(
      "--orders", arguments->orders,
      "A sales file as `replay` reads it, in place of the program's sales");
  orders->excludes(from)->excludes(to);
  simulate
      ->add_flag("--plain", arguments->plain,
                 "With --orders: nobody types a code or pays with points")
      ->needs(orders);
  simulate
      ->add_option("--redeem-from", arguments->redeem_from,
                   "With --orders: who has so many points pays with them")
      ->needs(orders);
  simulate->add_option("--csv", arguments->csv, "Write it as CSV, too");
  simulate->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return Simulate(session, *arguments);
    };
  });
}

}  // namespace pistis
