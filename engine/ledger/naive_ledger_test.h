// A member's points as anybody would keep them: a heap of dated chunks, looked
// through from end to end for every question. The account must agree with it.
#ifndef PISTIS_ENGINE_LEDGER_NAIVE_LEDGER_TEST_H_
#define PISTIS_ENGINE_LEDGER_NAIVE_LEDGER_TEST_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace pistis {

enum class Naive { kDone, kTooFew, kNoHold, kTaken };

// Points that share all of their history that still matters.
struct Chunk {
  int64_t points = 0;
  absl::Time expire;
  bool idle = false;
  // Set: pending until then.
  std::optional<absl::Time> release;
  // Set: held by this hold.
  std::string hold;

  [[nodiscard]] bool is_available() const { return !release && hold.empty(); }
};

// What a command did, for those that undo it.
struct NaiveDeed {
  std::vector<Chunk> gave;
  std::vector<Chunk> took;
  // The deficit it filled (below zero) or made.
  int64_t owed = 0;
};

class NaiveLedger {
 public:
  std::vector<Chunk> chunks;
  std::map<std::string, absl::Time> holds;
  int64_t owed = 0;
  absl::Time now;

  [[nodiscard]] int64_t Available() const {
    int64_t sum = 0;
    for (const Chunk& chunk : chunks)
      sum += chunk.is_available() ? chunk.points : 0;
    return sum;
  }
  [[nodiscard]] int64_t Held() const {
    int64_t sum = 0;
    for (const Chunk& chunk : chunks)
      sum += chunk.hold.empty() ? 0 : chunk.points;
    return sum;
  }
  [[nodiscard]] int64_t Held(const std::string& hold) const {
    int64_t sum = 0;
    for (const Chunk& chunk : chunks)
      sum += chunk.hold == hold ? chunk.points : 0;
    return sum;
  }

  void Advance(absl::Time at, int grace_days) {
    for (std::optional<size_t> i = NextDue(at); i; i = NextDue(at)) {
      Chunk due = chunks[*i];
      now = std::max(now, DueOf(due));
      if (!due.hold.empty()) {
        CloseHold(due.hold, 0, now + absl::Hours(24) * (grace_days + 1));
        continue;
      }
      chunks.erase(chunks.begin() + static_cast<ptrdiff_t>(*i));
      if (due.release) {
        due.release.reset();
        Give(due);
      }
    }
    now = std::max(now, at);
  }

  NaiveDeed Earn(Chunk chunk, std::optional<absl::Time> idle_expire) {
    if (idle_expire && chunk.idle) {
      chunk.expire = std::max(chunk.expire, *idle_expire);
    }
    if (idle_expire) PutOff(chunk.idle ? chunk.expire : *idle_expire);
    if (chunk.release) {
      Join(chunk);
      return {.gave = {chunk}};
    }
    return GiveAll({chunk});
  }

  NaiveDeed GiveAll(const std::vector<Chunk>& given) {
    NaiveDeed deed;
    const int64_t before = owed;
    for (Chunk chunk : given) {
      const int64_t filled = std::min(owed, chunk.points);
      Give(chunk);
      chunk.points -= filled;
      if (chunk.points > 0) deed.gave.push_back(chunk);
    }
    deed.owed = owed - before;
    return deed;
  }

  // Takes what there is; the rest is owed.
  NaiveDeed Take(int64_t points) {
    NaiveDeed deed;
    for (; points > 0 && Available() > 0; --points)
      deed.took.push_back(TakeOne(Soonest()));
    owed += points;
    deed.owed = points;
    return deed;
  }

  std::optional<NaiveDeed> Spend(int64_t points,
                                 std::optional<absl::Time> idle_expire = {}) {
    if (Available() - owed < points) return std::nullopt;
    if (idle_expire) PutOff(*idle_expire);
    return Take(points);
  }

  Naive Hold(const std::string& id, int64_t points, absl::Time expire) {
    if (holds.count(id) > 0) return Naive::kTaken;
    std::optional<NaiveDeed> deed = Spend(points);
    if (!deed) return Naive::kTooFew;
    holds[id] = expire;
    for (Chunk& chunk : deed->took) {
      chunk.hold = id;
      chunks.push_back(chunk);
    }
    return Naive::kDone;
  }

  Naive Capture(const std::string& id, int64_t points, absl::Time grace,
                std::optional<absl::Time> idle_expire) {
    if (holds.count(id) == 0) return Naive::kNoHold;
    if (Held(id) < points) return Naive::kTooFew;
    if (idle_expire) PutOff(*idle_expire);
    CloseHold(id, points, grace);
    return Naive::kDone;
  }

  Naive Release(const std::string& id, absl::Time grace) {
    if (holds.count(id) == 0) return Naive::kNoHold;
    CloseHold(id, 0, grace);
    return Naive::kDone;
  }

  void GiveBack(Chunk chunk, absl::Time grace) {
    chunk.hold.clear();
    if (chunk.idle) chunk.expire = std::max(chunk.expire, LatestIdle());
    if (chunk.expire <= now) {
      chunk.idle = false;
      chunk.expire = grace;
    }
    Give(chunk);
  }

  // Returns how many could not be taken.
  int64_t TakeBack(int64_t points, const Chunk& own) {
    Chunk available = own;
    available.release.reset();
    while (points > 0) {
      std::optional<size_t> at = own.release ? Find(own) : std::nullopt;
      if (!at) at = Find(available);
      if (!at && Available() > 0) at = Soonest();
      if (!at) break;
      TakeOne(*at);
      --points;
    }
    return points;
  }

  Naive Reverse(const NaiveDeed& deed, absl::Time grace, Chunk fresh) {
    NaiveLedger next = *this;
    for (Chunk gave : deed.gave) {
      if (gave.release && *gave.release <= now) gave.release.reset();
      for (int64_t i = 0; i < gave.points; ++i) {
        const std::optional<size_t> at = next.Find(gave);
        if (!at) return Naive::kTooFew;
        next.TakeOne(*at);
      }
    }
    if (deed.owed < 0) {
      if (next.Available() > 0) return Naive::kTooFew;
      next.owed -= deed.owed;
    }
    const int64_t made = std::max<int64_t>(0, deed.owed);
    const int64_t gone = std::min(next.owed, made);
    next.owed -= gone;
    for (const Chunk& took : deed.took)
      next.GiveBack(took, grace);
    fresh.points = made - gone;
    if (fresh.points > 0) next.Give(fresh);
    *this = std::move(next);
    return Naive::kDone;
  }

 private:
  [[nodiscard]] absl::Time DueOf(const Chunk& chunk) const {
    if (chunk.release) return *chunk.release;
    return chunk.hold.empty() ? chunk.expire : holds.at(chunk.hold);
  }

  // What falls due first by `at`.
  [[nodiscard]] std::optional<size_t> NextDue(absl::Time at) const {
    std::optional<size_t> first;
    for (size_t i = 0; i < chunks.size(); ++i) {
      const absl::Time due = DueOf(chunks[i]);
      if (due > at || due == absl::InfiniteFuture()) continue;
      if (!first || Order(chunks[i]) < Order(chunks[*first])) first = i;
    }
    return first;
  }
  // By the moment at which it can be posted; at one moment, first the releases,
  // then the holds, then the lots.
  [[nodiscard]] std::tuple<absl::Time, int, absl::Time, std::string, absl::Time,
                           bool>
  Order(const Chunk& chunk) const {
    const int rank = chunk.release ? 0 : chunk.hold.empty() ? 2 : 1;
    return {std::max(now, DueOf(chunk)),
            rank,
            DueOf(chunk),
            chunk.hold,
            chunk.expire,
            chunk.idle};
  }

  [[nodiscard]] absl::Time LatestIdle() const {
    absl::Time latest = absl::InfinitePast();
    for (const Chunk& chunk : chunks)
      if (chunk.idle) latest = std::max(latest, chunk.expire);
    return latest;
  }
  void PutOff(absl::Time expire) {
    for (Chunk& chunk : chunks)
      if (chunk.idle) chunk.expire = std::max(chunk.expire, expire);
  }
  void Join(Chunk chunk) {
    if (chunk.idle) {
      chunk.expire = std::max(chunk.expire, LatestIdle());
      PutOff(chunk.expire);
    }
    chunks.push_back(chunk);
  }
  void Give(Chunk chunk) {
    const int64_t filled = std::min(owed, chunk.points);
    owed -= filled;
    chunk.points -= filled;
    if (chunk.points > 0) Join(chunk);
  }

  // One point of the chunk.
  Chunk TakeOne(size_t at) {
    Chunk taken = chunks[at];
    taken.points = 1;
    if (--chunks[at].points == 0) {
      chunks.erase(chunks.begin() + static_cast<ptrdiff_t>(at));
    }
    return taken;
  }
  [[nodiscard]] size_t Soonest() const {
    std::optional<size_t> first;
    for (size_t i = 0; i < chunks.size(); ++i) {
      if (!chunks[i].is_available()) continue;
      if (!first || std::tie(chunks[i].expire, chunks[i].idle) <
                        std::tie(chunks[*first].expire, chunks[*first].idle)) {
        first = i;
      }
    }
    return *first;
  }
  // A chunk of the same lot, in the same place.
  [[nodiscard]] std::optional<size_t> Find(const Chunk& like) const {
    for (size_t i = 0; i < chunks.size(); ++i) {
      const Chunk& chunk = chunks[i];
      if (chunk.release == like.release && chunk.hold == like.hold &&
          chunk.idle == like.idle &&
          (chunk.idle || chunk.expire == like.expire)) {
        return i;
      }
    }
    return std::nullopt;
  }

  void CloseHold(const std::string& id, int64_t spent, absl::Time grace) {
    std::vector<Chunk> inside;
    for (size_t i = chunks.size(); i-- > 0;) {
      if (chunks[i].hold != id) continue;
      inside.push_back(chunks[i]);
      chunks.erase(chunks.begin() + static_cast<ptrdiff_t>(i));
    }
    holds.erase(id);
    std::sort(inside.begin(), inside.end(), [](const Chunk& a, const Chunk& b) {
      return std::tie(a.expire, a.idle) < std::tie(b.expire, b.idle);
    });
    for (Chunk& chunk : inside) {
      const int64_t gone = std::min(spent, chunk.points);
      spent -= gone;
      chunk.points -= gone;
      if (chunk.points > 0) GiveBack(chunk, grace);
    }
  }
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_LEDGER_NAIVE_LEDGER_TEST_H_
