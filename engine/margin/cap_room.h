// What the caps still allow while benefits are granted one after another.
#ifndef PISTIS_ENGINE_MARGIN_CAP_ROOM_H_
#define PISTIS_ENGINE_MARGIN_CAP_ROOM_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "engine/base/amount.h"
#include "engine/base/rate.h"
#include "engine/margin/guard.h"
#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// Whether a benefit is a discount, which the caps on lines count, or points,
// redeemed or earned, which they do not.
enum class BenefitKind { kDiscount, kPoints, kEarned };

// What a cap's limit is worked out from: it allows `rate` of what `amount` has
// above `floor`. The amount is that of the order, the category or the line, as
// priced; for caps on the margin the margin, or the net revenue where the floor
// is what cost asks for.
struct CapBase {
  Money amount;
  Rate rate = Rate(1, 1);
  Money floor = {};

  // Rounded down; never below zero.
  [[nodiscard]] Money Most() const;
  // The least amount that allows so much; nothing where none does that an order
  // may come to.
  [[nodiscard]] std::optional<Money> Needed(Money requested) const;
};

// The room under all caps of one order. Refers to the rulebook and the order,
// which must outlive it.
class CapRoom {
 public:
  // What is worked out is charged to `steps`, which must outlive it, too; to
  // nobody where it is null.
  CapRoom(const Rulebook& rulebook, const Order& order, StepMeter* steps);

  // The largest shares, each at most `requested`'s, that all caps allow. Where
  // an order cap binds, they are shared out in proportion to what the lines
  // allow, and no line could get one more minor unit.
  [[nodiscard]] std::vector<Money> Most(absl::Span<const Money> requested,
                                        BenefitKind kind) const;

  // Takes the shares, which must be allowed: at most what Most gives for
  // `requested`, which goes into the report.
  void Take(absl::Span<const Money> shares, absl::Span<const Money> requested,
            BenefitKind kind);

  // The same for a discount on shipping, which the caps of the order count in
  // full and those of lines not at all.
  [[nodiscard]] Money MostShipping(Money requested) const;
  void TakeShipping(Money amount, Money requested);

  // The caps that allow less than `requested`, or less on shipping, those of
  // the order first, at most kMaxCuts; to be asked before what is granted is
  // taken.
  static constexpr size_t kMaxCuts = 20;
  [[nodiscard]] std::vector<CapCut> CutsOf(absl::Span<const Money> requested,
                                           Money shipping,
                                           BenefitKind kind) const;

  // The caps that cut something, those of the order first.
  [[nodiscard]] std::vector<BoundCap> Bound() const;

  [[nodiscard]] std::optional<MarginFigures> Figures() const;

 private:
  struct LineRoom {
    // Without tax; nothing where the cost is not known.
    Money net;
    std::optional<Money> cost;
    // The most discount, and the cap that says so.
    Money limit;
    absl::string_view cap_id;
    std::optional<CapBase> base;
    // The base is without tax.
    bool is_net = false;
    Money discount;
    Money requested_discount;
    bool cut = false;
    // Discounts and counted points, and what they are without tax.
    Money counted;
    Money counted_net;
    // Neither a sale nor a discount: no cap but its own counts it.
    bool is_excluded = false;
  };

  // One cap on lines together.
  struct Limit {
    // The cap's id is the scope's path and this.
    absl::string_view name;
    // In which measure: without tax, or as priced.
    bool is_net = false;
    Money most;
    std::optional<CapBase> base;
    Money taken;
    Money requested;
    bool cut = false;

    // Notes that `amount` is asked for.
    void Ask(Money amount);
    [[nodiscard]] Money left() const { return most - taken; }
  };

  // The caps on some lines together: those of a category, or of the order.
  struct Scope {
    std::string path;
    // Ascending.
    std::vector<size_t> lines;
    std::vector<Limit> limits;
    bool is_order = false;

    [[nodiscard]] std::string IdOf(const Limit& limit) const;
    [[nodiscard]] bool Has(size_t line) const;
    // Whether so much more fits under all of its caps.
    [[nodiscard]] bool Fits(Money amount, Money net) const;
  };

  // What is asked of a scope.
  struct Sums {
    Money amount;
    Money net;
  };

  void LimitLine(const MarginPolicy& policy, size_t line);
  void AddScope(const MarginCaps& caps, Scope scope);
  [[nodiscard]] bool Counts(BenefitKind kind) const;
  // What `extra` more on the line adds to the discounts without tax.
  [[nodiscard]] Money NetIncrease(size_t line, Money extra) const;
  [[nodiscard]] Sums SumsOf(const Scope& scope,
                            absl::Span<const Money> shares) const;
  [[nodiscard]] std::vector<Money> WithinLines(
      absl::Span<const Money> requested, BenefitKind kind) const;
  // Cuts the scope's shares to what its caps allow, in proportion; true where
  // it cut anything.
  bool Trim(const Scope& scope, std::vector<Money>& shares) const;
  // Adds single minor units, up to `most`, where rounding left room under the
  // caps of all of `scopes`.
  void TopUp(absl::Span<const Scope> scopes, absl::Span<const Money> most,
             std::vector<Money>& shares) const;
  // Notes what is asked of the lines; `within` is what they allow of that.
  void AskLines(absl::Span<const Money> requested,
                absl::Span<const Money> within);

  // Charges work on so many lines; false where no steps are left.
  bool Charge(size_t lines) const;

  const Rulebook& rulebook_;
  const Order& order_;
  StepMeter* const steps_;
  std::vector<LineRoom> lines_;
  // The deepest categories first, the order last: each scope's lines lie in, or
  // apart from, those of each later one.
  std::vector<Scope> scopes_;
  Money net_subtotal_;
  Money cost_;
  Money shipping_discount_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_MARGIN_CAP_ROOM_H_
