// A program as one rulebook would have had it.
#ifndef PISTIS_ENGINE_OPERATIONS_SIMULATE_WORLD_H_
#define PISTIS_ENGINE_OPERATIONS_SIMULATE_WORLD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/admin_service.pb.h"
#include "pistis/v1/insight_service.pb.h"
#include "pistis/v1/rulebook.pb.h"
#include "pistis/v1/simulation.pb.h"

#include "engine/base/amount.h"
#include "engine/base/ids.h"
#include "engine/insight/sales_tally.h"
#include "engine/operations/env.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/rulebook_cache.h"
#include "engine/operations/simulate_past.h"
#include "engine/operations/simulate_scratch.h"
#include "engine/rulebook/rulebook.h"
#include "engine/storage/store.h"

namespace pistis {

// A rulebook as it is published in a world.
struct SimulatedRulebook {
  v1::Rulebook message;
  Rulebook compiled;
};

// What two worlds share.
struct SimulationTerms {
  v1::Program program;
  // Keys codes: the same secret makes the same codes.
  std::string secret;
  // Codes issued before it belong to both worlds; InfinitePast: none do.
  absl::Time from = absl::InfinitePast();
  // Time that the program passed over: from the last sale it imported to the
  // end of the import. What time alone sets off in it was noticed too late.
  absl::Time passed_over_from = absl::InfiniteFuture();
  absl::Time passed_over_to = absl::InfiniteFuture();
};

// What a world adds up beside the program's own sums.
struct WorldSums {
  // Margins after discounts and counted points, less the share of returns.
  Money margin;
  Points brought;
  int64_t codes_left_out = 0;
  int64_t redemptions_cut = 0;
  Points redemption_points_cut;
};

// By what was refused and the reason.
using WorldRefusals =
    std::map<std::pair<v1::SimulatedRefusal::Kind, std::string>, int64_t>;

// Runs the use cases of sales, returns and due points in a scratch store, at
// the times at which they took place. What the rulebook refuses is counted; a
// status that is not OK means that the world cannot go on: storage failed or a
// record cannot be read. One thread.
class SimulatedWorld {
 public:
  // `store` is empty and outlives the world. FIELD_INVALID where the rulebook
  // is another program's.
  static absl::StatusOr<std::unique_ptr<SimulatedWorld>> Open(
      Store& store, const SimulationTerms& terms, SimulatedRulebook rulebook);

  SimulatedWorld(const SimulatedWorld&) = delete;
  SimulatedWorld& operator=(const SimulatedWorld&) = delete;

  [[nodiscard]] absl::StatusOr<bool> Knows(const MemberId& member) const;
  // A member joins.
  absl::Status Join(const PastMember& past);
  // A member who was there before comes in: with the points, orders, spend,
  // tier and segments of `facts`, which an order at `time` saw.
  absl::Status Bring(const PastMember& past,
                     const store::v1::MemberFactsRecord& facts,
                     absl::Time time);
  // The order, by a member who is known here if it has one. Points that the
  // member does not have here are not redeemed; codes that this world did not
  // issue, or refuses, are left out.
  absl::Status Sell(const PastOrder& past);
  absl::Status Return(const PastRefund& past);
  // Posts what falls due by then.
  absl::Status AdvanceTo(absl::Time time);

  // The program's sums.
  [[nodiscard]] absl::StatusOr<v1::ProgramStats> Stats() const;
  // What `points` pay; nothing where they have no value.
  [[nodiscard]] Money WorthOf(Points points) const;
  // Calls `visit` with each member in alphabetical order, until it fails.
  absl::Status VisitMembers(
      absl::FunctionRef<absl::Status(const MemberId&)> visit) const;
  // Counts the member where it is at the end, once; what it got: discounts,
  // what points paid, and what the points left pay. Nothing where there is no
  // such member.
  absl::StatusOr<Money> CloseOut(const MemberId& member);

  // Complete once every member is closed out.
  [[nodiscard]] const SalesTally& tally() const { return tally_; }
  [[nodiscard]] const WorldSums& sums() const { return sums_; }
  [[nodiscard]] const WorldRefusals& refusals() const { return refusals_; }

 private:
  SimulatedWorld(Store& store, const SimulationTerms& terms);

  // The member's profile as the order saw it.
  absl::Status Refresh(const PastOrder& past);
  // An order that was told late found its member's account further on.
  absl::Status CatchUp(const PastOrder& past);
  absl::Status FitCodes(const PastOrder& past, v1::Order& order);
  absl::Status FitCode(const PastCode& past, v1::Order& order);
  absl::Status FitRedemption(const PastOrder& past, v1::Order& order);
  absl::Status DropRefusedCodes(const PastOrder& past, v1::Order& order);
  absl::Status FollowHabit(const PastOrder& past, v1::Order& order);
  // `wished` is the order before codes were left out.
  absl::Status KeepCodes(const PastOrder& past, const v1::Order& wished,
                         const v1::Order& order,
                         const v1::CommitOrderResponse& reply);
  // The codes that a member with habits has not used yet.
  absl::StatusOr<v1::CommitOrderResponse> PocketOf(
      const std::string& member) const;
  absl::StatusOr<v1::CommitOrderResponse> Commit(
      absl::Time time, const v1::CommitOrderRequest& request);
  absl::Status Count(const PastOrder& past, const v1::Order& order,
                     const v1::Quote& quote);
  absl::StatusOr<SaleFigures> FiguresOf(const v1::Order& order,
                                        const v1::Quote& quote) const;
  absl::Status AddGifts(const v1::Quote& quote, SaleFigures& figures) const;
  absl::StatusOr<std::string> TemplateOf(const std::string& code) const;
  absl::Status AddGiven(const MemberId& member, Money given);
  // `reader` outlives the ledger.
  absl::StatusOr<MemberLedger> LedgerOf(const Reader& reader,
                                        const MemberId& member,
                                        absl::Time time) const;
  absl::StatusOr<Points> AvailableTo(const MemberId& member,
                                     absl::Time time) const;
  void LeaveOutCode(absl::string_view reason);
  // OK where the refusal is counted; else `status`.
  absl::Status CountRefusal(v1::SimulatedRefusal::Kind kind,
                            const absl::Status& status);

  const SimulationTerms terms_;
  const ProgramId program_;
  RulebookCache rulebooks_;
  const OperationEnv env_;
  ScratchCommits commits_;
  std::shared_ptr<const Rulebook> rulebook_;
  SalesTally tally_;
  WorldSums sums_;
  WorldRefusals refusals_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_SIMULATE_WORLD_H_
