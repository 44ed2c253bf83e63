#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/commands.h"
#include "clients/cli/order_text.h"
#include "clients/cli/table.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

int64_t MemberPoints(const v1::LedgerEntry& entry) {
  int64_t points = 0;
  for (const v1::Posting& posting : entry.postings()) {
    if (posting.account() == v1::Posting::MEMBER_AVAILABLE) {
      points += posting.points();
    }
  }
  return points;
}

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

void AddEntries(const v1::ListEntriesResponse& page, const ProgramFacts& facts,
                Table& table) {
  for (const v1::LedgerEntry& entry : page.entries()) {
    const std::string kind =
        absl::AsciiStrToLower(v1::LedgerEntry::Kind_Name(entry.kind()));
    const int64_t points = MemberPoints(entry);
    table.AddRow({absl::StrCat(entry.entry_number()),
                  facts.TimeText(entry.effective_time()), kind,
                  absl::StrCat(points > 0 ? "+" : "", points),
                  absl::StrCat(entry.available_after()), entry.order_id(),
                  entry.refund_id()});
  }
}

absl::Status ListEntries(Session& session, const std::string& member_id) {
  constexpr int kPageSize = 1000;
  v1::ListEntriesRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_member_id(member_id);
  request.set_page_size(kPageSize);
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                          session.Facts(request.program_id()));
  Table table({{"no", Table::Align::kRight},
               {"time", Table::Align::kLeft},
               {"kind", Table::Align::kLeft},
               {"points", Table::Align::kRight},
               {"after", Table::Align::kRight},
               {"order", Table::Align::kLeft},
               {"refund", Table::Align::kLeft}});
  do {
    PISTIS_ASSIGN_OR_RETURN(const v1::ListEntriesResponse page,
                            session.client().ListEntries(request));
    for (const v1::LedgerEntry& entry : page.entries()) {
      if (session.json()) session.PrintJson(entry);
    }
    AddEntries(page, facts, table);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!session.json()) session.Print(table.Text());
  return absl::OkStatus();
}

}  // namespace

void AddAccountCommands(CommandLine& line) {
  CLI::App* group = line.app.add_subcommand("account", "Members' points");
  group->require_subcommand(1);
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
  add("entries", "Every change of the points, oldest first", ListEntries);
}

}  // namespace pistis
