// What comes back of a sale: shares computed cumulatively, so that any sequence
// of partial refunds sums exactly to the whole.
#ifndef PISTIS_ENGINE_ORDER_REFUND_H_
#define PISTIS_ENGINE_ORDER_REFUND_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "engine/base/amount.h"

namespace pistis {

// A line as it was sold, and what has come back of it so far.
struct SoldLine {
  std::string line_id;
  int64_t quantity = 1;
  // Before discounts.
  Money amount;
  Money discount;
  Money redeemed;
  // What the member paid otherwise, tax on top included.
  Money paid;
  // The points it earned.
  Points points;
  // Units that came back by quantity, and the part of `amount` that came back.
  int64_t returned_quantity = 0;
  Money returned;

  // True where nothing is left of the line.
  [[nodiscard]] bool is_returned() const;
};

// A part of a line to return: units, or a part of its amount. Exactly one of
// the two is set, and positive.
struct ReturnedPart {
  std::string line_id;
  std::optional<int64_t> quantity;
  std::optional<Money> amount;
};

// What has come back of a whole order so far.
struct ReturnedSums {
  Money amount;
  Money discount;
  Money redeemed;
  Money paid;
  // Points that lines earned and that are taken back with them.
  Points points;
  // True where nothing is left.
  bool whole = false;
};

// `lines` after `parts` came back, or all that is left where there are no
// parts. FIELD_INVALID for a line that the order does not have or that is named
// twice; REFUND_EXCEEDS_ORDER where more is asked for than is left, or nothing
// is left at all.
absl::StatusOr<std::vector<SoldLine>> ReturnParts(
    std::vector<SoldLine> lines, absl::Span<const ReturnedPart> parts);

// The share of `whole`, an amount that belongs to `line`, that came back with
// it: in proportion to the line's amount (to its units where it cost nothing),
// rounded down, all of it where the line is returned.
[[nodiscard]] Money ShareReturned(const SoldLine& line, Money whole);

// Points that `line` keeps of those it earned: in the same proportion, rounded
// down, none where the line is returned.
[[nodiscard]] Points PointsKept(const SoldLine& line);

// The sums over `lines`: the shares that came back, and the points that are not
// kept.
[[nodiscard]] ReturnedSums SumReturned(absl::Span<const SoldLine> lines);

// Points given back so far of `redeemed`, which paid `worth`: in proportion,
// rounded down, all where the whole came back.
[[nodiscard]] Points PointsGivenBack(Points redeemed, Money worth,
                                     const ReturnedSums& returned);

}  // namespace pistis

#endif  // PISTIS_ENGINE_ORDER_REFUND_H_
