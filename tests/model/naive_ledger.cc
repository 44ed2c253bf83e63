#include "tests/model/naive_ledger.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "tests/model/wording.h"

namespace pistis {
namespace {

constexpr absl::string_view kTooFew = "INSUFFICIENT_POINTS";
constexpr absl::string_view kUnknown = "NOT_FOUND";
constexpr absl::string_view kTooMany = "POINTS_OVERFLOW";
constexpr size_t kMostHolds = 100;

std::string Refused(absl::string_view why) {
  return std::string(why);
}

// A day boundary, or the end of the day that `at` lies in.
absl::Time ToDay(absl::Time at) {
  const absl::Time before = at - absl::Microseconds(1);
  return DayEnd(before, 0);
}

const google::protobuf::Timestamp* PlacedOf(const v1::EarnPointsRequest& r) {
  return r.has_placed_time() ? &r.placed_time() : nullptr;
}
const google::protobuf::Timestamp* PlacedOf(const v1::RedeemPointsRequest& r) {
  return r.has_placed_time() ? &r.placed_time() : nullptr;
}

template <typename Request>
absl::Time PlacedOr(const Request& request, absl::Time now) {
  return PlacedOf(request) == nullptr ? now : TimeOf(*PlacedOf(request));
}

template <typename Request>
const google::protobuf::Timestamp* ExpireOf(const Request& request) {
  return request.has_expire_time() ? &request.expire_time() : nullptr;
}

Balances BalancesOf(const Book& book) {
  return {.available = book.Available(),
          .pending = book.Pending(),
          .held = book.Held()};
}

std::string Entered(const Book& book) {
  return Say(book.entries, BalancesOf(book));
}

}  // namespace

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixMicros(timestamp.seconds() * 1'000'000 +
                              timestamp.nanos() / 1'000);
}

std::string NaiveLedger::Once(const std::string& key,
                              const google::protobuf::Message& request,
                              const std::function<std::string()>& decide) {
  const std::string content = absl::StrCat(request.GetDescriptor()->full_name(),
                                           " ", request.SerializeAsString());
  const auto known = asked_.find(key);
  if (known != asked_.end()) {
    return known->second.content == content ? known->second.answer
                                            : "REQUEST_ID_REUSED";
  }
  const std::string answer = decide();
  const bool is_done = answer.rfind("OK", 0) == 0;
  if (is_done || key.rfind("request ", 0) == 0) {
    asked_[key] = {content, answer};
  }
  return answer;
}

Book NaiveLedger::BookAt(const std::string& member, absl::Time now) const {
  Book book = books_.at(member);
  book.PassTime(std::max(now, book.latest), policy_);
  book.latest = std::max(now, book.latest);
  return book;
}

void NaiveLedger::Save(const std::string& member, Book book) {
  std::vector<Deed>& history = history_[member];
  history.insert(history.end(), book.fresh.begin(), book.fresh.end());
  book.Close();
  books_[member] = std::move(book);
}

void NaiveLedger::WorkOffDue(absl::Time now) {
  for (auto& [member, book] : books_) {
    book.PassTime(now, policy_);
    Save(member, book);
  }
}

Place NaiveLedger::PlaceFor(absl::Time at) const {
  switch (policy_.expiry) {
    case Policy::Expiry::kNever:
      return {};
    case Policy::Expiry::kAfter:
      return {.expire = DayEnd(at, policy_.expiry_days)};
    case Policy::Expiry::kEndOfMonth:
      return {.expire = DayEnd(MonthEnd(at), policy_.expiry_days - 1)};
    case Policy::Expiry::kIdle:
      return {.expire = DayEnd(at, policy_.expiry_days), .idle = true};
  }
  return {};
}

std::optional<Place> NaiveLedger::PlaceOr(
    const google::protobuf::Timestamp* wanted, absl::Time at) const {
  if (wanted == nullptr) return PlaceFor(at);
  if (TimeOf(*wanted) <= at) return std::nullopt;
  return Place{.expire = ToDay(TimeOf(*wanted))};
}

absl::Time NaiveLedger::GraceAt(absl::Time at) const {
  return DayEnd(at, policy_.refund_grace_days);
}

void NaiveLedger::BeActive(Book& book) const {
  if (policy_.expiry != Policy::Expiry::kIdle) return;
  book.PutOff(DayEnd(book.latest, policy_.expiry_days));
}

void NaiveLedger::Earn(Book& book, Place place, int64_t points) const {
  BeActive(book);
  if (place.is_pending()) {
    book.GivePending(place, points);
  } else {
    book.Give(place, points);
  }
}

std::string NaiveLedger::Do(const v1::EarnPointsRequest& request,
                            absl::Time now) {
  return Once("request " + request.request_id(), request, [&] {
    if (!IsKnown(request.member_id())) return Refused(kUnknown);
    Book book = BookAt(request.member_id(), PlacedOr(request, now));
    absl::Time release = absl::InfinitePast();
    if (request.pending() && policy_.pending_days > 0) {
      release = DayEnd(book.latest, policy_.pending_days);
    }
    std::optional<Place> place =
        PlaceOr(ExpireOf(request), std::max(release, book.latest));
    if (!place) return Refused("FIELD_INVALID expire_time");
    if (book.IsFullFor(request.points())) return Refused(kTooMany);
    place->release = release;
    book.Begin(Deed::Kind::kPlain);
    Earn(book, *place, request.points());
    Save(request.member_id(), book);
    return Entered(book);
  });
}

std::string NaiveLedger::Do(const v1::RedeemPointsRequest& request,
                            absl::Time now) {
  return Once("request " + request.request_id(), request, [&] {
    if (!IsKnown(request.member_id())) return Refused(kUnknown);
    Book book = BookAt(request.member_id(), PlacedOr(request, now));
    if (book.Available() < request.points()) return Refused(kTooFew);
    book.Begin(Deed::Kind::kPlain);
    BeActive(book);
    book.TakeSoonest(request.points());
    Save(request.member_id(), book);
    return Entered(book);
  });
}

std::string NaiveLedger::Do(const v1::AdjustPointsRequest& request,
                            absl::Time now) {
  return Once("request " + request.request_id(), request, [&] {
    if (!IsKnown(request.member_id())) return Refused(kUnknown);
    Book book = BookAt(request.member_id(), now);
    const int64_t points = request.points();
    const std::optional<Place> place = PlaceOr(ExpireOf(request), book.latest);
    if (!place) return Refused("FIELD_INVALID expire_time");
    if (points > 0 && book.IsFullFor(points)) return Refused(kTooMany);
    if (points < 0 && !request.allow_negative() && book.Available() < -points) {
      return Refused(kTooFew);
    }
    book.Begin(Deed::Kind::kPlain);
    if (points > 0) {
      book.Give(*place, points);
    } else {
      book.Owe(-points - book.TakeSoonest(-points));
    }
    Save(request.member_id(), book);
    return Entered(book);
  });
}

std::string NaiveLedger::Do(const v1::HoldPointsRequest& request,
                            absl::Time now) {
  return Once("hold " + request.hold_id(), request, [&] {
    if (!IsKnown(request.member_id())) return Refused(kUnknown);
    Book book = BookAt(request.member_id(), now);
    const absl::Time expire = request.has_expire_time()
                                  ? TimeOf(request.expire_time())
                                  : book.latest + absl::Hours(1);
    if (expire <= book.latest || expire > book.latest + absl::Hours(24) * 366) {
      return Refused("FIELD_INVALID expire_time");
    }
    if (book.holds.size() >= kMostHolds) return Refused("LIMIT_REACHED");
    if (book.Available() < request.points()) return Refused(kTooFew);
    book.Hold(request.hold_id(), request.points(), expire);
    holds_[request.hold_id()] = {request.member_id(), request.points()};
    Save(request.member_id(), book);
    return absl::StrCat("OK ", Hold(request.hold_id(), now), " ",
                        Say(BalancesOf(book)));
  });
}

std::string NaiveLedger::Do(const v1::CaptureHoldRequest& request,
                            absl::Time now) {
  return Once("request " + request.request_id(), request,
              [&] { return Capture(request, now); });
}

std::string NaiveLedger::Capture(const v1::CaptureHoldRequest& request,
                                 absl::Time now) {
  const auto found = holds_.find(request.hold_id());
  if (found == holds_.end()) return Refused(kUnknown);
  HoldFacts& hold = found->second;
  Book book = BookAt(hold.member, now);
  if (book.holds.count(request.hold_id()) == 0) return Refused("HOLD_NOT_OPEN");
  const int64_t points = request.points() == 0 ? hold.points : request.points();
  if (points > hold.points) return Refused(kTooFew);
  BeActive(book);
  book.Capture(request.hold_id(), points, GraceAt(book.latest));
  hold.closed = true;
  hold.captured = points;
  Save(hold.member, book);
  return absl::StrCat("OK ", Hold(request.hold_id(), now), " ",
                      Say(BalancesOf(book)));
}

std::string NaiveLedger::Do(const v1::ReleaseHoldRequest& request,
                            absl::Time now) {
  return Once("request " + request.request_id(), request, [&] {
    const auto found = holds_.find(request.hold_id());
    if (found == holds_.end()) return Refused(kUnknown);
    HoldFacts& hold = found->second;
    Book book = BookAt(hold.member, now);
    if (book.holds.count(request.hold_id()) == 0) {
      return Refused("HOLD_NOT_OPEN");
    }
    book.Release(request.hold_id(), GraceAt(book.latest));
    hold.closed = true;
    Save(hold.member, book);
    return absl::StrCat("OK ", Hold(request.hold_id(), now), " ",
                        Say(BalancesOf(book)));
  });
}

std::string NaiveLedger::Do(const v1::TransferPointsRequest& request,
                            absl::Time now) {
  return Once("request " + request.request_id(), request,
              [&] { return Transfer(request, now); });
}

std::string NaiveLedger::Transfer(const v1::TransferPointsRequest& request,
                                  absl::Time now) {
  if (!IsKnown(request.from_member_id()) || !IsKnown(request.to_member_id())) {
    return Refused(kUnknown);
  }
  const absl::Time at = std::max(BookAt(request.from_member_id(), now).latest,
                                 BookAt(request.to_member_id(), now).latest);
  Book from = BookAt(request.from_member_id(), at);
  Book to = BookAt(request.to_member_id(), at);
  if (from.Available() < request.points()) return Refused(kTooFew);
  if (to.IsFullFor(request.points())) return Refused(kTooMany);
  from.Begin(Deed::Kind::kPlain);
  to.Begin(Deed::Kind::kPlain);
  from.TakeSoonest(request.points());
  // Each keeps its expiry, which nobody's activity puts off any more.
  for (const Pile& pile : from.deed().took)
    to.Give({.expire = pile.place.expire}, pile.points);
  from.deed().other_member = request.to_member_id();
  from.deed().other_entry = to.entries;
  to.deed().other_member = request.from_member_id();
  to.deed().other_entry = from.entries;
  Save(request.from_member_id(), from);
  Save(request.to_member_id(), to);
  return absl::StrCat(Entered(from), " and ", Entered(to));
}

std::string NaiveLedger::Do(const v1::ReverseEntryRequest& request,
                            absl::Time now) {
  return Once("request " + request.request_id(), request,
              [&] { return Reverse(request, now); });
}

std::string NaiveLedger::CheckSide(const Side& side) const {
  if (!IsKnown(side.member)) return Refused(kUnknown);
  const auto history = history_.find(side.member);
  const int64_t entries = history == history_.end()
                              ? 0
                              : static_cast<int64_t>(history->second.size());
  if (side.entry > entries) return Refused(kUnknown);
  const Deed& deed = history->second[static_cast<size_t>(side.entry - 1)];
  if (deed.kind == Deed::Kind::kOther ||
      reversed_.count({side.member, side.entry}) > 0) {
    return Refused("ENTRY_NOT_REVERSIBLE");
  }
  return "OK";
}

std::string NaiveLedger::Reverse(const v1::ReverseEntryRequest& request,
                                 absl::Time now) {
  std::vector<Side> sides = {{request.member_id(), request.entry_number()}};
  const std::string outcome = CheckSide(sides[0]);
  if (outcome != "OK") return outcome;
  const auto deed_of = [&](const Side& side) -> const Deed& {
    return history_.at(side.member)[static_cast<size_t>(side.entry - 1)];
  };
  const Deed& named = deed_of(sides[0]);
  if (!named.other_member.empty()) {
    sides.push_back({named.other_member, named.other_entry});
  }
  std::vector<Book> books;
  std::vector<std::string> answers;
  for (const Side& side : sides) {
    const Deed deed = deed_of(side);
    Book book = BookAt(side.member, now);
    if (!book.CanReverse(deed)) return Refused(kTooFew);
    book.Reverse(deed, GraceAt(book.latest), PlaceFor(book.latest));
    answers.push_back(Entered(book));
    books.push_back(book);
  }
  for (size_t i = 0; i < sides.size(); ++i) {
    Save(sides[i].member, books[i]);
    reversed_.insert({sides[i].member, sides[i].entry});
  }
  return sides.size() == 1
             ? answers[0]
             : absl::StrCat(answers[0], " and entry ", books[1].entries);
}

}  // namespace pistis
