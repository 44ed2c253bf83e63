#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "clients/cli/commands.h"
#include "clients/cli/event_text.h"
#include "clients/cli/time_text.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

struct EventArguments {
  v1::StreamEventsRequest request;
  std::vector<std::string> kinds;
  // Empty: from the beginning, or the cursor.
  std::string from;
  // 0: no limit.
  int64_t limit = 0;
};

absl::StatusOr<v1::StreamEventsRequest> RequestOf(
    const EventArguments& arguments, const std::string& program,
    const ProgramFacts& facts) {
  v1::StreamEventsRequest request = arguments.request;
  request.set_program_id(program);
  for (const std::string& kind : arguments.kinds)
    request.add_kinds(kind);
  if (!arguments.from.empty()) {
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_from_time(),
                            TypedTime("--from", arguments.from, facts));
  }
  return request;
}

absl::Status ShowEvents(Session& session, const EventArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(const std::string program, session.Program());
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts, session.Facts(program));
  PISTIS_ASSIGN_OR_RETURN(const v1::StreamEventsRequest request,
                          RequestOf(arguments, program, facts));
  int64_t shown = 0;
  return session.client().StreamEvents(request, [&](const v1::Event& event) {
    if (session.json()) {
      session.PrintJson(event);
    } else {
      session.Print(absl::StrCat(EventText(event, facts), "\n"));
    }
    if (request.follow()) std::fflush(stdout);
    ++shown;
    return shown == arguments.limit ? Visit::kStop : Visit::kContinue;
  });
}

}  // namespace

void AddEventCommands(CommandLine& line) {
  const auto arguments = std::make_shared<EventArguments>();
  CLI::App* events = line.app.add_subcommand(
      "events", "What changed, in the order of commits");
  v1::StreamEventsRequest& request = arguments->request;
  events->add_option_function<std::string>(
      "--cursor", [&request](const std::string& it) { request.set_cursor(it); },
      "Go on after the event with this cursor");
  events->add_flag_callback(
      "--follow", [&request] { request.set_follow(true); },
      "Stay and show new events as they come");
  events->add_option("--limit", arguments->limit, "Show at most so many")
      ->check(CLI::PositiveNumber);
  events->add_option("--kind", arguments->kinds,
                     "Only events of this kind, such as note_requested; may be "
                     "given again");
  events->add_option_function<std::string>(
      "--member",
      [&request](const std::string& it) { request.set_member_id(it); },
      "Only what concerns this member");
  events->add_option(
      "--from", arguments->from,
      std::string("Only what was committed since: ") + kTimeForms);
  events->add_option_function<int32_t>(
      "--heartbeat", [&request](int32_t it) { request.set_heartbeat_s(it); },
      "With --follow: show a heartbeat after so many quiet seconds");
  events->add_option_function<std::string>(
      "--subscription",
      [&request](const std::string& it) { request.set_subscription_id(it); },
      "From where this subscription stands, what it is told");
  events->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return ShowEvents(session, *arguments);
    };
  });
}

}  // namespace pistis
