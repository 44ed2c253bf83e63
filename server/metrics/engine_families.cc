#include "server/metrics/engine_families.h"

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include <unistd.h>

namespace pistis::server {
namespace {

constexpr HistogramScale kWholeNumbers{.unit = 1, .first_bucket = 0};
// Where StatFields has them.
constexpr size_t kUserTicks = 11;
constexpr size_t kStartTicks = 19;
constexpr size_t kResidentPages = 21;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The fields of /proc/self/stat from the third on: the second, the program's
// name, may hold anything.
std::vector<std::string> StatFields() {
  const std::string stat = ReadFile("/proc/self/stat");
  const size_t name_end = stat.rfind(") ");
  if (name_end == std::string::npos) return {};
  return absl::StrSplit(stat.substr(name_end + 2), ' ');
}

double NumberAt(const std::vector<std::string>& fields, size_t i) {
  double number = 0;
  return i < fields.size() && absl::SimpleAtod(fields[i], &number) ? number : 0;
}

double BootSeconds() {
  const std::vector<std::string> words =
      absl::StrSplit(ReadFile("/proc/stat"), absl::ByAnyChar(" \n"));
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "btime") return NumberAt(words, i + 1);
  }
  return 0;
}

void AddDescriptors(Families& families) {
  std::error_code error;
  const std::filesystem::directory_iterator open("/proc/self/fd", error);
  if (!error) {
    families.push_back(
        OneGauge("process_open_fds", "Open file descriptors.",
                 static_cast<double>(std::distance(begin(open), end(open)))));
  }
  rlimit most{};
  if (getrlimit(RLIMIT_NOFILE, &most) == 0) {
    families.push_back(OneGauge("process_max_fds",
                                "File descriptors that may be open.",
                                static_cast<double>(most.rlim_cur)));
  }
}

}  // namespace

double UnixSeconds(absl::Time time) {
  if (time == absl::InfinitePast()) return 0;
  return absl::ToDoubleSeconds(time - absl::UnixEpoch());
}

void AddExecutor(const Executor& executor, Families& families) {
  const ExecutorFigures figures = executor.figures();
  families.push_back(OneGauge("pistis_executor_waiting",
                              "Changes that wait to be decided.",
                              static_cast<double>(figures.waiting)));
  families.push_back(OneCounter(
      "pistis_executor_overloaded_total",
      "Changes refused because too many waited or the disk is nearly full.",
      static_cast<double>(figures.overloaded)));
  families.push_back(OneHistogram("pistis_decide_seconds",
                                  "How long it took to decide a change.",
                                  figures.decide_us, kMicroseconds));
  families.push_back(OneHistogram("pistis_batch_commands",
                                  "Changes that were made durable together.",
                                  figures.batch_commands, kWholeNumbers));
  families.push_back(OneHistogram("pistis_sync_seconds",
                                  "How long a batch took to be durable.",
                                  figures.sync_us, kMicroseconds));
  families.push_back(
      OneCounter("pistis_commits_total", "The number of the last commit.",
                 static_cast<double>(executor.last_commit_seq())));
}

void AddPools(const std::vector<NamedPool>& pools, Families& families) {
  prometheus::MetricFamily waiting =
      GaugeFamily("pistis_pool_waiting", "Reads, by pool, that wait.");
  for (const auto& [name, pool] : pools)
    Add(waiting, static_cast<double>(pool->waiting()), {{"pool", name}});
  families.push_back(std::move(waiting));
}

void AddStore(const StoreFigures& store, Families& families) {
  prometheus::MetricFamily levels =
      GaugeFamily("pistis_store_level_files", "Tables of each level.");
  for (size_t level = 0; level < store.level_files.size(); ++level) {
    Add(levels, static_cast<double>(store.level_files[level]),
        {{"level", absl::StrCat(level)}});
  }
  families.push_back(std::move(levels));
  const auto gauge = [&](const char* name, const char* help, int64_t value) {
    families.push_back(OneGauge(name, help, static_cast<double>(value)));
  };
  gauge("pistis_store_table_bytes", "Tables that are in use.",
        store.table_bytes);
  gauge("pistis_store_memtable_bytes", "Writes that are in no table yet.",
        store.memtable_bytes);
  gauge("pistis_store_log_bytes", "Write-ahead logs.", store.log_bytes);
  gauge("pistis_store_cache_bytes", "Blocks in memory.", store.cache_bytes);
  gauge("pistis_store_compaction_pending_bytes",
        "What compaction should rewrite.", store.compaction_pending_bytes);
  gauge("pistis_store_compactions_running", "Compactions under way.",
        store.running_compactions);
  gauge("pistis_store_flushes_running", "Flushes under way.",
        store.running_flushes);
  gauge("pistis_store_stopped", "1 while writes have to wait.",
        store.is_stopped ? 1 : 0);
  const auto counter = [&](const char* name, const char* help, int64_t value) {
    families.push_back(OneCounter(name, help, static_cast<double>(value)));
  };
  counter("pistis_store_slowdowns_total", "How often writes were slowed down.",
          store.slowdowns);
  counter("pistis_store_stops_total", "How often writes were stopped.",
          store.stops);
  counter("pistis_store_background_errors_total",
          "Flushes and compactions that failed.", store.background_errors);
}

void AddProcess(Families& families) {
  const std::vector<std::string> stat = StatFields();
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  AddDescriptors(families);
  families.push_back(OneGauge("process_resident_memory_bytes", "Memory in use.",
                              NumberAt(stat, kResidentPages) * page));
  families.push_back(OneCounter(
      "process_cpu_seconds_total", "Processor time used.",
      (NumberAt(stat, kUserTicks) + NumberAt(stat, kUserTicks + 1)) / ticks));
  families.push_back(
      OneGauge("process_start_time_seconds", "When it started, since 1970.",
               BootSeconds() + NumberAt(stat, kStartTicks) / ticks));
}

}  // namespace pistis::server
