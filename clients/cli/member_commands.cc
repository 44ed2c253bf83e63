#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "clients/cli/commands.h"
#include "clients/cli/table.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

// The ways to name a member.
struct Names {
  std::string card;
  std::string phone;
  std::string email;

  [[nodiscard]] std::vector<v1::Identifier> Identifiers() const {
    std::vector<v1::Identifier> identifiers;
    const auto add = [&](const char* kind, const std::string& value) {
      if (value.empty()) return;
      identifiers.emplace_back().set_kind(kind);
      identifiers.back().set_value(value);
    };
    add("card", card);
    add("phone", phone);
    add("email", email);
    return identifiers;
  }
};

struct CreateArguments {
  v1::Member member;
  Names names;
  std::string request_id;
};

absl::Status PrintMember(Session& session, const std::string& program_id,
                         const v1::Member& member) {
  if (session.json()) {
    session.PrintJson(member);
    return absl::OkStatus();
  }
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts, session.Facts(program_id));
  Table table({{"", Table::Align::kLeft}, {"", Table::Align::kLeft}});
  table.AddRow({"member", member.member_id()});
  table.AddRow({"name", member.display_name()});
  table.AddRow({"language", member.language()});
  table.AddRow({"found by", absl::StrJoin(member.identifier_kinds(), ", ")});
  table.AddRow({"joined", facts.TimeText(member.joined_time())});
  table.AddRow({"orders", absl::StrCat(member.orders())});
  session.Print(table.Text());
  return absl::OkStatus();
}

absl::Status Create(Session& session, const CreateArguments& arguments) {
  v1::CreateMemberRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_request_id(arguments.request_id.empty() ? NewRequestId()
                                                      : arguments.request_id);
  *request.mutable_member() = arguments.member;
  for (const v1::Identifier& identifier : arguments.names.Identifiers()) {
    *request.mutable_member()->add_identifiers() = identifier;
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::Member member,
                          session.client().CreateMember(request));
  return PrintMember(session, request.program_id(), member);
}

absl::Status Show(Session& session, const std::string& member_id) {
  v1::GetMemberRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_member_id(member_id);
  PISTIS_ASSIGN_OR_RETURN(const v1::Member member,
                          session.client().GetMember(request));
  return PrintMember(session, request.program_id(), member);
}

absl::Status Lookup(Session& session, const Names& names) {
  const std::vector<v1::Identifier> identifiers = names.Identifiers();
  if (identifiers.size() != 1) {
    return UsageError("give one of --card, --phone and --email");
  }
  v1::LookupMemberRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  *request.mutable_identifier() = identifiers[0];
  PISTIS_ASSIGN_OR_RETURN(const v1::Member member,
                          session.client().LookupMember(request));
  return PrintMember(session, request.program_id(), member);
}

void AddNames(CLI::App* command, Names& names) {
  command->add_option("--card", names.card, "A card number");
  command->add_option("--phone", names.phone, "A phone number");
  command->add_option("--email", names.email, "An e-mail address");
}

void AddCreate(CLI::App* group, CommandLine& line) {
  const auto arguments = std::make_shared<CreateArguments>();
  CLI::App* create = group->add_subcommand("create", "Enrol a member");
  v1::Member& member = arguments->member;
  create->add_option("--id", *member.mutable_member_id(),
                     "Made by the server where it is left out");
  create->add_option("--name", *member.mutable_display_name(),
                     "What notes call the member");
  create->add_option("--language", *member.mutable_language(),
                     "BCP 47 language of notes");
  create->add_option("--request-id", arguments->request_id,
                     "Enrol once, however often this is run with this id");
  AddNames(create, arguments->names);
  create->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return Create(session, *arguments);
    };
  });
}

}  // namespace

void AddMemberCommands(CommandLine& line) {
  CLI::App* group = line.app.add_subcommand("member", "Members");
  group->require_subcommand(1);
  AddCreate(group, line);

  const auto member_id = std::make_shared<std::string>();
  CLI::App* show = group->add_subcommand("show", "Show a member");
  show->add_option("member", *member_id, "The member's id")->required();
  show->callback([&line, member_id] {
    line.chosen = [member_id](Session& session) {
      return Show(session, *member_id);
    };
  });

  const auto names = std::make_shared<Names>();
  CLI::App* lookup = group->add_subcommand("lookup", "Find a member");
  AddNames(lookup, *names);
  lookup->callback([&line, names] {
    line.chosen = [names](Session& session) { return Lookup(session, *names); };
  });
}

}  // namespace pistis
