#include "engine/operations/simulate_rulebook.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/journal.h"
#include "engine/operations/load_order.h"
#include "engine/operations/programs.h"
#include "engine/operations/rulebook_schedule.h"
#include "engine/operations/rulebooks.h"
#include "engine/order/order.h"
#include "engine/rulebook/compile.h"
#include "engine/rulebook/load.h"

namespace pistis {
namespace {

constexpr int64_t kCommitsPerLook = 256;
constexpr int64_t kSalesPerLook = 16;

absl::StatusOr<SimulatedRulebook> LoadVersionCompiled(
    const QueryContext& context, const ProgramId& program, int64_t version) {
  PISTIS_ASSIGN_OR_RETURN(const store::v1::RulebookRecord record,
                          LoadVersion(context.reader, program, version));
  PISTIS_ASSIGN_OR_RETURN(v1::PublishedRulebook published, ToMessage(record));
  PISTIS_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Rulebook> compiled,
      context.env.rulebooks.Get(context.reader, program, version));
  return SimulatedRulebook{.message = std::move(*published.mutable_rulebook()),
                           .compiled = *compiled};
}

absl::StatusOr<SimulatedRulebook> LoadCandidate(
    const QueryContext& context, const v1::SimulateRulebookRequest& request) {
  using Request = v1::SimulateRulebookRequest;
  switch (request.candidate_case()) {
    case Request::kYaml:
      return ReadSimulatedRulebook(request.yaml());
    case Request::kRulebook: {
      PISTIS_ASSIGN_OR_RETURN(Rulebook compiled,
                              CompileMessage(request.rulebook(), 0));
      return SimulatedRulebook{.message = request.rulebook(),
                               .compiled = std::move(compiled)};
    }
    case Request::kVersion:
      return LoadVersionCompiled(context, ProgramId(request.program_id()),
                                 request.version());
    case Request::CANDIDATE_NOT_SET:
      break;
  }
  return RefuseField("candidate", "is missing; set yaml, rulebook or version");
}

absl::StatusOr<absl::Time> ParseBound(
    absl::string_view field, const google::protobuf::Timestamp& timestamp) {
  return ParsePastTime(field, timestamp, absl::InfiniteFuture());
}

absl::StatusOr<Period> ParsePeriod(const v1::SimulateRulebookRequest& request) {
  Period period;
  if (request.has_from_time()) {
    PISTIS_ASSIGN_OR_RETURN(period.from,
                            ParseBound("from_time", request.from_time()));
  }
  if (request.has_to_time()) {
    PISTIS_ASSIGN_OR_RETURN(period.to,
                            ParseBound("to_time", request.to_time()));
  }
  if (period.from < period.to) return period;
  return RefuseField("to_time", "is not after from_time");
}

absl::Status CheckNotNegative(absl::string_view field, int64_t version) {
  if (version >= 0) return absl::OkStatus();
  return RefuseField(field, "is negative; versions count from 1");
}

absl::Status Nobody() {
  return absl::CancelledError("nobody waits for the report");
}

// The past on its way through both worlds.
class Run {
 public:
  Run(const SimulatedHistory& history, Simulation& simulation,
      SimulationWatch watch, int64_t sales)
      : history_(history), simulation_(simulation), watch_(watch) {
    progress_.set_stage("sales");
    progress_.set_of(sales);
  }

  absl::Status Take(const PastStep& step) {
    PISTIS_RETURN_IF_ERROR(
        std::visit([this](const auto& past) { return Apply(past); }, step));
    if (std::holds_alternative<PastMember>(step)) return absl::OkStatus();
    progress_.set_done(progress_.done() + 1);
    const bool look = progress_.done() % kSalesPerLook == 0 ||
                      progress_.done() == progress_.of();
    return look && !watch_(progress_) ? Nobody() : absl::OkStatus();
  }

 private:
  absl::Status Apply(const PastMember& member) {
    return simulation_.Join(member);
  }
  absl::Status Apply(const PastOrder& order) {
    if (order.facts) {
      const MemberId member(order.order.member_id());
      PISTIS_ASSIGN_OR_RETURN(const bool known, simulation_.Knows(member));
      if (!known) PISTIS_RETURN_IF_ERROR(Bring(member, order));
    }
    return simulation_.Sell(order);
  }
  absl::Status Apply(const PastRefund& refund) {
    return simulation_.Return(refund);
  }

  absl::Status Bring(const MemberId& member, const PastOrder& order) {
    PISTIS_ASSIGN_OR_RETURN(const PastMember known,
                            history_.FindMember(member));
    return simulation_.Bring(known, order);
  }

  const SimulatedHistory& history_;
  Simulation& simulation_;
  SimulationWatch watch_;
  v1::SimulationProgress progress_;
};

absl::StatusOr<HistoryCounts> CountSales(const SimulatedHistory& history,
                                         SimulationWatch watch) {
  v1::SimulationProgress progress;
  progress.set_stage("commits");
  PISTIS_ASSIGN_OR_RETURN(
      const HistoryCounts counts, history.Count([&](int64_t commits) {
        progress.set_done(commits);
        const bool look = commits % kCommitsPerLook == 0;
        return look && !watch(progress) ? Nobody() : absl::OkStatus();
      }));
  const int64_t sales = counts.orders + counts.refunds;
  if (sales <= kMostSimulatedSales) return counts;
  return Refuse(
      Reason::kLimitReached,
      absl::StrCat("the period holds ", sales, " orders and refunds; at most ",
                   kMostSimulatedSales, " are simulated: take a shorter one"),
      {{"limit", "simulated_sales"},
       {"most", absl::StrCat(kMostSimulatedSales)}});
}

void Describe(const SimulationPlan& plan, absl::Time end,
              v1::SimulationReport& report) {
  report.set_current_version(plan.current_version);
  report.set_candidate_version(plan.candidate_version);
  if (plan.period.from != absl::InfinitePast()) {
    *report.mutable_from_time() = ToTimestamp(plan.period.from);
  }
  *report.mutable_to_time() = ToTimestamp(end);
}

}  // namespace

absl::StatusOr<SimulatedRulebook> ReadSimulatedRulebook(
    absl::string_view yaml) {
  PISTIS_ASSIGN_OR_RETURN(LoadedRulebook loaded, LoadYaml(yaml));
  PISTIS_ASSIGN_OR_RETURN(Rulebook compiled, Compile(loaded, 0));
  return SimulatedRulebook{.message = std::move(loaded.rulebook),
                           .compiled = std::move(compiled)};
}

absl::StatusOr<SimulationPlan> PlanSimulation(
    const QueryContext& context, const v1::SimulateRulebookRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(
      CheckNotNegative("current_version", request.current_version()));
  PISTIS_RETURN_IF_ERROR(CheckNotNegative("version", request.version()));
  SimulationPlan plan;
  PISTIS_ASSIGN_OR_RETURN(plan.period, ParsePeriod(request));
  const ProgramId program(request.program_id());
  PISTIS_ASSIGN_OR_RETURN(const store::v1::ProgramRecord record,
                          LoadProgram(context.reader, program));
  PISTIS_ASSIGN_OR_RETURN(const store::v1::TotalsRecord totals,
                          LoadTotals(context.reader, program));
  plan.terms = {.program = ToMessage(record),
                .secret = context.env.secret,
                .from = plan.period.from};
  if (totals.import_seen_us() != 0) {
    plan.terms.passed_over_from =
        absl::FromUnixMicros(totals.import_latest_us());
    plan.terms.passed_over_to = absl::FromUnixMicros(totals.import_seen_us());
  }
  plan.now = ProgramTime(totals, context.now);
  plan.current_version = request.current_version() == 0
                             ? VersionInForce(totals, context.now)
                             : request.current_version();
  plan.candidate_version = request.version();
  PISTIS_ASSIGN_OR_RETURN(
      plan.rulebooks.current,
      LoadVersionCompiled(context, program, plan.current_version));
  PISTIS_ASSIGN_OR_RETURN(plan.rulebooks.candidate,
                          LoadCandidate(context, request));
  return plan;
}

absl::StatusOr<v1::SimulationReport> RunSimulation(const QueryContext& context,
                                                   SimulationPlan plan,
                                                   const ScratchStores& stores,
                                                   SimulationWatch watch) {
  const ProgramId program(plan.terms.program.program_id());
  const SimulatedHistory history(context.env, context.reader, program,
                                 plan.period);
  PISTIS_ASSIGN_OR_RETURN(const HistoryCounts counts,
                          CountSales(history, watch));
  PISTIS_ASSIGN_OR_RETURN(
      const std::unique_ptr<Simulation> simulation,
      Simulation::Open(stores, plan.terms, std::move(plan.rulebooks)));
  Run run(history, *simulation, watch, counts.orders + counts.refunds);
  PISTIS_RETURN_IF_ERROR(
      history.Walk([&run](const PastStep& step) { return run.Take(step); }));
  const absl::Time end = std::min(plan.period.to, plan.now);
  PISTIS_ASSIGN_OR_RETURN(v1::SimulationReport report,
                          simulation->Finish(end, watch));
  Describe(plan, end, report);
  v1::SimulatedHistory& told = *report.mutable_history();
  told.set_orders(counts.orders);
  told.set_refunds(counts.refunds);
  told.set_refunds_of_earlier_orders(counts.refunds_of_others);
  told.set_refunds_untold(counts.refunds_untold);
  told.set_other_postings(counts.other_postings);
  return report;
}

}  // namespace pistis
