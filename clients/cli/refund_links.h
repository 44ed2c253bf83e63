// Which sold units a cancellation takes back.
#ifndef PISTIS_CLIENTS_CLI_REFUND_LINKS_H_
#define PISTIS_CLIENTS_CLI_REFUND_LINKS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"

#include "clients/cli/sales_file.h"

namespace pistis {

// Units of one sold line.
struct LinkedLine {
  std::string line_id;
  int64_t quantity = 0;
};

// What one cancellation takes back of one sale.
struct LinkedRefund {
  // Both are places in the span of invoices.
  size_t cancellation = 0;
  size_t sale = 0;
  // Each line of the sale at most once.
  std::vector<LinkedLine> lines;
};

// Units of a cancellation for which no sold unit is left.
struct UnlinkedLine {
  size_t cancellation = 0;
  // The cancellation's line with the units that are left over.
  InvoiceLine line;
};

// Every cancelled unit: linked or not.
struct RefundLinks {
  // In the order of the cancellations.
  std::vector<LinkedRefund> refunds;
  std::vector<UnlinkedLine> unlinked;
};

// Links each cancelled line to units that the same member bought of the same
// article before and has not yet given back: those of the same unit price
// first, the most recent first among them. Guests' cancellations are never
// linked. `invoices` must be in time order.
[[nodiscard]] RefundLinks LinkCancellations(absl::Span<const Invoice> invoices);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_REFUND_LINKS_H_
