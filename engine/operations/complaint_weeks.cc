#include "engine/operations/complaint_weeks.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "pistis/store/v1/care_records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/insight/patterns.h"
#include "engine/operations/fold_margins.h"
#include "engine/operations/load_order.h"
#include "engine/operations/margin_report.h"
#include "engine/operations/margin_rows.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/overlay.h"

namespace pistis {
namespace {

constexpr const char* kAll = "all";
constexpr const char* kCategory = "category";
constexpr const char* kSku = "sku";
constexpr const char* kStore = "store";
constexpr size_t kMostPatterns = 100;
constexpr int64_t kDaysPerWeek = 7;

absl::CivilDay MondayOf(absl::Time time, absl::TimeZone zone) {
  return absl::PrevWeekday(absl::ToCivilDay(time, zone) + 1,
                           absl::Weekday::monday);
}

// The weeks that are compared; each span ends where the next begins.
struct Spans {
  absl::CivilDay baseline;
  absl::CivilDay later;
  absl::CivilDay end;
  PatternSpan weeks;
};

absl::StatusOr<int> ParseWeeks(absl::string_view field, int32_t weeks,
                               int usual, int most) {
  if (weeks == 0) return usual;
  if (weeks < 0 || weeks > most) {
    return RefuseField(
        field, absl::StrCat("is ", weeks, "; 1 to ", most, " are allowed"));
  }
  return weeks;
}

absl::StatusOr<Spans> ParseSpans(const v1::ListPatternsRequest& request,
                                 absl::Time now, absl::TimeZone zone) {
  absl::Time to = now;
  if (request.has_to_time()) {
    PISTIS_ASSIGN_OR_RETURN(to,
                            ParsePastTime("to_time", request.to_time(), now));
  }
  Spans spans;
  PISTIS_ASSIGN_OR_RETURN(spans.weeks.weeks,
                          ParseWeeks("weeks", request.weeks(), 1, 12));
  PISTIS_ASSIGN_OR_RETURN(
      spans.weeks.baseline_weeks,
      ParseWeeks("baseline_weeks", request.baseline_weeks(), 12, 52));
  spans.end = MondayOf(to, zone) + kDaysPerWeek;
  spans.later = spans.end - kDaysPerWeek * spans.weeks.weeks;
  spans.baseline = spans.later - kDaysPerWeek * spans.weeks.baseline_weeks;
  return spans;
}

// What was counted of one thing, and its latest cases in the later span.
struct Seen {
  PatternCount count;
  std::vector<std::string> case_ids;
};
using SeenByName = std::map<std::pair<std::string, std::string>, Seen>;

// Reads weeks of cases, and what was sold in them.
class WeekReading {
 public:
  WeekReading(const Reader& reader, const ProgramId& program,
              const Spans& spans)
      : reader_(reader), program_(program), spans_(spans) {}

  // Adds the cases of all that is counted by `by`.
  absl::Status AddCases(const std::string& by, SeenByName& seen) const {
    const std::string begin =
        ComplaintWeekKey(program_, {by, spans_.baseline, ""});
    const std::string end = ComplaintWeekKey(program_, {by, spans_.end, ""});
    const size_t skip = ComplaintWeekPrefix();
    bool readable = true;
    PISTIS_RETURN_IF_ERROR(reader_.Scan(
        begin, end, [&](absl::string_view key, absl::string_view value) {
          store::v1::ComplaintWeekRecord record;
          const auto week = ParseComplaintWeek(key.substr(skip));
          readable = week && record.ParseFromArray(
                                 value.data(), static_cast<int>(value.size()));
          if (!readable) return Visit::kStop;
          AddWeek(*week, record, seen[{by, week->value}]);
          return Visit::kContinue;
        }));
    return readable ? absl::OkStatus() : RecordCorrupt("ComplaintWeekRecord");
  }

  // Gives each its orders: a store those of the store, everything else all.
  absl::Status AddOrders(SeenByName& seen) const {
    PatternCount all;
    PISTIS_RETURN_IF_ERROR(VisitOrders(
        MarginRows::kDay, [&](const MarginRow& /*row*/) -> auto* {
          return &all;
        }));
    for (auto& [name, of] : seen) {
      if (name.first == kStore) continue;
      of.count.orders = all.orders;
      of.count.baseline_orders = all.baseline_orders;
    }
    return VisitOrders(
        MarginRows::kStore, [&](const MarginRow& row) -> PatternCount* {
          const auto found = seen.find({kStore, row.id});
          const bool is_named = row.of == MarginRow::Of::kNamed;
          return is_named && found != seen.end() ? &found->second.count
                                                 : nullptr;
        });
  }

 private:
  // How much of a key comes before what ParseComplaintWeek reads.
  [[nodiscard]] size_t ComplaintWeekPrefix() const {
    return program_.text().size() + 2;
  }

  void AddWeek(const ComplaintWeek& week,
               const store::v1::ComplaintWeekRecord& record, Seen& of) const {
    of.count.by = week.by;
    of.count.value = week.value;
    if (week.week < spans_.later) {
      of.count.baseline_cases += record.cases();
      return;
    }
    of.count.cases += record.cases();
    for (const std::string& case_id : record.case_ids()) {
      of.case_ids.push_back(case_id);
      if (of.case_ids.size() > kMostNamedCases) {
        of.case_ids.erase(of.case_ids.begin());
      }
    }
  }

  // Adds the orders of the rows that `count_of` has a count for.
  template <typename CountOf>
  absl::Status VisitOrders(MarginRows rows, CountOf count_of) const {
    return VisitMargins(
        reader_, program_, rows,
        {.first = spans_.baseline, .last = spans_.end - 1},
        [&](absl::CivilDay day, const MarginRow& row, const MarginSums& sums) {
          PatternCount* count = count_of(row);
          if (count == nullptr) return;
          (day < spans_.later ? count->baseline_orders : count->orders) +=
              sums[Measure::kOrders];
        });
  }

  const Reader& reader_;
  const ProgramId& program_;
  const Spans& spans_;
};

v1::Pattern ToMessage(const Pattern& pattern,
                      const std::vector<std::string>& case_ids) {
  v1::Pattern message;
  message.set_by(pattern.count.by);
  message.set_value(pattern.count.value);
  message.set_cases(pattern.count.cases);
  message.set_orders(pattern.count.orders);
  message.set_baseline_cases(pattern.count.baseline_cases);
  message.set_baseline_orders(pattern.count.baseline_orders);
  message.set_expected(absl::StrFormat("%.2f", pattern.expected));
  message.set_p_value(absl::StrFormat("%.6f", pattern.p_value));
  for (const std::string& case_id : case_ids)
    message.add_case_ids(case_id);
  return message;
}

absl::StatusOr<v1::ListPatternsResponse> Look(const Reader& reader,
                                              const ProgramId& program,
                                              const Spans& spans) {
  const WeekReading reading(reader, program, spans);
  SeenByName seen;
  for (const char* by : {kAll, kCategory, kSku, kStore})
    PISTIS_RETURN_IF_ERROR(reading.AddCases(by, seen));
  seen.try_emplace({kAll, ""});
  PISTIS_RETURN_IF_ERROR(reading.AddOrders(seen));
  v1::ListPatternsResponse reply;
  const auto all = seen.extract({kAll, ""});
  const PatternCount& in_all = all.mapped().count;
  reply.set_cases(in_all.cases);
  reply.set_orders(in_all.orders);
  // A shop's first weeks have no usual.
  if (in_all.baseline_cases == 0 && in_all.baseline_orders == 0) return reply;
  std::vector<PatternCount> counts;
  for (const auto& [name, of] : seen)
    counts.push_back(of.count);
  for (const Pattern& pattern : FindPatterns(counts, spans.weeks)) {
    if (reply.patterns_size() == kMostPatterns) break;
    const Seen& of = seen.at({pattern.count.by, pattern.count.value});
    *reply.add_patterns() = ToMessage(pattern, of.case_ids);
  }
  return reply;
}

}  // namespace

std::vector<ComplaintWeek> WeeksOf(const v1::Case& opened, absl::Time at,
                                   absl::TimeZone zone) {
  const absl::CivilDay monday = MondayOf(at, zone);
  std::vector<ComplaintWeek> weeks = {{kAll, monday, ""},
                                      {kCategory, monday, opened.category()}};
  for (const std::string& sku : opened.skus())
    weeks.push_back({kSku, monday, sku});
  if (!opened.store_id().empty()) {
    weeks.push_back({kStore, monday, opened.store_id()});
  }
  return weeks;
}

absl::Status CountCase(const Reader& reader, const v1::Case& opened,
                       absl::TimeZone zone, Journal& journal) {
  for (const ComplaintWeek& week : WeeksOf(opened, journal.now(), zone)) {
    const std::string key = ComplaintWeekKey(journal.program(), week);
    PISTIS_ASSIGN_OR_RETURN(
        const std::optional<store::v1::ComplaintWeekRecord> known,
        GetRecord<store::v1::ComplaintWeekRecord>(reader, key));
    store::v1::ComplaintWeekRecord record =
        known.value_or(store::v1::ComplaintWeekRecord());
    record.set_cases(record.cases() + 1);
    record.add_case_ids(opened.case_id());
    if (record.case_ids_size() > kMostNamedCases) {
      record.mutable_case_ids()->DeleteSubrange(0, 1);
    }
    PutRecord(key, record, journal.writes());
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ListPatternsResponse> ListPatterns(
    const QueryContext& context, const v1::ListPatternsRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  const ProgramId program(request.program_id());
  PISTIS_ASSIGN_OR_RETURN(const absl::TimeZone zone,
                          LoadZone(context.reader, program));
  PISTIS_ASSIGN_OR_RETURN(const Spans spans,
                          ParseSpans(request, context.now, zone));
  PISTIS_ASSIGN_OR_RETURN(const FoldedMargins rest,
                          FoldTheRest(context.env, context.reader, program,
                                      {.max_commits = kMostUnfoldedCommits,
                                       .max_bytes = kMostUnfoldedBytes}));
  if (rest.more) {
    return Refuse(Reason::kOverloaded,
                  "the sums of sales are far behind, as after an import; try "
                  "again when the server has caught up");
  }
  const OverlayReader reader(context.reader, {&rest.writes});
  return Look(reader, program, spans);
}

}  // namespace pistis
