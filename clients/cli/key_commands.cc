// `pistis key` and `pistis audit`: who may call, and what they did.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"

#include "clients/cli/commands.h"
#include "clients/cli/table.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

const std::map<std::string, int>& Roles() {
  static const auto& roles = *new std::map<std::string, int>{
      {"terminal", v1::ROLE_TERMINAL}, {"checkout", v1::ROLE_CHECKOUT},
      {"care", v1::ROLE_CARE},         {"analyst", v1::ROLE_ANALYST},
      {"admin", v1::ROLE_ADMIN},       {"owner", v1::ROLE_OWNER}};
  return roles;
}

std::string RoleText(v1::Role role) {
  for (const auto& [name, number] : Roles()) {
    if (number == role) return name;
  }
  return "";
}

struct KeyArguments {
  int role = 0;
  std::vector<std::string> programs;
  std::string store;
  std::string terminal;
  std::string name;
  std::string expire;
  std::string key_id;
  std::string request_id;
  bool all = false;
};

std::string WhenText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ",
                          absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

std::string IdOr(const std::string& typed) {
  return typed.empty() ? NewRequestId() : typed;
}

std::string StateOf(const v1::ApiKey& key) {
  if (key.has_revoke_time()) return "revoked";
  return key.has_expire_time()
             ? absl::StrCat("until ", WhenText(key.expire_time()))
             : "";
}

absl::Status CreateKey(Session& session, const KeyArguments& arguments) {
  v1::CreateApiKeyRequest request;
  request.set_request_id(IdOr(arguments.request_id));
  v1::ApiKey& key = *request.mutable_api_key();
  key.set_role(static_cast<v1::Role>(arguments.role));
  key.mutable_program_ids()->Assign(arguments.programs.begin(),
                                    arguments.programs.end());
  key.set_store_id(arguments.store);
  key.set_terminal_id(arguments.terminal);
  key.set_display_name(arguments.name);
  if (!arguments.expire.empty()) {
    PISTIS_ASSIGN_OR_RETURN(
        *key.mutable_expire_time(),
        RepeatableTime("--expires", arguments.expire,
                       {"--request-id", arguments.request_id}, {}));
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::CreateApiKeyResponse created,
                          session.client().CreateApiKey(request));
  if (session.json()) {
    session.PrintJson(created);
    return absl::OkStatus();
  }
  session.Print(absl::StrCat(
      "key ", created.api_key().key_id(), ", ",
      RoleText(created.api_key().role()), "\n",
      created.secret().empty() ? "it is shown no more" : created.secret(),
      "\n"));
  return absl::OkStatus();
}

absl::Status RevokeKey(Session& session, const KeyArguments& arguments) {
  v1::RevokeApiKeyRequest request;
  request.set_request_id(IdOr(arguments.request_id));
  request.set_key_id(arguments.key_id);
  PISTIS_ASSIGN_OR_RETURN(const v1::ApiKey key,
                          session.client().RevokeApiKey(request));
  if (session.json()) {
    session.PrintJson(key);
  } else {
    session.Print(absl::StrCat("key ", key.key_id(), ": revoked\n"));
  }
  return absl::OkStatus();
}

absl::Status ListKeys(Session& session) {
  Table table({{"key"},
               {"role"},
               {"programs"},
               {"store"},
               {"terminal"},
               {"state"},
               {"name"}});
  v1::ListApiKeysRequest request;
  do {
    PISTIS_ASSIGN_OR_RETURN(const v1::ListApiKeysResponse page,
                            session.client().ListApiKeys(request));
    for (const v1::ApiKey& key : page.api_keys()) {
      if (session.json()) session.PrintJson(key);
      table.AddRow({key.key_id(), RoleText(key.role()),
                    key.program_ids().empty()
                        ? "all"
                        : absl::StrJoin(key.program_ids(), " "),
                    key.store_id(), key.terminal_id(), StateOf(key),
                    key.display_name()});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!session.json()) session.Print(table.Text());
  return absl::OkStatus();
}

// Of the server itself where no program is named.
absl::Status ListAudit(Session& session, const KeyArguments& arguments) {
  v1::ListAuditLogRequest request;
  request.set_program_id(session.options().program);
  Table table({{"act"}, {"time"}, {"who"}, {"role"}, {"what"}, {"about"}});
  do {
    PISTIS_ASSIGN_OR_RETURN(const v1::ListAuditLogResponse page,
                            session.client().ListAuditLog(request));
    for (const v1::AuditedAct& act : page.acts()) {
      if (session.json()) session.PrintJson(act);
      table.AddRow({absl::StrCat(act.number()), WhenText(act.time()),
                    act.caller(), RoleText(act.role()), act.method(),
                    act.subject()});
    }
    request.set_page_token(page.next_page_token());
  } while (arguments.all && !request.page_token().empty());
  if (!session.json()) session.Print(table.Text());
  return absl::OkStatus();
}

void AddCreate(CLI::App* group, CommandLine& line) {
  const auto arguments = std::make_shared<KeyArguments>();
  CLI::App* create =
      group->add_subcommand("create", "Make a key; it is shown this once");
  create->add_option("role", arguments->role, "What it may do")
      ->required()
      ->transform(CLI::CheckedTransformer(Roles()));
  create->add_option("--for", arguments->programs,
                     "The programs it may call; all where none is named");
  create->add_option("--store", arguments->store, "The store it is bound to");
  create->add_option("--terminal", arguments->terminal,
                     "The terminal it is bound to");
  create->add_option("--name", arguments->name, "What people call it");
  create->add_option("--expires", arguments->expire, "From when it is refused");
  AddRequestIdOption(create, arguments->request_id);
  create->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return CreateKey(session, *arguments);
    };
  });
}

}  // namespace

void AddKeyCommands(CommandLine& line) {
  CLI::App* group = line.app.add_subcommand("key", "API keys");
  group->require_subcommand(1);
  AddCreate(group, line);
  CLI::App* list = group->add_subcommand("list", "The keys, without secrets");
  list->callback([&line] { line.chosen = ListKeys; });
  const auto arguments = std::make_shared<KeyArguments>();
  CLI::App* revoke = group->add_subcommand("revoke", "End a key at once");
  revoke->add_option("key", arguments->key_id, "Its public name")->required();
  AddRequestIdOption(revoke, arguments->request_id);
  revoke->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return RevokeKey(session, *arguments);
    };
  });
}

void AddAuditCommands(CommandLine& line) {
  CLI::App* group = line.app.add_subcommand(
      "audit", "What was done by those who may do more than a till");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<KeyArguments>();
  CLI::App* list = group->add_subcommand(
      "list", "The latest acts, of --program or of the server itself");
  list->add_flag("--all", arguments->all, "All of them");
  list->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return ListAudit(session, *arguments);
    };
  });
}

}  // namespace pistis
