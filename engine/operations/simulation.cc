#include "engine/operations/simulation.h"

#include <algorithm>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/insight/member_changes.h"
#include "engine/operations/simulate_report.h"

namespace pistis {
namespace {

constexpr size_t kMostMembersListed = 10;
constexpr int64_t kMembersPerLook = 64;

// Tills that were offline tell their sales this much later: accounts are taken
// no further than they would have been.
constexpr absl::Duration kLateSales = absl::Hours(72);
// Occasions are noticed as soon as by a server that never stood still.
constexpr absl::Duration kDueStep = absl::Hours(24);

}  // namespace

absl::StatusOr<std::unique_ptr<Simulation>> Simulation::Open(
    const ScratchStores& stores, const SimulationTerms& terms,
    SimulatedRulebooks rulebooks) {
  PISTIS_ASSIGN_OR_RETURN(std::unique_ptr<SimulatedWorld> current,
                          SimulatedWorld::Open(stores.current, terms,
                                               std::move(rulebooks.current)));
  PISTIS_ASSIGN_OR_RETURN(std::unique_ptr<SimulatedWorld> candidate,
                          SimulatedWorld::Open(stores.candidate, terms,
                                               std::move(rulebooks.candidate)));
  return std::unique_ptr<Simulation>(
      new Simulation(terms, std::move(current), std::move(candidate)));
}

absl::Status Simulation::Both(
    absl::FunctionRef<absl::Status(SimulatedWorld&)> run) {
  PISTIS_RETURN_IF_ERROR(run(*current_));
  return run(*candidate_);
}

absl::Time Simulation::NextStep() const {
  const absl::Time next = passed_ + kDueStep;
  const bool lies_there = next > passed_over_from_ && passed_ < passed_over_to_;
  return lies_there ? std::max(next, passed_over_to_) : next;
}

absl::Status Simulation::PassTo(absl::Time time) {
  if (passed_ == absl::InfinitePast()) passed_ = time;
  for (absl::Time next = NextStep(); next <= time; next = NextStep()) {
    passed_ = next;
    PISTIS_RETURN_IF_ERROR(Both(
        [this](SimulatedWorld& world) { return world.AdvanceTo(passed_); }));
  }
  return absl::OkStatus();
}

absl::Status Simulation::Join(const PastMember& member) {
  history_.set_joined(history_.joined() + 1);
  PISTIS_RETURN_IF_ERROR(PassTo(member.joined - kLateSales));
  return Both([&](SimulatedWorld& world) { return world.Join(member); });
}

absl::Status Simulation::Bring(const PastMember& member,
                               const PastOrder& order) {
  history_.set_known_before(history_.known_before() + 1);
  return Both([&](SimulatedWorld& world) {
    return world.Bring(member, *order.facts, order.time);
  });
}

absl::Status Simulation::Sell(const PastOrder& order) {
  history_.set_orders(history_.orders() + 1);
  PISTIS_RETURN_IF_ERROR(PassTo(order.time - kLateSales));
  return Both([&](SimulatedWorld& world) { return world.Sell(order); });
}

absl::Status Simulation::Return(const PastRefund& refund) {
  history_.set_refunds(history_.refunds() + 1);
  PISTIS_RETURN_IF_ERROR(PassTo(refund.time - kLateSales));
  return Both([&](SimulatedWorld& world) { return world.Return(refund); });
}

absl::StatusOr<v1::SimulationReport> Simulation::Finish(absl::Time end,
                                                        SimulationWatch watch) {
  PISTIS_RETURN_IF_ERROR(PassTo(end));
  PISTIS_RETURN_IF_ERROR(
      Both([end](SimulatedWorld& world) { return world.AdvanceTo(end); }));
  MemberChanges changes(kMostMembersListed);
  v1::SimulationProgress progress;
  progress.set_stage("members");
  progress.set_of(history_.joined() + history_.known_before());
  PISTIS_RETURN_IF_ERROR(current_->VisitMembers([&](const MemberId& member)
                                                    -> absl::Status {
    PISTIS_ASSIGN_OR_RETURN(const Money current, current_->CloseOut(member));
    PISTIS_ASSIGN_OR_RETURN(const Money candidate,
                            candidate_->CloseOut(member));
    changes.Add({.member = member, .current = current, .candidate = candidate});
    progress.set_done(progress.done() + 1);
    const bool look = progress.done() % kMembersPerLook == 0 ||
                      progress.done() == progress.of();
    if (look && !watch(progress)) {
      return absl::CancelledError("nobody waits for the report");
    }
    return absl::OkStatus();
  }));
  PISTIS_ASSIGN_OR_RETURN(v1::SimulationReport report,
                          CompareWorlds(*current_, *candidate_));
  AddChanges(changes, report);
  *report.mutable_history() = history_;
  return report;
}

}  // namespace pistis
