#include <memory>

#include "absl/strings/str_cat.h"

#include "clients/cli/commands.h"
#include "clients/cli/csv.h"
#include "engine/base/status_macros.h"
#include "yaml-cpp/yaml.h"

namespace pistis {
namespace {

struct PublishArguments {
  std::string file;
  std::string request_id;
};

// What the file names under "program:"; empty where it names nothing, also
// where it is no YAML: the server's refusal then says where it is broken.
std::string ProgramNamedIn(const std::string& yaml) {
  try {
    const YAML::Node root = YAML::Load(yaml);
    return root.IsMap() ? root["program"].as<std::string>("") : "";
  } catch (const YAML::Exception&) {
    return "";
  }
}

absl::StatusOr<std::string> ProgramFor(const Session& session,
                                       const std::string& yaml) {
  if (!session.options().program.empty()) return session.options().program;
  std::string named = ProgramNamedIn(yaml);
  if (!named.empty()) return named;
  return session.Program();
}

absl::Status Publish(Session& session, const PublishArguments& arguments) {
  const auto yaml = ReadTextFile(arguments.file);
  if (!yaml.ok()) return UsageError(yaml.status().message());
  v1::PublishRulebookRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(),
                          ProgramFor(session, *yaml));
  request.set_request_id(arguments.request_id.empty() ? NewRequestId()
                                                      : arguments.request_id);
  request.set_yaml(*yaml);
  PISTIS_ASSIGN_OR_RETURN(const v1::PublishedRulebook published,
                          session.client().PublishRulebook(request));
  if (session.json()) {
    session.PrintJson(published);
    return absl::OkStatus();
  }
  const v1::Rulebook& rulebook = published.rulebook();
  session.Print(absl::StrCat(
      "program ", request.program_id(), ": version ", published.version(),
      " is current, ", rulebook.rules_size(), " rules, ", rulebook.codes_size(),
      " codes, ", rulebook.notes_size(), " notes\n"));
  return absl::OkStatus();
}

absl::Status Show(Session& session, int64_t version) {
  v1::GetRulebookRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_version(version);
  PISTIS_ASSIGN_OR_RETURN(const v1::PublishedRulebook published,
                          session.client().GetRulebook(request));
  if (session.json()) {
    session.PrintJson(published);
    return absl::OkStatus();
  }
  session.Print(absl::StrCat(
      "# version ", published.version(), ", published ",
      FactsOf(published.rulebook()).TimeText(published.publish_time()), "\n"));
  // JSON is YAML, too.
  if (published.yaml().empty()) {
    session.PrintJson(published.rulebook());
  } else {
    session.Print(published.yaml());
  }
  return absl::OkStatus();
}

}  // namespace

void AddRulebookCommands(CommandLine& line) {
  CLI::App* group = line.app.add_subcommand("rulebook", "Rulebooks");
  group->require_subcommand(1);

  const auto arguments = std::make_shared<PublishArguments>();
  CLI::App* publish = group->add_subcommand(
      "publish", "Check a rulebook and make it the current one");
  publish->add_option("file", arguments->file, "YAML; - for standard input")
      ->required();
  publish->add_option("--request-id", arguments->request_id,
                      "Publish once, however often this is run with this id");
  publish->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return Publish(session, *arguments);
    };
  });

  const auto version = std::make_shared<int64_t>(0);
  CLI::App* show = group->add_subcommand("show", "Show a rulebook");
  show->add_option("--version", *version, "Its number; the current one else");
  show->callback([&line, version] {
    line.chosen = [version](Session& session) {
      return Show(session, *version);
    };
  });
}

}  // namespace pistis
