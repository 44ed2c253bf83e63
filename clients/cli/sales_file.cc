#include "clients/cli/sales_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"

#include "clients/cli/csv.h"
#include "engine/base/rate.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

constexpr int kPriceDecimals = 6;
constexpr int64_t kMaxQuantity = 1'000'000'000;
// Millionths; far above kMaxLineMoney in every currency, far inside 128 bits.
constexpr Int128 kMaxLineMicros = Int128{1'000'000'000'000} * 1'000'000'000;

enum Column { kLineId, kInvoice, kSku, kQuantity, kDate, kPrice, kMember };
constexpr std::array<absl::string_view, 7> kColumns = {
    "LineId",      "InvoiceNo", "StockCode", "Quantity",
    "InvoiceDate", "UnitPrice", "CustomerID"};

// Where each of kColumns stands in a record.
using Places = std::array<size_t, kColumns.size()>;

absl::StatusOr<Places> FindColumns(const std::vector<std::string>& header) {
  Places places{};
  for (size_t i = 0; i < kColumns.size(); ++i) {
    const auto found = std::find(header.begin(), header.end(), kColumns[i]);
    if (found == header.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the header has no column ", kColumns[i]));
    }
    places[i] = static_cast<size_t>(found - header.begin());
  }
  return places;
}

// One record of the file.
struct FileRow {
  std::string invoice;
  std::string member_id;
  absl::CivilSecond time;
  InvoiceLine line;
};

absl::StatusOr<int64_t> ParsePrice(const std::string& text) {
  PISTIS_ASSIGN_OR_RETURN(const Decimal price,
                          ParseDecimal(text, kPriceDecimals));
  const Int128 micros = Int128{price.digits} *
                        PowerOfTen(kPriceDecimals - price.decimals) *
                        (price.negative ? -1 : 1);
  if (micros > kMaxLineMoney.value() * 1'000 ||
      micros < -kMaxLineMoney.value() * 1'000) {
    return absl::InvalidArgumentError("the price is too large");
  }
  return static_cast<int64_t>(micros);
}

absl::StatusOr<FileRow> ParseRow(const std::vector<std::string>& fields,
                                 const Places& places) {
  if (fields.size() <= *std::max_element(places.begin(), places.end())) {
    return absl::InvalidArgumentError("it has too few fields");
  }
  FileRow row;
  row.invoice = fields[places[kInvoice]];
  row.member_id = fields[places[kMember]];
  row.line.line_id = fields[places[kLineId]];
  row.line.sku = fields[places[kSku]];
  if (!absl::ParseCivilTime(
          absl::StrReplaceAll(fields[places[kDate]], {{" ", "T"}}),
          &row.time)) {
    return absl::InvalidArgumentError("its date is not 2010-12-01 08:26:00");
  }
  if (!absl::SimpleAtoi(fields[places[kQuantity]], &row.line.quantity) ||
      row.line.quantity > kMaxQuantity || row.line.quantity < -kMaxQuantity) {
    return absl::InvalidArgumentError("its quantity is no whole number");
  }
  PISTIS_ASSIGN_OR_RETURN(row.line.price_micros,
                          ParsePrice(fields[places[kPrice]]));
  const Int128 micros = Int128{row.line.quantity} * row.line.price_micros;
  if (micros > kMaxLineMicros || micros < -kMaxLineMicros) {
    return absl::InvalidArgumentError("its amount is too large");
  }
  return row;
}

std::optional<std::string> WhySkipped(Invoice::Kind kind,
                                      const InvoiceLine& line) {
  if (kind == Invoice::Kind::kCancellation) {
    if (line.quantity >= 0) return "cancellation_without_units";
    return std::nullopt;
  }
  if (line.quantity < 0) return "negative_quantity";
  if (line.quantity == 0) return "zero_quantity";
  if (line.price_micros < 0) return "negative_price";
  return std::nullopt;
}

// Gathers rows into invoices.
class Invoices {
 public:
  void Add(FileRow row) {
    ++file_.lines;
    const auto [entry, is_new] =
        index_.try_emplace(row.invoice, file_.invoices.size());
    if (is_new) Open(row);
    Invoice& invoice = file_.invoices[entry->second];
    if (const auto reason = WhySkipped(invoice.kind, row.line)) {
      ++file_.skipped_lines[*reason];
      return;
    }
    if (row.line.quantity < 0) row.line.quantity = -row.line.quantity;
    invoice.lines.push_back(std::move(row.line));
  }

  SalesFile Finish() && {
    file_.skipped_invoices = static_cast<int64_t>(std::erase_if(
        file_.invoices,
        [](const Invoice& invoice) { return invoice.lines.empty(); }));
    std::stable_sort(
        file_.invoices.begin(), file_.invoices.end(),
        [](const Invoice& a, const Invoice& b) { return a.time < b.time; });
    return std::move(file_);
  }

 private:
  void Open(const FileRow& row) {
    Invoice invoice;
    invoice.kind = absl::StartsWith(row.invoice, "C")
                       ? Invoice::Kind::kCancellation
                       : Invoice::Kind::kSale;
    invoice.number = row.invoice;
    invoice.member_id = row.member_id;
    invoice.time = row.time;
    file_.invoices.push_back(std::move(invoice));
  }

  SalesFile file_;
  std::unordered_map<std::string, size_t> index_;
};

}  // namespace

absl::StatusOr<SalesFile> ParseSalesFile(absl::string_view csv) {
  CsvReader reader(csv);
  if (!reader.Next()) {
    return reader.status().ok()
               ? absl::InvalidArgumentError("the file is empty")
               : reader.status();
  }
  PISTIS_ASSIGN_OR_RETURN(const Places places, FindColumns(reader.fields()));
  Invoices invoices;
  while (reader.Next()) {
    absl::StatusOr<FileRow> row = ParseRow(reader.fields(), places);
    if (!row.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", reader.line(), ": ", row.status().message()));
    }
    invoices.Add(*std::move(row));
  }
  PISTIS_RETURN_IF_ERROR(reader.status());
  return std::move(invoices).Finish();
}

Money LineAmount(const InvoiceLine& line, const Currency& currency) {
  const Int128 micros = Int128{line.quantity} * line.price_micros;
  const Int128 unit = PowerOfTen(kPriceDecimals - currency.decimals);
  return Money(static_cast<int64_t>(FloorDiv(2 * micros + unit, 2 * unit)));
}

absl::string_view CategoryOf(absl::string_view sku) {
  constexpr std::array<absl::string_view, 11> kServices = {
      "POST", "DOT", "M", "D", "BANK CHARGES", "AMAZONFEE",
      "CRUK", "C2",  "S", "B", "PADS"};
  const std::string upper = absl::AsciiStrToUpper(sku);
  const bool service =
      absl::StartsWith(upper, "GIFT_") ||
      std::find(kServices.begin(), kServices.end(), upper) != kServices.end();
  return service ? "services" : "goods";
}

}  // namespace pistis
