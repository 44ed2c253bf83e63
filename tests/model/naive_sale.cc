#include "tests/model/naive_sale.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "absl/strings/str_cat.h"

namespace pistis {
namespace {

// The part of `whole` that came back with its line, rounded down.
int64_t ShareReturned(const SaleLine& line, int64_t whole) {
  if (line.is_gone()) return whole;
  if (line.amount == 0) return whole * line.returned_quantity / line.quantity;
  return whole * line.returned / line.amount;
}

int64_t PointsKept(const SaleLine& line) {
  if (line.is_gone()) return 0;
  if (line.amount == 0) {
    return line.points * (line.quantity - line.returned_quantity) /
           line.quantity;
  }
  return line.points * (line.amount - line.returned) / line.amount;
}

int64_t Sum(const std::vector<int64_t>& all) {
  return std::accumulate(all.begin(), all.end(), int64_t{0});
}

template <typename Weight>
std::vector<int64_t> Weights(const std::vector<SaleLine>& lines,
                             Weight weight_of) {
  std::vector<int64_t> weights;
  for (const SaleLine& line : lines)
    weights.push_back(weight_of(line));
  return weights;
}

}  // namespace

std::vector<int64_t> Shares(int64_t total,
                            const std::vector<int64_t>& weights) {
  std::vector<int64_t> shares(weights.size());
  if (total == 0) return shares;
  const int64_t whole = Sum(weights);
  for (size_t i = 0; i < weights.size(); ++i)
    shares[i] = total * weights[i] / whole;
  std::vector<int64_t> remainders;
  for (const int64_t weight : weights)
    remainders.push_back(total * weight % whole);
  for (int64_t left = total - Sum(shares); left > 0; --left) {
    const auto largest = std::max_element(remainders.begin(), remainders.end());
    ++shares[static_cast<size_t>(largest - remainders.begin())];
    *largest = -1;
  }
  return shares;
}

int64_t Sale::Subtotal() const {
  return Sum(Weights(lines, [](const SaleLine& line) { return line.amount; }));
}

bool Sale::IsGone() const {
  return std::all_of(lines.begin(), lines.end(),
                     [](const SaleLine& line) { return line.is_gone(); });
}

int64_t Sale::PointsFor(int64_t subtotal, int64_t basis) const {
  return basis / 100 + (subtotal >= policy.bonus_from_minor ? policy.bonus : 0);
}

void Sale::PayWithPoints(int64_t points, int64_t minor) {
  redeemed_points = points;
  redeemed_minor = minor;
  const std::vector<int64_t> shares =
      Shares(minor, Weights(lines, [](const SaleLine& l) { return l.amount; }));
  for (size_t i = 0; i < lines.size(); ++i)
    lines[i].redeemed = shares[i];
}

void Sale::Earn() {
  if (member.empty()) return;
  std::vector<int64_t> weights = Weights(
      lines, [](const SaleLine& line) { return line.amount - line.redeemed; });
  earned = PointsFor(Subtotal(), Sum(weights));
  if (Sum(weights) == 0) {
    weights = Weights(lines, [](const SaleLine& line) { return line.amount; });
  }
  if (Sum(weights) == 0) {
    weights =
        Weights(lines, [](const SaleLine& line) { return line.quantity; });
  }
  const std::vector<int64_t> shares = Shares(earned, weights);
  for (size_t i = 0; i < lines.size(); ++i)
    lines[i].points = shares[i];
}

std::string Sale::ReturnPart(const v1::RefundLine& part, SaleLine& line) {
  const int64_t left = line.amount - line.returned;
  if (part.has_amount_minor()) {
    if (part.amount_minor() > left) return "REFUND_EXCEEDS_ORDER";
    line.returned += part.amount_minor();
    return "OK";
  }
  const int64_t units = line.returned_quantity + part.quantity();
  if (line.is_gone() || units > line.quantity) return "REFUND_EXCEEDS_ORDER";
  const int64_t amount = line.amount * units / line.quantity -
                         line.amount * line.returned_quantity / line.quantity;
  if (amount > left) return "REFUND_EXCEEDS_ORDER";
  line.returned += amount;
  line.returned_quantity = units;
  return "OK";
}

std::string Sale::Return(const v1::RefundOrderRequest& request) {
  if (IsGone()) return "REFUND_EXCEEDS_ORDER";
  if (request.lines().empty()) {
    for (SaleLine& line : lines) {
      line.returned = line.amount;
      line.returned_quantity = line.quantity;
    }
    return "OK";
  }
  std::set<std::string> named;
  for (int i = 0; i < request.lines_size(); ++i) {
    const v1::RefundLine& part = request.lines(i);
    const auto line = std::find_if(
        lines.begin(), lines.end(),
        [&](const SaleLine& other) { return other.id == part.line_id(); });
    if (line == lines.end() || !named.insert(part.line_id()).second) {
      return absl::StrCat("FIELD_INVALID lines[", i, "].line_id");
    }
    const std::string outcome = ReturnPart(part, *line);
    if (outcome != "OK") return outcome;
  }
  return "OK";
}

// What the rest would have earned alone, with the points that paid for it.
int64_t Sale::PointsOfKept() const {
  int64_t subtotal = 0;
  int64_t basis = 0;
  for (const SaleLine& line : lines) {
    if (line.is_gone()) continue;
    const int64_t amount = line.amount - line.returned;
    subtotal += amount;
    basis += amount - (line.redeemed - ShareReturned(line, line.redeemed));
  }
  return std::min(earned, IsGone() ? 0 : PointsFor(subtotal, basis));
}

Returned Sale::SumReturned() const {
  Returned sums{.whole = IsGone()};
  int64_t redeemed = 0;
  int64_t kept = 0;
  for (const SaleLine& line : lines) {
    sums.paid += ShareReturned(line, line.amount - line.redeemed);
    redeemed += ShareReturned(line, line.redeemed);
    kept += PointsKept(line);
  }
  if (sums.whole) sums.paid += shipping;
  if (redeemed_minor > 0) {
    sums.redeemed_points = redeemed_points * redeemed / redeemed_minor;
  }
  if (sums.whole) sums.redeemed_points = redeemed_points;
  sums.earned_points = earned - (policy.recompute ? PointsOfKept() : kept);
  return sums;
}

std::vector<Pile> Sale::NextToRestore(int64_t points) const {
  std::vector<Pile> next;
  int64_t skip = restored;
  for (auto pile = spent.rbegin(); pile != spent.rend(); ++pile) {
    const int64_t skipped = std::min(skip, pile->points);
    skip -= skipped;
    const int64_t given = std::min(points, pile->points - skipped);
    points -= given;
    if (given > 0) next.push_back({pile->place, given});
  }
  return next;
}

}  // namespace pistis
