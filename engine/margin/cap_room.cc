#include "engine/margin/cap_room.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "engine/base/rate.h"
#include "engine/order/share_out.h"

namespace pistis {
namespace {

constexpr absl::string_view kOrder = "margin.order.";

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

// What net revenue and cost are of some lines.
struct Revenue {
  Money net;
  Money cost;
};

// So that, of what is left of the revenue, at least `rate` is margin.
CapBase ForMinMargin(Rate rate, const Revenue& revenue) {
  CapBase base{.amount = revenue.net};
  if (!revenue.cost.is_positive()) return base;
  const int64_t of_cost = rate.denominator() - rate.numerator();
  if (of_cost <= 0) {
    base.rate = Rate();
    return base;
  }
  const Int128 least =
      CeilDiv(Int128{revenue.cost.value()} * rate.denominator(), of_cost);
  base.floor = Money(static_cast<int64_t>(
      std::min(least, Int128{std::numeric_limits<int64_t>::max()})));
  return base;
}

CapBase OfMargin(Rate rate, const Revenue& revenue) {
  return {.amount = revenue.net - revenue.cost, .rate = rate};
}

}  // namespace

Money CapBase::Most() const {
  return amount <= floor ? Money()
                         : rate.OfDown(std::max(amount - floor, Money()));
}

std::optional<Money> CapBase::Needed(Money requested) const {
  if (rate.is_zero()) return std::nullopt;
  const Int128 above =
      CeilDiv(Int128{requested.value()} * rate.denominator(), rate.numerator());
  const Int128 needed = above + floor.value();
  if (needed > kMaxOrderMoney.value()) return std::nullopt;
  return Money(static_cast<int64_t>(needed));
}

CapRoom::CapRoom(const Rulebook& rulebook, const Order& order, StepMeter* steps)
    : rulebook_(rulebook),
      order_(order),
      steps_(steps),
      lines_(order.lines.size()) {
  Scope whole{.path = std::string(kOrder), .is_order = true};
  whole.lines.reserve(lines_.size());
  for (size_t i = 0; i < lines_.size(); ++i) {
    const OrderLine& line = order.lines[i];
    lines_[i].limit = line.amount;
    lines_[i].net = NetAmount(rulebook, line);
    if (rulebook.margin) {
      lines_[i].cost = LineCost(rulebook, *rulebook.margin, line);
      LimitLine(*rulebook.margin, i);
    }
    if (lines_[i].is_excluded) continue;
    net_subtotal_ += lines_[i].net;
    whole.lines.push_back(i);
  }
  if (!rulebook.margin) return;
  const MarginPolicy& policy = *rulebook.margin;
  // What is below a category follows it in the order of its path.
  for (auto of = policy.category.rbegin(); of != policy.category.rend(); ++of) {
    Scope scope{.path = absl::StrCat("margin.category[\"", of->first, "\"].")};
    for (const size_t line : whole.lines) {
      if (LiesInCategory(order.lines[line].category, of->first)) {
        scope.lines.push_back(line);
      }
    }
    if (scope.lines.empty()) continue;
    AddScope(of->second, std::move(scope));
  }
  AddScope(policy.order, std::move(whole));
}

void CapRoom::AddScope(const MarginCaps& caps, Scope scope) {
  Money subtotal;
  Revenue revenue;
  for (const size_t line : scope.lines) {
    const LineRoom& room = lines_[line];
    subtotal += order_.lines[line].amount;
    revenue.net += room.net;
    revenue.cost += room.cost.value_or(room.net);
  }
  if (scope.is_order) cost_ = revenue.cost;
  const auto add = [&](absl::string_view name, bool is_net,
                       const CapBase& base) {
    scope.limits.push_back(
        {.name = name, .is_net = is_net, .most = base.Most(), .base = base});
  };
  if (caps.max_discount) {
    add("max_discount", false,
        {.amount = subtotal, .rate = *caps.max_discount});
  }
  if (caps.max_discount_amount) {
    scope.limits.push_back(
        {.name = "max_discount_amount", .most = *caps.max_discount_amount});
  }
  if (caps.max_share_of_margin) {
    add("max_share_of_margin", true,
        OfMargin(*caps.max_share_of_margin, revenue));
  }
  if (caps.min_margin) {
    add("min_margin", true, ForMinMargin(*caps.min_margin, revenue));
  }
  scopes_.push_back(std::move(scope));
}

void CapRoom::LimitLine(const MarginPolicy& policy, size_t line) {
  const OrderLine& of_order = order_.lines[line];
  LineRoom& room = lines_[line];
  const auto limit = [&](Money most, absl::string_view cap_id) {
    if (!room.cap_id.empty() && most >= room.limit) return false;
    room.limit = std::min(most, of_order.amount);
    room.cap_id = cap_id;
    room.base.reset();
    return true;
  };
  if (policy.Excludes(of_order.category)) {
    room.is_excluded = true;
    limit(Money(), "margin.excluded_categories");
    return;
  }
  const Money net = room.net;
  const std::optional<Money> cost = room.cost;
  if (!cost) {
    limit(Money(), "margin.unknown_cost.refuse_discounts");
    return;
  }
  if (*cost > net) {
    limit(Money(), "margin.line.negative_margin");
    return;
  }
  const MarginCaps& caps = policy.line;
  // The largest d with ceil(d * net / amount) <= most.
  const auto limit_net = [&](const CapBase& base, absl::string_view cap_id) {
    if (!net.is_positive()) return;
    const Money most(
        MulDivDown(base.Most().value(), of_order.amount.value(), net.value()));
    if (!limit(most, cap_id)) return;
    room.base = base;
    room.is_net = true;
  };
  const Revenue revenue{.net = net, .cost = *cost};
  if (policy.never_below_cost) {
    limit_net({.amount = net, .floor = *cost}, "margin.line.never_below_cost");
  }
  if (caps.max_discount) {
    const CapBase base{.amount = of_order.amount, .rate = *caps.max_discount};
    if (limit(base.Most(), "margin.line.max_discount")) {
      room.base = base;
      room.is_net = false;
    }
  }
  if (caps.max_discount_amount) {
    limit(*caps.max_discount_amount, "margin.line.max_discount_amount");
  }
  if (caps.max_share_of_margin) {
    limit_net(OfMargin(*caps.max_share_of_margin, revenue),
              "margin.line.max_share_of_margin");
  }
  if (caps.min_margin) {
    limit_net(ForMinMargin(*caps.min_margin, revenue),
              "margin.line.min_margin");
  }
}

void CapRoom::Limit::Ask(Money amount) {
  requested += amount;
  cut = cut || taken + amount > most;
}

std::string CapRoom::Scope::IdOf(const Limit& limit) const {
  return absl::StrCat(path, limit.name);
}

bool CapRoom::Scope::Has(size_t line) const {
  return std::binary_search(lines.begin(), lines.end(), line);
}

bool CapRoom::Scope::Fits(Money amount, Money net) const {
  return std::all_of(limits.begin(), limits.end(), [&](const Limit& limit) {
    return (limit.is_net ? net : amount) <= limit.left();
  });
}

bool CapRoom::Counts(BenefitKind kind) const {
  if (!rulebook_.margin) return true;
  switch (kind) {
    case BenefitKind::kDiscount:
      return true;
    case BenefitKind::kPoints:
      return rulebook_.margin->counts_redeemed_points;
    case BenefitKind::kEarned:
      return rulebook_.margin->counts_earned_points;
  }
  return true;
}

Money CapRoom::NetIncrease(size_t line, Money extra) const {
  const LineRoom& room = lines_[line];
  return NetDiscount(rulebook_, order_.lines[line], room.counted + extra) -
         room.counted_net;
}

bool CapRoom::Charge(size_t lines) const {
  if (steps_ == nullptr) return true;
  steps_->Spend(static_cast<int64_t>(lines));
  return !steps_->is_spent();
}

CapRoom::Sums CapRoom::SumsOf(const Scope& scope,
                              absl::Span<const Money> shares) const {
  Sums sums;
  if (!Charge(scope.lines.size())) return sums;
  for (const size_t line : scope.lines) {
    if (shares[line].is_zero()) continue;
    sums.amount += shares[line];
    sums.net += NetIncrease(line, shares[line]);
  }
  return sums;
}

std::vector<Money> CapRoom::WithinLines(absl::Span<const Money> requested,
                                        BenefitKind kind) const {
  std::vector<Money> shares(requested.begin(), requested.end());
  if (kind != BenefitKind::kDiscount) return shares;
  for (size_t i = 0; i < shares.size(); ++i) {
    shares[i] = std::min(shares[i], lines_[i].limit - lines_[i].discount);
  }
  return shares;
}

bool CapRoom::Trim(const Scope& scope, std::vector<Money>& shares) const {
  const Sums asked = SumsOf(scope, shares);
  if (asked.amount.is_zero() || scope.Fits(asked.amount, asked.net)) {
    return false;
  }
  // What is asked of the scope alone, to be shared out again.
  std::vector<Money> most(shares.size());
  for (const size_t line : scope.lines)
    most[line] = std::exchange(shares[line], Money());
  // Nothing fits any more, not one minor unit on any line.
  if (!scope.Fits(Money(1), Money())) return true;
  // Where a unit without tax does not fit, only what adds none may.
  if (scope.Fits(Money(), Money(1))) {
    std::vector<Money> shared;
    const Money total =
        LargestThat(Money(), asked.amount, [&](Money candidate) {
          if (!Charge(kStepsALine * most.size())) return false;
          shared = ShareOut(candidate, most);
          return scope.Fits(candidate, SumsOf(scope, shared).net);
        });
    shared = ShareOut(total, most);
    for (const size_t line : scope.lines)
      shares[line] = shared[line];
  }
  TopUp(absl::MakeConstSpan(&scope, 1), most, shares);
  return true;
}

void CapRoom::TopUp(absl::Span<const Scope> scopes,
                    absl::Span<const Money> most,
                    std::vector<Money>& shares) const {
  std::vector<Sums> sums;
  for (const Scope& scope : scopes)
    sums.push_back(SumsOf(scope, shares));
  for (size_t line = 0; line < shares.size(); ++line) {
    if (shares[line] >= most[line]) continue;
    if (!Charge(kStepsALine + scopes.size())) return;
    const Money net = NetIncrease(line, shares[line]);
    const auto fits = [&](Money share) {
      for (size_t i = 0; i < scopes.size(); ++i) {
        if (scopes[i].Has(line) &&
            !scopes[i].Fits(sums[i].amount + share - shares[line],
                            sums[i].net + NetIncrease(line, share) - net)) {
          return false;
        }
      }
      return true;
    };
    const Money more = LargestThat(shares[line], most[line], fits);
    for (size_t i = 0; i < scopes.size(); ++i) {
      if (!scopes[i].Has(line)) continue;
      sums[i].amount += more - shares[line];
      sums[i].net += NetIncrease(line, more) - net;
    }
    shares[line] = more;
  }
}

std::vector<Money> CapRoom::Most(absl::Span<const Money> requested,
                                 BenefitKind kind) const {
  std::vector<Money> shares = WithinLines(requested, kind);
  if (!Counts(kind)) return shares;
  bool is_cut = false;
  for (const Scope& scope : scopes_)
    is_cut = Trim(scope, shares) || is_cut;
  // What one scope cut may leave room in another.
  if (is_cut && scopes_.size() > 1) {
    TopUp(scopes_, WithinLines(requested, kind), shares);
  }
  return shares;
}

void CapRoom::AskLines(absl::Span<const Money> requested,
                       absl::Span<const Money> within) {
  for (size_t i = 0; i < within.size(); ++i) {
    lines_[i].requested_discount += requested[i];
    lines_[i].cut = lines_[i].cut || within[i] < requested[i];
  }
}

void CapRoom::Take(absl::Span<const Money> shares,
                   absl::Span<const Money> requested, BenefitKind kind) {
  const std::vector<Money> within = WithinLines(requested, kind);
  if (kind == BenefitKind::kDiscount) AskLines(requested, within);
  const bool counts = Counts(kind);
  if (counts) {
    const bool is_whole = shares == absl::MakeConstSpan(within);
    for (Scope& scope : scopes_) {
      const Sums asked = SumsOf(scope, within);
      const Sums taken = is_whole ? asked : SumsOf(scope, shares);
      for (Limit& limit : scope.limits) {
        limit.Ask(limit.is_net ? asked.net : asked.amount);
        limit.taken += limit.is_net ? taken.net : taken.amount;
      }
    }
  }
  for (size_t i = 0; i < shares.size(); ++i) {
    LineRoom& room = lines_[i];
    if (kind == BenefitKind::kDiscount) room.discount += shares[i];
    if (!counts || shares[i].is_zero()) continue;
    room.counted += shares[i];
    room.counted_net = NetDiscount(rulebook_, order_.lines[i], room.counted);
  }
}

Money CapRoom::MostShipping(Money requested) const {
  if (scopes_.empty()) return requested;
  for (const Limit& limit : scopes_.back().limits)
    requested = std::min(requested, limit.left());
  return requested;
}

void CapRoom::TakeShipping(Money amount, Money requested) {
  if (!scopes_.empty()) {
    for (Limit& limit : scopes_.back().limits) {
      limit.Ask(requested);
      limit.taken += amount;
    }
  }
  shipping_discount_ += amount;
}

std::vector<CapCut> CapRoom::CutsOf(absl::Span<const Money> requested,
                                    Money shipping, BenefitKind kind) const {
  std::vector<CapCut> cuts;
  const std::vector<Money> within = WithinLines(requested, kind);
  for (const Scope& scope : scopes_) {
    if (!Counts(kind)) break;
    const Sums asked = SumsOf(scope, within);
    for (const Limit& limit : scope.limits) {
      const Money amount = (limit.is_net ? asked.net : asked.amount) +
                           (scope.is_order ? shipping : Money());
      if (amount <= limit.left()) continue;
      cuts.push_back({.cap_id = scope.IdOf(limit),
                      .line_id = "",
                      .left = limit.left(),
                      .requested = amount});
    }
  }
  if (cuts.size() > kMaxCuts) cuts.resize(kMaxCuts);
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
  const auto add = [&](BoundCap cap, const std::optional<CapBase>& base,
                       Money requested) {
    if (base) {
      cap.base = base->amount;
      cap.needed_base = base->Needed(requested);
    }
    bound.push_back(std::move(cap));
  };
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    for (const Limit& limit : scope->limits) {
      if (!limit.cut) continue;
      add({.cap_id = scope->IdOf(limit),
           .line_id = "",
           .limit = limit.most,
           .requested = limit.requested,
           .granted = limit.taken},
          limit.base, limit.requested);
    }
  }
  for (size_t i = 0; i < lines_.size(); ++i) {
    const LineRoom& room = lines_[i];
    if (!room.cut) continue;
    const Money asked = room.requested_discount;
    add({.cap_id = std::string(room.cap_id),
         .line_id = order_.lines[i].line_id,
         .limit = room.limit,
         .requested = asked,
         .granted = room.discount},
        room.base,
        room.is_net ? NetDiscount(rulebook_, order_.lines[i], asked) : asked);
  }
  return bound;
}

std::optional<MarginFigures> CapRoom::Figures() const {
  if (!rulebook_.margin) return std::nullopt;
  Money given = shipping_discount_;
  for (const size_t line : scopes_.back().lines) {
    given += lines_[line].counted_net;
  }
  return MarginFigures{
      .revenue_before = net_subtotal_, .given = given, .cost = cost_};
}

}  // namespace pistis
