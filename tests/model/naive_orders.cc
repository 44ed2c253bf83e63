// Sales, refunds and questions of the model.
#include <algorithm>

#include "absl/strings/str_cat.h"

#include "tests/model/naive_ledger.h"
#include "tests/model/wording.h"

namespace pistis {
namespace {

Balances BalancesOf(const Book& book) {
  return {.available = book.Available(),
          .pending = book.Pending(),
          .held = book.Held()};
}

std::string Unix(absl::Time time) {
  return absl::StrCat(absl::ToUnixSeconds(time));
}

Sale SaleOf(const v1::Order& order, const Policy& policy) {
  Sale sale{.member = order.member_id(),
            .policy = policy,
            .shipping = order.shipping_minor()};
  for (const v1::OrderLine& line : order.lines()) {
    sale.lines.push_back({.id = line.line_id(),
                          .quantity = line.quantity(),
                          .amount = line.amount_minor()});
  }
  return sale;
}

int64_t WholeSteps(int64_t points, const Policy& policy) {
  const int64_t whole = points / policy.step * policy.step;
  return whole < policy.minimum ? 0 : whole;
}

}  // namespace

std::string NaiveLedger::Do(const v1::CommitOrderRequest& request,
                            absl::Time now) {
  return Once("order " + request.order().order_id(), request,
              [&] { return Sell(request, now); });
}

std::string NaiveLedger::Sell(const v1::CommitOrderRequest& request,
                              absl::Time now) {
  const v1::Order& order = request.order();
  Sale sale = SaleOf(order, policy_);
  sale.effective = order.has_placed_time() ? TimeOf(order.placed_time()) : now;
  Book book;
  if (!sale.member.empty()) {
    if (!IsKnown(sale.member)) return "NOT_FOUND";
    book = BookAt(sale.member, sale.effective);
    sale.effective = book.latest;
    const std::string outcome = SettlePoints(order, book, sale);
    if (outcome != "OK") return outcome;
    Save(sale.member, book);
  }
  sales_[order.order_id()] = sale;
  return absl::StrCat(
      Say(SaleFacts{.earned = sale.earned,
                    .redeemed = sale.redeemed_points,
                    .total_minor =
                        sale.Subtotal() - sale.redeemed_minor + sale.shipping}),
      Say(BalancesOf(book)));
}

// What the order redeems and earns; the name of the refusal, or "OK".
std::string NaiveLedger::SettlePoints(const v1::Order& order, Book& book,
                                      Sale& sale) const {
  if (order.has_redeem()) {
    int64_t asked = WholeSteps(std::max<int64_t>(0, book.Available()), policy_);
    if (!order.redeem().all()) {
      asked = order.redeem().points();
      if (asked < policy_.minimum || asked % policy_.step != 0) {
        return "FIELD_INVALID order.redeem.points";
      }
      if (asked > book.Available()) return "INSUFFICIENT_POINTS";
    }
    const int64_t most_minor =
        sale.Subtotal() * policy_.max_share_percent / 100;
    const int64_t most = most_minor / policy_.cents_per_point;
    if (asked > most) asked = WholeSteps(most, policy_);
    sale.PayWithPoints(asked, asked * policy_.cents_per_point);
  }
  if (sale.redeemed_points > 0) {
    book.Begin(Deed::Kind::kOther);
    BeActive(book);
    book.TakeSoonest(sale.redeemed_points);
    sale.spent = book.deed().took;
  }
  sale.Earn();
  if (sale.earned == 0) return "OK";
  if (book.IsFullFor(sale.earned)) return "POINTS_OVERFLOW";
  absl::Time release = absl::InfinitePast();
  if (policy_.pending_days > 0) {
    release = DayEnd(book.latest, policy_.pending_days);
  }
  sale.earned_place = PlaceFor(std::max(release, book.latest));
  sale.earned_place.release = release;
  book.Begin(Deed::Kind::kOther);
  sale.earn_entry = book.entries;
  Earn(book, sale.earned_place, sale.earned);
  return "OK";
}

std::string NaiveLedger::Do(const v1::RefundOrderRequest& request,
                            absl::Time now) {
  return Once("refund " + request.refund_id(), request,
              [&] { return Refund(request, now); });
}

std::string NaiveLedger::Refund(const v1::RefundOrderRequest& request,
                                absl::Time now) {
  const auto found = sales_.find(request.order_id());
  if (found == sales_.end()) return "NOT_FOUND";
  Sale sale = found->second;
  const std::string outcome = sale.Return(request);
  if (outcome != "OK") return outcome;
  const Returned sums = sale.SumReturned();
  // A rule may give more for less; no refund gives points for that.
  const RefundFacts facts{.refund_minor = sums.paid - sale.refunded,
                          .clawed_back = std::max<int64_t>(
                              0, sums.earned_points - sale.clawed_back),
                          .restored = sums.redeemed_points - sale.restored};
  const absl::Time placed =
      request.has_placed_time() ? TimeOf(request.placed_time()) : now;
  Book book;
  if (!sale.member.empty()) {
    book = BookAt(sale.member, std::max(placed, sale.effective));
    if (facts.restored > 0) {
      book.Restore(sale.NextToRestore(facts.restored),
                   DayEnd(book.latest, sale.policy.refund_grace_days));
    }
    book.ClawBack({.points = facts.clawed_back,
                   .place = sale.earned_place,
                   .earn_entry = sale.earn_entry,
                   .from = std::max(sale.effective, sale.earned_place.release),
                   .forgive = sale.policy.forgive});
    Save(sale.member, book);
  }
  sale.refunded += facts.refund_minor;
  sale.clawed_back += facts.clawed_back;
  sale.restored += facts.restored;
  ++sale.refunds;
  found->second = sale;
  return absl::StrCat(Say(facts), sums.whole ? "whole " : "",
                      Say(BalancesOf(book)));
}

std::string NaiveLedger::Order(const std::string& id) const {
  const auto sale = sales_.find(id);
  if (sale == sales_.end()) return "NOT_FOUND";
  const Sale& of = sale->second;
  const std::string state = of.refunds == 0 ? "COMMITTED"
                            : of.IsGone()   ? "REFUNDED"
                                            : "PARTLY_REFUNDED";
  return absl::StrCat(state, " back ", of.refunded, " claw ", of.clawed_back,
                      " restore ", of.restored);
}

std::string NaiveLedger::Hold(const std::string& id, absl::Time now) const {
  const auto hold = holds_.find(id);
  if (hold == holds_.end()) return "NOT_FOUND";
  const HoldFacts& of = hold->second;
  const bool is_open = BookAt(of.member, now).holds.count(id) > 0;
  const std::string closed = of.captured > 0 ? "CAPTURED" : "RELEASED";
  return absl::StrCat(
      "hold ", of.closed ? closed : std::string(is_open ? "OPEN" : "EXPIRED"),
      " ", of.points, " captured ", of.captured);
}

std::string NaiveLedger::Points(const std::string& member,
                                absl::Time now) const {
  const Book book = BookAt(member, now);
  std::string lots;
  std::map<absl::Time, int64_t> releases;
  std::map<absl::Time, int64_t> expiries;
  for (const auto& [place, points] : book.piles) {
    if (!place.hold.empty()) continue;
    (place.is_pending() ? releases[place.release] : expiries[place.expire]) +=
        points;
    absl::StrAppend(&lots, "; ", points, place.idle ? " idle" : "");
    if (place.expire != absl::InfiniteFuture()) {
      absl::StrAppend(&lots, "@", Unix(place.expire));
    }
    if (place.is_pending())
      absl::StrAppend(&lots, " from ", Unix(place.release));
  }
  std::set<std::pair<absl::Time, std::string>> holds;
  for (const auto& [id, expire] : book.holds)
    holds.insert({expire, id});
  for (const auto& [expire, id] : holds)
    absl::StrAppend(&lots, "; ", id, " ", holds_.at(id).points);
  std::string text = absl::StrCat(Say(BalancesOf(book)), " owed ", book.owed);
  if (!expiries.empty() && expiries.begin()->first != absl::InfiniteFuture()) {
    absl::StrAppend(&text, " next ", expiries.begin()->second, "@",
                    Unix(expiries.begin()->first));
  }
  if (!releases.empty()) {
    absl::StrAppend(&text, " released ", releases.begin()->second, "@",
                    Unix(releases.begin()->first));
  }
  return text + lots;
}

}  // namespace pistis
