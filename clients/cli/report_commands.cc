// `pistis report`.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pistis/v1/insight_service.pb.h"

#include "clients/cli/commands.h"
#include "clients/cli/files.h"
#include "clients/cli/margin_text.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

using Request = v1::GetMarginReportRequest;

const std::map<std::string, Request::Rows>& RowsByName() {
  static const auto& rows =
      *new std::map<std::string, Request::Rows>{{"day", Request::DAY},
                                                {"category", Request::CATEGORY},
                                                {"store", Request::STORE},
                                                {"rule", Request::RULE},
                                                {"tier", Request::TIER}};
  return rows;
}

struct ReportArguments {
  std::string from;
  std::string to;
  std::vector<std::string> by;
  std::string csv;
  int32_t rows = 0;
};

absl::Status ReportMargin(Session& session, const ReportArguments& arguments) {
  Request request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_from_day(arguments.from);
  request.set_to_day(arguments.to);
  request.set_max_rows(arguments.rows);
  for (const std::string& by : arguments.by)
    request.add_by(RowsByName().at(by));
  PISTIS_ASSIGN_OR_RETURN(const v1::MarginReport report,
                          session.client().GetMarginReport(request));
  if (arguments.csv == "-") {
    session.Print(MarginCsv(report));
    return absl::OkStatus();
  }
  if (!arguments.csv.empty()) {
    PISTIS_RETURN_IF_ERROR(WriteFile(arguments.csv, MarginCsv(report)));
  }
  if (session.json()) {
    session.PrintJson(report);
    return absl::OkStatus();
  }
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                          session.Facts(request.program_id()));
  session.Print(MarginText(report, facts));
  return absl::OkStatus();
}

}  // namespace

void AddReportCommands(CommandLine& line) {
  CLI::App* group = line.app.add_subcommand("report", "What sales came to");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<ReportArguments>();
  CLI::App* margin = group->add_subcommand(
      "margin", "Sales, costs, margins, and what discounts took of them");
  margin
      ->add_option("--from", arguments->from,
                   "The first day, 2026-01-01, by the program's clock")
      ->required();
  margin->add_option("--to", arguments->to, "The last day, counted in")
      ->required();
  margin
      ->add_option("--by", arguments->by,
                   "day, category, store, rule or tier; more than one may be "
                   "said; all else")
      ->check(CLI::IsMember({"day", "category", "store", "rule", "tier"}));
  margin->add_option("--rows", arguments->rows,
                     "The most rows of a kind; 100 else");
  margin->add_option("--csv", arguments->csv,
                     "Write it as CSV, too; - writes nothing else");
  margin->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return ReportMargin(session, *arguments);
    };
  });
}

}  // namespace pistis
