// A shop's sales as the UCI Online Retail file holds them.
#ifndef PISTIS_CLIENTS_CLI_SALES_FILE_H_
#define PISTIS_CLIENTS_CLI_SALES_FILE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

#include "engine/base/amount.h"
#include "engine/base/decimal.h"

namespace pistis {

// One line of an invoice.
struct InvoiceLine {
  std::string line_id;
  std::string sku;
  // Units sold, or taken back where the invoice is a cancellation; positive.
  int64_t quantity = 0;
  // The price of one unit in millionths of the major unit; not negative on a
  // sale.
  int64_t price_micros = 0;
};

// A sale, or a cancellation of earlier sales.
struct Invoice {
  enum class Kind { kSale, kCancellation };
  Kind kind = Kind::kSale;
  std::string number;
  // Empty where nobody is known.
  std::string member_id;
  // When its first line was written, on the shop's clock.
  absl::CivilSecond time;
  std::vector<InvoiceLine> lines;
};

// A file of invoices.
struct SalesFile {
  // In time order, equal times in file order; each has a line.
  std::vector<Invoice> invoices;
  // Lines of the file, the header not counted.
  int64_t lines = 0;
  // Lines that are neither a sale nor a cancellation, by the reason:
  // "negative_quantity", "negative_price", "zero_quantity", or
  // "cancellation_without_units".
  std::map<std::string, int64_t> skipped_lines;
  // Invoices that had nothing but such lines.
  int64_t skipped_invoices = 0;
};

// Reads the CSV text of a sales file: columns LineId, InvoiceNo ("C..." for a
// cancellation), StockCode, Quantity (negative on cancellations), InvoiceDate
// ("2010-12-01 08:26:00"), UnitPrice, CustomerID (may be empty), in any order;
// others are not looked at. InvalidArgument names the line that cannot be read.
absl::StatusOr<SalesFile> ParseSalesFile(absl::string_view csv);

// What the line comes to in minor units of `currency`, rounded half up.
[[nodiscard]] Money LineAmount(const InvoiceLine& line,
                               const Currency& currency);

// "goods" or "services": postage, fees, samples and gift vouchers are no goods.
[[nodiscard]] absl::string_view CategoryOf(absl::string_view sku);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_SALES_FILE_H_
