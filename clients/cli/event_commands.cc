#include <cstdint>
#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"

#include "clients/cli/commands.h"
#include "clients/cli/event_text.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

struct EventArguments {
  std::string cursor;
  bool follow = false;
  // 0: no limit.
  int64_t limit = 0;
  // Empty: every kind.
  std::string kind;
};

absl::Status ShowEvents(Session& session, const EventArguments& arguments) {
  if (!arguments.kind.empty() && !IsEventKind(arguments.kind)) {
    return UsageError(absl::StrCat("no event is called ", arguments.kind));
  }
  v1::StreamEventsRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_cursor(arguments.cursor);
  request.set_follow(arguments.follow);
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                          session.Facts(request.program_id()));
  int64_t shown = 0;
  return session.client().StreamEvents(request, [&](const v1::Event& event) {
    if (!arguments.kind.empty() && EventKind(event) != arguments.kind) {
      return Visit::kContinue;
    }
    if (session.json()) {
      session.PrintJson(event);
    } else {
      session.Print(absl::StrCat(EventText(event, facts), "\n"));
    }
    if (arguments.follow) std::fflush(stdout);
    ++shown;
    return shown == arguments.limit ? Visit::kStop : Visit::kContinue;
  });
}

}  // namespace

void AddEventCommands(CommandLine& line) {
  const auto arguments = std::make_shared<EventArguments>();
  CLI::App* events = line.app.add_subcommand(
      "events", "What changed, in the order of commits");
  events->add_option("--cursor", arguments->cursor,
                     "Go on after the event with this cursor");
  events->add_flag("--follow", arguments->follow,
                   "Stay and show new events as they come");
  events->add_option("--limit", arguments->limit, "Show at most so many")
      ->check(CLI::PositiveNumber);
  events->add_option("--kind", arguments->kind,
                     "Only events of this kind, such as note_requested");
  events->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return ShowEvents(session, *arguments);
    };
  });
}

}  // namespace pistis
