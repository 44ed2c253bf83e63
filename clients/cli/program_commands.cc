#include <memory>

#include "absl/strings/str_cat.h"

#include "clients/cli/commands.h"
#include "clients/cli/stats_table.h"
#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

// The same facts make the same id, so that opening a program again is answered
// as it was the first time.
std::string RequestIdOf(const v1::Program& program) {
  constexpr int kSymbols = 26;
  const std::string facts =
      absl::StrCat(program.program_id(), "\n", program.currency(), "\n",
                   program.time_zone(), "\n", program.display_name());
  return absl::StrCat("program-", Base32Symbols(Sha256(facts), kSymbols));
}

absl::StatusOr<bool> Exists(Session& session, const std::string& program_id) {
  v1::GetProgramStatsRequest request;
  request.set_program_id(program_id);
  const auto stats = session.client().GetProgramStats(request);
  if (stats.ok()) return true;
  // A malformed id is refused by the creation itself, by the field's name.
  const auto reason = ReasonOf(stats.status());
  if (reason == Reason::kNotFound || reason == Reason::kFieldInvalid) {
    return false;
  }
  return stats.status();
}

absl::Status CreateProgram(Session& session, const v1::Program& program) {
  PISTIS_ASSIGN_OR_RETURN(const bool existed,
                          Exists(session, program.program_id()));
  v1::CreateProgramRequest request;
  request.set_request_id(RequestIdOf(program));
  *request.mutable_program() = program;
  PISTIS_ASSIGN_OR_RETURN(const v1::Program created,
                          session.client().CreateProgram(request));
  if (session.json()) {
    session.PrintJson(created);
    return absl::OkStatus();
  }
  session.Print(absl::StrCat("program ", created.program_id(), ", ",
                             created.currency(), ", ", created.time_zone(),
                             existed ? ": exists already\n" : ": opened\n"));
  return absl::OkStatus();
}

absl::Status ShowStats(Session& session) {
  PISTIS_ASSIGN_OR_RETURN(const std::string program_id, session.Program());
  v1::GetProgramStatsRequest request;
  request.set_program_id(program_id);
  PISTIS_ASSIGN_OR_RETURN(const v1::ProgramStats stats,
                          session.client().GetProgramStats(request));
  if (session.json()) {
    session.PrintJson(stats);
    return absl::OkStatus();
  }
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts, session.Facts(program_id));
  Table table = SumsTable();
  AddStats(stats, facts, table);
  session.Print(table.Text());
  return absl::OkStatus();
}

absl::Status ListPrograms(Session& session) {
  Table table({{"program"}, {"currency"}, {"time zone"}, {"name"}});
  v1::ListProgramsRequest request;
  do {
    PISTIS_ASSIGN_OR_RETURN(const v1::ListProgramsResponse page,
                            session.client().ListPrograms(request));
    for (const v1::Program& program : page.programs()) {
      if (session.json()) session.PrintJson(program);
      table.AddRow({program.program_id(), program.currency(),
                    program.time_zone(), program.display_name()});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!session.json()) session.Print(table.Text());
  return absl::OkStatus();
}

}  // namespace

void AddProgramCommands(CommandLine& line) {
  CLI::App* group = line.app.add_subcommand("program", "Programs");
  group->require_subcommand(1);

  const auto program = std::make_shared<v1::Program>();
  const auto text = [](CLI::App* app, const char* name, std::string* field,
                       const char* what) {
    return app->add_option(name, *field, what);
  };
  CLI::App* create = group->add_subcommand("create", "Open a program");
  text(create, "id", program->mutable_program_id(), "Its id")->required();
  text(create, "--currency", program->mutable_currency(), "ISO 4217 code")
      ->required();
  text(create, "--time-zone", program->mutable_time_zone(), "IANA name")
      ->required();
  text(create, "--name", program->mutable_display_name(),
       "What people call it");
  create->callback([&line, program] {
    line.chosen = [program](Session& session) {
      return CreateProgram(session, *program);
    };
  });

  CLI::App* list = group->add_subcommand("list", "Those that you may call");
  list->callback([&line] { line.chosen = ListPrograms; });

  CLI::App* stats = group->add_subcommand("stats", "What it has come to");
  stats->callback([&line] { line.chosen = ShowStats; });
}

}  // namespace pistis
