#include "tests/model/naive_book.h"

#include <algorithm>

namespace pistis {
namespace {

constexpr int64_t kMostPoints = 1'000'000'000'000'000;

bool IsSamePlace(const Place& a, const Place& b) {
  return a.hold == b.hold && a.release == b.release && a.idle == b.idle &&
         (a.idle || a.expire == b.expire);
}

}  // namespace

int64_t Book::Available() const {
  int64_t sum = -owed;
  for (const auto& [place, points] : piles)
    sum += place.is_available() ? points : 0;
  return sum;
}

int64_t Book::Pending() const {
  int64_t sum = 0;
  for (const auto& [place, points] : piles)
    sum += place.is_pending() ? points : 0;
  return sum;
}

int64_t Book::Held() const {
  int64_t sum = 0;
  for (const auto& [place, points] : piles)
    sum += place.hold.empty() ? 0 : points;
  return sum;
}

int64_t Book::HeldBy(const std::string& hold) const {
  int64_t sum = 0;
  for (const auto& [place, points] : piles)
    sum += place.hold == hold ? points : 0;
  return sum;
}

bool Book::IsFullFor(int64_t points) const {
  return Available() + Pending() + Held() + points > kMostPoints;
}

absl::Time Book::NextDue() const {
  absl::Time due = absl::InfiniteFuture();
  for (const auto& [place, points] : piles) {
    if (place.is_available()) due = std::min(due, place.expire);
    if (place.is_pending()) due = std::min(due, place.release);
  }
  for (const auto& [id, expire] : holds)
    due = std::min(due, expire);
  return due;
}

void Book::PassTime(absl::Time at, const Policy& policy) {
  while (NextDue() <= at && NextDue() != absl::InfiniteFuture()) {
    latest = std::max(latest, NextDue());
    PostDue(policy);
  }
}

// One thing that is due: first the releases, then the holds, then the lots.
void Book::PostDue(const Policy& policy) {
  for (const auto& [place, points] : piles) {
    if (!place.is_pending() || place.release > latest) continue;
    const Pile due{place, points};
    Begin(Deed::Kind::kOther);
    TakeFrom(due.place, due.points);
    Give({.expire = due.place.expire, .idle = due.place.idle}, due.points);
    return;
  }
  std::string over;
  for (const auto& [id, expire] : holds) {
    if (expire > latest) continue;
    if (over.empty() || expire < holds.at(over)) over = id;
  }
  if (!over.empty()) {
    Release(over, DayEnd(latest, policy.refund_grace_days));
    return;
  }
  Expire({piles.begin()->first, piles.begin()->second});
}

void Book::Expire(const Pile& pile) {
  Begin(Deed::Kind::kOther);
  TakeFrom(pile.place, pile.points);
  if (pile.place.idle) {
    idle_expired_[entries] = {.points = pile.points, .since = idle_since_};
    idle_since_ = absl::InfiniteFuture();
  } else {
    expired_[pile.place.expire] += pile.points;
  }
}

void Book::Begin(Deed::Kind kind) {
  ++entries;
  last_deed_ = latest;
  fresh.push_back({.kind = kind});
}

void Book::Close() {
  fresh.clear();
  if (LatestIdle() == absl::InfinitePast()) {
    idle_since_ = absl::InfiniteFuture();
  } else {
    idle_since_ = std::min(idle_since_, last_deed_);
  }
}

absl::Time Book::LatestIdle() const {
  absl::Time last = absl::InfinitePast();
  for (const auto& [place, points] : piles)
    if (place.idle) last = std::max(last, place.expire);
  return last;
}

void Book::PutOff(absl::Time expire) {
  std::map<Place, int64_t> moved;
  for (const auto& [place, points] : piles) {
    Place to = place;
    if (to.idle) to.expire = std::max(to.expire, expire);
    moved[to] += points;
  }
  piles = std::move(moved);
}

void Book::Give(Place place, int64_t points) {
  const int64_t filled = std::min(owed, points);
  Owe(-filled);
  if (points == filled) return;
  if (place.idle) {
    place.expire = std::max(place.expire, LatestIdle());
    PutOff(place.expire);
  }
  piles[place] += points - filled;
  Note(place, points - filled);
}

void Book::Note(const Place& place, int64_t points) {
  for (Pile& gave : deed().gave) {
    if (!IsSamePlace(gave.place, place)) continue;
    gave.points += points;
    return;
  }
  deed().gave.push_back({place, points});
}

void Book::GivePending(Place place, int64_t points) {
  if (place.idle) {
    place.expire = std::max(place.expire, LatestIdle());
    PutOff(place.expire);
  }
  piles[place] += points;
  Note(place, points);
}

// Points that were there before. Idle ones are dead only where all are.
void Book::GiveBack(Place place, int64_t points, absl::Time grace) {
  place.hold.clear();
  if (place.idle) place.expire = std::max(place.expire, LatestIdle());
  if (place.expire <= latest) place = {.expire = grace};
  Give(place, points);
}

void Book::Owe(int64_t points) {
  owed += points;
  deed().owed += points;
}

int64_t Book::TakeSoonest(int64_t points) {
  int64_t taken = 0;
  while (taken < points && !piles.empty() &&
         piles.begin()->first.is_available()) {
    taken += TakeFrom(piles.begin()->first, points - taken);
  }
  return taken;
}

int64_t Book::TakeFrom(const Place& place, int64_t points) {
  for (auto& [at, there] : piles) {
    if (!IsSamePlace(at, place)) continue;
    const int64_t taken = std::min(there, points);
    if (taken == 0) return 0;
    deed().took.push_back({at, taken});
    there -= taken;
    Tidy();
    return taken;
  }
  return 0;
}

void Book::Tidy() {
  for (auto pile = piles.begin(); pile != piles.end();) {
    pile = pile->second == 0 ? piles.erase(pile) : std::next(pile);
  }
}

void Book::Hold(const std::string& id, int64_t points, absl::Time expire) {
  Begin(Deed::Kind::kOther);
  TakeSoonest(points);
  for (Pile pile : deed().took) {
    pile.place.hold = id;
    piles[pile.place] += pile.points;
  }
  holds[id] = expire;
}

std::vector<Pile> Book::Empty(const std::string& hold) {
  std::vector<Pile> inside;
  for (auto& [place, points] : piles) {
    if (place.hold != hold) continue;
    inside.push_back({place, points});
    points = 0;
  }
  Tidy();
  holds.erase(hold);
  return inside;
}

void Book::Capture(const std::string& id, int64_t points, absl::Time grace) {
  Begin(Deed::Kind::kOther);
  std::vector<Pile> rest;
  for (Pile pile : Empty(id)) {
    const int64_t spent = std::min(points, pile.points);
    points -= spent;
    pile.points -= spent;
    if (pile.points > 0) rest.push_back(pile);
  }
  if (rest.empty()) return;
  Begin(Deed::Kind::kOther);
  GiveBackAll(rest, grace);
}

void Book::Release(const std::string& id, absl::Time grace) {
  Begin(Deed::Kind::kOther);
  GiveBackAll(Empty(id), grace);
}

void Book::GiveBackAll(const std::vector<Pile>& taken, absl::Time grace) {
  for (const Pile& pile : taken)
    GiveBack(pile.place, pile.points, grace);
}

int64_t Book::CountExpired(const Claim& claim) {
  if (!claim.place.idle) {
    int64_t& expired = expired_[claim.place.expire];
    const int64_t counted = std::min(claim.points, expired);
    expired -= counted;
    return counted;
  }
  // What expired before the order earned was not of its points; after it, they
  // went first, unless they were spent before those that did were there.
  const auto first = idle_expired_.lower_bound(claim.earn_entry);
  if (first == idle_expired_.end() || first->second.since > claim.from) {
    return 0;
  }
  int64_t& expired = first->second.points;
  const int64_t counted = std::min(claim.points, expired);
  expired -= counted;
  return counted;
}

void Book::ClawBack(const Claim& claim) {
  int64_t left = claim.points - CountExpired(claim);
  if (left == 0) return;
  Begin(Deed::Kind::kOther);
  left -= TakeFrom(claim.place, left);
  Place available = claim.place;
  available.release = absl::InfinitePast();
  left -= TakeFrom(available, left);
  left -= TakeSoonest(left);
  Owe(claim.forgive ? std::min(left, Held()) : left);
}

void Book::Restore(const std::vector<Pile>& spent, absl::Time grace) {
  Begin(Deed::Kind::kOther);
  GiveBackAll(spent, grace);
}

Place Book::PlaceNow(Place place) const {
  if (place.release <= latest) place.release = absl::InfinitePast();
  return place;
}

bool Book::CanReverse(const Deed& deed) const {
  int64_t other = Available() + owed;
  for (const Pile& gave : deed.gave) {
    const Place now = PlaceNow(gave.place);
    int64_t there = 0;
    for (const auto& [place, points] : piles)
      if (IsSamePlace(place, now)) there += points;
    if (there < gave.points) return false;
    if (now.is_available()) other -= gave.points;
  }
  // What filled a debt is owed again, and nobody owes who has points.
  return deed.owed >= 0 || other == 0;
}

void Book::Reverse(const Deed& deed, absl::Time grace, Place fresh) {
  Begin(Deed::Kind::kOther);
  const int64_t made = std::max<int64_t>(0, deed.owed);
  const int64_t still = std::min(made, owed);
  Owe(-still);
  for (const Pile& gave : deed.gave)
    TakeFrom(PlaceNow(gave.place), gave.points);
  GiveBackAll(deed.took, grace);
  if (deed.owed < 0) Owe(-deed.owed);
  if (made > still) Give(fresh, made - still);
}

}  // namespace pistis
