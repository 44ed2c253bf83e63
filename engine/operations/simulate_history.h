// The past of a program, read for a simulation.
#ifndef PISTIS_ENGINE_OPERATIONS_SIMULATE_HISTORY_H_
#define PISTIS_ENGINE_OPERATIONS_SIMULATE_HISTORY_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/event_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/env.h"
#include "engine/operations/simulate_past.h"
#include "engine/storage/store.h"

namespace pistis {

// What takes effect from `from` on and before `to`.
struct Period {
  absl::Time from = absl::InfinitePast();
  absl::Time to = absl::InfiniteFuture();

  [[nodiscard]] bool Holds(absl::Time time) const {
    return from <= time && time < to;
  }
};

// What a period holds.
struct HistoryCounts {
  int64_t commits = 0;
  int64_t orders = 0;
  int64_t refunds = 0;
  int64_t joined = 0;
  // Refunds of orders that are not of the period.
  int64_t refunds_of_others = 0;
  // Refunds of which the record does not say what came back.
  int64_t refunds_untold = 0;
  // Movements of points by commands.
  int64_t other_postings = 0;
};

using PastStep = std::variant<PastMember, PastOrder, PastRefund>;

// Reads the commits of a program in their order, a bounded page at a time.
// Statuses: RECORD_CORRUPT, those of the reader, and what a visitor returns.
class SimulatedHistory {
 public:
  // Refers to all of it.
  SimulatedHistory(const OperationEnv& env, const Reader& reader,
                   const ProgramId& program, const Period& period)
      : env_(env), reader_(reader), program_(program), period_(period) {}

  // Counts what the period holds, calling `watch` with the commits looked
  // through so far.
  absl::StatusOr<HistoryCounts> Count(
      absl::FunctionRef<absl::Status(int64_t commits)> watch) const;

  // Calls `visit` with what happened in the period, in the order of commits.
  absl::Status Walk(
      absl::FunctionRef<absl::Status(const PastStep&)> visit) const;

  // A member, as its profile has it now, who joined before the period.
  [[nodiscard]] absl::StatusOr<PastMember> FindMember(
      const MemberId& member) const;

 private:
  // The events of the period, in order. `commits` counts those before.
  absl::Status VisitEvents(
      absl::FunctionRef<absl::Status(const v1::Event&, int64_t commits)> visit)
      const;
  // True where a command posted what the event tells, rather than a rule.
  absl::StatusOr<bool> IsByCommand(const v1::Event& event) const;
  absl::StatusOr<PastOrder> LoadOrder(const std::string& order_id) const;
  enum class RefundState { kTold, kOfOtherOrder, kUntold };
  struct FoundRefund {
    RefundState state = RefundState::kTold;
    PastRefund refund;
  };
  absl::StatusOr<FoundRefund> LoadRefund(const v1::Event& event) const;

  const OperationEnv& env_;
  const Reader& reader_;
  const ProgramId& program_;
  const Period period_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_SIMULATE_HISTORY_H_
