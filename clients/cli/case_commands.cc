#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "clients/cli/case_text.h"
#include "clients/cli/commands.h"
#include "clients/cli/time_text.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

constexpr int kPageSize = 1000;

// What the commands take; each uses what concerns it.
struct CaseArguments {
  v1::Case opened;
  std::string severity;
  std::vector<std::string> skus;
  std::string case_id;
  std::string member_id;
  std::string state;
  std::string role;
  std::string actor;
  std::string remedy;
  int64_t number = 0;
  bool content = false;
  bool not_content = false;
  std::string words;
  std::string to;
  int weeks = 0;
  int baseline_weeks = 0;
  std::string request_id;
};

using Act = absl::Status (*)(Session&, const ProgramFacts&,
                             const CaseArguments&);

// A request on a program; one that changes something has an id.
template <typename Request>
Request For(const ProgramFacts& facts, const CaseArguments& arguments) {
  Request request;
  request.set_program_id(facts.program_id);
  if constexpr (requires { request.set_case_id(""); }) {
    request.set_case_id(arguments.case_id);
  }
  if constexpr (requires { request.set_request_id(""); }) {
    request.set_request_id(arguments.request_id.empty() ? NewRequestId()
                                                        : arguments.request_id);
  }
  return request;
}

template <typename Reply>
absl::Status Show(Session& session, const Reply& reply,
                  const std::string& text) {
  if (session.json()) {
    session.PrintJson(reply);
  } else {
    session.Print(text);
  }
  return absl::OkStatus();
}

absl::Status Open(Session& session, const ProgramFacts& facts,
                  const CaseArguments& arguments) {
  auto request = For<v1::OpenCaseRequest>(facts, arguments);
  v1::Case& opened = *request.mutable_case_();
  opened = arguments.opened;
  const auto severity = ParseSeverity(arguments.severity);
  if (!severity) {
    return UsageError("--severity is low, medium, high or critical");
  }
  opened.set_severity(*severity);
  for (const std::string& sku : arguments.skus)
    opened.add_skus(sku);
  PISTIS_ASSIGN_OR_RETURN(const v1::Case reply,
                          session.client().OpenCase(request));
  return Show(session, reply, CaseText(reply, facts));
}

absl::Status ShowOne(Session& session, const ProgramFacts& facts,
                     const CaseArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(
      const v1::Case reply,
      session.client().GetCase(For<v1::GetCaseRequest>(facts, arguments)));
  return Show(session, reply, CaseText(reply, facts));
}

absl::Status List(Session& session, const ProgramFacts& facts,
                  const CaseArguments& arguments) {
  auto request = For<v1::ListCasesRequest>(facts, arguments);
  request.set_member_id(arguments.member_id);
  request.set_page_size(kPageSize);
  if (!arguments.state.empty()) {
    const auto state = ParseCaseState(arguments.state);
    if (!state) return UsageError("--state is open, resolved or closed");
    request.set_state(*state);
  }
  Table table = CaseTable();
  do {
    PISTIS_ASSIGN_OR_RETURN(const v1::ListCasesResponse page,
                            session.client().ListCases(request));
    for (const v1::Case& shown : page.cases()) {
      if (session.json()) {
        session.PrintJson(shown);
      } else {
        AddCase(shown, facts, table);
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!session.json()) session.Print(table.Text());
  return absl::OkStatus();
}

absl::Status Remedies(Session& session, const ProgramFacts& facts,
                      const CaseArguments& arguments) {
  auto request = For<v1::ListRemediesRequest>(facts, arguments);
  request.set_role(arguments.role);
  PISTIS_ASSIGN_OR_RETURN(const v1::ListRemediesResponse reply,
                          session.client().ListRemedies(request));
  return Show(session, reply, RemediesText(reply, facts));
}

absl::Status Grant(Session& session, const ProgramFacts& facts,
                   const CaseArguments& arguments) {
  auto request = For<v1::GrantRemedyRequest>(facts, arguments);
  request.set_template_id(arguments.remedy);
  request.set_actor(arguments.actor);
  request.set_role(arguments.role);
  PISTIS_ASSIGN_OR_RETURN(const v1::GrantRemedyResponse reply,
                          session.client().GrantRemedy(request));
  return Show(session, reply, GrantText(reply, facts));
}

absl::Status Decide(Session& session, const ProgramFacts& facts,
                    const CaseArguments& arguments,
                    v1::ApproveRemedyRequest request) {
  request.set_number(arguments.number);
  request.set_actor(arguments.actor);
  request.set_role(arguments.role);
  PISTIS_ASSIGN_OR_RETURN(const v1::GrantRemedyResponse reply,
                          session.client().ApproveRemedy(request));
  return Show(session, reply, GrantText(reply, facts));
}

absl::Status Approve(Session& session, const ProgramFacts& facts,
                     const CaseArguments& arguments) {
  return Decide(session, facts, arguments,
                For<v1::ApproveRemedyRequest>(facts, arguments));
}

absl::Status Decline(Session& session, const ProgramFacts& facts,
                     const CaseArguments& arguments) {
  auto request = For<v1::ApproveRemedyRequest>(facts, arguments);
  request.set_decline(true);
  return Decide(session, facts, arguments, std::move(request));
}

absl::Status Resolve(Session& session, const ProgramFacts& facts,
                     const CaseArguments& arguments) {
  auto request = For<v1::ResolveCaseRequest>(facts, arguments);
  request.set_actor(arguments.actor);
  PISTIS_ASSIGN_OR_RETURN(const v1::Case reply,
                          session.client().ResolveCase(request));
  return Show(session, reply, CaseText(reply, facts));
}

absl::Status FollowUp(Session& session, const ProgramFacts& facts,
                      const CaseArguments& arguments) {
  if (arguments.content == arguments.not_content) {
    return UsageError("say --content or --not-content");
  }
  auto request = For<v1::RecordFollowUpRequest>(facts, arguments);
  request.mutable_follow_up()->set_content(arguments.content);
  request.mutable_follow_up()->set_words(arguments.words);
  PISTIS_ASSIGN_OR_RETURN(const v1::Case reply,
                          session.client().RecordFollowUp(request));
  return Show(session, reply, CaseText(reply, facts));
}

absl::Status Patterns(Session& session, const ProgramFacts& facts,
                      const CaseArguments& arguments) {
  auto request = For<v1::ListPatternsRequest>(facts, arguments);
  request.set_weeks(arguments.weeks);
  request.set_baseline_weeks(arguments.baseline_weeks);
  if (!arguments.to.empty()) {
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_to_time(),
                            TypedTime("--to", arguments.to, facts));
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::ListPatternsResponse reply,
                          session.client().ListPatterns(request));
  return Show(session, reply, PatternsText(reply));
}

// One command and where its options go.
struct CaseCommand {
  CLI::App* app;
  std::shared_ptr<CaseArguments> arguments;

  void AddCaseId() const {
    app->add_option("case,--case", arguments->case_id, "The case")->required();
  }
  void AddRole() const {
    app->add_option("--role", arguments->role,
                    "Whose limits count: a role of the rulebook")
        ->required();
  }
  void AddActor() const {
    app->add_option("--by", arguments->actor, "Who does it")->required();
  }
  void AddRequestId() const { AddRequestIdOption(app, arguments->request_id); }
};

CaseCommand Add(CLI::App* group, CommandLine& line, const char* name, Act act) {
  const auto arguments = std::make_shared<CaseArguments>();
  CLI::App* app = group->add_subcommand(name);
  ChooseWithFacts(app, line, arguments, act);
  return {app, arguments};
}

void AddOpen(CLI::App* group, CommandLine& line) {
  const CaseCommand open = Add(group, line, "open", Open);
  open.app->description("Take up a complaint");
  CaseArguments& arguments = *open.arguments;
  open.app
      ->add_option("member,--member", *arguments.opened.mutable_member_id(),
                   "Who complains")
      ->required();
  open.app
      ->add_option("--category", *arguments.opened.mutable_category(),
                   "What it is about, such as delivery/late")
      ->required();
  open.app
      ->add_option("--severity", arguments.severity,
                   "low, medium, high or critical")
      ->required();
  open.app->add_option("--order", *arguments.opened.mutable_order_id(),
                       "The order it is about");
  open.app->add_option("--store", *arguments.opened.mutable_store_id(),
                       "The store, where no order says it");
  open.app->add_option("--sku", arguments.skus, "An article it is about");
  open.app->add_option("--words", *arguments.opened.mutable_words(),
                       "What the member said");
  open.app->add_option("--id", *arguments.opened.mutable_case_id(),
                       "The case's id; made up where it is left out");
  open.AddRequestId();
}

void AddLooks(CLI::App* group, CommandLine& line) {
  const CaseCommand show = Add(group, line, "show", ShowOne);
  show.app->description("A case with all that was done");
  show.AddCaseId();
  const CaseCommand list = Add(group, line, "list", List);
  list.app->description("Cases in the order they were opened");
  list.app->add_option("--member", list.arguments->member_id,
                       "Those of this member");
  list.app->add_option("--state", list.arguments->state,
                       "open, resolved or closed");
  const CaseCommand remedies = Add(group, line, "remedies", Remedies);
  remedies.app->description("What a case may get, and why not");
  remedies.AddCaseId();
  remedies.AddRole();
  const CaseCommand patterns = Add(group, line, "patterns", Patterns);
  patterns.app->description("What is complained about more than usual");
  patterns.app->add_option("--weeks", patterns.arguments->weeks,
                           "So many weeks are looked at: 1 where left out");
  patterns.app->add_option(
      "--before", patterns.arguments->baseline_weeks,
      "So many weeks before them are the usual: 12 where left out");
  patterns.app->add_option(
      "--to", patterns.arguments->to,
      absl::StrCat("Up to the week of this time, instead of now: ",
                   absl::string_view(kTimeForms)));
}

void AddWork(CLI::App* group, CommandLine& line) {
  const CaseCommand grant = Add(group, line, "grant", Grant);
  grant.app->description("Grant a remedy, or ask for its approval");
  grant.AddCaseId();
  grant.app
      ->add_option("remedy,--remedy", grant.arguments->remedy,
                   "The remedy, of the rulebook's")
      ->required();
  const CaseCommand approve = Add(group, line, "approve", Approve);
  approve.app->description("Grant a remedy that waits for approval");
  const CaseCommand decline = Add(group, line, "decline", Decline);
  decline.app->description("Refuse a remedy that waits for approval");
  for (const CaseCommand& command : {approve, decline}) {
    command.AddCaseId();
    command.app
        ->add_option("number,--number", command.arguments->number,
                     "The remedy's number in the case")
        ->required();
  }
  for (const CaseCommand& command : {grant, approve, decline}) {
    command.AddActor();
    command.AddRole();
    command.AddRequestId();
  }
  const CaseCommand resolve = Add(group, line, "resolve", Resolve);
  resolve.app->description(
      "Say that the shop has done its part; the member is asked some days "
      "later");
  resolve.AddCaseId();
  resolve.AddActor();
  resolve.AddRequestId();
  const CaseCommand answer = Add(group, line, "follow-up", FollowUp);
  answer.app->description("Record what the member answered");
  answer.AddCaseId();
  answer.app->add_flag("--content", answer.arguments->content,
                       "Nothing is left to do: the case is closed");
  answer.app->add_flag("--not-content", answer.arguments->not_content,
                       "Something is left: the case is open again");
  answer.app->add_option("--words", answer.arguments->words,
                         "What the member said");
  answer.AddRequestId();
}

}  // namespace

void AddCaseCommands(CommandLine& line) {
  CLI::App* group =
      line.app.add_subcommand("case", "Complaints and what comes of them");
  group->require_subcommand(1);
  AddOpen(group, line);
  AddLooks(group, line);
  AddWork(group, line);
}

}  // namespace pistis
