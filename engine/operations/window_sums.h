// Sums over windows of time: what limits and budgets have counted, in storage.
#ifndef PISTIS_ENGINE_OPERATIONS_WINDOW_SUMS_H_
#define PISTIS_ENGINE_OPERATIONS_WINDOW_SUMS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"

#include "pistis/store/v1/limit_records.pb.h"

#include "engine/base/ids.h"
#include "engine/rulebook/rulebook.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// The windows of one kind that one holder keeps sums of, for one of those that
// have a sum of their own; see LimitWindowKey.
struct WindowSeries {
  ProgramId program;
  std::string holder;
  std::string of;
  LimitWindow window = LimitWindow::kEver;
  // As Limit::windows.
  int windows = 1;
};

// The key, without table and program, of what is stored for the window that
// `day` lies in; of windows of many days, for the day.
[[nodiscard]] std::string StoredWindow(const WindowSeries& series,
                                       absl::CivilDay day);

// What the windows hold that `day` lies in; where they are several, the most of
// each measure that any of them holds. Of windows of many days the present one
// is at hand, and one that was charged past `day` is added up day by day.
absl::StatusOr<store::v1::LimitRecord> ReadWindow(const Reader& reader,
                                                  const WindowSeries& series,
                                                  absl::CivilDay day);

// Something to add to a window.
struct WindowCharge {
  ProgramId program;
  // As StoredWindow says.
  std::string window;
  // Each measure with sign; told_percent raises what is stored.
  store::v1::LimitRecord use;
};

// Adds to a window. `lengths` are the windows of many days that the holder
// keeps sums of as of now; those of which it keeps none any more are forgotten.
absl::Status ChargeWindow(const Reader& reader, const WindowCharge& charge,
                          absl::Span<const int> lengths, WriteSet& writes);

// Adds back what was charged, or takes it away, whatever is kept of it now.
absl::Status CorrectWindow(const Reader& reader, const WindowCharge& charge,
                           WriteSet& writes);

// Measure by measure, within 64 bits.
[[nodiscard]] store::v1::LimitRecord Plus(const store::v1::LimitRecord& a,
                                          const store::v1::LimitRecord& b);
[[nodiscard]] store::v1::LimitRecord Minus(const store::v1::LimitRecord& a,
                                           const store::v1::LimitRecord& b);

// What windows of so many days that end with `last` hold, of days that ascend.
struct DaySum {
  // Counted as in the key.
  int64_t day = 0;
  store::v1::LimitRecord sum;
};
[[nodiscard]] store::v1::LimitRecord SumOfDays(absl::Span<const DaySum> days,
                                               int64_t last, int64_t length);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_WINDOW_SUMS_H_
