#include "engine/operations/budget_standing.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

#include "pistis/store/v1/limit_records.pb.h"

#include "engine/base/rate.h"
#include "engine/base/status_macros.h"
#include "engine/operations/budget_uses.h"
#include "engine/operations/load_order.h"
#include "engine/operations/trace_message.h"
#include "engine/operations/window_sums.h"
#include "engine/rules/limits.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

const char* ScopeText(BudgetScope scope) {
  switch (scope) {
    case BudgetScope::kProgram:
      return "program";
    case BudgetScope::kCampaign:
      return "campaign";
    case BudgetScope::kRule:
      return "rule";
    case BudgetScope::kMember:
      return "member";
    case BudgetScope::kStore:
      return "store";
    case BudgetScope::kTerminal:
      return "terminal";
  }
  return "";
}

// The present window of a budget; nothing: one that never ends.
struct PresentWindow {
  absl::CivilDay first;
  absl::CivilDay today;
  absl::CivilDay last;
};

std::optional<PresentWindow> WindowOf(const Budget& budget,
                                      absl::CivilDay today) {
  PresentWindow window{.first = WindowStart(budget.window, today),
                       .today = today,
                       .last = today};
  switch (budget.window) {
    case LimitWindow::kEver:
      return std::nullopt;
    case LimitWindow::kDay:
      window.first = today - (budget.windows - 1);
      return window;
    case LimitWindow::kWeek:
      window.last = window.first + 6;
      return window;
    case LimitWindow::kMonth:
      window.last = absl::CivilDay(absl::CivilMonth(today) + 1) - 1;
      return window;
    case LimitWindow::kYear:
      window.last = absl::CivilDay(absl::CivilYear(today) + 1) - 1;
      return window;
  }
  return std::nullopt;
}

// The day on which `spent` reaches `limit` at the pace of the days so far;
// nothing where that is after the window.
std::optional<absl::CivilDay> RunsOutOn(const PresentWindow& window,
                                        int64_t limit, int64_t spent) {
  if (spent >= limit) return window.today;
  if (spent <= 0) return std::nullopt;
  const int64_t days_so_far = window.today - window.first + 1;
  const Int128 days = CeilDiv(Int128{limit - spent} * days_so_far, spent);
  if (days > window.last - window.today) return std::nullopt;
  return window.today + static_cast<int64_t>(days);
}

v1::BudgetMeasure MeasureOf(const std::optional<PresentWindow>& window,
                            int64_t limit, int64_t spent) {
  v1::BudgetMeasure measure;
  measure.set_limit(limit);
  measure.set_spent(spent);
  measure.set_left(std::max<int64_t>(limit - spent, 0));
  const auto day = window ? RunsOutOn(*window, limit, spent) : std::nullopt;
  if (day) measure.set_runs_out_day(absl::FormatCivilTime(*day));
  return measure;
}

v1::BudgetStanding StandingOf(const Budget& budget, const std::string& of,
                              absl::CivilDay today,
                              const store::v1::LimitRecord& sum) {
  v1::BudgetStanding standing;
  standing.set_budget_id(budget.id);
  standing.set_per(ScopeText(budget.scope));
  standing.set_of(of);
  standing.set_window(WindowText(budget.window, budget.windows));
  const std::optional<PresentWindow> window = WindowOf(budget, today);
  if (window) {
    standing.set_from_day(absl::FormatCivilTime(window->first));
    standing.set_to_day(absl::FormatCivilTime(window->last));
  }
  const std::optional<Money> most =
      MostDiscount(budget, {.sales = Money(sum.sales_minor())});
  if (most) {
    // A part of the sales grows with them: no day is told.
    *standing.mutable_discount() =
        MeasureOf(budget.max_share ? std::nullopt : window, most->value(),
                  sum.discount_minor());
  }
  if (budget.max_points) {
    *standing.mutable_points() =
        MeasureOf(window, budget.max_points->value(), sum.points());
  }
  if (budget.max_times) {
    *standing.mutable_times() =
        MeasureOf(window, *budget.max_times, sum.times());
  }
  return standing;
}

// Goes from one sum of a budget to the next, not from window to window.
absl::StatusOr<std::vector<std::string>> SumsOfBudget(const Reader& reader,
                                                      const ProgramId& program,
                                                      const Budget& budget,
                                                      size_t most) {
  std::vector<std::string> sums;
  if (budget.scope == BudgetScope::kProgram) {
    sums.emplace_back();
    return sums;
  }
  const std::string holder = SeriesOf(program, budget, "").holder;
  const std::string table = LimitKey(program, "");
  const std::string end = absl::StrCat(table, holder, "\1");
  std::string begin = absl::StrCat(table, holder, absl::string_view("\0", 1));
  bool found = true;
  while (found && sums.size() < most) {
    found = false;
    PISTIS_RETURN_IF_ERROR(reader.Scan(
        begin, end, [&](absl::string_view key, absl::string_view /*value*/) {
          const auto window = ParseLimitWindow(key.substr(table.size()));
          found = window.has_value();
          if (found) sums.push_back(window->of);
          return Visit::kStop;
        }));
    if (found) {
      begin = absl::StrCat(table, holder, absl::string_view("\0", 1),
                           sums.back(), "\1");
    }
  }
  return sums;
}

}  // namespace

absl::Status AddBudgetStandings(const QueryContext& context,
                                const ProgramId& program,
                                v1::MarginReport& report) {
  PISTIS_ASSIGN_OR_RETURN(const store::v1::TotalsRecord totals,
                          LoadTotals(context.reader, program));
  PISTIS_ASSIGN_OR_RETURN(const std::shared_ptr<const Rulebook> rulebook,
                          LoadRulebookIfAny(context.env, context.reader,
                                            program, totals, context.now));
  if (rulebook == nullptr) return absl::OkStatus();
  const absl::CivilDay today =
      absl::ToCivilDay(context.now, rulebook->time_zone);
  for (const Budget& budget : rulebook->budgets) {
    if (budget.scope == BudgetScope::kMember) continue;
    PISTIS_ASSIGN_OR_RETURN(
        const std::vector<std::string> sums,
        SumsOfBudget(
            context.reader, program, budget,
            static_cast<size_t>(kMostBudgetStandings - report.budgets_size())));
    for (const std::string& of : sums) {
      PISTIS_ASSIGN_OR_RETURN(
          const store::v1::LimitRecord sum,
          ReadWindow(context.reader, SeriesOf(program, budget, of), today));
      *report.add_budgets() = StandingOf(budget, of, today, sum);
    }
  }
  return absl::OkStatus();
}

}  // namespace pistis
