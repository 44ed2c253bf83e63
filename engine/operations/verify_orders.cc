#include "engine/operations/verify_orders.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/ledger_entry.pb.h"

#include "engine/base/status_macros.h"
#include "engine/operations/price_order.h"
#include "engine/operations/refund_order.h"
#include "engine/operations/verify_codes.h"
#include "engine/operations/verify_commits.h"
#include "engine/operations/verify_erasures.h"
#include "engine/operations/verify_limits.h"
#include "engine/operations/verify_notes.h"
#include "engine/operations/verify_reservations.h"
#include "engine/operations/verify_standing.h"
#include "engine/order/order.h"
#include "engine/order/refund.h"

namespace pistis {
namespace {

using store::v1::OrderLineRecord;
using store::v1::OrderRecord;

bool IsWithin(int64_t value, int64_t least, int64_t most) {
  return value >= least && value <= most;
}

// True where sums and shares of the line can be computed at all.
bool IsLineInBounds(const OrderLineRecord& line) {
  const int64_t most = kMaxLineMoney.value();
  return IsWithin(line.quantity(), 1, kMaxLineQuantity) &&
         IsWithin(line.amount_minor(), 0, most) &&
         IsWithin(line.discount_minor(), 0, line.amount_minor()) &&
         IsWithin(line.redeemed_minor(), 0,
                  line.amount_minor() - line.discount_minor()) &&
         IsWithin(line.paid_minor(), 0, 2 * most) &&
         IsWithin(line.points(), 0, kMaxBalance.value()) &&
         IsWithin(line.returned_quantity(), 0, line.quantity()) &&
         IsWithin(line.returned_minor(), 0, line.amount_minor());
}

bool IsInBounds(const OrderRecord& order) {
  return order.lines_size() <= kMaxOrderLines &&
         std::all_of(order.lines().begin(), order.lines().end(),
                     IsLineInBounds) &&
         IsWithin(order.shipping_minor(), 0, kMaxLineMoney.value()) &&
         IsWithin(order.shipping_discount_minor(), 0, order.shipping_minor()) &&
         IsWithin(order.points_earned(), 0, kMaxBalance.value()) &&
         IsWithin(order.points_redeemed(), 0, kMaxBalance.value()) &&
         IsWithin(order.tier_points(), 0, kMaxBalance.value()) &&
         IsWithin(order.redeemed_minor(), 0, kMaxOrderMoney.value());
}

int64_t LegOf(const store::v1::EntryRecord& entry,
              v1::Posting::LedgerAccount account) {
  for (const store::v1::PostingRecord& leg : entry.postings()) {
    if (leg.account() == account) return leg.points();
  }
  return 0;
}

// Points by lot, those of idle lots together.
using PointsByLot = std::map<std::pair<bool, int64_t>, Int128>;

// One order against all that stands beside it.
class OrderRecount {
 public:
  OrderRecount(Recount& recount, absl::string_view id, const OrderRecord& order,
               const v1::CommitOrderResponse& reply)
      : recount_(recount),
        id_(id),
        where_(absl::StrCat("order ", id)),
        order_(order),
        reply_(reply) {}

  absl::Status Run(const std::string& secret) {
    if (!IsInBounds(order_)) {
      recount_.Find(Here(), "has amounts that no order has");
      return absl::OkStatus();
    }
    CheckErasedOrder(where_, order_, recount_);
    CheckAsked();
    CheckQuote();
    CheckDiscounts();
    CountSums();
    CheckRefunded();
    TellTally();
    TellLimits(order_.limits_used(),
               order_.refunded().whole() ? Uses::kKept : Uses::kAll, recount_);
    TellBudgets(order_.budgets_used(), recount_);
    CountProgress(order_, recount_);
    CountReservedOrder(id_, order_, recount_);
    PISTIS_RETURN_IF_ERROR(TellCodes(
        {.id = id_, .order = order_, .reply = reply_}, secret, recount_));
    PISTIS_ASSIGN_OR_RETURN(const CommitView commit,
                            ViewCommit(recount_, reply_.commit_seq()));
    CheckEvent(commit);
    CheckEntries(commit);
    return absl::OkStatus();
  }

 private:
  [[nodiscard]] Place Here() const { return {"order", where_}; }
  void Expect(absl::string_view what, int64_t is, int64_t should) {
    recount_.Expect(Here(), what, is, should);
  }

  [[nodiscard]] int64_t ShippingPaid() const {
    return order_.shipping_minor() - order_.shipping_discount_minor();
  }

  // The order as it was asked for.
  void CheckAsked() {
    const std::optional<v1::Order> asked =
        recount_.Parse<v1::Order>(order_.order(), where_);
    if (!asked) return;
    if (asked->order_id() != id_ || asked->member_id() != order_.member_id()) {
      recount_.Find(Here(), "is not the order that was asked for");
    }
    Expect("shipping", order_.shipping_minor(), asked->shipping_minor());
    Expect("lines", order_.lines_size(), asked->lines_size());
    const int lines = std::min(order_.lines_size(), asked->lines_size());
    for (int i = 0; i < lines; ++i) {
      const OrderLineRecord& line = order_.lines(i);
      const v1::OrderLine& wanted = asked->lines(i);
      if (line.line_id() != wanted.line_id()) {
        recount_.Find(Here(),
                      absl::StrCat("line ", i + 1, " is ", line.line_id(),
                                   ", asked for was ", wanted.line_id()));
      }
      const std::string name = absl::StrCat("line ", wanted.line_id());
      Expect(absl::StrCat(name, ", quantity"), line.quantity(),
             wanted.quantity());
      Expect(absl::StrCat(name, ", amount"), line.amount_minor(),
             wanted.amount_minor());
    }
  }

  // What the first reply said, against the lines.
  void CheckQuote() {
    const v1::Quote& quote = reply_.quote();
    int64_t subtotal = 0;
    int64_t discount = order_.shipping_discount_minor();
    int64_t redeemed = 0;
    int64_t paid = ShippingPaid();
    int64_t points = 0;
    for (const OrderLineRecord& line : order_.lines()) {
      subtotal += line.amount_minor();
      discount += line.discount_minor();
      redeemed += line.redeemed_minor();
      paid += line.paid_minor();
      points += line.points();
    }
    Expect("subtotal", quote.subtotal_minor(), subtotal);
    Expect("discount", quote.discount_minor(), discount);
    Expect("discount on shipping", quote.shipping_discount_minor(),
           order_.shipping_discount_minor());
    Expect("what points paid", quote.redeemed_minor(), redeemed);
    Expect("what points paid, for refunds", order_.redeemed_minor(), redeemed);
    Expect("total", quote.total_minor(), paid);
    Expect("points earned", order_.points_earned(), points);
    Expect("points earned, in the reply", quote.points_earned(), points);
    Expect("points redeemed", quote.points_redeemed(),
           order_.points_redeemed());
    Expect("margin before discounts", order_.margin_before_minor(),
           quote.margin().margin_before_minor());
    Expect("rulebook", quote.rulebook_version(), order_.rulebook_version());
    CheckQuoteLines();
  }

  void CheckQuoteLines() {
    const v1::Quote& quote = reply_.quote();
    Expect("lines in the reply", quote.lines_size(), order_.lines_size());
    const int lines = std::min(order_.lines_size(), quote.lines_size());
    for (int i = 0; i < lines; ++i) {
      const OrderLineRecord& line = order_.lines(i);
      const v1::LineTotal& total = quote.lines(i);
      if (total.line_id() != line.line_id() ||
          total.discount_minor() != line.discount_minor() ||
          total.redeemed_minor() != line.redeemed_minor() ||
          total.total_minor() != line.paid_minor()) {
        recount_.Find(Here(), absl::StrCat("line ", line.line_id(),
                                           " is not what the reply said"));
      }
    }
  }

  // Discounts by line, and points by rule, sum to what the order has.
  void CheckDiscounts() {
    Int128 earned = 0;
    for (const v1::EarnedPoints& rule : reply_.quote().earned())
      earned += rule.points();
    if (earned != order_.points_earned()) {
      recount_.Find(Here(), "its points by rule are not the points it earned");
    }
    std::map<std::string, Int128> by_line;
    Int128 shipping = 0;
    for (const v1::AppliedDiscount& discount : reply_.quote().discounts()) {
      Int128 shares = discount.shipping_minor();
      shipping += discount.shipping_minor();
      for (const v1::LineShare& share : discount.shares()) {
        shares += share.amount_minor();
        by_line[share.line_id()] += share.amount_minor();
      }
      if (shares != discount.amount_minor()) {
        recount_.Find(
            Here(), absl::StrCat("the shares of discount ", discount.rule_id(),
                                 discount.code(), " do not sum to it"));
      }
    }
    if (shipping != order_.shipping_discount_minor()) {
      recount_.Find(Here(),
                    "the discounts on shipping are not what the reply lists");
    }
    for (const OrderLineRecord& line : order_.lines()) {
      if (by_line[line.line_id()] == line.discount_minor()) continue;
      recount_.Find(Here(),
                    absl::StrCat("the discounts on line ", line.line_id(),
                                 " are not what the reply lists"));
    }
  }

  void CountSums() {
    const v1::Quote& quote = reply_.quote();
    const ReturnedSums returned = SumReturned(SoldLinesOf(order_));
    recount_.report().set_orders(recount_.report().orders() + 1);
    recount_.CountTotal("orders", 1);
    recount_.CountTotal("sales_minor", quote.subtotal_minor());
    recount_.CountTotal("returned_minor", returned.amount.value());
    recount_.CountTotal("discount_minor", quote.discount_minor());
    recount_.CountTotal("discount_minor", -returned.discount.value());
    if (order_.refunded().whole()) {
      recount_.CountTotal("discount_minor", -order_.shipping_discount_minor());
    }
    recount_.CountTotal("redeemed_minor", quote.redeemed_minor());
    recount_.CountTotal("redeemed_minor", -returned.redeemed.value());
    recount_.CountTotal("margin_before_minor",
                        quote.margin().margin_before_minor());
    recount_.CountTotal("margin_before_minor",
                        Minus(order_.refunded().margin_minor()));
    std::set<std::string> bound;
    for (const v1::BoundCap& cap : quote.caps()) {
      const std::string summed = SummedCap(cap.cap_id());
      const std::string trimmed = CapName(summed, "trimmed");
      recount_.CountTotal(trimmed, cap.requested_minor());
      recount_.CountTotal(trimmed, Minus(cap.granted_minor()));
      if (!bound.insert(summed).second) continue;
      recount_.CountTotal(CapName(summed, "orders"), 1);
    }
  }

  // No more came back than was sold, and as much as the returned lines say.
  void CheckRefunded() {
    const store::v1::RefundTotals& refunded = order_.refunded();
    const ReturnedSums returned = SumReturned(SoldLinesOf(order_));
    const bool whole = refunded.refunds() > 0 && returned.whole;
    if (refunded.whole() != whole) {
      recount_.Find(Here(), whole ? "nothing is left of it, yet it does not "
                                    "say so"
                                  : "says nothing is left of it, yet there is");
    }
    Expect("money given back", refunded.refund_minor(),
           returned.paid.value() + (whole ? ShippingPaid() : 0));
    const Points given_back =
        PointsGivenBack(Points(order_.points_redeemed()),
                        Money(order_.redeemed_minor()), returned);
    Expect("points restored", refunded.points_restored(),
           whole || refunded.refunds() > 0 ? given_back.value() : 0);
    if (!IsWithin(refunded.points_clawed_back(), 0, order_.points_earned())) {
      recount_.Find(Here(), "more points were clawed back than it earned");
    }
    if (whole) {
      Expect("points clawed back", refunded.points_clawed_back(),
             order_.points_earned());
      Expect("margin that went with refunds", refunded.margin_minor(),
             order_.margin_before_minor());
    }
    if (refunded.refunds() == 0) {
      Expect("margin that went with refunds", refunded.margin_minor(), 0);
    }
  }

  void TellTally() {
    Tally& tally = recount_.tally();
    const store::v1::RefundTotals& refunded = order_.refunded();
    tally.Claim(Book::kRefunds, where_, refunded.refunds());
    tally.Claim(Book::kRefundMoney, where_, refunded.refund_minor());
    tally.Claim(Book::kPointsClawedBack, where_, refunded.points_clawed_back());
    tally.Claim(Book::kPointsRestored, where_, refunded.points_restored());
    tally.Claim(Book::kOrderEvents, where_, reply_.commit_seq());
    ClaimBeside(BesideOrder::kCodesIssued, reply_.issued_codes_size());
    ClaimBeside(BesideOrder::kCodesUsed, order_.codes_used_size());
    ClaimNotesOfOrder(id_, reply_.note_ids_size(), recount_);
    if (order_.member_id().empty()) return;
    tally.Count(Book::kOrdersOfMember,
                absl::StrCat("member ", order_.member_id()), 1);
  }

  void ClaimBeside(absl::string_view what, int64_t events) {
    recount_.tally().Claim(Book::kEventsBesideOrder, BesideOrderName(id_, what),
                           events);
  }

  void CheckEvent(const CommitView& commit) {
    for (const v1::Event& event : commit.events) {
      if (!event.has_order_committed()) continue;
      const v1::OrderCommitted& told = event.order_committed();
      if (told.order_id() != id_) continue;
      const v1::Quote& quote = reply_.quote();
      Expect("subtotal, in its event", told.subtotal_minor(),
             quote.subtotal_minor());
      Expect("discount, in its event", told.discount_minor(),
             quote.discount_minor());
      Expect("total, in its event", told.total_minor(), quote.total_minor());
      Expect("points earned, in its event", told.points_earned(),
             quote.points_earned());
      Expect("points redeemed, in its event", told.points_redeemed(),
             quote.points_redeemed());
      Expect("available points after it, in its event", told.available_after(),
             reply_.account().available());
      Expect("rulebook, in its event", event.rulebook_version(),
             order_.rulebook_version());
      if (event.member_id() != order_.member_id() ||
          MicrosOf(event.effective_time()) != order_.effective_us()) {
        recount_.Find(Here(), "its event is of another member or time");
      }
      return;
    }
    recount_.Find(Here(), absl::StrCat("commit ", reply_.commit_seq(),
                                       " has no event of it"));
  }

  void CheckEntries(const CommitView& commit) {
    int64_t earned = 0;
    int64_t redeemed = 0;
    int64_t entries = 0;
    std::optional<int64_t> available;
    for (const CommittedEntry& entry : commit.entries) {
      if (entry.member != order_.member_id()) continue;
      const store::v1::EntryRecord& record = entry.record;
      available = record.available_after();
      if (record.order_id() != id_ || !record.refund_id().empty()) continue;
      ++entries;
      Expect("when it took effect, against its entry", order_.effective_us(),
             record.effective_us());
      Expect("rulebook, against its entry", order_.rulebook_version(),
             record.rulebook_version());
      if (record.kind() == v1::LedgerEntry::EARN) {
        earned = Minus(LegOf(record, v1::Posting::PROGRAM_ISSUED));
        CheckEarned(record);
      } else if (record.kind() == v1::LedgerEntry::REDEEM) {
        redeemed = LegOf(record, v1::Posting::PROGRAM_REDEEMED);
        CheckRedeemed(record, v1::LotChange::AVAILABLE);
      } else if (record.kind() == v1::LedgerEntry::CAPTURE) {
        redeemed = LegOf(record, v1::Posting::PROGRAM_REDEEMED);
        CheckRedeemed(record, v1::LotChange::HELD);
      }
    }
    Expect("points earned, against its entry", order_.points_earned(), earned);
    Expect("points redeemed, against its entry", order_.points_redeemed(),
           redeemed);
    if (available) {
      Expect("available points after it", reply_.account().available(),
             *available);
    }
    recount_.tally().Count(Book::kEntriesOfOrder, where_, entries);
  }

  // The lot that refunds look for, unless all filled a deficit; and the rules.
  void CheckEarned(const store::v1::EntryRecord& entry) {
    const v1::Quote& quote = reply_.quote();
    bool same = entry.rules_size() == quote.earned_size();
    for (int i = 0; same && i < entry.rules_size(); ++i) {
      same = entry.rules(i).rule_id() == quote.earned(i).rule_id() &&
             entry.rules(i).points() == quote.earned(i).points();
    }
    if (!same) {
      recount_.Find(Here(), "its points by rule are not those of its entry");
    }
    const bool pending = order_.earned_release_us() != 0;
    // What an activity puts off leaves its place and comes back to it.
    int64_t added = 0;
    bool found = false;
    for (const store::v1::LotChangeRecord& lot : entry.lots()) {
      added = SaturatingAdd(added, lot.points());
      if (lot.points() <= 0) continue;
      found = found ||
              (lot.idle() == order_.earned_idle() &&
               lot.release_us() == order_.earned_release_us() &&
               (lot.place() == v1::LotChange::PENDING) == pending &&
               (lot.idle() || lot.expire_us() == order_.earned_expire_us()));
    }
    if (added > 0 && !found) {
      recount_.Find(Here(), "its points did not go to the lot that it says");
    }
  }

  void CheckRedeemed(const store::v1::EntryRecord& entry,
                     v1::LotChange::Place from) {
    PointsByLot taken;
    for (const store::v1::LotChangeRecord& lot : entry.lots()) {
      if (lot.place() != from) continue;
      taken[{lot.idle(), lot.idle() ? 0 : lot.expire_us()}] -= lot.points();
    }
    for (const store::v1::LotRecord& lot : order_.redeemed_lots())
      taken[{lot.idle(), lot.idle() ? 0 : lot.expire_us()}] -= lot.points();
    const bool same =
        std::all_of(taken.begin(), taken.end(),
                    [](const auto& left) { return left.second == 0; });
    if (!same) {
      recount_.Find(Here(), "the lots it was paid from are not its entry's");
    }
  }

  Recount& recount_;
  const std::string id_;
  const std::string where_;
  const OrderRecord& order_;
  const v1::CommitOrderResponse& reply_;
};

}  // namespace

absl::Status VerifyOrders(Recount& recount,
                          const store::v1::TotalsRecord& totals,
                          const std::string& secret) {
  return recount.Scan(
      {.letter = 'O', .stage = "orders", .of = totals.orders()},
      [&](absl::string_view rest, absl::string_view value) {
        const std::optional<NamedRest> id = SplitName(rest);
        if (!id || !id->after.empty()) {
          FindMalformedKey('O', rest, recount);
          return absl::OkStatus();
        }
        const std::string where = absl::StrCat("order ", id->name);
        const auto order = recount.Parse<OrderRecord>(value, where);
        if (!order) return absl::OkStatus();
        const auto reply =
            recount.Parse<v1::CommitOrderResponse>(order->reply(), where);
        if (!reply) return absl::OkStatus();
        return OrderRecount(recount, id->name, *order, *reply).Run(secret);
      });
}

}  // namespace pistis
