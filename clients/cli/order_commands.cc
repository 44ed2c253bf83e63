#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

#include "clients/cli/commands.h"
#include "clients/cli/csv.h"
#include "clients/cli/order_text.h"
#include "clients/cli/receipt.h"
#include "clients/cli/table.h"
#include "clients/cli/trace_text.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

struct RefundArguments {
  std::string order_id;
  std::string refund_id;
  std::vector<std::string> quantities;
  std::vector<std::string> amounts;
};

enum class View { kTable, kReceipt };

absl::Status PrintQuote(Session& session, const std::string& program_id,
                        const v1::Quote& quote) {
  if (session.json()) {
    session.PrintJson(quote);
    return absl::OkStatus();
  }
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts, session.Facts(program_id));
  session.Print(QuoteText(quote, facts));
  if (quote.has_trace()) {
    session.Print(absl::StrCat("\n", TraceText(quote.trace(), facts)));
  }
  return absl::OkStatus();
}

struct QuoteArguments {
  std::string path;
  bool explain = false;
};

absl::Status Quote(Session& session, const QuoteArguments& arguments) {
  v1::QuoteOrderRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_order(), ReadOrder(arguments.path));
  request.set_explain(arguments.explain);
  PISTIS_ASSIGN_OR_RETURN(const v1::Quote quote,
                          session.client().QuoteOrder(request));
  return PrintQuote(session, request.program_id(), quote);
}

absl::Status Explain(Session& session, const std::string& order_id) {
  v1::ExplainOrderRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_order_id(order_id);
  PISTIS_ASSIGN_OR_RETURN(const v1::Quote quote,
                          session.client().ExplainOrder(request));
  return PrintQuote(session, request.program_id(), quote);
}

struct CommitArguments {
  std::string path;
  std::string reservation_id;
};

absl::Status Commit(Session& session, const CommitArguments& arguments) {
  if (arguments.path.empty() == arguments.reservation_id.empty()) {
    return UsageError("commit takes either a file or --reservation");
  }
  v1::CommitOrderRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  if (arguments.path.empty()) {
    request.set_reservation_id(arguments.reservation_id);
  } else {
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_order(),
                            ReadOrder(arguments.path));
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::CommitOrderResponse committed,
                          session.client().CommitOrder(request));
  if (session.json()) {
    session.PrintJson(committed);
    return absl::OkStatus();
  }
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                          session.Facts(request.program_id()));
  session.Print(CommittedText(committed, facts));
  return absl::OkStatus();
}

// Splits "LINE=NUMBER" at its last "=": a line's id may hold one.
absl::StatusOr<std::pair<std::string, int64_t>> ParsePart(
    const std::string& text) {
  const size_t at = text.rfind('=');
  int64_t number = 0;
  if (at == std::string::npos ||
      !absl::SimpleAtoi(text.substr(at + 1), &number)) {
    return UsageError(
        absl::StrCat("\"", text, "\" is not LINE=NUMBER, such as 1=2"));
  }
  return std::make_pair(text.substr(0, at), number);
}

absl::Status AddRefundLines(const RefundArguments& arguments,
                            v1::RefundOrderRequest& request) {
  for (const std::string& text : arguments.quantities) {
    PISTIS_ASSIGN_OR_RETURN(const auto part, ParsePart(text));
    v1::RefundLine& line = *request.add_lines();
    line.set_line_id(part.first);
    line.set_quantity(part.second);
  }
  for (const std::string& text : arguments.amounts) {
    PISTIS_ASSIGN_OR_RETURN(const auto part, ParsePart(text));
    v1::RefundLine& line = *request.add_lines();
    line.set_line_id(part.first);
    line.set_amount_minor(part.second);
  }
  return absl::OkStatus();
}

absl::Status Refund(Session& session, const RefundArguments& arguments) {
  v1::RefundOrderRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_order_id(arguments.order_id);
  request.set_refund_id(arguments.refund_id.empty() ? NewRequestId()
                                                    : arguments.refund_id);
  PISTIS_RETURN_IF_ERROR(AddRefundLines(arguments, request));
  PISTIS_ASSIGN_OR_RETURN(const v1::RefundOrderResponse reply,
                          session.client().RefundOrder(request));
  if (session.json()) {
    session.PrintJson(reply);
    return absl::OkStatus();
  }
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                          session.Facts(request.program_id()));
  session.Print(absl::StrCat("refund ", request.refund_id(), "\n",
                             RefundText(reply, facts)));
  return absl::OkStatus();
}

absl::Status Show(Session& session, const std::string& order_id, View view) {
  v1::GetOrderRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  request.set_order_id(order_id);
  PISTIS_ASSIGN_OR_RETURN(const v1::CommittedOrder order,
                          session.client().GetOrder(request));
  if (session.json()) {
    session.PrintJson(order);
    return absl::OkStatus();
  }
  PISTIS_ASSIGN_OR_RETURN(const ProgramFacts facts,
                          session.Facts(request.program_id()));
  switch (view) {
    case View::kReceipt:
      session.Print(ReceiptText(order, facts));
      break;
    case View::kTable:
      session.Print(OrderText(order, facts));
      break;
  }
  return absl::OkStatus();
}

CLI::App* AddFromFile(CLI::App* group, const char* name, const char* what,
                      std::string& path) {
  CLI::App* command = group->add_subcommand(name, what);
  command
      ->add_option("file", path,
                   "An order in protobuf JSON; - for standard input")
      ->required();
  return command;
}

void AddQuoteAndCommit(CLI::App* group, CommandLine& line) {
  const auto quoted = std::make_shared<QuoteArguments>();
  CLI::App* quote =
      AddFromFile(group, "quote", "What an order would get", quoted->path);
  quote->add_flag("--explain", quoted->explain,
                  "Tell of each rule whether it applies, and why");
  quote->callback([&line, quoted] {
    line.chosen = [quoted](Session& session) {
      return Quote(session, *quoted);
    };
  });
  const auto committed = std::make_shared<CommitArguments>();
  CLI::App* commit =
      AddFromFile(group, "commit", "Commit an order", committed->path);
  commit->get_option("file")->required(false);
  commit->add_option("--reservation", committed->reservation_id,
                     "Commit what this reservation holds, and no file");
  commit->callback([&line, committed] {
    line.chosen = [committed](Session& session) {
      return Commit(session, *committed);
    };
  });
}

void AddExplain(CLI::App* group, CommandLine& line) {
  const auto order_id = std::make_shared<std::string>();
  CLI::App* explain = group->add_subcommand(
      "explain", "Tell how a committed order came to what it got");
  explain->add_option("order", *order_id, "The order")->required();
  explain->callback([&line, order_id] {
    line.chosen = [order_id](Session& session) {
      return Explain(session, *order_id);
    };
  });
}

void AddRefund(CLI::App* group, CommandLine& line) {
  const auto arguments = std::make_shared<RefundArguments>();
  CLI::App* refund =
      group->add_subcommand("refund", "Take an order back: all that is left");
  refund->add_option("order", arguments->order_id, "The order")->required();
  refund->add_option("--refund-id", arguments->refund_id,
                     "Refund once, however often this is run with this id");
  refund
      ->add_option("--line", arguments->quantities,
                   "LINE=QTY: only so many units of a line; repeatable")
      ->allow_extra_args(false);
  refund
      ->add_option("--amount", arguments->amounts,
                   "LINE=MINOR: only so much of a line's amount; repeatable")
      ->allow_extra_args(false);
  refund->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return Refund(session, *arguments);
    };
  });
}

void AddShow(CLI::App* group, CommandLine& line) {
  const auto order_id = std::make_shared<std::string>();
  const auto receipt = std::make_shared<bool>(false);
  CLI::App* show = group->add_subcommand("show", "Show a committed order");
  show->add_option("order", *order_id, "The order")->required();
  show->add_flag("--receipt", *receipt, "As a till prints it");
  show->callback([&line, order_id, receipt] {
    line.chosen = [order_id, receipt](Session& session) {
      return Show(session, *order_id, *receipt ? View::kReceipt : View::kTable);
    };
  });
}

}  // namespace

absl::StatusOr<v1::Order> ReadOrder(const std::string& path) {
  const auto json = ReadTextFile(path);
  if (!json.ok()) return UsageError(json.status().message());
  v1::Order order;
  const auto parsed =
      google::protobuf::util::JsonStringToMessage(*json, &order);
  if (!parsed.ok()) {
    return UsageError(absl::StrCat(
        path, " is no order in JSON: ", std::string(parsed.message())));
  }
  return order;
}

void AddOrderCommands(CommandLine& line) {
  CLI::App* group = line.app.add_subcommand("order", "Orders");
  group->require_subcommand(1);
  AddQuoteAndCommit(group, line);
  AddExplain(group, line);
  AddRefund(group, line);
  AddShow(group, line);
  AddReservationCommands(group, line);
}

}  // namespace pistis
