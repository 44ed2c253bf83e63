#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"

#include "clients/cli/commands.h"
#include "clients/cli/ledger_text.h"
#include "clients/cli/order_text.h"
#include "clients/cli/time_text.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

// Which entries to show; empty: all.
struct EntriesArguments {
  std::string member_id;
  std::string from;
  std::string until;
  std::vector<std::string> kinds;
  std::string order_id;
};

absl::Status Show(Session& session, const std::string& member_id) {
  v1::GetAccountRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_member_id(member_id);
  PISTIS_ASSIGN_OR_RETURN(const v1::Account account,
                          session.client().GetAccount(request));
  if (session.json()) {
    session.PrintJson(account);
    return absl::OkStatus();
  }
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                          session.Facts(request.program_id()));
  session.Print(AccountText(account, facts));
  return absl::OkStatus();
}

absl::Status ListLots(Session& session, const std::string& member_id) {
  v1::ListLotsRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_member_id(member_id);
  PISTIS_ASSIGN_OR_RETURN(const v1::ListLotsResponse lots,
                          session.client().ListLots(request));
  if (session.json()) {
    session.PrintJson(lots);
    return absl::OkStatus();
  }
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                          session.Facts(request.program_id()));
  session.Print(LotsText(lots, facts));
  return absl::OkStatus();
}

absl::StatusOr<v1::ListEntriesRequest> EntriesRequest(
    const EntriesArguments& arguments, const ProgramFacts& facts) {
  constexpr int kPageSize = 1000;
  v1::ListEntriesRequest request;
  request.set_program_id(facts.program_id);
  request.set_member_id(arguments.member_id);
  request.set_page_size(kPageSize);
  request.set_order_id(arguments.order_id);
  if (!arguments.from.empty()) {
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_from_time(),
                            TypedTime("--from", arguments.from, facts));
  }
  if (!arguments.until.empty()) {
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_until_time(),
                            TypedTime("--until", arguments.until, facts));
  }
  for (const std::string& text : arguments.kinds) {
    const auto kind = ParseKind(text);
    if (!kind) return UsageError(absl::StrCat("no entry is of kind ", text));
    request.add_kinds(*kind);
  }
  return request;
}

absl::Status ListEntries(Session& session, const EntriesArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(const std::string program_id, session.Program());
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts, session.Facts(program_id));
  PISTIS_ASSIGN_OR_RETURN(v1::ListEntriesRequest request,
                          EntriesRequest(arguments, facts));
  Table table = EntryTable();
  do {
    PISTIS_ASSIGN_OR_RETURN(const v1::ListEntriesResponse page,
                            session.client().ListEntries(request));
    for (const v1::LedgerEntry& entry : page.entries()) {
      if (session.json()) {
        session.PrintJson(entry);
      } else {
        AddEntry(entry, facts, table);
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!session.json()) session.Print(table.Text());
  return absl::OkStatus();
}

void AddOfMember(CLI::App* group, CommandLine& line) {
  using OfMember = absl::Status (*)(Session&, const std::string&);
  const auto add = [&](const char* name, const char* what, OfMember act) {
    const auto member_id = std::make_shared<std::string>();
    CLI::App* command = group->add_subcommand(name, what);
    command->add_option("member", *member_id, "The member's id")->required();
    command->callback([&line, member_id, act] {
      line.chosen = [member_id, act](Session& session) {
        return act(session, *member_id);
      };
    });
  };
  add("show", "Points now", Show);
  add("lots", "Points by where they are and when they expire", ListLots);
}

void AddEntries(CLI::App* group, CommandLine& line) {
  const auto arguments = std::make_shared<EntriesArguments>();
  CLI::App* entries = group->add_subcommand(
      "entries", "Every change of the points, oldest first");
  entries->add_option("member", arguments->member_id, "The member's id")
      ->required();
  entries->add_option(
      "--from", arguments->from,
      absl::StrCat("From this time on: ", absl::string_view(kTimeForms)));
  entries->add_option("--until", arguments->until, "Before this time");
  entries
      ->add_option("--kind", arguments->kinds,
                   "Of this kind alone, such as earn or claw_back; repeatable")
      ->allow_extra_args(false);
  entries->add_option("--order", arguments->order_id,
                      "Of this order and its refunds alone");
  entries->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return ListEntries(session, *arguments);
    };
  });
}

}  // namespace

void AddAccountCommands(CommandLine& line) {
  CLI::App* group = line.app.add_subcommand("account", "Members' points");
  group->require_subcommand(1);
  AddOfMember(group, line);
  AddEntries(group, line);
}

}  // namespace pistis
