#include "engine/margin/budget_room.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "engine/base/rate.h"
#include "engine/base/status_macros.h"
#include "engine/order/share_out.h"

namespace pistis {
namespace {

constexpr char kMaxDiscount[] = "max_discount";

std::string CapId(const Budget& budget, const std::string& measure) {
  return absl::StrCat("budgets.", budget.id, ".", measure);
}

}  // namespace

template <typename Amount>
void BudgetRoom::Room<Amount>::Take(Amount amount, Amount asked) {
  requested += asked;
  granted += amount;
  cut = cut || (left && asked > *left);
  if (left) *left -= amount;
}

absl::StatusOr<BudgetRoom> BudgetRoom::Open(const Rulebook& rulebook,
                                            const Proposal& proposal,
                                            BudgetBook book) {
  BudgetRoom room(rulebook);
  room.book_ = std::move(book);
  for (const ProposedDiscount& discount : proposal.discounts) {
    for (const BudgetSum& sum : discount.budgets)
      PISTIS_RETURN_IF_ERROR(room.RoomOf(sum).status());
  }
  return room;
}

absl::StatusOr<BudgetRoom::SumRoom*> BudgetRoom::RoomOf(const BudgetSum& sum) {
  const auto [found, is_new] = rooms_.emplace(sum, SumRoom());
  if (!is_new || !book_) return &found->second;
  PISTIS_ASSIGN_OR_RETURN(const BudgetUse use, book_(sum));
  const Budget& budget = rulebook_->budgets[sum.budget];
  SumRoom& room = found->second;
  room.discount.left = room.discount.limit = DiscountLeft(budget, use);
  room.points.left = room.points.limit = PointsLeft(budget, use);
  return &room;
}

std::optional<Money> BudgetRoom::Most(
    const std::vector<BudgetSum>& sums) const {
  std::optional<Money> most;
  for (const BudgetSum& sum : sums) {
    const std::optional<Money> left = LeftOf(sum);
    if (left) most = std::min(*left, most.value_or(*left));
  }
  return most;
}

std::optional<Money> BudgetRoom::LeftOf(const BudgetSum& sum) const {
  const auto room = rooms_.find(sum);
  if (room == rooms_.end()) return std::nullopt;
  return room->second.discount.left;
}

void BudgetRoom::Take(const std::vector<BudgetSum>& sums, Money granted,
                      Money requested) {
  for (const BudgetSum& sum : sums)
    rooms_[sum].discount.Take(granted, requested);
}

std::vector<CapCut> BudgetRoom::CutsOf(const std::vector<BudgetSum>& sums,
                                       Money requested) const {
  std::vector<CapCut> cuts;
  for (const BudgetSum& sum : sums) {
    const std::optional<Money> left = LeftOf(sum);
    if (!left || requested <= *left) continue;
    cuts.push_back(
        {.cap_id = CapId(rulebook_->budgets[sum.budget], kMaxDiscount),
         .line_id = "",
         .left = *left,
         .requested = requested});
  }
  return cuts;
}

absl::StatusOr<Points> BudgetRoom::TakePoints(
    const std::vector<BudgetSum>& sums, Points points) {
  Points granted = points;
  for (const BudgetSum& sum : sums) {
    PISTIS_ASSIGN_OR_RETURN(const SumRoom* room, RoomOf(sum));
    if (room->points.left) granted = std::min(granted, *room->points.left);
  }
  for (const BudgetSum& sum : sums)
    rooms_[sum].points.Take(granted, points);
  return granted;
}

template <typename Amount>
std::vector<BoundCap> BudgetRoom::BoundOn(Room<Amount> SumRoom::*measure,
                                          const std::string& name) const {
  std::vector<BoundCap> bound;
  for (const auto& [sum, rooms] : rooms_) {
    const Room<Amount>& room = rooms.*measure;
    if (!room.cut) continue;
    bound.push_back({.cap_id = CapId(rulebook_->budgets[sum.budget], name),
                     .line_id = "",
                     .limit = Money(room.limit->value()),
                     .requested = Money(room.requested.value()),
                     .granted = Money(room.granted.value()),
                     .budget_of = sum.of});
  }
  return bound;
}

std::vector<BoundCap> BudgetRoom::BoundOnDiscounts() const {
  return BoundOn(&SumRoom::discount, kMaxDiscount);
}

std::vector<BoundCap> BudgetRoom::BoundOnPoints() const {
  return BoundOn(&SumRoom::points, "max_points");
}

absl::StatusOr<bool> BudgetRoom::HasPoints(
    const std::map<BudgetSum, Points>& asked) {
  for (const auto& [sum, points] : asked) {
    PISTIS_ASSIGN_OR_RETURN(const SumRoom* room, RoomOf(sum));
    if (room->points.left && points > *room->points.left) return false;
  }
  return true;
}

namespace {

using GiftsByRule =
    absl::flat_hash_map<absl::string_view, const BudgetedRuleGift*>;

// Takes `cut` off the points of `lines`, in proportion; returns what they do
// not have.
Points CutLines(Points cut, const std::vector<size_t>& lines,
                std::vector<Points>& line_points) {
  std::vector<Money> weights;
  Money sum;
  for (const size_t line : lines) {
    weights.emplace_back(line_points[line].value());
    sum += weights.back();
  }
  const Money taken = std::min(Money(cut.value()), sum);
  const std::vector<Money> shares = ShareOut(taken, weights);
  for (size_t i = 0; i < lines.size(); ++i)
    line_points[lines[i]] -= Points(shares[i].value());
  return cut - Points(taken.value());
}

// Makes the points of lines sum to `total`, more in proportion.
void RaiseLines(Points total, const std::vector<Points>& weights_of,
                std::vector<Points>& line_points) {
  Points missing = total;
  std::vector<Money> weights;
  for (size_t i = 0; i < line_points.size(); ++i) {
    missing -= line_points[i];
    weights.emplace_back(weights_of[i].value());
  }
  if (!missing.is_positive()) return;
  const std::vector<Money> shares = ShareOut(Money(missing.value()), weights);
  for (size_t i = 0; i < line_points.size(); ++i)
    line_points[i] += Points(shares[i].value());
}

std::map<BudgetSum, Points> AskedOf(const Earned& earned,
                                    const GiftsByRule& gifts) {
  std::map<BudgetSum, Points> asked;
  for (const RulePoints& of : earned.by_rule) {
    const auto found = gifts.find(of.rule_id);
    if (found == gifts.end()) continue;
    for (const BudgetSum& sum : found->second->budgets)
      asked[sum] += of.points;
  }
  return asked;
}

// What rules give, and what is left of it.
struct Given {
  Points whole;
  Points kept;
};

// Cuts what rules give to what budgets leave, on the lines that they select.
absl::StatusOr<Given> CutGiven(const GiftsByRule& gifts, BudgetRoom& room,
                               Earned& earned) {
  Given given;
  Points rest;
  for (RulePoints& of : earned.by_rule) {
    if (!of.points.is_positive()) continue;
    given.whole += of.points;
    const auto found = gifts.find(of.rule_id);
    if (found != gifts.end()) {
      const Points asked = of.points;
      PISTIS_ASSIGN_OR_RETURN(of.points,
                              room.TakePoints(found->second->budgets, asked));
      rest +=
          CutLines(asked - of.points, found->second->lines, earned.line_points);
    }
    given.kept += of.points;
  }
  std::vector<size_t> all(earned.line_points.size());
  std::iota(all.begin(), all.end(), size_t{0});
  static_cast<void>(CutLines(rest, all, earned.line_points));
  return given;
}

}  // namespace

absl::Status TrimPoints(BudgetRoom& room, Earned& earned) {
  if (earned.budgeted.empty()) return absl::OkStatus();
  GiftsByRule gifts;
  for (const BudgetedRuleGift& gift : earned.budgeted)
    gifts.emplace(gift.rule_id, &gift);
  PISTIS_ASSIGN_OR_RETURN(const bool has_points,
                          room.HasPoints(AskedOf(earned, gifts)));
  if (has_points) return absl::OkStatus();
  const std::vector<Points> before = earned.line_points;
  PISTIS_ASSIGN_OR_RETURN(const Given given, CutGiven(gifts, room, earned));
  // A rule that takes points away takes its part of what is left of them.
  Points total = given.kept;
  for (RulePoints& of : earned.by_rule) {
    if (!of.points.is_negative()) continue;
    const Points part(
        MulDivUp(-of.points.value(), given.kept.value(), given.whole.value()));
    of.points = -std::min(part, total);
    total += of.points;
  }
  RaiseLines(total, before, earned.line_points);
  earned.points = total;
  return absl::OkStatus();
}

}  // namespace pistis
