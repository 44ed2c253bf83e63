// One member's points, kept as anybody would: a heap of piles, gone through
// from end to end for every question.
#ifndef PISTIS_TESTS_MODEL_NAIVE_BOOK_H_
#define PISTIS_TESTS_MODEL_NAIVE_BOOK_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "tests/model/naive_policy.h"

namespace pistis {

// Where points lie. In the order of Place, available piles come first, those
// that are spent first before the others; then pending ones by release.
struct Place {
  // The hold that has them; empty: none.
  std::string hold;
  // When they become available; InfinitePast: they are.
  absl::Time release = absl::InfinitePast();
  absl::Time expire = absl::InfiniteFuture();
  // True: activity puts `expire` off.
  bool idle = false;

  [[nodiscard]] bool is_available() const {
    return hold.empty() && release == absl::InfinitePast();
  }
  [[nodiscard]] bool is_pending() const {
    return release != absl::InfinitePast();
  }
  friend bool operator<(const Place& a, const Place& b) {
    return std::tie(a.hold, a.release, a.expire, a.idle) <
           std::tie(b.hold, b.release, b.expire, b.idle);
  }
};

struct Pile {
  Place place;
  int64_t points = 0;
};

// One entry: what it did, for those that undo it.
struct Deed {
  // What a reversal may ask of it; kOther: it is none that can be reversed.
  enum class Kind { kPlain, kOther };
  Kind kind = Kind::kOther;
  std::vector<Pile> gave;
  std::vector<Pile> took;
  // How much more is owed after it.
  int64_t owed = 0;
  // The other side of a transfer.
  std::string other_member;
  int64_t other_entry = 0;
};

// What a refund takes back.
struct Claim {
  int64_t points = 0;
  // Where the order put them.
  Place place;
  // The number of the entry that did, and when they were to be had.
  int64_t earn_entry = 0;
  absl::Time from = absl::InfinitePast();
  bool forgive = false;
};

class Book {
 public:
  std::map<Place, int64_t> piles;
  // The open holds, and when each ends by itself.
  std::map<std::string, absl::Time> holds;
  int64_t owed = 0;
  // When the last command took effect.
  absl::Time latest = absl::UnixEpoch();
  // How many entries there are, and the deeds of those not filed yet.
  int64_t entries = 0;
  std::vector<Deed> fresh;

  [[nodiscard]] int64_t Available() const;
  [[nodiscard]] int64_t Pending() const;
  [[nodiscard]] int64_t Held() const;
  [[nodiscard]] int64_t HeldBy(const std::string& hold) const;
  // True where `points` more would be more than a balance may be.
  [[nodiscard]] bool IsFullFor(int64_t points) const;

  // Posts what falls due by `at`, each thing at its own time.
  void PassTime(absl::Time at, const Policy& policy);

  // Begins an entry; what follows is written down in it.
  void Begin(Deed::Kind kind);
  // The entry begun last.
  Deed& deed() { return fresh.back(); }

  void Give(Place place, int64_t points);
  void GiveBack(Place place, int64_t points, absl::Time grace);
  void GivePending(Place place, int64_t points);
  void Owe(int64_t points);
  // Takes up to so many of the soonest to expire; returns how many.
  int64_t TakeSoonest(int64_t points);
  // The same from one pile.
  int64_t TakeFrom(const Place& place, int64_t points);
  // All idle points expire at `expire`, if not later.
  void PutOff(absl::Time expire);

  // Ends a command.
  void Close();

  // Whole entries.
  void Hold(const std::string& id, int64_t points, absl::Time expire);
  // Spends the soonest to expire of a hold's points; gives back the others.
  void Capture(const std::string& id, int64_t points, absl::Time grace);
  void Release(const std::string& id, absl::Time grace);
  void ClawBack(const Claim& claim);
  void Restore(const std::vector<Pile>& spent, absl::Time grace);
  // False, and nothing done, where what the deed gave is no longer there.
  [[nodiscard]] bool CanReverse(const Deed& deed) const;
  void Reverse(const Deed& deed, absl::Time grace, Place fresh);

 private:
  [[nodiscard]] absl::Time NextDue() const;
  void PostDue(const Policy& policy);
  void Expire(const Pile& pile);
  int64_t CountExpired(const Claim& claim);
  [[nodiscard]] absl::Time LatestIdle() const;
  // The place where `place` is now: what was pending may have been released,
  // what is idle may have been put off.
  [[nodiscard]] Place PlaceNow(Place place) const;
  // Writes down that the entry gave points.
  void Note(const Place& place, int64_t points);
  // Empty piles are none.
  void Tidy();
  // The piles of a hold, the soonest to expire first; they leave the book.
  std::vector<Pile> Empty(const std::string& hold);
  void GiveBackAll(const std::vector<Pile>& taken, absl::Time grace);

  // Idle points that expired: how many no refund has counted, and since when
  // there had been some without a break.
  struct IdleExpired {
    int64_t points = 0;
    absl::Time since;
  };

  // What has expired and no refund has counted: by expiry, and of idle points
  // by the number of the entry.
  std::map<absl::Time, int64_t> expired_;
  std::map<int64_t, IdleExpired> idle_expired_;
  // Since when there are idle points without a break, from command to command;
  // InfiniteFuture: there were none, or they have just expired.
  absl::Time idle_since_ = absl::InfiniteFuture();
  // When the last entry was made.
  absl::Time last_deed_ = absl::UnixEpoch();
};

}  // namespace pistis

#endif  // PISTIS_TESTS_MODEL_NAIVE_BOOK_H_
