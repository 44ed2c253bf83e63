#include "engine/operations/margin_report.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/insight/margin_sums.h"
#include "engine/operations/budget_standing.h"
#include "engine/operations/fold_margins.h"
#include "engine/operations/load_order.h"
#include "engine/operations/margin_rows.h"
#include "engine/order/order.h"
#include "engine/storage/overlay.h"

namespace pistis {
namespace {

using Request = v1::GetMarginReportRequest;
using Rows = google::protobuf::RepeatedPtrField<v1::MarginRow>;

constexpr int64_t kMostDays = 366;
constexpr int kMostRows = 1000;
constexpr int kUsualRows = 100;
constexpr absl::CivilDay kFirstPossibleDay(1970, 1, 1);
constexpr absl::CivilDay kLastPossibleDay(9999, 12, 31);

absl::StatusOr<absl::CivilDay> ParseDay(const char* field,
                                        const std::string& text) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text, &day) || absl::FormatCivilTime(day) != text ||
      day < kFirstPossibleDay || day > kLastPossibleDay) {
    return RefuseField(
        field, absl::StrCat("is \"", text, "\"; a day is \"2026-01-31\""));
  }
  return day;
}

// A request, shaped and bounded.
struct Wanted {
  ProgramId program;
  MarginDays days;
  size_t rows = kUsualRows;
  const Request& request;

  [[nodiscard]] bool Asks(Request::Rows rows) const {
    const auto& by = request.by();
    return by.empty() || std::find(by.begin(), by.end(), rows) != by.end();
  }
};

absl::StatusOr<Wanted> Parse(const Request& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  Wanted wanted{.program = ProgramId(request.program_id()),
                .days = {},
                .request = request};
  PISTIS_ASSIGN_OR_RETURN(wanted.days.first,
                          ParseDay("from_day", request.from_day()));
  PISTIS_ASSIGN_OR_RETURN(wanted.days.last,
                          ParseDay("to_day", request.to_day()));
  if (wanted.days.last < wanted.days.first) {
    return RefuseField("to_day", "is before from_day");
  }
  if (wanted.days.last - wanted.days.first >= kMostDays) {
    return RefuseField("to_day",
                       absl::StrCat("is ", wanted.days.last - wanted.days.first,
                                    " days after from_day; at most ", kMostDays,
                                    " days are reported at once"));
  }
  for (int i = 0; i < request.by_size(); ++i) {
    if (Request::Rows_IsValid(request.by(i)) &&
        request.by(i) != Request::ROWS_UNSPECIFIED) {
      continue;
    }
    return RefuseField(absl::StrCat("by[", i, "]"), "is no kind of rows");
  }
  if (request.max_rows() < 0 || request.max_rows() > kMostRows) {
    return RefuseField(
        "max_rows", absl::StrCat("is ", request.max_rows(), "; 1 to ",
                                 kMostRows, " are allowed, 0 is ", kUsualRows));
  }
  if (request.max_rows() > 0) {
    wanted.rows = static_cast<size_t>(request.max_rows());
  }
  return wanted;
}

v1::MarginSums ToMessage(const MarginSums& sums) {
  v1::MarginSums message;
  message.set_orders(sums[Measure::kOrders]);
  message.set_refunds(sums[Measure::kRefunds]);
  message.set_sales_minor(sums[Measure::kSales]);
  message.set_returned_minor(sums[Measure::kReturned]);
  message.set_excluded_minor(sums[Measure::kExcluded]);
  message.set_unknown_cost_sales_minor(sums[Measure::kUnknownCostSales]);
  if (sums.has_cost()) {
    message.set_cost_minor(sums[Measure::kCost]);
    message.set_margin_before_minor(sums.margin_before());
    message.set_margin_after_minor(sums.margin_after());
  }
  message.set_line_discount_minor(sums[Measure::kLineDiscount]);
  message.set_order_discount_minor(sums[Measure::kOrderDiscount]);
  message.set_code_discount_minor(sums[Measure::kCodeDiscount]);
  message.set_shipping_discount_minor(sums[Measure::kShippingDiscount]);
  message.set_redeemed_minor(sums[Measure::kRedeemed]);
  message.set_points_earned(sums[Measure::kPoints]);
  message.set_points_worth_minor(sums[Measure::kPointsWorth]);
  return message;
}

void SetOf(const MarginRow& row, v1::MarginRow& message) {
  if (row.of == MarginRow::Of::kOthers) {
    message.set_others(true);
    return;
  }
  switch (row.rows) {
    case MarginRows::kDay:
      message.set_day(row.id);
      return;
    case MarginRows::kCategory:
      message.set_category(row.id);
      return;
    case MarginRows::kStore:
      message.set_store_id(row.id);
      return;
    case MarginRows::kRule:
      message.set_rule_id(row.id);
      return;
    case MarginRows::kCode:
      message.set_code_template(row.id);
      return;
    case MarginRows::kTier:
      if (row.of == MarginRow::Of::kNobody) {
        message.set_anonymous(true);
      } else {
        message.set_tier_id(row.id);
      }
      return;
    case MarginRows::kCap:
      return;
  }
}

void AddRows(const RankedRows& rows, Rows& messages) {
  for (const auto& [row, sums] : rows) {
    v1::MarginRow& message = *messages.Add();
    SetOf(row, message);
    *message.mutable_sums() = ToMessage(sums);
  }
}

void AddCaps(const RankedRows& rows, v1::MarginReport& report) {
  for (const auto& [row, sums] : rows) {
    v1::MarginCap& cap = *report.add_caps();
    cap.set_cap_id(row.id);
    cap.set_others(row.of == MarginRow::Of::kOthers);
    cap.set_orders(sums[Measure::kOrders]);
    cap.set_trimmed_minor(sums[Measure::kTrimmed]);
  }
}

// Reads the rows of a period.
class MarginReading {
 public:
  MarginReading(const Reader& reader, const Wanted& wanted)
      : reader_(reader), wanted_(wanted) {}

  absl::Status AddDays(v1::MarginReport& report) const {
    MarginSums all;
    RankedRows days;
    PISTIS_RETURN_IF_ERROR(VisitMargins(
        reader_, wanted_.program, MarginRows::kDay, wanted_.days,
        [&](absl::CivilDay day, const MarginRow& row, const MarginSums& sums) {
          all += sums;
          days.emplace_back(row, sums);
          days.back().first.id = absl::FormatCivilTime(day);
        }));
    *report.mutable_sums() = ToMessage(all);
    if (wanted_.Asks(Request::DAY)) AddRows(days, *report.mutable_days());
    return absl::OkStatus();
  }

  // The rows of some kinds together.
  absl::StatusOr<RankedRows> Ranked(std::initializer_list<MarginRows> kinds,
                                    Measure by) const {
    RowSums rows;
    for (const MarginRows kind : kinds) {
      PISTIS_RETURN_IF_ERROR(
          VisitMargins(reader_, wanted_.program, kind, wanted_.days,
                       [&](absl::CivilDay /*day*/, const MarginRow& row,
                           const MarginSums& sums) { rows[row] += sums; }));
    }
    return Rank(rows, by, wanted_.rows);
  }

  absl::Status AddKind(Request::Rows asked,
                       std::initializer_list<MarginRows> kinds,
                       Rows& messages) const {
    if (!wanted_.Asks(asked)) return absl::OkStatus();
    PISTIS_ASSIGN_OR_RETURN(const RankedRows rows,
                            Ranked(kinds, Measure::kSales));
    AddRows(rows, messages);
    return absl::OkStatus();
  }

 private:
  const Reader& reader_;
  const Wanted& wanted_;
};

absl::Status AddAllRows(const Reader& reader, const Wanted& wanted,
                        v1::MarginReport& report) {
  const MarginReading reading(reader, wanted);
  PISTIS_RETURN_IF_ERROR(reading.AddDays(report));
  PISTIS_RETURN_IF_ERROR(reading.AddKind(Request::CATEGORY,
                                         {MarginRows::kCategory},
                                         *report.mutable_categories()));
  PISTIS_RETURN_IF_ERROR(reading.AddKind(Request::STORE, {MarginRows::kStore},
                                         *report.mutable_stores()));
  PISTIS_RETURN_IF_ERROR(reading.AddKind(Request::RULE,
                                         {MarginRows::kRule, MarginRows::kCode},
                                         *report.mutable_rules()));
  PISTIS_RETURN_IF_ERROR(reading.AddKind(Request::TIER, {MarginRows::kTier},
                                         *report.mutable_tiers()));
  PISTIS_ASSIGN_OR_RETURN(const RankedRows caps,
                          reading.Ranked({MarginRows::kCap}, Measure::kOrders));
  AddCaps(caps, report);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::MarginReport> GetMarginReport(const QueryContext& context,
                                                 const Request& request) {
  PISTIS_ASSIGN_OR_RETURN(const Wanted wanted, Parse(request));
  PISTIS_ASSIGN_OR_RETURN(
      const FoldedMargins rest,
      FoldTheRest(context.env, context.reader, wanted.program,
                  {.max_commits = kMostUnfoldedCommits,
                   .max_bytes = kMostUnfoldedBytes}));
  if (rest.more) {
    return Refuse(Reason::kOverloaded,
                  absl::StrCat("the sums are more than ", kMostUnfoldedCommits,
                               " commits, or some large ones, behind, as after "
                               "an import; try again when the server has "
                               "caught up"));
  }
  v1::MarginReport report;
  report.set_from_day(request.from_day());
  report.set_to_day(request.to_day());
  report.set_commit_seq(rest.to_commit);
  const OverlayReader reader(context.reader, {&rest.writes});
  PISTIS_RETURN_IF_ERROR(AddAllRows(reader, wanted, report));
  PISTIS_RETURN_IF_ERROR(AddBudgetStandings(context, wanted.program, report));
  return report;
}

}  // namespace pistis
