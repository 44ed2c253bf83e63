// Two worlds side by side: the same past under two rulebooks.
#ifndef PISTIS_ENGINE_OPERATIONS_SIMULATION_H_
#define PISTIS_ENGINE_OPERATIONS_SIMULATION_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/simulation.pb.h"

#include "engine/operations/simulate_past.h"
#include "engine/operations/simulate_world.h"
#include "engine/storage/store.h"

namespace pistis {

// Empty stores, one for each world, that are thrown away afterwards.
struct ScratchStores {
  Store& current;
  Store& candidate;
};

// The rulebooks that are compared.
struct SimulatedRulebooks {
  SimulatedRulebook current;
  SimulatedRulebook candidate;
};

// Is told how far the work is; false where nobody wants to know any more.
using SimulationWatch =
    absl::FunctionRef<bool(const v1::SimulationProgress& progress)>;

// Takes what happened, in the order in which it was committed. One thread; the
// stores outlive it. Statuses as SimulatedWorld.
class Simulation {
 public:
  static absl::StatusOr<std::unique_ptr<Simulation>> Open(
      const ScratchStores& stores, const SimulationTerms& terms,
      SimulatedRulebooks rulebooks);

  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  [[nodiscard]] absl::StatusOr<bool> Knows(const MemberId& member) const {
    return current_->Knows(member);
  }
  absl::Status Join(const PastMember& member);
  // For an order with facts, before it is sold.
  absl::Status Bring(const PastMember& member, const PastOrder& order);
  absl::Status Sell(const PastOrder& order);
  absl::Status Return(const PastRefund& refund);

  // Takes both worlds to `end`, and compares them. Once, after which nothing
  // else is called. kCancelled where `watch` says so.
  absl::StatusOr<v1::SimulationReport> Finish(absl::Time end,
                                              SimulationWatch watch);

 private:
  Simulation(const SimulationTerms& terms,
             std::unique_ptr<SimulatedWorld> current,
             std::unique_ptr<SimulatedWorld> candidate)
      : passed_over_from_(terms.passed_over_from),
        passed_over_to_(terms.passed_over_to),
        current_(std::move(current)),
        candidate_(std::move(candidate)) {}

  // When the next step of time ends.
  [[nodiscard]] absl::Time NextStep() const;

  // Posts what falls due by then, day by day, but in one step where the program
  // passed over time.
  absl::Status PassTo(absl::Time time);
  absl::Status Both(absl::FunctionRef<absl::Status(SimulatedWorld&)> run);

  const absl::Time passed_over_from_;
  const absl::Time passed_over_to_;
  std::unique_ptr<SimulatedWorld> current_;
  std::unique_ptr<SimulatedWorld> candidate_;
  v1::SimulatedHistory history_;
  absl::Time passed_ = absl::InfinitePast();
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_SIMULATION_H_
