#include "engine/margin/cap_room.h"

#include <algorithm>
#include <utility>

#include "engine/base/rate.h"
#include "engine/order/share_out.h"

namespace pistis {
namespace {

constexpr absl::string_view kMaxDiscount = "margin.order.max_discount";
constexpr absl::string_view kShareOfMargin = "margin.order.max_share_of_margin";
constexpr absl::string_view kNeverBelowCost = "margin.line.never_below_cost";
constexpr absl::string_view kNegativeMargin = "margin.line.negative_margin";
constexpr absl::string_view kRefuseDiscounts =
    "margin.unknown_cost.refuse_discounts";

Money Sum(absl::Span<const Money> shares) {
  Money sum;
  for (const Money share : shares)
    sum += share;
  return sum;
}

// A value in [low, high] for which `holds`, which is true for `low`: the
// largest where `holds`, once false, stays false.
template <typename Holds>
Money LargestThat(Money low, Money high, Holds holds) {
  while (low < high) {
    const Money middle = low + Money((high.value() - low.value() + 1) / 2);
    if (holds(middle)) {
      low = middle;
    } else {
      high = middle - Money(1);
    }
  }
  return low;
}

}  // namespace

CapRoom::CapRoom(const Rulebook& rulebook, const Order& order)
    : rulebook_(rulebook), order_(order), lines_(order.lines.size()) {
  for (size_t i = 0; i < lines_.size(); ++i) {
    lines_[i].limit = order.lines[i].amount;
    net_subtotal_ += NetAmount(rulebook, order.lines[i]);
  }
  if (!rulebook.margin) return;
  const MarginPolicy& policy = *rulebook.margin;
  for (size_t i = 0; i < lines_.size(); ++i)
    LimitLine(policy, i);
  if (policy.max_discount) {
    max_discount_.limit = policy.max_discount->OfDown(order.Subtotal());
  }
  if (policy.max_share_of_margin) {
    share_of_margin_.limit = policy.max_share_of_margin->OfDown(
        std::max(net_subtotal_ - cost_, Money()));
  }
}

void CapRoom::LimitLine(const MarginPolicy& policy, size_t line) {
  const OrderLine& of_order = order_.lines[line];
  LineRoom& room = lines_[line];
  const Money net = NetAmount(rulebook_, of_order);
  const std::optional<Money> cost = LineCost(rulebook_, policy, of_order);
  cost_ += cost.value_or(net);
  if (!cost) {
    room.limit = Money();
    room.cap_id = kRefuseDiscounts;
  } else if (*cost > net) {
    room.limit = Money();
    room.cap_id = kNegativeMargin;
  } else if (policy.never_below_cost && net.is_positive()) {
    // The largest d with ceil(d * net / amount) <= net - cost.
    room.limit = Money(MulDivDown((net - *cost).value(),
                                  of_order.amount.value(), net.value()));
    room.cap_id = kNeverBelowCost;
  }
}

bool CapRoom::Counts(BenefitKind kind) const {
  return kind == BenefitKind::kDiscount || !rulebook_.margin ||
         rulebook_.margin->counts_redeemed_points;
}

Money CapRoom::NetIncrease(size_t line, Money extra) const {
  const OrderLine& of_order = order_.lines[line];
  const Money before = lines_[line].counted;
  return NetDiscount(rulebook_, of_order, before + extra) -
         NetDiscount(rulebook_, of_order, before);
}

Money CapRoom::NetIncrease(absl::Span<const Money> shares) const {
  Money increase;
  for (size_t i = 0; i < shares.size(); ++i) {
    if (!shares[i].is_zero()) increase += NetIncrease(i, shares[i]);
  }
  return increase;
}

std::vector<Money> CapRoom::WithinLines(absl::Span<const Money> requested,
                                        BenefitKind kind) const {
  std::vector<Money> shares(requested.begin(), requested.end());
  if (kind == BenefitKind::kPoints) return shares;
  for (size_t i = 0; i < shares.size(); ++i) {
    shares[i] = std::min(shares[i], lines_[i].limit - lines_[i].discount);
  }
  return shares;
}

bool CapRoom::WithinOrder(Money amount, Money net) const {
  return (!max_discount_.limit ||
          max_discount_.taken + amount <= *max_discount_.limit) &&
         (!share_of_margin_.limit ||
          share_of_margin_.taken + net <= *share_of_margin_.limit);
}

std::vector<Money> CapRoom::Most(absl::Span<const Money> requested,
                                 BenefitKind kind) const {
  std::vector<Money> most = WithinLines(requested, kind);
  if (!Counts(kind)) return most;
  const Money sum = Sum(most);
  if (sum.is_zero() || WithinOrder(sum, NetIncrease(most))) return most;
  // Nothing fits any more, not one minor unit on any line.
  if (!WithinOrder(Money(1), Money())) return std::vector<Money>(most.size());
  // Only what adds nothing without tax may fit.
  if (!WithinOrder(Money(), Money(1))) {
    return TopUp(std::vector<Money>(most.size()), most);
  }
  const Money total = LargestThat(Money(), sum, [&](Money candidate) {
    return WithinOrder(candidate, NetIncrease(ShareOut(candidate, most)));
  });
  return TopUp(ShareOut(total, most), most);
}

std::vector<Money> CapRoom::TopUp(std::vector<Money> shares,
                                  absl::Span<const Money> most) const {
  Money sum = Sum(shares);
  Money net = NetIncrease(shares);
  for (size_t i = 0; i < shares.size(); ++i) {
    const Money without = net - NetIncrease(i, shares[i]);
    const Money more = LargestThat(shares[i], most[i], [&](Money share) {
      return WithinOrder(sum - shares[i] + share,
                         without + NetIncrease(i, share));
    });
    sum += more - shares[i];
    net = without + NetIncrease(i, more);
    shares[i] = more;
  }
  return shares;
}

void CapRoom::OrderRoom::Ask(Money amount) {
  requested += amount;
  cut = cut || (limit && taken + amount > *limit);
}

void CapRoom::NoteRequest(absl::Span<const Money> requested, BenefitKind kind) {
  const std::vector<Money> within = WithinLines(requested, kind);
  if (kind == BenefitKind::kDiscount) {
    for (size_t i = 0; i < within.size(); ++i) {
      lines_[i].requested_discount += requested[i];
      lines_[i].cut = lines_[i].cut || within[i] < requested[i];
    }
  }
  if (!Counts(kind)) return;
  max_discount_.Ask(Sum(within));
  share_of_margin_.Ask(NetIncrease(within));
}

void CapRoom::Take(absl::Span<const Money> shares,
                   absl::Span<const Money> requested, BenefitKind kind) {
  NoteRequest(requested, kind);
  const bool counts = Counts(kind);
  if (counts) {
    max_discount_.taken += Sum(shares);
    share_of_margin_.taken += NetIncrease(shares);
  }
  for (size_t i = 0; i < shares.size(); ++i) {
    if (counts) lines_[i].counted += shares[i];
    if (kind == BenefitKind::kDiscount) lines_[i].discount += shares[i];
  }
}

Money CapRoom::MostShipping(Money requested) const {
  for (const OrderRoom* room : {&max_discount_, &share_of_margin_}) {
    if (room->limit)
      requested = std::min(requested, *room->limit - room->taken);
  }
  return requested;
}

void CapRoom::TakeShipping(Money amount, Money requested) {
  for (OrderRoom* room : {&max_discount_, &share_of_margin_}) {
    room->Ask(requested);
    room->taken += amount;
  }
  shipping_discount_ += amount;
}

std::vector<CapCut> CapRoom::CutsOf(absl::Span<const Money> requested,
                                    Money shipping, BenefitKind kind) const {
  std::vector<CapCut> cuts;
  const std::vector<Money> within = WithinLines(requested, kind);
  const auto compare = [&](absl::string_view cap_id, const OrderRoom& room,
                           Money amount) {
    if (!room.limit || room.taken + amount <= *room.limit) return;
    cuts.push_back({.cap_id = std::string(cap_id),
                    .line_id = "",
                    .left = *room.limit - room.taken,
                    .requested = amount});
  };
  if (Counts(kind)) {
    compare(kMaxDiscount, max_discount_, Sum(within) + shipping);
    compare(kShareOfMargin, share_of_margin_, NetIncrease(within) + shipping);
  }
  for (size_t i = 0; i < within.size() && cuts.size() < kMaxCuts; ++i) {
    if (within[i] >= requested[i]) continue;
    cuts.push_back({.cap_id = std::string(lines_[i].cap_id),
                    .line_id = order_.lines[i].line_id,
                    .left = within[i],
                    .requested = requested[i]});
  }
  return cuts;
}

std::vector<BoundCap> CapRoom::Bound() const {
  std::vector<BoundCap> bound;
  const auto report = [&](absl::string_view cap_id, const OrderRoom& room) {
    if (room.cut) {
      bound.push_back({.cap_id = std::string(cap_id),
                       .line_id = "",
                       .limit = *room.limit,
                       .requested = room.requested,
                       .granted = room.taken});
    }
  };
  report(kMaxDiscount, max_discount_);
  report(kShareOfMargin, share_of_margin_);
  for (size_t i = 0; i < lines_.size(); ++i) {
    const LineRoom& room = lines_[i];
    if (!room.cut) continue;
    bound.push_back({.cap_id = std::string(room.cap_id),
                     .line_id = order_.lines[i].line_id,
                     .limit = room.limit,
                     .requested = room.requested_discount,
                     .granted = room.discount});
  }
  return bound;
}

std::optional<MarginFigures> CapRoom::Figures() const {
  if (!rulebook_.margin) return std::nullopt;
  Money given = shipping_discount_;
  for (size_t i = 0; i < lines_.size(); ++i) {
    given += NetDiscount(rulebook_, order_.lines[i], lines_[i].counted);
  }
  return MarginFigures{
      .revenue_before = net_subtotal_, .given = given, .cost = cost_};
}

}  // namespace pistis
