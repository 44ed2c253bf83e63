#include "engine/storage/store_figures.h"

#include <map>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/db.h"
#include "rocksdb/transaction_log.h"

#include "engine/storage/rocksdb/rocksdb_store.h"

namespace pistis {
namespace {

using Properties = rocksdb::DB::Properties;

int64_t NumberOf(rocksdb::DB& db, const std::string& property) {
  uint64_t number = 0;
  return db.GetIntProperty(property, &number) ? static_cast<int64_t>(number)
                                              : 0;
}

std::vector<int64_t> LevelFiles(rocksdb::DB& db) {
  std::vector<int64_t> files;
  for (int level = 0; level < db.NumberLevels(); ++level) {
    std::string text;
    int64_t number = 0;
    db.GetProperty(absl::StrCat(Properties::kNumFilesAtLevelPrefix, level),
                   &text);
    files.push_back(absl::SimpleAtoi(text, &number) ? number : 0);
  }
  return files;
}

int64_t LogBytes(rocksdb::DB& db) {
  rocksdb::VectorLogPtr logs;
  int64_t bytes = 0;
  if (!db.GetSortedWalFiles(logs).ok()) return 0;
  for (const auto& log : logs)
    bytes += static_cast<int64_t>(log->SizeFileBytes());
  return bytes;
}

int64_t StallsOf(const std::map<std::string, std::string>& stalls,
                 const std::string& kind) {
  const auto found = stalls.find(absl::StrCat("io_stalls.", kind));
  int64_t number = 0;
  return found != stalls.end() && absl::SimpleAtoi(found->second, &number)
             ? number
             : 0;
}

}  // namespace

StoreFigures RocksDbStore::Figures() const {
  rocksdb::DB& db = *db_;
  std::map<std::string, std::string> stalls;
  db.GetMapProperty(Properties::kCFStats, &stalls);
  return {
      .level_files = LevelFiles(db),
      .table_bytes = NumberOf(db, Properties::kLiveSstFilesSize),
      .memtable_bytes = NumberOf(db, Properties::kSizeAllMemTables),
      .log_bytes = LogBytes(db),
      .cache_bytes = NumberOf(db, Properties::kBlockCacheUsage),
      .compaction_pending_bytes =
          NumberOf(db, Properties::kEstimatePendingCompactionBytes),
      .running_compactions = NumberOf(db, Properties::kNumRunningCompactions),
      .running_flushes = NumberOf(db, Properties::kNumRunningFlushes),
      .slowdowns = StallsOf(stalls, "total_slowdown"),
      .stops = StallsOf(stalls, "total_stop"),
      .background_errors = NumberOf(db, Properties::kBackgroundErrors),
      .is_stopped = IsStopped(),
  };
}

bool RocksDbStore::IsStopped() const {
  return NumberOf(*db_, Properties::kIsWriteStopped) != 0;
}

}  // namespace pistis
