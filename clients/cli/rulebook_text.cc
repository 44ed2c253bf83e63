#include "clients/cli/rulebook_text.h"

#include "absl/strings/str_cat.h"

namespace pistis {
namespace {

std::string Counted(int64_t count, absl::string_view what) {
  return absl::StrCat(count, " ", what, count == 1 ? "" : "s");
}

void AppendFinding(absl::string_view kind, const v1::RulebookFinding& finding,
                   std::string& text) {
  absl::StrAppend(&text, kind, ": ");
  if (finding.line() > 0) {
    absl::StrAppend(&text, "line ", finding.line(), ", column ",
                    finding.column(), ": ");
  }
  if (!finding.path().empty()) absl::StrAppend(&text, finding.path(), ": ");
  absl::StrAppend(&text, finding.message(), "\n");
}

std::string StateText(v1::PublishedRulebook::State state) {
  switch (state) {
    case v1::PublishedRulebook::SCHEDULED:
      return "scheduled";
    case v1::PublishedRulebook::IN_FORCE:
      return "in force";
    case v1::PublishedRulebook::SUPERSEDED:
      return "superseded";
    default:
      return "";
  }
}

}  // namespace

std::string PublishedText(const v1::PublishedRulebook& published,
                          const ProgramFacts& facts) {
  const v1::Rulebook& rulebook = published.rulebook();
  const bool waits =
      TimeOf(published.start_time()) > TimeOf(published.publish_time());
  return absl::StrCat(
      "version ", published.version(),
      waits ? absl::StrCat(" starts ", facts.TimeText(published.start_time()))
            : " is current",
      ", ", Counted(rulebook.rules_size(), "rule"), ", ",
      Counted(rulebook.codes_size(), "code"), ", ",
      Counted(rulebook.notes_size(), "note"), ", ",
      Counted(rulebook.examples_size(), "example"), "\n");
}

std::string ReportText(const v1::ValidateRulebookResponse& report) {
  std::string text;
  for (const v1::RulebookFinding& error : report.errors())
    AppendFinding("error", error, text);
  for (const v1::RulebookFinding& warning : report.warnings())
    AppendFinding("warning", warning, text);
  const int errors = report.errors_size() + report.unlisted_errors();
  const int warnings = report.warnings_size() + report.unlisted_warnings();
  absl::StrAppend(&text, report.valid() ? "valid" : "not valid", ": ",
                  Counted(errors, "error"), ", ", Counted(warnings, "warning"),
                  ", ", Counted(report.examples_run(), "example"), " run\n");
  return text;
}

Table VersionTable() {
  return Table({{"version", Table::Align::kRight},
                {"state"},
                {"starts"},
                {"published"},
                {"by"},
                {"why"}});
}

void AddVersion(const v1::PublishedRulebook& version, const ProgramFacts& facts,
                Table& table) {
  const std::string restores =
      version.restores_version() == 0
          ? ""
          : absl::StrCat("back to ", version.restores_version(), ": ");
  table.AddRow({absl::StrCat(version.version()), StateText(version.state()),
                facts.TimeText(version.start_time()),
                facts.TimeText(version.publish_time()), version.caller(),
                absl::StrCat(restores, version.comment())});
}

std::string DiffText(const v1::DiffRulebooksResponse& diff) {
  if (diff.changes().empty()) return "no difference\n";
  std::string text;
  for (const v1::RulebookChange& change : diff.changes())
    absl::StrAppend(&text, change.text(), "\n");
  if (diff.unlisted_changes() > 0) {
    absl::StrAppend(&text, "and ", diff.unlisted_changes(), " more\n");
  }
  return text;
}

}  // namespace pistis
