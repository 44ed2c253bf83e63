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
struct PointsArguments {
  std::string member_id;
  // Of a transfer: who gets them.
  std::string to_member_id;
  int64_t points = 0;
  int64_t entry_number = 0;
  std::string reason;
  std::string expires;
  std::string placed;
  std::string request_id;
  bool pending = false;
  bool allow_negative = false;
};

// The fields that all these requests have.
template <typename Request>
Request NewRequest(const PointsArguments& arguments,
                   const ProgramFacts& facts) {
  Request request;
  request.set_program_id(facts.program_id);
  request.set_request_id(arguments.request_id.empty() ? NewRequestId()
                                                      : arguments.request_id);
  request.set_reason(arguments.reason);
  return request;
}

template <typename Reply>
absl::Status PrintReply(Session& session, const Reply& reply,
                        const ProgramFacts& facts) {
  if (session.json()) {
    session.PrintJson(reply);
    return absl::OkStatus();
  }
  Table table = EntryTable();
  AddEntry(reply.entry(), facts, table);
  session.Print(
      absl::StrCat(table.Text(), "\n", AccountText(reply.account(), facts)));
  return absl::OkStatus();
}

absl::Status Earn(Session& session, const ProgramFacts& facts,
                  const PointsArguments& arguments) {
  auto request = NewRequest<v1::EarnPointsRequest>(arguments, facts);
  request.set_member_id(arguments.member_id);
  request.set_points(arguments.points);
  request.set_pending(arguments.pending);
  if (!arguments.expires.empty()) {
    PISTIS_ASSIGN_OR_RETURN(
        *request.mutable_expire_time(),
        RepeatableTime("--expires", arguments.expires,
                       {"--request-id", arguments.request_id}, facts));
  }
  if (!arguments.placed.empty()) {
    PISTIS_ASSIGN_OR_RETURN(
        *request.mutable_placed_time(),
        RepeatableTime("--placed", arguments.placed,
                       {"--request-id", arguments.request_id}, facts));
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::EarnPointsResponse reply,
                          session.client().EarnPoints(request));
  return PrintReply(session, reply, facts);
}

absl::Status Redeem(Session& session, const ProgramFacts& facts,
                    const PointsArguments& arguments) {
  auto request = NewRequest<v1::RedeemPointsRequest>(arguments, facts);
  request.set_member_id(arguments.member_id);
  request.set_points(arguments.points);
  if (!arguments.placed.empty()) {
    PISTIS_ASSIGN_OR_RETURN(
        *request.mutable_placed_time(),
        RepeatableTime("--placed", arguments.placed,
                       {"--request-id", arguments.request_id}, facts));
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::RedeemPointsResponse reply,
                          session.client().RedeemPoints(request));
  return PrintReply(session, reply, facts);
}

absl::Status Adjust(Session& session, const ProgramFacts& facts,
                    const PointsArguments& arguments) {
  auto request = NewRequest<v1::AdjustPointsRequest>(arguments, facts);
  request.set_member_id(arguments.member_id);
  request.set_points(arguments.points);
  request.set_allow_negative(arguments.allow_negative);
  if (!arguments.expires.empty()) {
    PISTIS_ASSIGN_OR_RETURN(
        *request.mutable_expire_time(),
        RepeatableTime("--expires", arguments.expires,
                       {"--request-id", arguments.request_id}, facts));
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::AdjustPointsResponse reply,
                          session.client().AdjustPoints(request));
  return PrintReply(session, reply, facts);
}

absl::Status Transfer(Session& session, const ProgramFacts& facts,
                      const PointsArguments& arguments) {
  auto request = NewRequest<v1::TransferPointsRequest>(arguments, facts);
  request.set_from_member_id(arguments.member_id);
  request.set_to_member_id(arguments.to_member_id);
  request.set_points(arguments.points);
  PISTIS_ASSIGN_OR_RETURN(const v1::TransferPointsResponse reply,
                          session.client().TransferPoints(request));
  if (session.json()) {
    session.PrintJson(reply);
    return absl::OkStatus();
  }
  Table table = EntryTable();
  AddEntry(reply.out_entry(), facts, table);
  AddEntry(reply.in_entry(), facts, table);
  session.Print(absl::StrCat(table.Text(), "\n",
                             AccountText(reply.from_account(), facts), "\n",
                             AccountText(reply.to_account(), facts)));
  return absl::OkStatus();
}

absl::Status Reverse(Session& session, const ProgramFacts& facts,
                     const PointsArguments& arguments) {
  auto request = NewRequest<v1::ReverseEntryRequest>(arguments, facts);
  request.set_member_id(arguments.member_id);
  request.set_entry_number(arguments.entry_number);
  PISTIS_ASSIGN_OR_RETURN(const v1::ReverseEntryResponse reply,
                          session.client().ReverseEntry(request));
  if (session.json() || !reply.has_other_entry()) {
    return PrintReply(session, reply, facts);
  }
  Table table = EntryTable();
  AddEntry(reply.entry(), facts, table);
  AddEntry(reply.other_entry(), facts, table);
  session.Print(
      absl::StrCat(table.Text(), "\n", AccountText(reply.account(), facts)));
  return absl::OkStatus();
}

using Act = absl::Status (*)(Session&, const ProgramFacts&,
                             const PointsArguments&);

// One command with the options that all of them have.
struct PointsCommand {
  CLI::App* app;
  std::shared_ptr<PointsArguments> arguments;

  void AddMember() const {
    app->add_option("member,--member", arguments->member_id, "The member's id")
        ->required();
  }
  void AddPoints(const char* what) const {
    app->add_option("points,--points", arguments->points, what)->required();
  }
  void AddExpires() const {
    app->add_option("--expires", arguments->expires,
                    absl::StrCat("When they expire, instead of as the rulebook "
                                 "says: ",
                                 absl::string_view(kTimeForms)));
  }
  void AddPlaced() const {
    app->add_option("--placed", arguments->placed,
                    "When it happened, if not now");
  }
};

PointsCommand Add(CLI::App* group, CommandLine& line, const char* name,
                  Act act) {
  const auto arguments = std::make_shared<PointsArguments>();
  CLI::App* app = group->add_subcommand(name);
  app->add_option("--reason", arguments->reason, "Why, for the ledger");
  AddRequestIdOption(app, arguments->request_id);
  ChooseWithFacts(app, line, arguments, act);
  return {app, arguments};
}

void AddEarnAndRedeem(CLI::App* group, CommandLine& line) {
  const PointsCommand earn = Add(group, line, "earn", Earn);
  earn.app->description("Give points beside a sale");
  earn.AddMember();
  earn.AddPoints("How many");
  earn.AddExpires();
  earn.AddPlaced();
  earn.app->add_flag("--pending", earn.arguments->pending,
                     "They wait as long as an order's points do");

  const PointsCommand redeem = Add(group, line, "redeem", Redeem);
  redeem.app->description("Spend points beside a sale");
  redeem.AddMember();
  redeem.AddPoints("How many");
  redeem.AddPlaced();
}

void AddCorrections(CLI::App* group, CommandLine& line) {
  const PointsCommand adjust = Add(group, line, "adjust", Adjust);
  adjust.app->description("Correct a balance");
  adjust.app->get_option("--reason")->required();
  adjust.AddMember();
  adjust.AddPoints("How many to add, or with a minus to take");
  adjust.AddExpires();
  adjust.app->add_flag("--allow-negative", adjust.arguments->allow_negative,
                       "Take more than there is: the rest is owed");

  const PointsCommand reverse = Add(group, line, "reverse", Reverse);
  reverse.app->description("Undo an entry");
  reverse.app->get_option("--reason")->required();
  reverse.AddMember();
  reverse.app
      ->add_option("entry,--entry", reverse.arguments->entry_number,
                   "The member's entry, as account entries numbers it")
      ->required();
}

void AddTransfer(CLI::App* group, CommandLine& line) {
  const PointsCommand transfer = Add(group, line, "transfer", Transfer);
  transfer.app->description("Move points to another member");
  transfer.app
      ->add_option("from,--from", transfer.arguments->member_id, "Whose points")
      ->required();
  transfer.app
      ->add_option("to,--to", transfer.arguments->to_member_id, "Who gets them")
      ->required();
  transfer.AddPoints("How many");
}

}  // namespace

void AddPointsCommands(CommandLine& line) {
  CLI::App* group =
      line.app.add_subcommand("points", "Change points beside sales");
  group->require_subcommand(1);
  AddEarnAndRedeem(group, line);
  AddCorrections(group, line);
  AddTransfer(group, line);
}

}  // namespace pistis
