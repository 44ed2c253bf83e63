// The metrics of the engine as a whole, the store, the disk and the process.
#ifndef PISTIS_SERVER_METRICS_ENGINE_FAMILIES_H_
#define PISTIS_SERVER_METRICS_ENGINE_FAMILIES_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "engine/operations/executor.h"
#include "engine/storage/store_figures.h"
#include "server/metrics/families.h"
#include "server/read_pool.h"

namespace pistis::server {

// A pool and what it is called in metrics.
using NamedPool = std::pair<std::string, const ReadPool*>;

// Each adds its families.
void AddExecutor(const Executor& executor, Families& families);
void AddPools(const std::vector<NamedPool>& pools, Families& families);
void AddStore(const StoreFigures& store, Families& families);
// Of this process, under the names that exporters commonly give: what /proc
// tells; nothing of what it does not.
void AddProcess(Families& families);

// Seconds since 1970; 0 for absl::InfinitePast().
[[nodiscard]] double UnixSeconds(absl::Time time);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_METRICS_ENGINE_FAMILIES_H_
