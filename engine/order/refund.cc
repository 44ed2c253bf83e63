#include "engine/order/refund.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

absl::Status RefuseExcess(const SoldLine& line, absl::string_view unit,
                          int64_t left, int64_t requested) {
  return Refuse(Reason::kRefundExceedsOrder,
                absl::StrCat("line \"", line.line_id, "\" has ", left, " ",
                             unit, " left, ", requested, " are asked for"),
                {{"line_id", line.line_id},
                 {"left", absl::StrCat(left)},
                 {"requested", absl::StrCat(requested)}});
}

absl::StatusOr<SoldLine> ReturnQuantity(SoldLine line, int64_t quantity) {
  // A line that came back by amount has no units left, whatever its count.
  const int64_t left =
      line.is_returned() ? 0 : line.quantity - line.returned_quantity;
  if (quantity > left) return RefuseExcess(line, "units", left, quantity);
  const auto amount_of = [&](int64_t units) {
    return Money(MulDivDown(line.amount.value(), units, line.quantity));
  };
  const Money amount = amount_of(line.returned_quantity + quantity) -
                       amount_of(line.returned_quantity);
  if (line.returned + amount > line.amount) {
    return RefuseExcess(line, "minor units",
                        (line.amount - line.returned).value(), amount.value());
  }
  line.returned_quantity += quantity;
  line.returned += amount;
  return line;
}

absl::StatusOr<SoldLine> ReturnAmount(SoldLine line, Money amount) {
  const Money left = line.amount - line.returned;
  if (amount > left) {
    return RefuseExcess(line, "minor units", left.value(), amount.value());
  }
  line.returned += amount;
  return line;
}

void ReturnRest(SoldLine& line) {
  line.returned_quantity = line.quantity;
  line.returned = line.amount;
}

}  // namespace

bool SoldLine::is_returned() const {
  return amount.is_zero() ? returned_quantity == quantity : returned == amount;
}

absl::StatusOr<std::vector<SoldLine>> ReturnParts(
    std::vector<SoldLine> lines, absl::Span<const ReturnedPart> parts) {
  if (SumReturned(lines).whole) {
    return Refuse(Reason::kRefundExceedsOrder,
                  "the order has been refunded as a whole; nothing is left");
  }
  if (parts.empty()) {
    for (SoldLine& line : lines)
      ReturnRest(line);
    return lines;
  }
  // By position, as the lines themselves change below.
  absl::flat_hash_map<std::string, size_t> by_id;
  for (size_t i = 0; i < lines.size(); ++i)
    by_id[lines[i].line_id] = i;
  absl::flat_hash_set<absl::string_view> seen;
  for (size_t i = 0; i < parts.size(); ++i) {
    const ReturnedPart& part = parts[i];
    const std::string field = absl::StrCat("lines[", i, "].line_id");
    const auto found = by_id.find(part.line_id);
    if (found == by_id.end()) {
      return RefuseField(
          field, absl::StrCat("the order has no line \"", part.line_id, "\""));
    }
    if (!seen.insert(part.line_id).second) {
      return RefuseField(field, absl::StrCat("\"", part.line_id,
                                             "\" is named twice; name each "
                                             "line once"));
    }
    SoldLine& line = lines[found->second];
    PISTIS_ASSIGN_OR_RETURN(line, part.quantity
                                      ? ReturnQuantity(line, *part.quantity)
                                      : ReturnAmount(line, *part.amount));
  }
  return lines;
}

Money ShareReturned(const SoldLine& line, Money whole) {
  if (line.is_returned()) return whole;
  if (line.amount.is_zero()) {
    return Money(
        MulDivDown(whole.value(), line.returned_quantity, line.quantity));
  }
  return Money(
      MulDivDown(whole.value(), line.returned.value(), line.amount.value()));
}

Points PointsKept(const SoldLine& line) {
  if (line.is_returned()) return Points();
  if (line.amount.is_zero()) {
    return Points(MulDivDown(line.points.value(),
                             line.quantity - line.returned_quantity,
                             line.quantity));
  }
  return Points(MulDivDown(line.points.value(),
                           (line.amount - line.returned).value(),
                           line.amount.value()));
}

ReturnedSums SumReturned(absl::Span<const SoldLine> lines) {
  ReturnedSums sums;
  sums.whole = true;
  for (const SoldLine& line : lines) {
    sums.amount += line.returned;
    sums.discount += ShareReturned(line, line.discount);
    sums.redeemed += ShareReturned(line, line.redeemed);
    sums.paid += ShareReturned(line, line.paid);
    sums.points += line.points - PointsKept(line);
    sums.whole = sums.whole && line.is_returned();
  }
  return sums;
}

Points PointsGivenBack(Points redeemed, Money worth,
                       const ReturnedSums& returned) {
  if (returned.whole) return redeemed;
  if (worth.is_zero()) return Points();
  return Points(
      MulDivDown(redeemed.value(), returned.redeemed.value(), worth.value()));
}

}  // namespace pistis
