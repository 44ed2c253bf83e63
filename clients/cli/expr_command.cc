#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "clients/cli/commands.h"
#include "clients/cli/csv.h"
#include "clients/cli/json_object.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/expr/cases.h"

namespace pistis {
namespace {

struct ExprArguments {
  std::string source;
  std::string bindings = "{}";
  std::vector<std::string> case_files;
};

struct Tally {
  int64_t passed = 0;
  int64_t failed = 0;
};

absl::Status Evaluate(const Session& session, const ExprArguments& arguments) {
  const auto bindings = expr::ParseBindings(arguments.bindings);
  if (!bindings.ok()) {
    return UsageError(
        absl::StrCat("--bindings: ", bindings.status().message()));
  }
  const auto found = expr::EvaluateWith(arguments.source, *bindings);
  if (!found.ok()) {
    return Refuse(Reason::kFieldInvalid, found.status().message());
  }
  session.Print(absl::StrCat(session.json() ? expr::ValueToJson(found->value)
                                            : found->value.DebugText(),
                             "\n"));
  return absl::OkStatus();
}

void PrintFailure(const Session& session, const expr::Case& test,
                  const std::string& why) {
  if (session.json()) {
    session.Print(absl::StrCat(JsonObject()
                                   .Add("name", test.name)
                                   .Add("expr", test.source)
                                   .Add("failure", why)
                                   .Text(),
                               "\n"));
  } else {
    session.Print(absl::StrCat("FAILED ", test.name, ": ", test.source, "\n  ",
                               why, "\n"));
  }
}

absl::StatusOr<Tally> RunFile(const Session& session, const std::string& file) {
  const auto text = ReadTextFile(file);
  if (!text.ok()) return UsageError(text.status().message());
  const auto cases = expr::ParseCases(*text);
  if (!cases.ok()) {
    return UsageError(absl::StrCat(file, ": ", cases.status().message()));
  }
  Tally tally;
  for (const expr::Case& test : *cases) {
    const auto why = expr::FailureOf(test);
    if (why.has_value()) PrintFailure(session, test, *why);
    ++(why.has_value() ? tally.failed : tally.passed);
  }
  return tally;
}

absl::Status RunCases(const Session& session, const ExprArguments& arguments) {
  Tally all;
  for (const std::string& file : arguments.case_files) {
    PISTIS_ASSIGN_OR_RETURN(const Tally tally, RunFile(session, file));
    all.passed += tally.passed;
    all.failed += tally.failed;
  }
  const std::string line =
      session.json()
          ? JsonObject()
                .Add("passed", all.passed)
                .Add("failed", all.failed)
                .Text()
          : absl::StrCat(all.passed, " passed, ", all.failed, " failed");
  session.Print(absl::StrCat(line, "\n"));
  return all.failed == 0 ? absl::OkStatus() : RefusalTold();
}

}  // namespace

void AddExprCommand(CommandLine& line) {
  const auto arguments = std::make_shared<ExprArguments>();
  CLI::App* command = line.app.add_subcommand(
      "expr", "Evaluate an expression, without a server");
  CLI::Option* source = command->add_option(
      "EXPR", arguments->source, "The expression: 'x > 1 && y == \"a\"'");
  command->add_option("--bindings", arguments->bindings,
                      "The variables, a JSON object by name");
  command
      ->add_option("--cases", arguments->case_files,
                   "Files of cases to run in place of one expression")
      ->excludes(source);
  command->callback([&line, arguments, source] {
    if (source->count() == 0 && arguments->case_files.empty()) {
      throw CLI::RequiredError("EXPR or --cases");
    }
    line.chosen = [arguments](Session& session) {
      return arguments->case_files.empty() ? Evaluate(session, *arguments)
                                           : RunCases(session, *arguments);
    };
  });
}

}  // namespace pistis
