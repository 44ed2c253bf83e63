#include "clients/cli/costs_file.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "clients/cli/csv.h"
#include "clients/cli/time_text.h"
#include "engine/base/decimal.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

// As the API says; three decimals are the most that a currency has.
constexpr int kFinerDecimals = 4;
constexpr int kMostCurrencyDecimals = 3;

using Fields = std::vector<std::string>;

// Where the columns stand in a record.
struct Columns {
  size_t sku = 0;
  size_t cost = 0;
  std::optional<size_t> valid_from;
};

std::optional<size_t> Find(const Fields& header, absl::string_view name) {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) return std::nullopt;
  return static_cast<size_t>(found - header.begin());
}

absl::StatusOr<Columns> FindColumns(const Fields& header) {
  const std::optional<size_t> sku = Find(header, "sku");
  const std::optional<size_t> cost = Find(header, "cost");
  if (!sku || !cost) {
    return absl::InvalidArgumentError(
        absl::StrCat("the header has no column ", sku ? "cost" : "sku",
                     "; sku,cost,valid_from are wanted"));
  }
  return Columns{
      .sku = *sku, .cost = *cost, .valid_from = Find(header, "valid_from")};
}

absl::Status CheckCost(const std::string& text, const Currency& currency) {
  const int decimals =
      currency.code.empty() ? kMostCurrencyDecimals : currency.decimals;
  const absl::StatusOr<Decimal> cost =
      ParseDecimal(text, decimals + kFinerDecimals);
  if (cost.ok() && (!cost->negative || cost->digits == 0)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("its cost \"", text, "\" is no amount of at most ",
                   decimals + kFinerDecimals, " decimals, such as 3.4175"));
}

absl::StatusOr<absl::Time> ParseFrom(const std::string& text,
                                     const ProgramFacts& facts) {
  // No times from now: the file is to say the same whenever it is read.
  const bool is_absolute =
      !text.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text[0]));
  const std::optional<absl::Time> time =
      is_absolute ? ParseTimeText(text, facts.zone, absl::UnixEpoch())
                  : std::nullopt;
  if (!time) {
    return absl::InvalidArgumentError(
        absl::StrCat("its valid_from \"", text,
                     "\" is no time, such as 2026-01-31, \"2026-01-31 18:30\" "
                     "or 2026-01-31T18:30:00Z"));
  }
  if (facts.currency.code.empty()) {
    return absl::InvalidArgumentError(
        "it has a valid_from, but days need the program's time zone: publish "
        "a rulebook first");
  }
  return *time;
}

absl::StatusOr<v1::ArticleCost> ParseRow(const Fields& fields,
                                         const Columns& columns,
                                         const ProgramFacts& facts) {
  const size_t last =
      std::max({columns.sku, columns.cost, columns.valid_from.value_or(0)});
  if (fields.size() <= last) {
    return absl::InvalidArgumentError("it has too few fields");
  }
  v1::ArticleCost cost;
  cost.set_sku(fields[columns.sku]);
  cost.set_cost(fields[columns.cost]);
  if (cost.sku().empty()) return absl::InvalidArgumentError("its sku is empty");
  PISTIS_RETURN_IF_ERROR(CheckCost(cost.cost(), facts.currency));
  if (!columns.valid_from || fields[*columns.valid_from].empty()) return cost;
  PISTIS_ASSIGN_OR_RETURN(const absl::Time from,
                          ParseFrom(fields[*columns.valid_from], facts));
  *cost.mutable_valid_from() = TimestampOf(from);
  return cost;
}

absl::Status InLine(int64_t line, const absl::Status& status) {
  return absl::InvalidArgumentError(
      absl::StrCat("line ", line, ": ", status.message()));
}

}  // namespace

absl::StatusOr<std::vector<CostRow>> ParseCostsFile(absl::string_view csv,
                                                    const ProgramFacts& facts) {
  CsvReader reader(csv);
  if (!reader.Next()) {
    return reader.status().ok()
               ? absl::InvalidArgumentError("the file is empty")
               : reader.status();
  }
  PISTIS_ASSIGN_OR_RETURN(const Columns columns, FindColumns(reader.fields()));
  std::vector<CostRow> rows;
  std::map<std::pair<std::string, int64_t>, int64_t> lines;
  while (reader.Next()) {
    absl::StatusOr<v1::ArticleCost> cost =
        ParseRow(reader.fields(), columns, facts);
    if (!cost.ok()) return InLine(reader.line(), cost.status());
    const auto [earlier, is_new] = lines.try_emplace(
        {cost->sku(), cost->valid_from().seconds()}, reader.line());
    if (!is_new) {
      return InLine(
          reader.line(),
          absl::InvalidArgumentError(absl::StrCat(
              "it is of the same article and time as line ", earlier->second)));
    }
    rows.push_back({.cost = *std::move(cost), .line = reader.line()});
  }
  PISTIS_RETURN_IF_ERROR(reader.status());
  return rows;
}

}  // namespace pistis
