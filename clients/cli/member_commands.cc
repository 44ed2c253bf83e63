#include <map>
#include <memory>
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

constexpr int kPageSize = 1000;

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

// Where the member may be written to, as it is typed.
struct ContactArguments {
  std::string email;
  std::string sms;
  // Channels.
  std::vector<std::string> agrees;
  std::vector<std::string> declines;

  void FillIn(v1::Member& member) const {
    if (!email.empty()) (*member.mutable_addresses())["email"] = email;
    if (!sms.empty()) (*member.mutable_addresses())["sms"] = sms;
    for (const std::string& channel : agrees)
      (*member.mutable_consents())[channel] = true;
    for (const std::string& channel : declines)
      (*member.mutable_consents())[channel] = false;
  }
};

struct CreateArguments {
  v1::Member member;
  std::string referral_code;
  Names names;
  ContactArguments contact;
  std::string request_id;
};

struct UpdateArguments {
  v1::Member member;
  // "size=L"; "size=" removes it.
  std::vector<std::string> attributes;
  std::string request_id;
  ContactArguments contact;
  bool suspend = false;
  bool reactivate = false;
  const CLI::App* command = nullptr;
};

// "12.50 of 100.00, 3 of 10 orders".
std::string ProgressText(const v1::TierProgress& progress,
                         const ProgramFacts& facts) {
  std::vector<std::string> goals;
  if (progress.spend_goal_minor() > 0) {
    goals.push_back(absl::StrCat(facts.MoneyText(progress.spend_minor()),
                                 " of ",
                                 facts.MoneyText(progress.spend_goal_minor())));
  }
  if (progress.orders_goal() > 0) {
    goals.push_back(absl::StrCat(progress.orders(), " of ",
                                 progress.orders_goal(), " orders"));
  }
  if (progress.tier_points_goal() > 0) {
    goals.push_back(absl::StrCat(progress.tier_points(), " of ",
                                 progress.tier_points_goal(), " tier points"));
  }
  return absl::StrJoin(goals, ", ");
}

void AddTier(const v1::TierStanding& tier, const ProgramFacts& facts,
             Table& table) {
  table.AddRow({"tier", tier.tier_id().empty() ? "none" : tier.tier_id()});
  if (tier.has_since_time()) {
    table.AddRow({"since", facts.TimeText(tier.since_time())});
  }
  if (tier.has_keep_until_time()) {
    table.AddRow({"keeps it until", facts.TimeText(tier.keep_until_time())});
  }
  for (const v1::TierProgress& progress : tier.progress()) {
    table.AddRow({absl::StrCat("for ", progress.tier_id()),
                  ProgressText(progress, facts)});
  }
}

void AddContact(const v1::Member& member, Table& table) {
  const std::map<std::string, std::string> addresses(member.addresses().begin(),
                                                     member.addresses().end());
  for (const auto& [channel, address] : addresses)
    table.AddRow({absl::StrCat(channel, " to"), address});
  const std::map<std::string, bool> consents(member.consents().begin(),
                                             member.consents().end());
  for (const auto& [channel, agreed] : consents)
    table.AddRow({agreed ? "agrees to" : "declines", channel});
}

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
  table.AddRow({"spent", facts.MoneyText(member.spend_minor())});
  if (!member.birthday().empty()) table.AddRow({"born", member.birthday()});
  if (!member.time_zone().empty()) {
    table.AddRow({"lives in", member.time_zone()});
  }
  AddContact(member, table);
  const std::map<std::string, std::string> attributes(
      member.attributes().begin(), member.attributes().end());
  for (const auto& [key, value] : attributes)
    table.AddRow({key, value});
  if (member.state() == v1::Member::SUSPENDED) {
    table.AddRow({"state", "suspended"});
  }
  if (!member.referrer_id().empty()) {
    table.AddRow({"brought by", member.referrer_id()});
  }
  if (member.friends() != 0) {
    table.AddRow({"friends", absl::StrCat(member.friends())});
  }
  if (!member.referral_code().empty()) {
    table.AddRow({"referral code", member.referral_code()});
  }
  if (member.has_tier()) AddTier(member.tier(), facts, table);
  if (!member.segments().empty()) {
    table.AddRow({"segments", absl::StrJoin(member.segments(), ", ")});
  }
  table.AddRow({"etag", member.etag()});
  session.Print(table.Text());
  return absl::OkStatus();
}

absl::Status Create(Session& session, const CreateArguments& arguments) {
  v1::CreateMemberRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_request_id(arguments.request_id.empty() ? NewRequestId()
                                                      : arguments.request_id);
  *request.mutable_member() = arguments.member;
  arguments.contact.FillIn(*request.mutable_member());
  request.set_referral_code(arguments.referral_code);
  for (const v1::Identifier& identifier : arguments.names.Identifiers()) {
    *request.mutable_member()->add_identifiers() = identifier;
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::Member member,
                          session.client().CreateMember(request));
  return PrintMember(session, request.program_id(), member);
}

absl::Status Show(Session& session, v1::GetMemberRequest request) {
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  PISTIS_ASSIGN_OR_RETURN(const v1::Member member,
                          session.client().GetMember(request));
  return PrintMember(session, request.program_id(), member);
}

absl::StatusOr<v1::UpdateMemberRequest> UpdateRequest(
    const UpdateArguments& arguments) {
  v1::UpdateMemberRequest request;
  request.set_request_id(arguments.request_id.empty() ? NewRequestId()
                                                      : arguments.request_id);
  *request.mutable_member() = arguments.member;
  arguments.contact.FillIn(*request.mutable_member());
  const std::pair<const char*, const char*> fields[] = {
      {"--name", "display_name"},       {"--language", "language"},
      {"--birthday", "birthday"},       {"--time-zone", "time_zone"},
      {"--send-email-to", "addresses"}, {"--send-sms-to", "addresses"},
      {"--agrees", "consents"},         {"--declines", "consents"}};
  for (const auto& [option, field] : fields) {
    if (arguments.command->count(option) > 0) request.add_update_fields(field);
  }
  for (const std::string& text : arguments.attributes) {
    const std::vector<std::string> parts =
        absl::StrSplit(text, absl::MaxSplits('=', 1));
    if (parts.size() != 2 || parts[0].empty()) {
      return UsageError(
          absl::StrCat("--set wants KEY=VALUE, such as size=L, not ", text));
    }
    request.add_update_fields(absl::StrCat("attributes.", parts[0]));
    if (parts[1].empty()) continue;
    (*request.mutable_member()->mutable_attributes())[parts[0]] = parts[1];
  }
  if (arguments.suspend || arguments.reactivate) {
    request.mutable_member()->set_state(
        arguments.suspend ? v1::Member::SUSPENDED : v1::Member::ACTIVE);
    request.add_update_fields("state");
  }
  if (request.update_fields().empty()) {
    return UsageError(
        "give one of --name, --language, --birthday, --time-zone, "
        "--send-email-to, --send-sms-to, --agrees, --declines, --set, "
        "--suspend and --reactivate");
  }
  return request;
}

absl::Status Update(Session& session, const UpdateArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(v1::UpdateMemberRequest request,
                          UpdateRequest(arguments));
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  PISTIS_ASSIGN_OR_RETURN(const v1::Member member,
                          session.client().UpdateMember(request));
  return PrintMember(session, request.program_id(), member);
}

absl::Status List(Session& session) {
  v1::ListMembersRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                          session.Facts(request.program_id()));
  request.set_page_size(kPageSize);
  Table table({{"member", Table::Align::kLeft},
               {"name", Table::Align::kLeft},
               {"joined", Table::Align::kLeft},
               {"orders", Table::Align::kRight},
               {"spent", Table::Align::kRight},
               {"tier", Table::Align::kLeft},
               {"segments", Table::Align::kLeft}});
  do {
    PISTIS_ASSIGN_OR_RETURN(const v1::ListMembersResponse page,
                            session.client().ListMembers(request));
    for (const v1::Member& member : page.members()) {
      if (session.json()) {
        session.PrintJson(member);
        continue;
      }
      table.AddRow(
          {member.member_id(), member.display_name(),
           facts.TimeText(member.joined_time()), absl::StrCat(member.orders()),
           facts.MoneyText(member.spend_minor()), member.tier().tier_id(),
           absl::StrJoin(member.segments(), ", ")});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!session.json()) session.Print(table.Text());
  return absl::OkStatus();
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

// The options of what create and update both set.
void AddContact(CLI::App* command, v1::Member& member,
                ContactArguments& contact) {
  command->add_option("--time-zone", *member.mutable_time_zone(),
                      "Where the member lives, such as Europe/Athens, for the "
                      "quiet hours");
  command->add_option("--send-email-to", contact.email,
                      "Where e-mails go; update replaces both addresses");
  command->add_option("--send-sms-to", contact.sms,
                      "Where text messages go, such as +306900000000");
  command
      ->add_option("--agrees", contact.agrees,
                   "email or sms: the member wants to be written to; update "
                   "replaces all that was said")
      ->allow_extra_args(false);
  command
      ->add_option("--declines", contact.declines,
                   "email or sms: the member does not want it; repeatable")
      ->allow_extra_args(false);
}

void AddProfile(CLI::App* command, v1::Member& member) {
  command->add_option("--name", *member.mutable_display_name(),
                      "What notes call the member");
  command->add_option("--language", *member.mutable_language(),
                      "BCP 47 language of notes");
  command->add_option("--birthday", *member.mutable_birthday(),
                      "Such as 1990-02-28");
}

void AddUpdate(CLI::App* group, CommandLine& line) {
  const auto arguments = std::make_shared<UpdateArguments>();
  CLI::App* update =
      group->add_subcommand("update", "Change what is known of a member");
  v1::Member& member = arguments->member;
  update->add_option("member", *member.mutable_member_id(), "The member's id")
      ->required();
  AddProfile(update, member);
  AddContact(update, member, arguments->contact);
  update
      ->add_option("--set", arguments->attributes,
                   "An attribute, such as size=L; size= removes it; repeatable")
      ->allow_extra_args(false);
  update->add_option("--etag", *member.mutable_etag(),
                     "Only where nobody changed the member since");
  update->add_option("--request-id", arguments->request_id,
                     "Change once, however often this is run with this id");
  CLI::Option* suspend = update->add_flag("--suspend", arguments->suspend,
                                          "The member no longer takes part");
  update
      ->add_flag("--reactivate", arguments->reactivate,
                 "The member takes part again")
      ->excludes(suspend);
  arguments->command = update;
  update->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return Update(session, *arguments);
    };
  });
}

void AddCreate(CLI::App* group, CommandLine& line) {
  const auto arguments = std::make_shared<CreateArguments>();
  CLI::App* create = group->add_subcommand("create", "Enrol a member");
  v1::Member& member = arguments->member;
  create->add_option("--id", *member.mutable_member_id(),
                     "Made by the server where it is left out");
  AddProfile(create, member);
  AddContact(create, member, arguments->contact);
  create->add_option("--request-id", arguments->request_id,
                     "Enrol once, however often this is run with this id");
  create->add_option("--referral-code", arguments->referral_code,
                     "The code of the member who brought this one");
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
  AddUpdate(group, line);
  AddActivityCommand(group, line);
  AddPersonalDataCommands(group, line);
  group->add_subcommand("list", "All members")->callback([&line] {
    line.chosen = List;
  });

  const auto request = std::make_shared<v1::GetMemberRequest>();
  CLI::App* show = group->add_subcommand("show", "Show a member");
  show->add_option("member", *request->mutable_member_id(), "The member's id")
      ->required();
  show->add_flag_callback(
      "--referral-code", [request] { request->set_with_referral_code(true); },
      "With the code that friends give when they are enrolled");
  show->callback([&line, request] {
    line.chosen = [request](Session& session) {
      return Show(session, *request);
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
