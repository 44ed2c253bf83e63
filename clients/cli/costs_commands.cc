// pistis costs: what articles cost.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

#include "clients/cli/commands.h"
#include "clients/cli/costs_file.h"
#include "clients/cli/csv.h"
#include "clients/cli/progress.h"
#include "clients/cli/table.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

constexpr size_t kCostsAtOnce = 1000;
constexpr absl::string_view kField = "costs[";

struct CostsArguments {
  std::string file;
  std::string sku;
};

absl::StatusOr<std::vector<CostRow>> ReadCosts(const std::string& file,
                                               const ProgramFacts& facts) {
  const absl::StatusOr<std::string> text = ReadTextFile(file);
  if (!text.ok()) return UsageError(text.status().message());
  absl::StatusOr<std::vector<CostRow>> rows = ParseCostsFile(*text, facts);
  if (!rows.ok()) {
    return UsageError(absl::StrCat(file, ": ", rows.status().message()));
  }
  if (rows->empty()) return UsageError(absl::StrCat(file, ": has no costs"));
  return rows;
}

// The row that a refusal speaks of ("costs[12].sku").
std::optional<size_t> RowOf(absl::string_view message) {
  const size_t begin = message.find(kField);
  const size_t end = message.find(']');
  size_t row = 0;
  if (begin == absl::string_view::npos || end == absl::string_view::npos ||
      end < begin ||
      !absl::SimpleAtoi(
          message.substr(begin + kField.size(), end - begin - kField.size()),
          &row)) {
    return std::nullopt;
  }
  return row;
}

// Where the file broke off, beside what the server says.
void TellWhere(absl::Span<const CostRow> batch, const absl::Status& status,
               size_t imported) {
  const std::optional<size_t> row = RowOf(status.message());
  const int64_t line =
      row && *row < batch.size() ? batch[*row].line : batch.front().line;
  std::fputs(absl::StrCat("pistis: line ", line, row ? "" : " and after",
                          "; the ", imported,
                          " costs before that batch are imported, and running "
                          "this again is safe\n")
                 .c_str(),
             stderr);
}

absl::StatusOr<v1::ImportCostsResponse> ImportBatches(
    Session& session, const std::string& program,
    absl::Span<const CostRow> rows) {
  Progress progress("costs", static_cast<int64_t>(rows.size()));
  v1::ImportCostsResponse sums;
  for (size_t done = 0; done < rows.size();) {
    const absl::Span<const CostRow> batch = rows.subspan(done, kCostsAtOnce);
    v1::ImportCostsRequest request;
    request.set_program_id(program);
    request.set_request_id(NewRequestId());
    for (const CostRow& row : batch)
      *request.add_costs() = row.cost;
    const auto reply = session.client().ImportCosts(request);
    if (!reply.ok()) {
      TellWhere(batch, reply.status(), done);
      return reply.status();
    }
    sums.set_added(sums.added() + reply->added());
    sums.set_replaced(sums.replaced() + reply->replaced());
    sums.set_catalogue_costs(reply->catalogue_costs());
    sums.set_commit_seq(reply->commit_seq());
    done += batch.size();
    progress.Show(static_cast<int64_t>(done));
  }
  return sums;
}

absl::Status Import(Session& session, const CostsArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(const std::string program, session.Program());
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts, session.Facts(program));
  PISTIS_ASSIGN_OR_RETURN(const std::vector<CostRow> rows,
                          ReadCosts(arguments.file, facts));
  PISTIS_ASSIGN_OR_RETURN(const v1::ImportCostsResponse sums,
                          ImportBatches(session, program, rows));
  if (session.json()) {
    session.PrintJson(sums);
  } else {
    session.Print(absl::StrCat(sums.added(), " costs added, ", sums.replaced(),
                               " replaced; the catalogue has ",
                               sums.catalogue_costs(), "\n"));
  }
  return absl::OkStatus();
}

absl::Status List(Session& session, const CostsArguments& arguments) {
  v1::ListCostsRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                          session.Facts(request.program_id()));
  request.set_sku(arguments.sku);
  request.set_page_size(static_cast<int32_t>(kCostsAtOnce));
  Table table({{"sku", Table::Align::kLeft},
               {"cost", Table::Align::kRight},
               {"valid from", Table::Align::kLeft}});
  do {
    PISTIS_ASSIGN_OR_RETURN(const v1::ListCostsResponse page,
                            session.client().ListCosts(request));
    for (const v1::ArticleCost& cost : page.costs()) {
      if (session.json()) {
        session.PrintJson(cost);
      } else {
        table.AddRow({cost.sku(), cost.cost(),
                      cost.has_valid_from() ? facts.TimeText(cost.valid_from())
                                            : "ever"});
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!session.json()) session.Print(table.Text());
  return absl::OkStatus();
}

}  // namespace

void AddCostsCommands(CommandLine& line) {
  const auto arguments = std::make_shared<CostsArguments>();
  CLI::App* group = line.app.add_subcommand("costs", "What articles cost");
  group->require_subcommand(1);

  CLI::App* import = group->add_subcommand(
      "import", "State what articles cost, from a CSV file");
  import
      ->add_option("file", arguments->file,
                   "Columns sku, cost and valid_from, plain or gzip; - for "
                   "standard input")
      ->required();
  import->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return Import(session, *arguments);
};
}  // namespace pistis
);

CLI::App* list = group->add_subcommand("list", "List what articles cost");
list->add_option("--sku", arguments->sku, "Of one article");
list->callback([&line, arguments] {
  line.chosen = [arguments](Session& session) {
    return List(session, *arguments);
  };
});
}

}  // namespace pistis
