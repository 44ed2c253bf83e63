// The stored sums of margin reports: rows by day.
#ifndef PISTIS_ENGINE_OPERATIONS_MARGIN_ROWS_H_
#define PISTIS_ENGINE_OPERATIONS_MARGIN_ROWS_H_

#include <array>
#include <map>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

#include "engine/base/ids.h"
#include "engine/insight/margin_sums.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// A day has at most this many rows of a kind; what is further is summed in its
// row of others, so that a store id made up for each order does no harm.
inline constexpr int kMostMarginRows = 500;

// A row as it is stored.
struct StoredMargins {
  MarginSums sums;
  // Of the row of a whole day: how many rows of each kind the day has, that of
  // others not among them.
  std::array<int, kMarginRows> rows = {};
};
[[nodiscard]] std::string ToBytes(const StoredMargins& stored);
// RECORD_CORRUPT.
absl::StatusOr<StoredMargins> ParseMargins(absl::string_view bytes);

// A program's rows as they will be. Owns copies of those that change; the
// reader must outlive it and not change. One thread.
class MarginBook {
 public:
  MarginBook(const Reader& reader, const ProgramId& program)
      : reader_(reader), program_(program) {}

  // Adds to the rows of a day. RECORD_CORRUPT where one cannot be read.
  absl::Status Add(absl::CivilDay day, const RowSums& sums);

  // Every row that changed.
  void PutTo(WriteSet& writes) const;

 private:
  // Null: there is no such row yet.
  absl::StatusOr<StoredMargins*> Find(const std::string& key);
  absl::StatusOr<StoredMargins*> FindOrOpen(absl::CivilDay day,
                                            const MarginRow& row,
                                            StoredMargins& whole_day);

  const Reader& reader_;
  const ProgramId& program_;
  // By key.
  std::map<std::string, StoredMargins> rows_;
  // Where those of a day are that sums were added to.
  std::map<absl::CivilDay, std::map<MarginRow, StoredMargins*>> places_;
};

// Days of a period; both belong to it.
struct MarginDays {
  absl::CivilDay first;
  absl::CivilDay last;
};

// Visits the stored rows of one kind, day by day. RECORD_CORRUPT where one
// cannot be read.
absl::Status VisitMargins(
    const Reader& reader, const ProgramId& program, MarginRows rows,
    const MarginDays& days,
    absl::FunctionRef<void(absl::CivilDay day, const MarginRow& row,
                           const MarginSums& sums)>
        visit);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_MARGIN_ROWS_H_
