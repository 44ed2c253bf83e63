#include "engine/operations/verify_lots.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "pistis/v1/ledger_entry.pb.h"

namespace pistis {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr int kPlaces = 3;
constexpr std::array<absl::string_view, kPlaces> kPlaceNames = {
    "available", "pending", "held"};
constexpr std::array<int, kPlaces> kPlaceLegs = {v1::Posting::MEMBER_AVAILABLE,
                                                 v1::Posting::MEMBER_PENDING,
                                                 v1::Posting::MEMBER_HELD};

int64_t ExpiryOf(const store::v1::OpenHoldRecord& hold) {
  return hold.expire_us() == 0 ? kNever : hold.expire_us();
}

// 128-bit sums as far as a sentence needs them.
int64_t Shown(Int128 value) {
  const Int128 most = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::clamp<Int128>(value, -most, most));
}

}  // namespace

LotBook::Key LotBook::KeyOf(int place, const store::v1::LotRecord& lot,
                            int64_t release_us) {
  return {place, release_us, lot.expire_us() == 0 ? kNever : lot.expire_us(),
          lot.idle()};
}

std::string LotBook::NameOf(const Key& key) {
  const auto& [place, release_us, expire_us, idle] = key;
  return absl::StrCat(
      "the ", kPlaceNames[static_cast<size_t>(place)], idle ? " idle" : "",
      " lot that ",
      expire_us == kNever ? "never expires"
                          : absl::StrCat("expires ", TimeName(expire_us)),
      release_us == 0
          ? ""
          : absl::StrCat(" and is released ", TimeName(release_us)));
}

void LotBook::Take(absl::string_view where, const store::v1::EntryRecord& entry,
                   Recount& recount) {
  std::array<Int128, kPlaces> changed = {};
  std::set<Key> touched;
  for (const store::v1::LotChangeRecord& change : entry.lots()) {
    if (change.place() < 0 || change.place() >= kPlaces) {
      recount.Find({"entry", where}, "changes a lot in no known place");
      continue;
    }
    store::v1::LotRecord lot;
    lot.set_expire_us(change.expire_us());
    lot.set_idle(change.idle());
    const Key key = KeyOf(change.place(), lot, change.release_us());
    lots_[key] += change.points();
    changed[static_cast<size_t>(change.place())] += change.points();
    touched.insert(key);
  }
  changed[0] -= entry.deficit_change();
  for (size_t place = 0; place < changed.size(); ++place) {
    Int128 posted = 0;
    for (const store::v1::PostingRecord& leg : entry.postings()) {
      if (leg.account() == kPlaceLegs[place]) posted += leg.points();
    }
    recount.Expect({"entry", where},
                   absl::StrCat("its leg of ", kPlaceNames[place],
                                " points, against its lots"),
                   Shown(posted), Shown(changed[place]));
  }
  for (const Key& key : touched) {
    const auto lot = lots_.find(key);
    if (lot->second < 0) {
      recount.Find({"lot", where},
                   absl::StrCat("takes more than there is from ", NameOf(key)));
    }
    if (lot->second == 0) lots_.erase(lot);
  }
}

bool LotBook::has_idle() const {
  return std::any_of(lots_.begin(), lots_.end(),
                     [](const auto& lot) { return std::get<3>(lot.first); });
}

LotBook::Stored LotBook::StoredLots(absl::string_view where,
                                    const store::v1::AccountRecord& account,
                                    Recount& recount) {
  Stored stored;
  std::optional<Key> last;
  const auto add = [&](const Key& key, int64_t points) {
    if (points <= 0) {
      recount.Find({"lot", where}, absl::StrCat(NameOf(key), " has ", points,
                                                " points: it is empty"));
    }
    stored[key] += points;
  };
  const auto add_in_order = [&](const Key& key, int64_t points) {
    if (last && key <= *last) {
      recount.Find({"lot", where},
                   absl::StrCat(NameOf(key), " is out of order"));
    }
    last = key;
    add(key, points);
  };
  for (const store::v1::LotRecord& lot : account.lots())
    add_in_order(KeyOf(v1::LotChange::AVAILABLE, lot, 0), lot.points());
  for (const store::v1::PendingLotRecord& pending : account.pending()) {
    add_in_order(
        KeyOf(v1::LotChange::PENDING, pending.lot(), pending.release_us()),
        pending.lot().points());
  }
  for (const store::v1::OpenHoldRecord& hold : account.holds()) {
    for (const store::v1::LotRecord& lot : hold.lots())
      add(KeyOf(v1::LotChange::HELD, lot, 0), lot.points());
  }
  return stored;
}

void LotBook::Compare(absl::string_view where,
                      const store::v1::AccountRecord& account,
                      Recount& recount) const {
  const Stored stored = StoredLots(where, account, recount);
  for (const auto& [key, points] : stored) {
    const auto counted = lots_.find(key);
    recount.Expect({"lot", where}, NameOf(key), Shown(points),
                   counted == lots_.end() ? 0 : Shown(counted->second));
  }
  for (const auto& [key, points] : lots_) {
    if (stored.contains(key)) continue;
    recount.Expect({"lot", where}, NameOf(key), 0, Shown(points));
  }
  if (account.deficit() > 0 && account.lots_size() > 0) {
    recount.Find({"lot", where}, "points are owed, and there are lots");
  }
  const auto is_before = [](const store::v1::OpenHoldRecord& a,
                            const store::v1::OpenHoldRecord& b) {
    return std::pair(ExpiryOf(a), a.hold_id()) <
           std::pair(ExpiryOf(b), b.hold_id());
  };
  if (!std::is_sorted(account.holds().begin(), account.holds().end(),
                      is_before)) {
    recount.Find({"lot", where}, "its open holds are out of order");
  }
}

int64_t NextDueMicros(const store::v1::AccountRecord& account) {
  int64_t next = kNever;
  for (const store::v1::LotRecord& lot : account.lots()) {
    if (lot.expire_us() != 0) next = std::min(next, lot.expire_us());
  }
  for (const store::v1::PendingLotRecord& pending : account.pending())
    next = std::min(next, pending.release_us());
  for (const store::v1::OpenHoldRecord& hold : account.holds())
    next = std::min(next, ExpiryOf(hold));
  for (const int64_t due_us :
       {account.standing().tier_until_us(),
        account.standing().segments_due_us(),
        account.standing().occasions().birthday_us(),
        account.standing().occasions().anniversary_us()}) {
    if (due_us != 0) next = std::min(next, due_us);
  }
  return next == kNever ? 0 : next;
}

}  // namespace pistis
