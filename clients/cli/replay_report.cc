#include "clients/cli/replay_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "clients/cli/json_object.h"
#include "clients/cli/stats_table.h"
#include "clients/cli/table.h"

namespace pistis {
namespace {

int64_t OrdersPerSecond(const ReplayReport& report) {
  const int64_t millis =
      std::max<int64_t>(1, absl::ToInt64Milliseconds(report.elapsed));
  return report.counts.orders * 1000 / millis;
}

void AddCounts(absl::string_view what,
               const std::map<std::string, int64_t>& by_reason, Table& table) {
  for (const auto& [reason, count] : by_reason) {
    table.AddRow({absl::StrCat(what, ": ", reason), absl::StrCat(count)});
  }
}

std::string ListText(absl::string_view title,
                     const std::vector<std::string>& list, ListLength length) {
  constexpr size_t kFirst = 10;
  if (list.empty()) return "";
  const size_t shown =
      length == ListLength::kAll ? list.size() : std::min(kFirst, list.size());
  std::string text = absl::StrCat("\n", title, "\n");
  for (size_t i = 0; i < shown; ++i)
    absl::StrAppend(&text, "  ", list[i], "\n");
  if (shown < list.size()) {
    absl::StrAppend(&text, "  and ", list.size() - shown,
                    " more; --verbose shows all\n");
  }
  return text;
}

}  // namespace

UnlinkedSums SumUnlinked(absl::Span<const Invoice> invoices,
                         const RefundLinks& links, const Currency& currency) {
  UnlinkedSums sums;
  for (const UnlinkedLine& unlinked : links.unlinked) {
    const Invoice& invoice = invoices[unlinked.cancellation];
    const Money value = LineAmount(unlinked.line, currency);
    ++sums.lines;
    sums.units += unlinked.line.quantity;
    sums.value_minor += value.value();
    sums.list.push_back(
        absl::StrCat(invoice.number, " line ", unlinked.line.line_id, ": ",
                     unlinked.line.quantity, " x ", unlinked.line.sku, ", ",
                     FormatMoney(value, currency),
                     invoice.member_id.empty()
                         ? std::string(", a guest")
                         : absl::StrCat(", member ", invoice.member_id)));
  }
  return sums;
}

std::string ReportTable(const ReplayReport& report, ListLength length) {
  Table table = SumsTable();
  AddStats(report.stats, report.facts, table);
  table.AddRow(
      {"cancelled lines without a sale", absl::StrCat(report.unlinked.lines)});
  table.AddRow({"  units", absl::StrCat(report.unlinked.units)});
  table.AddRow({absl::StrCat("  value, ", report.facts.CurrencyText()),
                report.facts.MoneyText(report.unlinked.value_minor)});
  AddCounts("skipped lines", report.skipped_lines, table);
  table.AddRow(
      {"invoices without a sale", absl::StrCat(report.skipped_invoices)});
  AddCounts("refused members", report.counts.refused_members, table);
  AddCounts("refused orders", report.counts.refused_orders, table);
  AddCounts("refused refunds", report.counts.refused_refunds, table);
  table.AddRow({"orders per second", absl::StrCat(OrdersPerSecond(report))});
  return absl::StrCat(
      table.Text(), ListText("Refused:", report.counts.refusals, length),
      ListText("Cancelled without a sale in this file:", report.unlinked.list,
               length));
}

std::string ReportJson(const ReplayReport& report) {
  JsonObject object;
  object.Add("program", report.facts.program_id)
      .Add("currency", report.facts.currency.code)
      .Add("shift_days", report.shift_days);
  AddStats(report.stats, object);
  object
      .Add("replayed",
           std::map<std::string, int64_t>{{"members", report.counts.members},
                                          {"orders", report.counts.orders},
                                          {"refunds", report.counts.refunds}})
      .Add("unlinked",
           std::map<std::string, int64_t>{
               {"lines", report.unlinked.lines},
               {"units", report.unlinked.units},
               {"value_minor", report.unlinked.value_minor}})
      .Add("skipped_lines", report.skipped_lines)
      .Add("skipped_invoices", report.skipped_invoices)
      .Add("refused_members", report.counts.refused_members)
      .Add("refused_orders", report.counts.refused_orders)
      .Add("refused_refunds", report.counts.refused_refunds)
      .Add("example_order", report.counts.example_order)
      .Add("elapsed_ms", absl::ToInt64Milliseconds(report.elapsed))
      .Add("orders_per_second", OrdersPerSecond(report));
  return object.Text();
}

}  // namespace pistis
