// What the caps still allow while benefits are granted one after another.
#ifndef PISTIS_ENGINE_MARGIN_CAP_ROOM_H_
#define PISTIS_ENGINE_MARGIN_CAP_ROOM_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"

#include "engine/base/amount.h"
#include "engine/margin/guard.h"
#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// Whether a benefit is a discount, which the caps on lines count, or points,
// which they do not.
enum class BenefitKind { kDiscount, kPoints };

// The room under all caps of one order. Refers to the rulebook and the order,
// which must outlive it.
class CapRoom {
 public:
  CapRoom(const Rulebook& rulebook, const Order& order);

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
    // The most discount, and the cap that says so.
    Money limit;
    absl::string_view cap_id;
    Money discount;
    Money requested_discount;
    bool cut = false;
    // Discounts and counted points.
    Money counted;
  };

  // A limit on the order; nothing where the rulebook sets none.
  struct OrderRoom {
    // Notes that `amount` is asked for, which the lines allow.
    void Ask(Money amount);

    std::optional<Money> limit;
    Money taken;
    Money requested;
    bool cut = false;
  };

  void LimitLine(const MarginPolicy& policy, size_t line);
  [[nodiscard]] bool Counts(BenefitKind kind) const;
  // What `extra` more on the line adds to the discounts without tax.
  [[nodiscard]] Money NetIncrease(size_t line, Money extra) const;
  [[nodiscard]] Money NetIncrease(absl::Span<const Money> shares) const;
  [[nodiscard]] std::vector<Money> WithinLines(
      absl::Span<const Money> requested, BenefitKind kind) const;
  [[nodiscard]] bool WithinOrder(Money amount, Money net) const;
  void NoteRequest(absl::Span<const Money> requested, BenefitKind kind);
  // Adds single minor units where rounding left room.
  [[nodiscard]] std::vector<Money> TopUp(std::vector<Money> shares,
                                         absl::Span<const Money> most) const;

  const Rulebook& rulebook_;
  const Order& order_;
  std::vector<LineRoom> lines_;
  OrderRoom max_discount_;
  OrderRoom share_of_margin_;
  Money net_subtotal_;
  Money cost_;
  Money shipping_discount_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_MARGIN_CAP_ROOM_H_
