// `pistis code`.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "clients/cli/commands.h"
#include "clients/cli/progress.h"
#include "clients/cli/table.h"
#include "clients/cli/time_text.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

constexpr absl::string_view kHeader = "code\n";
constexpr absl::string_view kStandardOutput = "-";

// What the commands take; each uses what concerns it.
struct CodeArguments {
  std::string template_id;
  std::string code;
  std::string code_id;
  std::string member_id;
  std::string order;
  std::string reason;
  std::string expires;
  std::string request_id;
  std::string file;
  std::string state;
  int64_t count = 0;
};

std::string StateText(v1::Code::State state) {
  return absl::AsciiStrToLower(v1::Code::State_Name(state));
}

std::string CodeText(const v1::Code& code, const ProgramFacts& facts) {
  std::string text = absl::StrCat(
      "code       ..", code.last_symbols(), "  (", code.code_id(),
      ")\ntemplate   ", code.template_id(), code.is_word() ? ", a word" : "",
      "\nstate      ", StateText(code.state()), "\nused       ", code.used(),
      code.uses() > 0 ? absl::StrCat(" of ", code.uses()) : "", "\n");
  if (!code.member_id().empty()) {
    absl::StrAppend(&text, "member     ", code.member_id(),
                    code.bound_to_member() ? ", nobody else" : "", "\n");
  }
  if (code.has_issued_time()) {
    absl::StrAppend(&text, "issued     ", facts.TimeText(code.issued_time()),
                    "\n");
  }
  if (code.has_expire_time()) {
    absl::StrAppend(&text, "expires    ", facts.TimeText(code.expire_time()),
                    "\n");
  }
  if (!code.void_reason().empty()) {
    absl::StrAppend(&text, "void       ", code.void_reason(), "\n");
  }
  return text;
}

absl::Status PrintCode(Session& session, const v1::Code& code,
                       const ProgramFacts& facts) {
  if (session.json()) {
    session.PrintJson(code);
  } else {
    session.Print(CodeText(code, facts));
  }
  return absl::OkStatus();
}

absl::Status Issue(Session& session, const ProgramFacts& facts,
                   const CodeArguments& arguments) {
  v1::IssueCodeRequest request;
  request.set_program_id(facts.program_id);
  request.set_request_id(arguments.request_id.empty() ? NewRequestId()
                                                      : arguments.request_id);
  request.set_template_id(arguments.template_id);
  request.set_member_id(arguments.member_id);
  if (!arguments.expires.empty()) {
    PISTIS_ASSIGN_OR_RETURN(
        *request.mutable_expire_time(),
        RepeatableTime("--expires", arguments.expires,
                       {"--request-id", arguments.request_id}, facts));
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::IssueCodeResponse reply,
                          session.client().IssueCode(request));
  if (session.json()) {
    session.PrintJson(reply);
  } else {
    session.Print(absl::StrCat(reply.code().code(), "\n"));
  }
  return absl::OkStatus();
}

// What a file of codes has already: whole lines; what a crash left behind them
// is dropped.
absl::StatusOr<int64_t> CodesIn(const std::string& path) {
  if (path == kStandardOutput) return 0;
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) {
    return UsageError(absl::StrCat(path, " is a directory"));
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return 0;
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (text.empty()) return 0;
  if (!absl::StartsWith(text, kHeader) && !absl::StartsWith(kHeader, text)) {
    return UsageError(absl::StrCat(path, " is no file of codes"));
  }
  const size_t whole = text.rfind('\n') + 1;
  if (whole < text.size()) {
    text.resize(whole);
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    if (!(out << text)) {
      return UsageError(absl::StrCat(path, " cannot be written"));
    }
  }
  const int64_t lines = std::count(text.begin(), text.end(), '\n');
  return std::max<int64_t>(lines - 1, 0);
}

// Where codes go: behind what the file has, or to standard output. A file that
// was made for nothing goes again.
class CodesOut {
 public:
  explicit CodesOut(std::string path) : path_(std::move(path)) {
    if (path_ == kStandardOutput) return;
    std::error_code none;
    is_made_ = !std::filesystem::exists(path_, none);
    file_.open(path_, std::ios::binary | std::ios::app);
    is_empty_ = file_.tellp() == 0;
  }
  ~CodesOut() {
    std::error_code none;
    if (is_made_ && is_empty_) std::filesystem::remove(path_, none);
  }
  CodesOut(const CodesOut&) = delete;
  CodesOut& operator=(const CodesOut&) = delete;

  void Write(const v1::IssueCodesResponse& codes) {
    if (codes.codes().empty()) return;
    std::ostream& out = Stream();
    if (is_empty_) out << kHeader;
    is_empty_ = false;
    out << absl::StrJoin(codes.codes(), "\n") << "\n" << std::flush;
  }

  // A usage error where it cannot be written.
  absl::Status status() {
    if (Stream()) return absl::OkStatus();
    return UsageError(absl::StrCat(path_, " cannot be written"));
  }

 private:
  std::ostream& Stream() {
    return path_ == kStandardOutput ? std::cout : file_;
  }

  std::string path_;
  std::ofstream file_;
  bool is_made_ = false;
  bool is_empty_ = true;
};

// Whatever was typed, as a time that stays the same.
std::string ExpiresText(const v1::IssueCodesRequest& request) {
  if (!request.has_expire_time()) return "";
  return absl::StrCat(
      " --expires ",
      absl::FormatTime(absl::RFC3339_sec,
                       absl::FromUnixSeconds(request.expire_time().seconds()),
                       absl::UTCTimeZone()));
}

absl::Status Bulk(Session& session, const ProgramFacts& facts,
                  const CodeArguments& arguments) {
  v1::IssueCodesRequest request;
  request.set_program_id(facts.program_id);
  request.set_template_id(arguments.template_id);
  request.set_count(arguments.count);
  PISTIS_ASSIGN_OR_RETURN(const int64_t before, CodesIn(arguments.file));
  request.set_after(before);
  if (before > 0 && arguments.request_id.empty()) {
    return UsageError(absl::StrCat(
        arguments.file, " has ", before,
        " codes; give the --request-id it was begun with, or another file"));
  }
  request.set_request_id(arguments.request_id.empty() ? NewRequestId()
                                                      : arguments.request_id);
  if (!arguments.expires.empty()) {
    PISTIS_ASSIGN_OR_RETURN(
        *request.mutable_expire_time(),
        RepeatableTime("--expires", arguments.expires,
                       {"--request-id", arguments.request_id}, facts));
  }
  CodesOut out(arguments.file);
  PISTIS_RETURN_IF_ERROR(out.status());
  std::fputs(absl::StrCat("goes on where this breaks off with --request-id ",
                          request.request_id(), ExpiresText(request), "\n")
                 .c_str(),
             stderr);
  Progress progress("codes", arguments.count);
  progress.Show(before);
  PISTIS_RETURN_IF_ERROR(session.client().IssueCodes(
      request, [&](const v1::IssueCodesResponse& codes) {
        out.Write(codes);
        progress.Show(codes.done());
        return out.status().ok() ? Visit::kContinue : Visit::kStop;
      }));
  return out.status();
}

absl::Status Check(Session& session, const ProgramFacts& facts,
                   const CodeArguments& arguments) {
  v1::CheckCodeRequest request;
  request.set_program_id(facts.program_id);
  request.set_code(arguments.code);
  if (!arguments.order.empty()) {
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_order(),
                            ReadOrder(arguments.order));
  }
  if (!arguments.member_id.empty()) {
    request.mutable_order()->set_member_id(arguments.member_id);
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::CheckCodeResponse reply,
                          session.client().CheckCode(request));
  if (session.json()) {
    session.PrintJson(reply);
  } else if (!reply.applies()) {
    session.Print(
        absl::StrCat("no: ", reply.reason(), ": ", reply.message(), "\n"));
  } else if (request.order().lines().empty()) {
    session.Print(
        "yes: it may be used now; limits are looked at with an order alone\n");
  } else {
    session.Print(absl::StrCat("yes: ", facts.MoneyText(reply.discount_minor()),
                               " of ", facts.MoneyText(reply.requested_minor()),
                               " off, ", reply.points_earned(), " points\n"));
  }
  return reply.applies() ? absl::OkStatus() : RefusalTold();
}

template <typename Request>
Request Named(const ProgramFacts& facts, const CodeArguments& arguments) {
  Request request;
  request.set_program_id(facts.program_id);
  request.set_code(arguments.code);
  request.set_code_id(arguments.code_id);
  return request;
}

absl::Status Show(Session& session, const ProgramFacts& facts,
                  const CodeArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(
      const v1::Code code,
      session.client().GetCode(Named<v1::GetCodeRequest>(facts, arguments)));
  return PrintCode(session, code, facts);
}

absl::Status Void(Session& session, const ProgramFacts& facts,
                  const CodeArguments& arguments) {
  auto request = Named<v1::VoidCodeRequest>(facts, arguments);
  request.set_request_id(arguments.request_id.empty() ? NewRequestId()
                                                      : arguments.request_id);
  request.set_reason(arguments.reason);
  PISTIS_ASSIGN_OR_RETURN(const v1::Code code,
                          session.client().VoidCode(request));
  return PrintCode(session, code, facts);
}

absl::Status List(Session& session, const ProgramFacts& facts,
                  const CodeArguments& arguments) {
  v1::ListCodesRequest request;
  request.set_program_id(facts.program_id);
  request.set_template_id(arguments.template_id);
  request.set_member_id(arguments.member_id);
  v1::Code::State state = v1::Code::STATE_UNSPECIFIED;
  if (!arguments.state.empty() &&
      !v1::Code::State_Parse(absl::AsciiStrToUpper(arguments.state), &state)) {
    return UsageError("--state: usable, used, expired or void");
  }
  request.set_state(state);
  Table table({{.title = "id"},
               {.title = "code"},
               {.title = "state"},
               {.title = "used"},
               {.title = "member"},
               {.title = "expires"}});
  do {
    PISTIS_ASSIGN_OR_RETURN(const v1::ListCodesResponse page,
                            session.client().ListCodes(request));
    for (const v1::Code& code : page.codes()) {
      if (session.json()) {
        session.PrintJson(code);
        continue;
      }
      table.AddRow(
          {code.code_id(), absl::StrCat("..", code.last_symbols()),
           StateText(code.state()),
           code.uses() > 0 ? absl::StrCat(code.used(), " of ", code.uses())
                           : absl::StrCat(code.used()),
           code.member_id(),
           code.has_expire_time() ? facts.TimeText(code.expire_time()) : ""});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!session.json()) session.Print(table.Text());
  return absl::OkStatus();
}

using Act = absl::Status (*)(Session&, const ProgramFacts&,
                             const CodeArguments&);

// One command and where its options go.
struct CodeCommand {
  CLI::App* app;
  std::shared_ptr<CodeArguments> arguments;

  void AddTemplate() const {
    app->add_option("template,--template", arguments->template_id,
                    "The code template")
        ->required();
  }
  void AddCode() const {
    CLI::Option* code =
        app->add_option("code,--code", arguments->code, "The code as typed");
    app->add_option("--id", arguments->code_id,
                    "The code's id, where its symbols are not known")
        ->excludes(code);
  }
  void AddMember(const char* meaning) const {
    app->add_option("--member", arguments->member_id, meaning);
  }
  void AddExpires() const {
    app->add_option("--expires", arguments->expires,
                    absl::StrCat("When it expires, instead of what the "
                                 "template says: ",
                                 absl::string_view(kTimeForms)));
  }
  void AddRequestId() const { AddRequestIdOption(app, arguments->request_id); }
};

CodeCommand Add(CLI::App* group, CommandLine& line, const char* name, Act act) {
  const auto arguments = std::make_shared<CodeArguments>();
  CLI::App* app = group->add_subcommand(name);
  ChooseWithFacts(app, line, arguments, act);
  return {app, arguments};
}

void AddIssues(CLI::App* group, CommandLine& line) {
  const CodeCommand issue = Add(group, line, "issue", Issue);
  issue.app->description("Issue one code, and print it");
  issue.AddTemplate();
  issue.AddMember("Whom it is for");
  issue.AddExpires();
  issue.AddRequestId();

  const CodeCommand bulk = Add(group, line, "bulk", Bulk);
  bulk.app->description(
      "Issue many codes into a CSV file; run again with its request id, it "
      "goes on where it broke off");
  bulk.AddTemplate();
  bulk.app->add_option("count,--count", bulk.arguments->count, "How many")
      ->required()
      ->check(CLI::PositiveNumber);
  bulk.app
      ->add_option("--file", bulk.arguments->file,
                   "The file that gets them; -: standard output")
      ->required();
  bulk.AddExpires();
  bulk.AddRequestId();
}

}  // namespace

void AddCodeCommands(CommandLine& line) {
  CLI::App* group = line.app.add_subcommand("code", "Discount codes");
  group->require_subcommand(1);
  AddIssues(group, line);

  const CodeCommand check = Add(group, line, "check", Check);
  check.app->description("What a code gives to an order, or why not");
  check.app->add_option("code,--code", check.arguments->code, "As typed")
      ->required();
  check.app->add_option("--order", check.arguments->order,
                        "The order it would be used on: a file of JSON; "
                        "without one, whether it may be used at all");
  check.AddMember("Who would use it");

  const CodeCommand show = Add(group, line, "show", Show);
  show.app->description("A code and what has become of it");
  show.AddCode();

  const CodeCommand end = Add(group, line, "void", Void);
  end.app->description("Make a code worthless from now on");
  end.AddCode();
  end.app->add_option("--reason", end.arguments->reason, "Why")->required();
  end.AddRequestId();

  const CodeCommand list = Add(group, line, "list", List);
  list.app->description("Codes of a template, or of a member");
  list.app->add_option("--template", list.arguments->template_id,
                       "Those of this template");
  list.AddMember("Those of this member");
  list.app->add_option("--state", list.arguments->state,
                       "Those alone: usable, used, expired or void");
}

}  // namespace pistis
