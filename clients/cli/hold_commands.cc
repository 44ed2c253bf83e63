#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"

#include "clients/cli/commands.h"
#include "clients/cli/ledger_text.h"
#include "clients/cli/order_text.h"
#include "clients/cli/time_text.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

// What the commands take; each uses what concerns it.
struct HoldArguments {
  std::string member_id;
  std::string hold_id;
  int64_t points = 0;
  std::string reason;
  std::string expires;
  std::string request_id;
};

std::string RequestIdOf(const HoldArguments& arguments) {
  return arguments.request_id.empty() ? NewRequestId() : arguments.request_id;
}

template <typename Reply>
absl::Status PrintReply(Session& session, const Reply& reply,
                        const ProgramFacts& facts) {
  if (session.json()) {
    session.PrintJson(reply);
    return absl::OkStatus();
  }
  session.Print(absl::StrCat(HoldText(reply.hold(), facts), "\n",
                             AccountText(reply.account(), facts)));
  return absl::OkStatus();
}

absl::Status Create(Session& session, const ProgramFacts& facts,
                    const HoldArguments& arguments) {
  v1::HoldPointsRequest request;
  request.set_program_id(facts.program_id);
  request.set_hold_id(arguments.hold_id.empty() ? NewRequestId()
                                                : arguments.hold_id);
  request.set_member_id(arguments.member_id);
  request.set_points(arguments.points);
  request.set_reason(arguments.reason);
  if (!arguments.expires.empty()) {
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_expire_time(),
                            RepeatableTime("--expires", arguments.expires,
                                           {"--id", arguments.hold_id}, facts));
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::HoldPointsResponse reply,
                          session.client().HoldPoints(request));
  return PrintReply(session, reply, facts);
}

absl::Status Capture(Session& session, const ProgramFacts& facts,
                     const HoldArguments& arguments) {
  v1::CaptureHoldRequest request;
  request.set_program_id(facts.program_id);
  request.set_request_id(RequestIdOf(arguments));
  request.set_hold_id(arguments.hold_id);
  request.set_points(arguments.points);
  request.set_reason(arguments.reason);
  PISTIS_ASSIGN_OR_RETURN(const v1::CaptureHoldResponse reply,
                          session.client().CaptureHold(request));
  return PrintReply(session, reply, facts);
}

absl::Status Release(Session& session, const ProgramFacts& facts,
                     const HoldArguments& arguments) {
  v1::ReleaseHoldRequest request;
  request.set_program_id(facts.program_id);
  request.set_request_id(RequestIdOf(arguments));
  request.set_hold_id(arguments.hold_id);
  request.set_reason(arguments.reason);
  PISTIS_ASSIGN_OR_RETURN(const v1::ReleaseHoldResponse reply,
                          session.client().ReleaseHold(request));
  return PrintReply(session, reply, facts);
}

absl::Status Show(Session& session, const ProgramFacts& facts,
                  const HoldArguments& arguments) {
  v1::GetHoldRequest request;
  request.set_program_id(facts.program_id);
  request.set_hold_id(arguments.hold_id);
  PISTIS_ASSIGN_OR_RETURN(const v1::Hold hold,
                          session.client().GetHold(request));
  if (session.json()) {
    session.PrintJson(hold);
  } else {
    session.Print(HoldText(hold, facts));
  }
  return absl::OkStatus();
}

using Act = absl::Status (*)(Session&, const ProgramFacts&,
                             const HoldArguments&);

// One command and where its options go.
struct HoldCommand {
  CLI::App* app;
  std::shared_ptr<HoldArguments> arguments;

  void AddHold() const {
    app->add_option("hold,--hold", arguments->hold_id, "The hold")->required();
  }
  void AddReason() const {
    app->add_option("--reason", arguments->reason, "Why, for the ledger");
  }
  void AddRequestId() const { AddRequestIdOption(app, arguments->request_id); }
};

HoldCommand Add(CLI::App* group, CommandLine& line, const char* name, Act act) {
  const auto arguments = std::make_shared<HoldArguments>();
  CLI::App* app = group->add_subcommand(name);
  ChooseWithFacts(app, line, arguments, act);
  return {app, arguments};
}

void AddCreate(CLI::App* group, CommandLine& line) {
  const HoldCommand create = Add(group, line, "create", Create);
  create.app->description("Set points aside for a purchase in progress");
  create.app
      ->add_option("member,--member", create.arguments->member_id,
                   "The member's id")
      ->required();
  create.app
      ->add_option("points,--points", create.arguments->points, "How many")
      ->required();
  create.app->add_option("--id", create.arguments->hold_id,
                         "The hold's id; the same id and content is the same "
                         "hold. Made up where it is left out");
  create.app->add_option(
      "--expires", create.arguments->expires,
      absl::StrCat("When they are given back, instead of in an hour: ",
                   absl::string_view(kTimeForms)));
  create.AddReason();
}

void AddEnds(CLI::App* group, CommandLine& line) {
  const HoldCommand capture = Add(group, line, "capture", Capture);
  capture.app->description("Spend what is set aside");
  capture.AddHold();
  capture.app
      ->add_option("--points", capture.arguments->points,
                   "So many alone; the rest is given back")
      ->check(CLI::PositiveNumber);
  capture.AddReason();
  capture.AddRequestId();

  const HoldCommand release = Add(group, line, "release", Release);
  release.app->description("Give back what is set aside");
  release.AddHold();
  release.AddReason();
  release.AddRequestId();
}

}  // namespace

void AddHoldCommands(CommandLine& line) {
  CLI::App* group = line.app.add_subcommand("hold", "Points set aside");
  group->require_subcommand(1);
  AddCreate(group, line);
  AddEnds(group, line);
  const HoldCommand show = Add(group, line, "show", Show);
  show.app->description("A hold and what has become of it");
  show.AddHold();
}

}  // namespace pistis
