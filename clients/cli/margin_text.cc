#include "clients/cli/margin_text.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

#include "clients/cli/csv.h"
#include "clients/cli/stats_table.h"
#include "clients/cli/table.h"
#include "engine/base/rate.h"

namespace pistis {
namespace {

using Rows = google::protobuf::RepeatedPtrField<v1::MarginRow>;

constexpr int64_t kChartLines = 31;
constexpr int64_t kBarWidth = 48;

int64_t Discounts(const v1::MarginSums& sums) {
  return sums.line_discount_minor() + sums.order_discount_minor() +
         sums.code_discount_minor() + sums.shipping_discount_minor();
}

// A row's section and id, as CSV has them.
std::pair<std::string, std::string> NameOf(const v1::MarginRow& row,
                                           const char* section) {
  switch (row.of_case()) {
    case v1::MarginRow::kDay:
      return {section, row.day()};
    case v1::MarginRow::kCategory:
      return {section, row.category()};
    case v1::MarginRow::kStoreId:
      return {section, row.store_id()};
    case v1::MarginRow::kRuleId:
      return {section, row.rule_id()};
    case v1::MarginRow::kCodeTemplate:
      return {"code", row.code_template()};
    case v1::MarginRow::kTierId:
      return {section, row.tier_id()};
    case v1::MarginRow::kAnonymous:
      return {section, "(no member)"};
    case v1::MarginRow::kOthers:
    case v1::MarginRow::OF_NOT_SET:
      break;
  }
  return {section, "(others)"};
}

std::string RowTitle(const v1::MarginRow& row, const char* section) {
  const auto [of, id] = NameOf(row, section);
  if (id.empty()) return "(none)";
  return of == section ? id : absl::StrCat(of, " ", id);
}

std::string MarginOrUnknown(const v1::MarginSums& sums, int64_t minor,
                            const ProgramFacts& facts) {
  return sums.has_cost_minor() ? facts.MoneyText(minor) : "unknown";
}

void AppendSums(const v1::MarginSums& sums, const ProgramFacts& facts,
                std::string& text) {
  Table table = SumsTable();
  const auto money = [&](const char* what, int64_t minor) {
    table.AddRow({absl::StrCat(what, ", ", facts.CurrencyText()),
                  facts.MoneyText(minor)});
  };
  const auto money_if_any = [&](const char* what, int64_t minor) {
    if (minor != 0) money(what, minor);
  };
  const auto margin = [&](const char* what, int64_t minor) {
    table.AddRow({absl::StrCat(what, ", ", facts.CurrencyText()),
                  MarginOrUnknown(sums, minor, facts)});
  };
  table.AddRow({"orders", absl::StrCat(sums.orders())});
  table.AddRow({"refunds", absl::StrCat(sums.refunds())});
  money("net sales before discounts", sums.sales_minor());
  money_if_any("  came back", sums.returned_minor());
  money_if_any("  of unknown cost", sums.unknown_cost_sales_minor());
  money_if_any("left out of the margin", sums.excluded_minor());
  margin("cost", sums.cost_minor());
  margin("margin before discounts", sums.margin_before_minor());
  margin("margin after discounts", sums.margin_after_minor());
  if (sums.has_cost_minor()) {
    table.AddRow({"  of net sales, %",
                  PercentText(sums.margin_after_minor(), sums.sales_minor())});
  }
  money("discounts", Discounts(sums));
  money_if_any("  on lines", sums.line_discount_minor());
  money_if_any("  on orders", sums.order_discount_minor());
  money_if_any("  by codes", sums.code_discount_minor());
  money_if_any("  on shipping", sums.shipping_discount_minor());
  money("paid with points", sums.redeemed_minor());
  table.AddRow({"points earned", absl::StrCat(sums.points_earned())});
  money("  worth", sums.points_worth_minor());
  absl::StrAppend(&text, table.Text());
}

// One line of the chart: some days together.
struct Bar {
  std::string first_day;
  int64_t margin = 0;
  int64_t given = 0;
  bool is_known = false;
};

std::vector<Bar> BarsOf(const v1::MarginReport& report, int64_t days) {
  absl::CivilDay first;
  std::vector<Bar> bars;
  if (!absl::ParseCivilTime(report.from_day(), &first)) return bars;
  int64_t last = -1;
  for (const v1::MarginRow& row : report.days()) {
    absl::CivilDay day;
    if (!absl::ParseCivilTime(row.day(), &day)) continue;
    const int64_t bar = (day - first) / days;
    if (bar != last) {
      bars.push_back({.first_day = absl::FormatCivilTime(first + bar * days)});
    }
    last = bar;
    bars.back().margin += row.sums().margin_after_minor();
    bars.back().given += Discounts(row.sums()) + row.sums().redeemed_minor();
    bars.back().is_known |= row.sums().has_cost_minor();
  }
  return bars;
}

void AppendChart(const v1::MarginReport& report, const ProgramFacts& facts,
                 std::string& text) {
  absl::CivilDay first;
  absl::CivilDay last;
  if (report.days_size() < 2 ||
      !absl::ParseCivilTime(report.from_day(), &first) ||
      !absl::ParseCivilTime(report.to_day(), &last)) {
    return;
  }
  const int64_t days = (last - first) / kChartLines + 1;
  const std::vector<Bar> bars = BarsOf(report, days);
  const auto drawn = [](int64_t minor) { return std::max<int64_t>(minor, 0); };
  int64_t longest = 1;
  for (const Bar& bar : bars)
    longest = std::max(longest, drawn(bar.margin) + drawn(bar.given));
  const auto columns = [&](int64_t minor) {
    return static_cast<size_t>(MulDivHalfUp(drawn(minor), kBarWidth, longest));
  };
  Table table({{days == 1 ? "day" : absl::StrCat(days, " days from")},
               {"# margin after discounts, - discounts and points"},
               {"margin", Table::Align::kRight},
               {"given", Table::Align::kRight}});
  for (const Bar& bar : bars) {
    table.AddRow({bar.first_day,
                  std::string(columns(bar.margin), '#') +
                      std::string(columns(bar.given), '-'),
                  bar.is_known ? facts.MoneyText(bar.margin) : "unknown",
                  facts.MoneyText(bar.given)});
  }
  absl::StrAppend(&text, "\n", table.Text());
}

void AppendRows(const Rows& rows, const char* section,
                const ProgramFacts& facts, std::string& text) {
  if (rows.empty()) return;
  Table table({{section},
               {"orders", Table::Align::kRight},
               {"net sales", Table::Align::kRight},
               {"margin", Table::Align::kRight},
               {"after disc.", Table::Align::kRight},
               {"discounts", Table::Align::kRight},
               {"points", Table::Align::kRight}});
  for (const v1::MarginRow& row : rows) {
    const v1::MarginSums& sums = row.sums();
    table.AddRow({RowTitle(row, section), absl::StrCat(sums.orders()),
                  facts.MoneyText(sums.sales_minor()),
                  MarginOrUnknown(sums, sums.margin_before_minor(), facts),
                  MarginOrUnknown(sums, sums.margin_after_minor(), facts),
                  facts.MoneyText(Discounts(sums)),
                  absl::StrCat(sums.points_earned())});
  }
  absl::StrAppend(&text, "\n", table.Text());
}

void AppendCaps(const v1::MarginReport& report, const ProgramFacts& facts,
                std::string& text) {
  if (report.caps().empty()) return;
  Table table({{"cap"},
               {"orders", Table::Align::kRight},
               {"trimmed", Table::Align::kRight}});
  for (const v1::MarginCap& cap : report.caps()) {
    const bool is_money = !absl::EndsWith(cap.cap_id(), ".max_points");
    table.AddRow({cap.others() ? "(others)" : cap.cap_id(),
                  absl::StrCat(cap.orders()),
                  is_money ? facts.MoneyText(cap.trimmed_minor())
                           : absl::StrCat(cap.trimmed_minor(), " points")});
  }
  absl::StrAppend(&text, "\n", table.Text());
}

// What a budget limits, by name.
struct NamedMeasure {
  const char* name;
  const v1::BudgetMeasure& measure;
};

std::vector<NamedMeasure> MeasuresOf(const v1::BudgetStanding& budget) {
  std::vector<NamedMeasure> measures;
  if (budget.has_discount())
    measures.push_back({"discount", budget.discount()});
  if (budget.has_points()) measures.push_back({"points", budget.points()});
  if (budget.has_times()) measures.push_back({"times", budget.times()});
  return measures;
}

std::string BudgetName(const v1::BudgetStanding& budget) {
  return budget.of().empty()
             ? budget.budget_id()
             : absl::StrCat(budget.budget_id(), " of ", budget.of());
}

void AppendBudgets(const v1::MarginReport& report, const ProgramFacts& facts,
                   std::string& text) {
  if (report.budgets().empty()) return;
  Table table({{"budget"},
               {"window"},
               {"of"},
               {"limit", Table::Align::kRight},
               {"spent", Table::Align::kRight},
               {"left", Table::Align::kRight},
               {"runs out"}});
  for (const v1::BudgetStanding& budget : report.budgets()) {
    for (const NamedMeasure& of : MeasuresOf(budget)) {
      const bool is_money = &of.measure == &budget.discount();
      const auto amount = [&](int64_t number) {
        return is_money ? facts.MoneyText(number) : absl::StrCat(number);
      };
      table.AddRow({BudgetName(budget), budget.window(), of.name,
                    amount(of.measure.limit()), amount(of.measure.spent()),
                    amount(of.measure.left()), of.measure.runs_out_day()});
    }
  }
  absl::StrAppend(&text, "\n", table.Text());
}

// The fields of MarginSums in order: their names, or their values as CSV.
std::vector<std::string> SumTitles() {
  std::vector<std::string> titles;
  const google::protobuf::Descriptor& shape = *v1::MarginSums::descriptor();
  titles.reserve(static_cast<size_t>(shape.field_count()));
  for (int i = 0; i < shape.field_count(); ++i)
    titles.push_back(shape.field(i)->name());
  return titles;
}

std::vector<std::string> SumCells(const v1::MarginSums& sums) {
  std::vector<std::string> cells;
  const google::protobuf::Descriptor& shape = *v1::MarginSums::descriptor();
  const google::protobuf::Reflection& fields = *sums.GetReflection();
  for (int i = 0; i < shape.field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = shape.field(i);
    const bool is_unknown =
        field->has_presence() && !fields.HasField(sums, field);
    cells.push_back(is_unknown ? ""
                               : absl::StrCat(fields.GetInt64(sums, field)));
  }
  return cells;
}

// Lines of CSV: cells in front of the sums, the sums, cells behind them.
class MarginLines {
 public:
  MarginLines() {
    const std::vector<std::string> titles = SumTitles();
    sums_ = titles.size();
    Add("section", "id", titles,
        {"trimmed", "limit", "spent", "left", "runs_out_day"});
  }

  void AddRows(const Rows& rows, const char* section) {
    for (const v1::MarginRow& row : rows) {
      const auto [of, id] = NameOf(row, section);
      Add(of, id, SumCells(row.sums()), {});
    }
  }
  void Add(const std::string& section, const std::string& id,
           std::vector<std::string> sums,
           const std::vector<std::string>& behind) {
    sums.resize(sums_);
    sums.insert(sums.begin(), {section, id});
    sums.insert(sums.end(), behind.begin(), behind.end());
    sums.resize(sums_ + kCellsBeside);
    AppendCsvLine(sums, text_);
  }

  [[nodiscard]] std::string Take() && { return std::move(text_); }

 private:
  static constexpr size_t kCellsBeside = 7;

  size_t sums_ = 0;
  std::string text_;
};

}  // namespace

std::string MarginText(const v1::MarginReport& report,
                       const ProgramFacts& facts) {
  std::string text =
      absl::StrCat(report.from_day(), " to ", report.to_day(), "\n");
  AppendSums(report.sums(), facts, text);
  AppendChart(report, facts, text);
  AppendRows(report.categories(), "category", facts, text);
  AppendRows(report.stores(), "store", facts, text);
  AppendRows(report.rules(), "rule", facts, text);
  AppendRows(report.tiers(), "tier", facts, text);
  AppendCaps(report, facts, text);
  AppendBudgets(report, facts, text);
  return text;
}

std::string MarginCsv(const v1::MarginReport& report) {
  MarginLines lines;
  lines.Add("total", "", SumCells(report.sums()), {});
  lines.AddRows(report.days(), "day");
  lines.AddRows(report.categories(), "category");
  lines.AddRows(report.stores(), "store");
  lines.AddRows(report.rules(), "rule");
  lines.AddRows(report.tiers(), "tier");
  for (const v1::MarginCap& cap : report.caps()) {
    lines.Add("cap", cap.others() ? "(others)" : cap.cap_id(),
              {absl::StrCat(cap.orders())},
              {absl::StrCat(cap.trimmed_minor())});
  }
  for (const v1::BudgetStanding& budget : report.budgets()) {
    for (const NamedMeasure& of : MeasuresOf(budget)) {
      lines.Add("budget", absl::StrCat(BudgetName(budget), ", ", of.name), {},
                {"", absl::StrCat(of.measure.limit()),
                 absl::StrCat(of.measure.spent()),
                 absl::StrCat(of.measure.left()), of.measure.runs_out_day()});
    }
  }
  return std::move(lines).Take();
}

}  // namespace pistis
