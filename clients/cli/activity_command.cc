// pistis member activity: tells of something a member did.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "clients/cli/commands.h"
#include "clients/cli/table.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

struct ActivityArguments {
  v1::RecordActivityRequest request;
  // "stars=5".
  std::vector<std::string> attributes;
  std::string placed;
};

absl::StatusOr<v1::RecordActivityRequest> ActivityRequest(
    const ActivityArguments& arguments, const ProgramFacts& facts) {
  v1::RecordActivityRequest request = arguments.request;
  request.set_program_id(facts.program_id);
  const std::string& asked_id = arguments.request.request_id();
  if (asked_id.empty()) request.set_request_id(NewRequestId());
  for (const std::string& text : arguments.attributes) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(text, absl::MaxSplits('=', 1));
    if (parts.first.empty() || parts.first == text) {
      return UsageError(
          absl::StrCat("--set wants KEY=VALUE, such as stars=5, not ", text));
    }
    (*request.mutable_attributes())[parts.first] = parts.second;
  }
  if (!arguments.placed.empty()) {
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_time(),
                            RepeatableTime("--placed", arguments.placed,
                                           {"--request-id", asked_id}, facts));
  }
  return request;
}

Table OutcomeTable(const v1::RecordActivityResponse& reply) {
  Table table({{"", Table::Align::kLeft}, {"", Table::Align::kLeft}});
  for (const v1::EarnedPoints& earned : reply.earned())
    table.AddRow({earned.rule_id(), absl::StrCat("+", earned.points())});
  if (reply.tier_points() != 0) {
    table.AddRow({"tier points", absl::StrCat("+", reply.tier_points())});
  }
  for (const v1::IssuedCode& code : reply.issued_codes())
    table.AddRow({absl::StrCat("code ", code.template_id()), code.code()});
  if (!reply.note_ids().empty()) {
    table.AddRow({"notes", absl::StrJoin(reply.note_ids(), ", ")});
  }
  if (!reply.segments_joined().empty()) {
    table.AddRow({"joins", absl::StrJoin(reply.segments_joined(), ", ")});
  }
  table.AddRow({"available", absl::StrCat(reply.account().available())});
  return table;
}

absl::Status Tell(Session& session, const ActivityArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(const std::string program, session.Program());
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts, session.Facts(program));
  PISTIS_ASSIGN_OR_RETURN(const v1::RecordActivityRequest request,
                          ActivityRequest(arguments, facts));
  PISTIS_ASSIGN_OR_RETURN(const v1::RecordActivityResponse reply,
                          session.client().RecordActivity(request));
  if (session.json()) {
    session.PrintJson(reply);
  } else {
    session.Print(OutcomeTable(reply).Text());
  }
  return absl::OkStatus();
}

}  // namespace

void AddActivityCommand(CLI::App* members, CommandLine& line) {
  const auto arguments = std::make_shared<ActivityArguments>();
  v1::RecordActivityRequest& request = arguments->request;
  CLI::App* activity = members->add_subcommand(
      "activity", "Tell of something a member did, such as a review");
  activity
      ->add_option("member", *request.mutable_member_id(), "The member's id")
      ->required();
  activity
      ->add_option("name", *request.mutable_name(),
                   "As rules name it under on:, such as review.written")
      ->required();
  activity
      ->add_option("--set", arguments->attributes,
                   "What else is known of it, such as stars=5; repeatable")
      ->allow_extra_args(false);
  activity->add_option("--placed", arguments->placed,
                       "When it happened, if not now");
  activity->add_option("--request-id", *request.mutable_request_id(),
                       "Tell once, however often this is run with this id");
  activity->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return Tell(session, *arguments);
    };
  });
}

}  // namespace pistis
