#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/commands.h"
#include "clients/cli/files.h"
#include "clients/cli/rulebook_text.h"
#include "clients/cli/time_text.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

struct Arguments {
  std::string file;
  std::string request_id;
  std::string start;
  std::string comment;
  std::string at;
  int64_t version = 0;
  int64_t from = 0;
  std::string to;
};

// Sets the program and the YAML of a request that has both.
template <typename Request>
absl::Status TakeFile(const Session& session, const std::string& file,
                      Request& request) {
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_yaml(), ReadRulebookFile(file));
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(),
                          ProgramFor(session, request.yaml()));
  return absl::OkStatus();
}

// Sets the start of a request that has one, where it was typed.
template <typename Request>
absl::Status TakeStart(Session& session, const std::string& start,
                       Request& request) {
  if (start.empty()) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                          session.Facts(request.program_id()));
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_start_time(),
                          TypedTime("--start", start, facts));
  return absl::OkStatus();
}

absl::Status SayPublished(const Session& session, const std::string& program,
                          const v1::PublishedRulebook& published) {
  if (session.json()) {
    session.PrintJson(published);
  } else {
    session.Print(
        absl::StrCat("program ", program, ": ",
                     PublishedText(published, FactsOf(published.rulebook()))));
  }
  return absl::OkStatus();
}

absl::Status Validate(Session& session, const Arguments& arguments) {
  v1::ValidateRulebookRequest request;
  PISTIS_RETURN_IF_ERROR(TakeFile(session, arguments.file, request));
  PISTIS_RETURN_IF_ERROR(TakeStart(session, arguments.start, request));
  PISTIS_ASSIGN_OR_RETURN(const v1::ValidateRulebookResponse report,
                          session.client().ValidateRulebook(request));
  if (session.json()) {
    session.PrintJson(report);
  } else {
    session.Print(ReportText(report));
  }
  if (report.valid()) return absl::OkStatus();
  return Refuse(Reason::kRulebookInvalid, "it could not be published");
}

absl::Status Publish(Session& session, const Arguments& arguments) {
  v1::PublishRulebookRequest request;
  PISTIS_RETURN_IF_ERROR(TakeFile(session, arguments.file, request));
  PISTIS_RETURN_IF_ERROR(TakeStart(session, arguments.start, request));
  request.set_request_id(arguments.request_id.empty() ? NewRequestId()
                                                      : arguments.request_id);
  request.set_comment(arguments.comment);
  PISTIS_ASSIGN_OR_RETURN(const v1::PublishedRulebook published,
                          session.client().PublishRulebook(request));
  return SayPublished(session, request.program_id(), published);
}

absl::Status Rollback(Session& session, const Arguments& arguments) {
  v1::RollbackRulebookRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  PISTIS_RETURN_IF_ERROR(TakeStart(session, arguments.start, request));
  request.set_request_id(arguments.request_id.empty() ? NewRequestId()
                                                      : arguments.request_id);
  request.set_version(arguments.version);
  request.set_reason(arguments.comment);
  PISTIS_ASSIGN_OR_RETURN(const v1::PublishedRulebook published,
                          session.client().RollbackRulebook(request));
  return SayPublished(session, request.program_id(), published);
}

absl::Status List(Session& session) {
  v1::ListRulebooksRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                          session.Facts(request.program_id()));
  Table table = VersionTable();
  do {
    PISTIS_ASSIGN_OR_RETURN(const v1::ListRulebooksResponse page,
                            session.client().ListRulebooks(request));
    for (const v1::PublishedRulebook& version : page.rulebooks()) {
      if (session.json()) {
        session.PrintJson(version);
      } else {
        AddVersion(version, facts, table);
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!session.json()) session.Print(table.Text());
  return absl::OkStatus();
}

absl::Status Show(Session& session, const Arguments& arguments) {
  v1::GetRulebookRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_version(arguments.version);
  if (!arguments.at.empty()) {
    PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                            session.Facts(request.program_id()));
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_at_time(),
                            TypedTime("--at", arguments.at, facts));
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::PublishedRulebook published,
                          session.client().GetRulebook(request));
  if (session.json()) {
    session.PrintJson(published);
    return absl::OkStatus();
  }
  const ProgramFacts facts = FactsOf(published.rulebook());
  session.Print(absl::StrCat("# version ", published.version(), ", published ",
                             facts.TimeText(published.publish_time()),
                             ", starts ",
                             facts.TimeText(published.start_time()), "\n"));
  // JSON is YAML, too.
  if (published.yaml().empty()) {
    session.PrintJson(published.rulebook());
  } else {
    session.Print(published.yaml());
  }
  return absl::OkStatus();
}

absl::Status Diff(Session& session, const Arguments& arguments) {
  v1::DiffRulebooksRequest request;
  int64_t version = 0;
  if (absl::SimpleAtoi(arguments.to, &version)) {
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
    request.set_to_version(version);
  } else {
    PISTIS_RETURN_IF_ERROR(TakeFile(session, arguments.to, request));
  }
  request.set_from_version(arguments.from);
  PISTIS_ASSIGN_OR_RETURN(const v1::DiffRulebooksResponse diff,
                          session.client().DiffRulebooks(request));
  if (session.json()) {
    session.PrintJson(diff);
  } else {
    session.Print(DiffText(diff));
  }
  return absl::OkStatus();
}

// Declares the commands of the group, which share their arguments.
class Group {
 public:
  explicit Group(CommandLine& line)
      : line_(line), group_(line.app.add_subcommand("rulebook", "Rulebooks")) {
    group_->require_subcommand(1);
  }

  CLI::App* Add(const char* name, const char* what,
                absl::Status (*run)(Session&, const Arguments&)) {
    CLI::App* command = group_->add_subcommand(name, what);
    command->callback([&line = line_, arguments = arguments_, run] {
      line.chosen = [arguments, run](Session& session) {
        return run(session, *arguments);
      };
    });
    return command;
  }

  void TakesFile(CLI::App* command) {
    command->add_option("file", arguments_->file, "YAML; - for standard input")
        ->required();
  }
  void TakesStart(CLI::App* command) {
    command->add_option(
        "--start", arguments_->start,
        absl::StrCat("From when on it counts: ", kTimeForms, "; at once else"));
  }
  void TakesRequestId(CLI::App* command) {
    command->add_option("--request-id", arguments_->request_id,
                        "Publish once, however often this is run with this id");
  }

  Arguments& arguments() { return *arguments_; }

 private:
  CommandLine& line_;
  CLI::App* group_;
  std::shared_ptr<Arguments> arguments_ = std::make_shared<Arguments>();
};

}  // namespace

void AddRulebookCommands(CommandLine& line) {
  Group group(line);
  Arguments& arguments = group.arguments();
  CLI::App* validate = group.Add(
      "validate", "Check a rulebook, run its examples, say what looks odd",
      Validate);
  group.TakesFile(validate);
  group.TakesStart(validate);

  CLI::App* publish =
      group.Add("publish", "Check a rulebook and publish it", Publish);
  group.TakesFile(publish);
  group.TakesStart(publish);
  group.TakesRequestId(publish);
  publish->add_option("--comment", arguments.comment, "Why");

  group.Add("list", "List all versions",
            [](Session& session, const Arguments&) { return List(session); });

  CLI::App* show = group.Add("show", "Show a rulebook", Show);
  CLI::Option* version = show->add_option("--version", arguments.version,
                                          "Its number; the one in force else");
  show->add_option("--at", arguments.at,
                   absl::StrCat("The one in force then: ", kTimeForms))
      ->excludes(version);

  CLI::App* rollback =
      group.Add("rollback", "Publish an old version again", Rollback);
  rollback
      ->add_option("version", arguments.version, "The version to go back to")
      ->required();
  rollback->add_option("--reason", arguments.comment, "Why")->required();
  group.TakesStart(rollback);
  group.TakesRequestId(rollback);

  CLI::App* diff =
      group.Add("diff", "Say in words what changes between two", Diff);
  diff->add_option("from", arguments.from, "A version; 0 for the one in force")
      ->required();
  diff->add_option("to", arguments.to, "Another version, or a file")
      ->required();
}

}  // namespace pistis
