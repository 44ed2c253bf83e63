#include "engine/operations/verify_standing.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "engine/operations/refund_order.h"
#include "engine/order/refund.h"

namespace pistis {
namespace {

// None has no digest, so that what is left and what is entered cancel out.
int64_t IdDigest(const std::string& id) {
  return id.empty() ? 0 : DigestOf(id);
}

std::string Spend(absl::string_view where) {
  return absl::StrCat(where, ", spend");
}

std::string Orders(absl::string_view where) {
  return absl::StrCat(where, ", orders");
}

std::string TierPoints(absl::string_view where) {
  return absl::StrCat(where, ", tier points");
}

}  // namespace

void TellStanding(const std::string& where,
                  const store::v1::StandingRecord& standing, Recount& recount) {
  Tally& tally = recount.tally();
  tally.Claim(Book::kProgress, Spend(where), standing.ever().spend_minor());
  tally.Claim(Book::kProgress, Orders(where), standing.ever().orders());
  tally.Claim(Book::kProgress, TierPoints(where),
              standing.ever().tier_points());
  if (!standing.tiers().empty()) {
    tally.Claim(Book::kTier, where,
                IdDigest(standing.tiers().rbegin()->tier_id()));
  }
  for (const store::v1::TierPeriodRecord& period : standing.tiers()) {
    if (period.since_us() == 0) {
      recount.Find({"balance", where}, "a tier of it has no beginning");
    }
  }
  for (const std::string& segment : standing.segments()) {
    tally.Claim(Book::kSegments, where, IdDigest(segment));
    if (segment.empty()) {
      recount.Find({"balance", where}, "a segment of it has no name");
    }
  }
  const auto is_not_before = [](const store::v1::DayProgressRecord& a,
                                const store::v1::DayProgressRecord& b) {
    return a.day() >= b.day();
  };
  if (std::adjacent_find(standing.days().begin(), standing.days().end(),
                         is_not_before) != standing.days().end()) {
    recount.Find({"balance", where}, "its days are out of order");
  }
}

void CountTierPoints(const std::string& where, int64_t points,
                     Recount& recount) {
  recount.tally().Count(Book::kProgress, TierPoints(where), points);
}

void CountProgress(const store::v1::OrderRecord& order, Recount& recount) {
  if (order.member_id().empty()) return;
  const std::string where = absl::StrCat("member ", order.member_id());
  const ReturnedSums returned = SumReturned(SoldLinesOf(order));
  Tally& tally = recount.tally();
  for (const store::v1::OrderLineRecord& line : order.lines())
    tally.Count(Book::kProgress, Spend(where), line.paid_minor());
  tally.Count(Book::kProgress, Spend(where), Minus(returned.paid.value()));
  tally.Count(Book::kProgress, Orders(where), order.refunded().whole() ? 0 : 1);
  tally.Count(Book::kProgress, TierPoints(where), order.tier_points());
  tally.Count(Book::kProgress, TierPoints(where),
              Minus(order.refunded().tier_points()));
  Money subtotal;
  for (const store::v1::OrderLineRecord& line : order.lines())
    subtotal += Money(line.amount_minor());
  recount.Expect(
      {"order", absl::StrCat("order of ", where)}, "tier points taken back",
      order.refunded().tier_points(),
      order.refunded().refunds() == 0
          ? 0
          : TierPointsReturned(order.tier_points(), returned, subtotal));
}

void CountStandingEvent(const v1::Event& event, Recount& recount) {
  const std::string where = absl::StrCat("member ", event.member_id());
  Tally& tally = recount.tally();
  if (event.has_tier_changed()) {
    const v1::TierChanged& changed = event.tier_changed();
    tally.Count(Book::kTier, where, IdDigest(changed.new_tier_id()));
    tally.Count(Book::kTier, where, Minus(IdDigest(changed.old_tier_id())));
  } else if (event.has_segment_entered()) {
    tally.Count(Book::kSegments, where,
                IdDigest(event.segment_entered().segment_id()));
  } else if (event.has_segment_left()) {
    tally.Count(Book::kSegments, where,
                Minus(IdDigest(event.segment_left().segment_id())));
  }
}

}  // namespace pistis
