#include "clients/cli/local_simulation.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "clients/cli/refund_links.h"
#include "clients/cli/replay_plan.h"
#include "engine/base/status_macros.h"
#include "engine/operations/simulate_rulebook.h"
#include "engine/storage/rocksdb/scratch_store.h"

namespace pistis {
namespace {

// Its codes are nobody's.
constexpr char kSecret[] = "codes of a simulation are not real";

// A sales file on its way through both worlds.
class FileRun {
 public:
  FileRun(const LocalSimulation& what, const ReplayTarget& target,
          Simulation& simulation)
      : what_(what), target_(target), simulation_(simulation) {}

  absl::Status Run(
      absl::FunctionRef<void(const v1::SimulationProgress&)> show) {
    const std::vector<Invoice>& invoices = what_.sales.invoices;
    const RefundLinks links = LinkCancellations(invoices);
    v1::SimulationProgress progress;
    progress.set_stage("invoices");
    progress.set_of(static_cast<int64_t>(invoices.size()));
    auto refund = links.refunds.begin();
    for (size_t i = 0; i < invoices.size(); ++i) {
      if (invoices[i].kind == Invoice::Kind::kSale) {
        PISTIS_RETURN_IF_ERROR(Sell(invoices[i]));
      }
      for (; refund != links.refunds.end() && refund->cancellation == i;
           ++refund) {
        PISTIS_RETURN_IF_ERROR(Return(
            RefundOf(invoices[i], invoices[refund->sale], *refund, target_)));
      }
      progress.set_done(static_cast<int64_t>(i) + 1);
      show(progress);
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Sell(const Invoice& sale) {
    const absl::Time time = target_.calendar.At(sale.time);
    if (!sale.member_id.empty()) {
      PISTIS_ASSIGN_OR_RETURN(const bool known,
                              simulation_.Knows(MemberId(sale.member_id)));
      if (!known) {
        PISTIS_RETURN_IF_ERROR(simulation_.Join(
            {.member = MemberId(sale.member_id), .joined = time}));
      }
    }
    PastOrder order{.order = OrderOf(sale, target_).order(), .time = time};
    if (what_.redeem_from) order.habit = {.redeem_from = *what_.redeem_from};
    return simulation_.Sell(order);
  }

  absl::Status Return(const v1::RefundOrderRequest& request) {
    return simulation_.Return(
        {.order = OrderId(request.order_id()),
         .refund = RefundId(request.refund_id()),
         .lines = {request.lines().begin(), request.lines().end()},
         .time = TimeOf(request.placed_time())});
  }

  const LocalSimulation& what_;
  const ReplayTarget& target_;
  Simulation& simulation_;
};

}  // namespace

absl::StatusOr<ProgramFacts> FactsIn(const std::string& yaml) {
  PISTIS_ASSIGN_OR_RETURN(const SimulatedRulebook rulebook,
                          ReadSimulatedRulebook(yaml));
  return FactsOf(rulebook.message);
}

absl::StatusOr<v1::SimulationReport> SimulateLocally(
    const LocalSimulation& what,
    absl::FunctionRef<void(const v1::SimulationProgress& progress)> show) {
  SimulatedRulebooks rulebooks;
  PISTIS_ASSIGN_OR_RETURN(rulebooks.current,
                          ReadSimulatedRulebook(what.current));
  PISTIS_ASSIGN_OR_RETURN(rulebooks.candidate,
                          ReadSimulatedRulebook(what.candidate));
  const ProgramFacts facts = FactsOf(rulebooks.current.message);
  const ReplayTarget target{.program_id = facts.program_id,
                            .currency = facts.currency,
                            .calendar = {.zone = facts.zone}};
  SimulationTerms terms{.secret = kSecret};
  terms.program.set_program_id(facts.program_id);
  terms.program.set_currency(facts.currency.code);
  terms.program.set_time_zone(rulebooks.current.message.time_zone());
  const std::string folder = std::filesystem::temp_directory_path().string();
  PISTIS_RETURN_IF_ERROR(RemoveScratchLeftovers(folder));
  PISTIS_ASSIGN_OR_RETURN(const std::unique_ptr<ScratchStore> current,
                          ScratchStore::Make(folder));
  PISTIS_ASSIGN_OR_RETURN(const std::unique_ptr<ScratchStore> candidate,
                          ScratchStore::Make(folder));
  PISTIS_ASSIGN_OR_RETURN(
      const std::unique_ptr<Simulation> simulation,
      Simulation::Open({current->store(), candidate->store()}, terms,
                       std::move(rulebooks)));
  PISTIS_RETURN_IF_ERROR(FileRun(what, target, *simulation).Run(show));
  const std::vector<Invoice>& invoices = what.sales.invoices;
  const absl::Time end = invoices.empty()
                             ? absl::UnixEpoch()
                             : target.calendar.At(invoices.back().time);
  PISTIS_ASSIGN_OR_RETURN(
      v1::SimulationReport report,
      simulation->Finish(end, [&](const v1::SimulationProgress& progress) {
        show(progress);
        return true;
      }));
  if (!invoices.empty()) {
    *report.mutable_from_time() =
        TimestampOf(target.calendar.At(invoices.front().time));
  }
  *report.mutable_to_time() = TimestampOf(end);
  return report;
}

}  // namespace pistis
