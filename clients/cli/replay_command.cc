#include <cstdint>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "clients/cli/commands.h"
#include "clients/cli/files.h"
#include "clients/cli/progress.h"
#include "clients/cli/replay_report.h"
#include "clients/cli/replay_run.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

struct ReplayArguments {
  std::string file;
  bool keep_dates = false;
  bool plain = false;
  bool verbose = false;
  int64_t redeem_from = 500;
  std::string example_file;
  int64_t limit_invoices = std::numeric_limits<int64_t>::max();
};

// How many days an earlier run moved the file: its first sales tell, as far as
// they are stored. Several are asked for, in case the first was refused.
absl::StatusOr<std::optional<int64_t>> EarlierShift(
    Session& session, const SalesFile& file, const ReplayTarget& target) {
  int asks_left = 20;
  for (const Invoice& invoice : file.invoices) {
    if (invoice.kind != Invoice::Kind::kSale) continue;
    if (asks_left-- == 0) break;
    v1::GetOrderRequest request;
    request.set_program_id(target.program_id);
    request.set_order_id(invoice.number);
    const auto order = session.client().GetOrder(request);
    if (order.ok()) {
      return DaysMoved(invoice.time, TimeOf(order->order().placed_time()),
                       target.calendar.zone);
    }
    if (ReasonOf(order.status()) != Reason::kNotFound) return order.status();
  }
  return std::nullopt;
}

absl::StatusOr<int64_t> ShiftDays(Session& session,
                                  const ReplayArguments& arguments,
                                  const SalesFile& file,
                                  const ReplayTarget& target) {
  if (arguments.keep_dates || file.invoices.empty()) return 0;
  PISTIS_ASSIGN_OR_RETURN(const std::optional<int64_t> earlier,
                          EarlierShift(session, file, target));
  if (earlier) return *earlier;
  return DaysUntilToday(file.invoices.back().time, absl::Now(),
                        target.calendar.zone);
}

// The run's options, from the program's current rulebook.
absl::StatusOr<ReplayRun::Options> RunOptions(Session& session,
                                              const ReplayArguments& arguments,
                                              const SalesFile& file) {
  ReplayRun::Options options;
  PISTIS_ASSIGN_OR_RETURN(options.target.program_id, session.Program());
  v1::GetRulebookRequest request;
  request.set_program_id(options.target.program_id);
  PISTIS_ASSIGN_OR_RETURN(const v1::PublishedRulebook published,
                          session.client().GetRulebook(request));
  const ProgramFacts facts = FactsOf(published.rulebook());
  options.target.currency = facts.currency;
  options.target.calendar.zone = facts.zone;
  PISTIS_ASSIGN_OR_RETURN(options.target.calendar.shift_days,
                          ShiftDays(session, arguments, file, options.target));
  options.behaviour = arguments.plain ? Behaviour::kPlain : Behaviour::kLively;
  options.redeem_from = arguments.redeem_from;
  options.redeemable = !published.rulebook().points().value().empty();
  return options;
}

absl::Status WriteExample(const std::string& path,
                          const std::string& order_id) {
  if (path.empty()) return absl::OkStatus();
  std::ofstream file(path, std::ios::trunc);
  if (!order_id.empty()) file << order_id << "\n";
  file.close();
  if (!file) return UsageError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

absl::Status Stopped(const absl::Status& status, int64_t done, size_t total) {
  absl::Status stopped(
      status.code(),
      absl::StrCat(status.message(), "\nstopped after ", done, " of ", total,
                   " invoices; run the same command again to go on"));
  status.ForEachPayload(
      [&stopped](absl::string_view url, const absl::Cord& payload) {
        stopped.SetPayload(url, payload);
      });
  return stopped;
}

absl::Status Replay(Session& session, const ReplayArguments& arguments) {
  PISTIS_ASSIGN_OR_RETURN(const SalesFile file, ReadSalesFile(arguments.file));
  PISTIS_ASSIGN_OR_RETURN(const ReplayRun::Options options,
                          RunOptions(session, arguments, file));
  const auto invoices =
      absl::MakeConstSpan(file.invoices)
          .subspan(0, static_cast<size_t>(std::min<int64_t>(
                          arguments.limit_invoices, file.invoices.size())));
  const RefundLinks links = LinkCancellations(invoices);
  ReplayRun run(session.client(), options);
  int64_t done = 0;
  const absl::Time begin = absl::Now();
  absl::Status status;
  {
    Progress progress("invoices", static_cast<int64_t>(invoices.size()));
    status = run.Run(invoices, links, [&](int64_t count) {
      done = count;
      progress.Show(done);
    });
  }
  if (!status.ok()) return Stopped(status, done, invoices.size());

  ReplayReport report;
  report.elapsed = absl::Now() - begin;
  PISTIS_ASSIGN_OR_RETURN(report.facts,
                          session.Facts(options.target.program_id));
  v1::GetProgramStatsRequest stats_request;
  stats_request.set_program_id(options.target.program_id);
  PISTIS_ASSIGN_OR_RETURN(report.stats,
                          session.client().GetProgramStats(stats_request));
  report.counts = run.counts();
  report.unlinked = SumUnlinked(invoices, links, options.target.currency);
  report.skipped_lines = file.skipped_lines;
  report.skipped_invoices = file.skipped_invoices;
  report.shift_days = options.target.calendar.shift_days;
  session.Print(session.json()
                    ? absl::StrCat(ReportJson(report), "\n")
                    : ReportTable(report, arguments.verbose
                                              ? ListLength::kAll
                                              : ListLength::kFirstTen));
  return WriteExample(arguments.example_file, report.counts.example_order);
}

}  // namespace

void AddReplayCommand(CommandLine& line) {
  const auto arguments = std::make_shared<ReplayArguments>();
  CLI::App* replay = line.app.add_subcommand(
      "replay", "Commit a file of sales, refund its cancellations");
  replay
      ->add_option("file", arguments->file,
                   "UCI Online Retail CSV, plain or gzip")
      ->required();
  replay->add_flag("--keep-dates", arguments->keep_dates,
                   "Leave the dates; otherwise the last sale moves to today");
  replay->add_flag("--plain", arguments->plain,
                   "Nobody types a code or pays with points");
  replay
      ->add_option("--redeem-from", arguments->redeem_from,
                   "Members pay with points from this many on")
      ->capture_default_str();
  replay->add_option("--example-file", arguments->example_file,
                     "Write the id of an order that shows much to this file");
  replay
      ->add_option("--limit-invoices", arguments->limit_invoices,
                   "Only so many invoices")
      ->check(CLI::PositiveNumber);
  replay->add_flag("--verbose", arguments->verbose,
                   "List everything refused or without a sale");
  replay->callback([&line, arguments] {
    line.chosen = [arguments](Session& session) {
      return Replay(session, *arguments);
    };
  });
}

}  // namespace pistis
