// Points by where they are, to compare what an account has with what a naive
// ledger has and with what entries say.
#ifndef PISTIS_ENGINE_LEDGER_HEAP_TEST_H_
#define PISTIS_ENGINE_LEDGER_HEAP_TEST_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "engine/ledger/account.h"
#include "engine/ledger/naive_ledger_test.h"

namespace pistis {

// Points by where they are: place, release or hold, kind, expiry. The expiry
// of idle lots is left out on demand.
using Heap = std::map<std::tuple<std::string, LotKind, absl::Time>, int64_t>;
enum class IdleExpiry { kShown, kLeftOut };

inline void AddTo(Heap& heap, const std::string& place, const Lot& lot,
                  IdleExpiry idle) {
  const bool left_out =
      lot.kind == LotKind::kIdle && idle == IdleExpiry::kLeftOut;
  heap[{place, lot.kind, left_out ? absl::InfinitePast() : lot.expire}] +=
      lot.points.value();
}

inline std::string PendingPlace(absl::Time release) {
  return absl::StrCat("pending ", absl::ToUnixMicros(release));
}

inline Heap HeapOf(const AccountState& state, IdleExpiry idle) {
  Heap heap;
  for (const Lot& lot : state.lots)
    AddTo(heap, "available", lot, idle);
  for (const PendingLot& pending : state.pending)
    AddTo(heap, PendingPlace(pending.release), pending.lot, idle);
  for (const OpenHold& hold : state.holds) {
    for (const Lot& lot : hold.lots)
      AddTo(heap, "held " + hold.id.text(), lot, idle);
  }
  return heap;
}

inline Lot LotOf(const Chunk& chunk) {
  return {.expire = chunk.expire,
          .points = Points(chunk.points),
          .kind = chunk.idle ? LotKind::kIdle : LotKind::kFixed};
}

inline Heap HeapOf(const NaiveLedger& ledger) {
  Heap heap;
  for (const Chunk& chunk : ledger.chunks) {
    std::string place = "available";
    if (chunk.release) place = PendingPlace(*chunk.release);
    if (!chunk.hold.empty()) place = "held " + chunk.hold;
    AddTo(heap, place, LotOf(chunk), IdleExpiry::kShown);
  }
  return heap;
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_LEDGER_HEAP_TEST_H_
