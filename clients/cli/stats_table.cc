#include "clients/cli/stats_table.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "clients/cli/receipt.h"
#include "engine/base/rate.h"

namespace pistis {
namespace {

int64_t NetSales(const v1::ProgramStats& stats) {
  return stats.sales_minor() - stats.returned_minor();
}

}  // namespace

std::string PercentText(int64_t part, int64_t whole) {
  constexpr int64_t kHundredths = 10'000;
  const int64_t share =
      whole > 0 && part >= 0 ? MulDivHalfUp(part, kHundredths, whole) : 0;
  return absl::StrFormat("%d.%02d", share / 100, share % 100);
}

Table SumsTable() {
  return Table({{"", Table::Align::kLeft}, {"", Table::Align::kRight}});
}

void AddStats(const v1::ProgramStats& stats, const ProgramFacts& facts,
              Table& table) {
  const auto count = [&](const char* what, int64_t number) {
    table.AddRow({what, absl::StrCat(number)});
  };
  const auto money = [&](const std::string& what, int64_t minor) {
    table.AddRow({absl::StrCat(what, ", ", facts.CurrencyText()),
                  facts.MoneyText(minor)});
  };
  count("members", stats.members());
  count("orders", stats.orders());
  count("refunds", stats.refunds());
  money("net sales", NetSales(stats));
  money("  returned", stats.returned_minor());
  money("discounts", stats.discount_minor());
  table.AddRow({"  of net sales, %",
                PercentText(stats.discount_minor(), NetSales(stats))});
  if (stats.margin_before_minor() > 0) {
    table.AddRow(
        {"  of the margin before discounts, %",
         PercentText(stats.discount_minor(), stats.margin_before_minor())});
  }
  money("paid with points", stats.redeemed_minor());
  count("points issued", stats.points_issued());
  count("points redeemed", stats.points_redeemed());
  count("points expired", stats.points_expired());
  count("points forgiven", stats.points_forgiven());
  if (stats.points_adjusted() != 0) {
    count("points adjusted", stats.points_adjusted());
  }
  count("points outstanding", stats.points_outstanding());
  if (stats.points_pending() > 0) count("  pending", stats.points_pending());
  if (stats.points_held() > 0) count("  held", stats.points_held());
  money("  worth", stats.outstanding_worth_minor());
  for (const v1::CapCount& cap : stats.caps()) {
    count(absl::StrCat("cap ", cap.cap_id(), ", orders").c_str(), cap.orders());
    if (absl::EndsWith(cap.cap_id(), ".max_points")) {
      count("  held back, points", cap.trimmed_minor());
    } else {
      money("  held back", cap.trimmed_minor());
    }
  }
  count("codes issued", stats.codes_issued());
  count("codes used", stats.codes_used());
  count("notes asked for", stats.notes_requested());
}

void AddStats(const v1::ProgramStats& stats, JsonObject& object) {
  std::vector<JsonObject> caps;
  for (const v1::CapCount& cap : stats.caps()) {
    caps.emplace_back()
        .Add("cap_id", cap.cap_id())
        .Add("orders", cap.orders())
        .Add("trimmed_minor", cap.trimmed_minor());
  }
  object.Add("members", stats.members())
      .Add("orders", stats.orders())
      .Add("refunds", stats.refunds())
      .Add("sales_minor", stats.sales_minor())
      .Add("returned_minor", stats.returned_minor())
      .Add("net_sales_minor", NetSales(stats))
      .Add("discount_minor", stats.discount_minor())
      .Add("discount_share_of_sales",
           PercentText(stats.discount_minor(), NetSales(stats)))
      .Add("margin_before_minor", stats.margin_before_minor())
      .Add("discount_share_of_margin",
           PercentText(stats.discount_minor(), stats.margin_before_minor()))
      .Add("redeemed_minor", stats.redeemed_minor())
      .Add("points_issued", stats.points_issued())
      .Add("points_redeemed", stats.points_redeemed())
      .Add("points_expired", stats.points_expired())
      .Add("points_forgiven", stats.points_forgiven())
      .Add("points_adjusted", stats.points_adjusted())
      .Add("points_outstanding", stats.points_outstanding())
      .Add("points_pending", stats.points_pending())
      .Add("points_held", stats.points_held())
      .Add("outstanding_worth_minor", stats.outstanding_worth_minor())
      .Add("caps", caps)
      .Add("codes_issued", stats.codes_issued())
      .Add("codes_used", stats.codes_used())
      .Add("notes_requested", stats.notes_requested());
}

}  // namespace pistis
