// What a replay came to.
#ifndef PISTIS_CLIENTS_CLI_REPLAY_REPORT_H_
#define PISTIS_CLIENTS_CLI_REPLAY_REPORT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "pistis/v1/insight_service.pb.h"

#include "clients/cli/program_facts.h"
#include "clients/cli/replay_run.h"

namespace pistis {

// Cancelled units for which no sold unit was found.
struct UnlinkedSums {
  int64_t lines = 0;
  int64_t units = 0;
  int64_t value_minor = 0;
  // One sentence for each line.
  std::vector<std::string> list;
};

[[nodiscard]] UnlinkedSums SumUnlinked(absl::Span<const Invoice> invoices,
                                       const RefundLinks& links,
                                       const Currency& currency);

// Everything there is to say at the end.
struct ReplayReport {
  ProgramFacts facts;
  // The program's sums after the run: of all runs and all tills.
  v1::ProgramStats stats;
  ReplayCounts counts;
  UnlinkedSums unlinked;
  std::map<std::string, int64_t> skipped_lines;
  int64_t skipped_invoices = 0;
  int64_t shift_days = 0;
  absl::Duration elapsed;
};

// How much of a list a table shows.
enum class ListLength { kFirstTen, kAll };

// For people: the sums, then what was refused and what could not be linked.
[[nodiscard]] std::string ReportTable(const ReplayReport& report,
                                      ListLength length);

// For programs: one object, without a line end. Its keys are listed in
// clients/cli/README.md.
[[nodiscard]] std::string ReportJson(const ReplayReport& report);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_REPLAY_REPORT_H_
