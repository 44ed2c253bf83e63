// How an embedded store is doing, for those who watch a server.
#ifndef PISTIS_ENGINE_STORAGE_STORE_FIGURES_H_
#define PISTIS_ENGINE_STORAGE_STORE_FIGURES_H_

#include <cstdint>
#include <vector>

namespace pistis {

// Sizes are in bytes.
struct StoreFigures {
  // Tables of each level.
  std::vector<int64_t> level_files;
  int64_t table_bytes = 0;
  int64_t memtable_bytes = 0;
  int64_t log_bytes = 0;
  int64_t cache_bytes = 0;
  // What compaction should rewrite, as far as it knows.
  int64_t compaction_pending_bytes = 0;
  int64_t running_compactions = 0;
  int64_t running_flushes = 0;
  // How often writes were slowed down, and stopped, since the store was opened.
  int64_t slowdowns = 0;
  int64_t stops = 0;
  int64_t background_errors = 0;
  // True while writes have to wait.
  bool is_stopped = false;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_STORE_FIGURES_H_
