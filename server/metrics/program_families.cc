#include "server/metrics/program_families.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "pistis/v1/margin_report.pb.h"

#include "engine/base/clock.h"
#include "engine/operations/budget_standing.h"
#include "engine/operations/deliveries.h"
#include "engine/operations/stream_events.h"
#include "engine/operations/subscriptions.h"
#include "engine/operations/work_off_due.h"

namespace pistis::server {
namespace {

// As many commits are looked through for events that a subscription wants.
constexpr size_t kMostCommitsAhead = 500;

// Adds the metrics of one program after another to families of its own.
class Programs {
 public:
  explicit Programs(const QueryContext& context) : context_(context) {}

  absl::Status Add(const ProgramId& program);
  void MoveTo(Families& families);

 private:
  void AddStats(const v1::ProgramStats& stats, const Labels& labels);
  void AddBudget(const v1::BudgetStanding& budget, const Labels& labels);
  absl::Status AddSubscription(const ProgramId& program,
                               const StoredSubscription& stored);
  // What it wants and was not told of.
  struct Lag {
    size_t events = 0;
    absl::Duration time;
  };
  absl::StatusOr<Lag> LagOf(const ProgramId& program,
                            const StoredSubscription& stored) const;

  const QueryContext& context_;
  Families stats_ = {
      GaugeFamily("pistis_points", "Points members have, by state."),
      GaugeFamily("pistis_members", "Members enrolled."),
      CounterFamily("pistis_orders_total", "Orders committed."),
      CounterFamily("pistis_refunds_total", "Refunds committed."),
      CounterFamily("pistis_cap_bound_total", "Orders in which a cap bound."),
  };
  enum Stat : size_t { kPoints, kMembers, kOrders, kRefunds, kCaps };
  Families budgets_ = {
      GaugeFamily("pistis_budget_limit",
                  "What a budget allows in its present window: discounts in "
                  "minor units, points, or times."),
      GaugeFamily("pistis_budget_left", "What is left of it."),
  };
  Families subscriptions_ = {
      GaugeFamily("pistis_subscription_events_behind",
                  "Events that are still to be told; at most 256."),
      GaugeFamily("pistis_subscription_lag_seconds",
                  "How old the earliest event is that is still to be told."),
      GaugeFamily("pistis_subscription_waiting",
                  "Deliveries that wait for another try."),
      GaugeFamily("pistis_subscription_dead_letters",
                  "Deliveries that were given up."),
      CounterFamily("pistis_subscription_delivered_total",
                    "Events that were delivered."),
      GaugeFamily("pistis_subscription_active", "0 where it was disabled."),
  };
  enum Told : size_t { kBehind, kLag, kWaiting, kDead, kDelivered, kActive };
};

absl::Status Programs::Add(const ProgramId& program) {
  const Labels labels = {{"program", program.text()}};
  v1::GetProgramStatsRequest request;
  request.set_program_id(program.text());
  const absl::StatusOr<v1::ProgramStats> stats =
      GetProgramStats(context_, request);
  if (!stats.ok()) return stats.status();
  AddStats(*stats, labels);
  v1::MarginReport report;
  absl::Status standing = AddBudgetStandings(context_, program, report);
  if (!standing.ok()) return standing;
  const int budgets =
      std::min(report.budgets_size(), static_cast<int>(kMostMeteredRows));
  for (int i = 0; i < budgets; ++i)
    AddBudget(report.budgets(i), labels);
  const absl::StatusOr<std::vector<StoredSubscription>> subscriptions =
      LoadSubscriptions(context_.reader, program);
  if (!subscriptions.ok()) return subscriptions.status();
  for (const StoredSubscription& stored : *subscriptions) {
    absl::Status added = AddSubscription(program, stored);
    if (!added.ok()) return added;
  }
  return absl::OkStatus();
}

void Programs::AddStats(const v1::ProgramStats& stats, const Labels& labels) {
  const auto add_points = [&](const char* state, int64_t points) {
    Labels of_state = labels;
    of_state.push_back({"state", state});
    server::Add(stats_[kPoints], static_cast<double>(points),
                std::move(of_state));
  };
  add_points("available", stats.points_outstanding() - stats.points_pending() -
                              stats.points_held());
  add_points("pending", stats.points_pending());
  add_points("held", stats.points_held());
  server::Add(stats_[kMembers], static_cast<double>(stats.members()), labels);
  server::Add(stats_[kOrders], static_cast<double>(stats.orders()), labels);
  server::Add(stats_[kRefunds], static_cast<double>(stats.refunds()), labels);
  const int caps =
      std::min(stats.caps_size(), static_cast<int>(kMostMeteredRows));
  for (int i = 0; i < caps; ++i) {
    Labels of_cap = labels;
    of_cap.push_back({"cap", stats.caps(i).cap_id()});
    server::Add(stats_[kCaps], static_cast<double>(stats.caps(i).orders()),
                std::move(of_cap));
  }
}

void Programs::AddBudget(const v1::BudgetStanding& budget,
                         const Labels& labels) {
  const auto add = [&](const char* measure, const v1::BudgetMeasure& standing) {
    Labels of_budget = labels;
    of_budget.push_back({"budget", budget.budget_id()});
    of_budget.push_back({"of", budget.of()});
    of_budget.push_back({"measure", measure});
    server::Add(budgets_[0], static_cast<double>(standing.limit()), of_budget);
    server::Add(budgets_[1], static_cast<double>(standing.left()),
                std::move(of_budget));
  };
  if (budget.has_discount()) add("discount", budget.discount());
  if (budget.has_points()) add("points", budget.points());
  if (budget.has_times()) add("times", budget.times());
}

absl::StatusOr<Programs::Lag> Programs::LagOf(
    const ProgramId& program, const StoredSubscription& stored) const {
  const auto kinds = ParseKinds("kinds", stored.subscription.kinds());
  if (!kinds.ok()) return kinds.status();
  const absl::StatusOr<EventPage> page =
      ReadEvents(context_, {.program = program,
                            .after = CursorOf(stored.record),
                            .filter = {.kinds = *kinds},
                            .max_events = kMostEventsBehind,
                            .max_commits = kMostCommitsAhead});
  if (!page.ok()) return page.status();
  absl::Time earliest = absl::InfiniteFuture();
  if (!page->events.empty()) {
    const auto& time = page->events.front().commit_time();
    earliest =
        absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  }
  if (stored.record.waiting() > 0) {
    const auto waiting = LoadDeliveries(context_.reader, program,
                                        stored.subscription.subscription_id(),
                                        DeliveryState::kWaiting, 1);
    if (!waiting.ok()) return waiting.status();
    for (const store::v1::DeliveryRecord& first : *waiting)
      earliest = std::min(earliest, absl::FromUnixMicros(first.first_us()));
  }
  return Lag{.events = std::min(page->events.size(), kMostEventsBehind),
             .time = std::max(context_.now - std::min(context_.now, earliest),
                              absl::ZeroDuration())};
}

absl::Status Programs::AddSubscription(const ProgramId& program,
                                       const StoredSubscription& stored) {
  const auto* sink = v1::Subscription::descriptor()->FindFieldByNumber(
      stored.subscription.sink_case());
  const Labels labels = {
      {"program", program.text()},
      {"subscription", stored.subscription.subscription_id()},
      {"sink", sink == nullptr ? "none" : sink->name()}};
  const absl::StatusOr<Lag> lag = LagOf(program, stored);
  if (!lag.ok()) return lag.status();
  const auto add = [&](Told family, double value) {
    server::Add(subscriptions_[family], value, labels);
  };
  add(kBehind, static_cast<double>(lag->events));
  add(kLag, absl::ToDoubleSeconds(lag->time));
  add(kWaiting, static_cast<double>(stored.record.waiting()));
  add(kDead, static_cast<double>(stored.record.dead_letters()));
  add(kDelivered, static_cast<double>(stored.record.delivered()));
  add(kActive, stored.record.state() == v1::Subscription::DISABLED ? 0 : 1);
  return absl::OkStatus();
}

void Programs::MoveTo(Families& families) {
  for (Families* each : {&stats_, &budgets_, &subscriptions_}) {
    std::move(each->begin(), each->end(), std::back_inserter(families));
  }
}

}  // namespace

void AddPrograms(const QueryContext& context, Families& families) {
  const absl::StatusOr<std::vector<ProgramId>> ids =
      ListProgramIds(context.reader);
  Programs programs(context);
  size_t unreadable = ids.ok() ? 0 : 1;
  size_t metered = 0;
  if (ids.ok()) {
    metered = std::min(ids->size(), kMostMeteredPrograms);
    for (size_t i = 0; i < metered; ++i)
      unreadable += programs.Add((*ids)[i]).ok() ? 0 : 1;
    families.push_back(OneGauge("pistis_programs",
                                "Programs; the first 50 have metrics.",
                                static_cast<double>(ids->size())));
  }
  families.push_back(OneGauge("pistis_programs_unreadable",
                              "Programs whose metrics cannot be read.",
                              static_cast<double>(unreadable)));
  programs.MoveTo(families);
}

}  // namespace pistis::server
