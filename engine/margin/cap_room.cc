#include "engine/margin/cap_room.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

#include "engine/base/rate.h"
#include "engine/order/share_out.h"

namespace pistis {
namespace {

constexpr absl::string_view kLine = "margin.line.";
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

// The most that may be taken off `revenue` so that, of what is left, at least
// `rate` is margin; nothing where that much is missing before.
Money MostForMinMargin(Rate rate, const Revenue& revenue) {
  const int64_t of_cost = rate.denominator() - rate.numerator();
  if (!revenue.cost.is_positive()) return revenue.net;
  if (of_cost <= 0) return Money();
  const Int128 least =
      CeilDiv(Int128{revenue.cost.value()} * rate.denominator(), of_cost);
  if (least >= revenue.net.value()) return Money();
  return revenue.net - Money(static_cast<int64_t>(least));
}

Money MostOfMargin(Rate rate, const Revenue& revenue) {
  return rate.OfDown(std::max(revenue.net - revenue.cost, Money()));
}

}  // namespace

CapRoom::CapRoom(const Rulebook& rulebook, const Order& order, StepMeter* steps)
    : rulebook_(rulebook),
      order_(order),
      steps_(steps),
      lines_(order.lines.size()) {
  Scope whole{.is_order = true};
  for (size_t i = 0; i < lines_.size(); ++i) {
    lines_[i].limit = order.lines[i].amount;
    if (rulebook.margin) LimitLine(*rulebook.margin, i);
    if (lines_[i].is_excluded) continue;
    net_subtotal_ += NetAmount(rulebook, order.lines[i]);
    whole.lines.push_back(i);
  }
  if (!rulebook.margin) return;
  const MarginPolicy& policy = *rulebook.margin;
  // What is below a category follows it in the order of its path.
  for (auto of = policy.category.rbegin(); of != policy.category.rend(); ++of) {
    Scope scope;
    for (const size_t line : whole.lines) {
      if (LiesInCategory(order.lines[line].category, of->first)) {
        scope.lines.push_back(line);
      }
    }
    if (scope.lines.empty()) continue;
    AddScope(absl::StrCat("margin.category[\"", of->first, "\"]."), of->second,
             std::move(scope));
  }
  AddScope(std::string(kOrder), policy.order, std::move(whole));
}

void CapRoom::AddScope(const std::string& path, const MarginCaps& caps,
                       Scope scope) {
  Money subtotal;
  Revenue revenue;
  for (const size_t line : scope.lines) {
    const OrderLine& of_order = order_.lines[line];
    const Money net = NetAmount(rulebook_, of_order);
    subtotal += of_order.amount;
    revenue.net += net;
    revenue.cost +=
        LineCost(rulebook_, *rulebook_.margin, of_order).value_or(net);
  }
  if (scope.is_order) cost_ = revenue.cost;
  const auto add = [&](absl::string_view name, bool is_net, Money most) {
    scope.limits.push_back(
        {.cap_id = absl::StrCat(path, name), .is_net = is_net, .most = most});
  };
  if (caps.max_discount) {
    add("max_discount", false, caps.max_discount->OfDown(subtotal));
  }
  if (caps.max_discount_amount) {
    add("max_discount_amount", false, *caps.max_discount_amount);
  }
  if (caps.max_share_of_margin) {
    add("max_share_of_margin", true,
        MostOfMargin(*caps.max_share_of_margin, revenue));
  }
  if (caps.min_margin) {
    add("min_margin", true, MostForMinMargin(*caps.min_margin, revenue));
  }
  scopes_.push_back(std::move(scope));
}

void CapRoom::LimitLine(const MarginPolicy& policy, size_t line) {
  const OrderLine& of_order = order_.lines[line];
  LineRoom& room = lines_[line];
  const auto limit = [&](Money most, absl::string_view name) {
    if (!room.cap_id.empty() && most >= room.limit) return;
    room.limit = std::min(most, of_order.amount);
    room.cap_id = absl::StartsWith(name, "margin.") ? std::string(name)
                                                    : absl::StrCat(kLine, name);
  };
  if (policy.Excludes(of_order.category)) {
    room.is_excluded = true;
    return limit(Money(), "margin.excluded_categories");
  }
  const Money net = NetAmount(rulebook_, of_order);
  const std::optional<Money> cost = LineCost(rulebook_, policy, of_order);
  if (!cost) return limit(Money(), "margin.unknown_cost.refuse_discounts");
  if (*cost > net) return limit(Money(), "negative_margin");
  const MarginCaps& caps = policy.line;
  // The largest d with ceil(d * net / amount) <= most.
  const auto limit_net = [&](Money most, absl::string_view name) {
    if (!net.is_positive()) return;
    limit(Money(MulDivDown(most.value(), of_order.amount.value(), net.value())),
          name);
  };
  const Revenue revenue{.net = net, .cost = *cost};
  if (policy.never_below_cost) limit_net(net - *cost, "never_below_cost");
  if (caps.max_discount) {
    limit(caps.max_discount->OfDown(of_order.amount), "max_discount");
  }
  if (caps.max_discount_amount) {
    limit(*caps.max_discount_amount, "max_discount_amount");
  }
  if (caps.max_share_of_margin) {
    limit_net(MostOfMargin(*caps.max_share_of_margin, revenue),
              "max_share_of_margin");
  }
  if (caps.min_margin) {
    limit_net(MostForMinMargin(*caps.min_margin, revenue), "min_margin");
  }
}

void CapRoom::Limit::Ask(Money amount) {
  requested += amount;
  cut = cut || taken + amount > most;
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
  return kind == BenefitKind::kDiscount || !rulebook_.margin ||
         rulebook_.margin->counts_redeemed_points;
}

Money CapRoom::NetIncrease(size_t line, Money extra) const {
  const OrderLine& of_order = order_.lines[line];
  const Money before = lines_[line].counted;
  return NetDiscount(rulebook_, of_order, before + extra) -
         NetDiscount(rulebook_, of_order, before);
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
  if (kind == BenefitKind::kPoints) return shares;
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
  const std::vector<Money> most = shares;
  bool is_cut = false;
  for (const Scope& scope : scopes_)
    is_cut = Trim(scope, shares) || is_cut;
  // What one scope cut may leave room in another.
  if (is_cut && scopes_.size() > 1) TopUp(scopes_, most, shares);
  return shares;
}

template <typename Visitor>
void CapRoom::AskScopes(absl::Span<const Money> requested, BenefitKind kind,
                        Visitor visit) const {
  if (!Counts(kind)) return;
  const std::vector<Money> shares = WithinLines(requested, kind);
  for (size_t i = 0; i < scopes_.size(); ++i)
    visit(i, SumsOf(scopes_[i], shares));
}

void CapRoom::NoteRequest(absl::Span<const Money> requested, BenefitKind kind) {
  if (kind == BenefitKind::kDiscount) {
    const std::vector<Money> within = WithinLines(requested, kind);
    for (size_t i = 0; i < within.size(); ++i) {
      lines_[i].requested_discount += requested[i];
      lines_[i].cut = lines_[i].cut || within[i] < requested[i];
    }
  }
  AskScopes(requested, kind, [&](size_t scope, const Sums& asked) {
    for (Limit& limit : scopes_[scope].limits)
      limit.Ask(limit.is_net ? asked.net : asked.amount);
  });
}

void CapRoom::Take(absl::Span<const Money> shares,
                   absl::Span<const Money> requested, BenefitKind kind) {
  NoteRequest(requested, kind);
  const bool counts = Counts(kind);
  if (counts) {
    for (Scope& scope : scopes_) {
      const Sums taken = SumsOf(scope, shares);
      for (Limit& limit : scope.limits)
        limit.taken += limit.is_net ? taken.net : taken.amount;
    }
  }
  for (size_t i = 0; i < shares.size(); ++i) {
    if (counts) lines_[i].counted += shares[i];
    if (kind == BenefitKind::kDiscount) lines_[i].discount += shares[i];
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
  const auto add = [&](const Limit& limit, Money amount) {
    if (amount <= limit.left()) return;
    cuts.push_back({.cap_id = limit.cap_id,
                    .line_id = "",
                    .left = limit.left(),
                    .requested = amount});
  };
  AskScopes(requested, kind, [&](size_t scope, const Sums& asked) {
    const Money whole = scopes_[scope].is_order ? shipping : Money();
    for (const Limit& limit : scopes_[scope].limits)
      add(limit, (limit.is_net ? asked.net : asked.amount) + whole);
  });
  if (cuts.size() > kMaxCuts) cuts.resize(kMaxCuts);
  const std::vector<Money> within = WithinLines(requested, kind);
  for (size_t i = 0; i < within.size() && cuts.size() < kMaxCuts; ++i) {
    if (within[i] >= requested[i]) continue;
    cuts.push_back({.cap_id = lines_[i].cap_id,
                    .line_id = order_.lines[i].line_id,
                    .left = within[i],
                    .requested = requested[i]});
  }
  return cuts;
}

std::vector<BoundCap> CapRoom::Bound() const {
  std::vector<BoundCap> bound;
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    for (const Limit& limit : scope->limits) {
      if (!limit.cut) continue;
      bound.push_back({.cap_id = limit.cap_id,
                       .line_id = "",
                       .limit = limit.most,
                       .requested = limit.requested,
                       .granted = limit.taken});
    }
  }
  for (size_t i = 0; i < lines_.size(); ++i) {
    const LineRoom& room = lines_[i];
    if (!room.cut) continue;
    bound.push_back({.cap_id = room.cap_id,
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
  for (const size_t line : scopes_.back().lines) {
    given += NetDiscount(rulebook_, order_.lines[line], lines_[line].counted);
  }
  return MarginFigures{
      .revenue_before = net_subtotal_, .given = given, .cost = cost_};
}

}  // namespace pistis
