#include "clients/cli/recount_text.h"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

#include "clients/cli/json_object.h"
#include "clients/cli/table.h"

namespace pistis {

std::string RecountText(const ProgramRecount& recount) {
  const v1::VerifyReport& report = recount.report;
  std::string text;
  if (!recount.program_id.empty()) {
    absl::StrAppend(&text, "program ", recount.program_id, ": ",
                    report.commits(), " commits, ", report.entries(),
                    " entries, ", report.members(), " members, ",
                    report.orders(), " orders, chain up to commit ",
                    report.commit_seq(), "\n");
  }
  if (report.finding_count() == 0) {
    return absl::StrCat(text, "nothing is wrong\n");
  }
  Table table({{"kind", Table::Align::kLeft},
               {"where", Table::Align::kLeft},
               {"what is wrong", Table::Align::kLeft}});
  for (const v1::VerifyFinding& finding : report.findings())
    table.AddRow({finding.kind(), finding.where(), finding.problem()});
  absl::StrAppend(&text, table.Text());
  const int64_t left = report.finding_count() - report.findings_size();
  if (left > 0) absl::StrAppend(&text, "and ", left, " more\n");
  return text;
}

std::string RecountJson(const ProgramRecount& recount) {
  const v1::VerifyReport& report = recount.report;
  std::vector<JsonObject> findings;
  for (const v1::VerifyFinding& finding : report.findings()) {
    findings.emplace_back()
        .Add("kind", finding.kind())
        .Add("where", finding.where())
        .Add("problem", finding.problem());
  }
  return JsonObject()
      .Add("program", recount.program_id)
      .Add("commits", report.commits())
      .Add("entries", report.entries())
      .Add("members", report.members())
      .Add("orders", report.orders())
      .Add("commit_seq", report.commit_seq())
      .Add("chain_hash", absl::BytesToHexString(report.chain_hash()))
      .Add("finding_count", report.finding_count())
      .Add("findings", findings)
      .Text();
}

absl::StatusOr<v1::LedgerCheckpoint> ReadCheckpoint(const std::string& path) {
  std::ifstream file(path);
  const std::string json{std::istreambuf_iterator<char>(file),
                         std::istreambuf_iterator<char>()};
  v1::LedgerCheckpoint checkpoint;
  if (json.empty() ||
      !google::protobuf::util::JsonStringToMessage(json, &checkpoint).ok() ||
      checkpoint.program_id().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path,
                     " holds no checkpoint, which `pistis checkpoint` "
                     "would have written as JSON"));
  }
  return checkpoint;
}

}  // namespace pistis
