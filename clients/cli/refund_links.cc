#include "clients/cli/refund_links.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace pistis {
namespace {

// Units of one sold line that have not come back.
struct OpenLine {
  size_t sale = 0;
  const InvoiceLine* line = nullptr;
  int64_t left = 0;
};

// Which sold lines count.
enum class Price { kSame, kAny };

class Linker {
 public:
  explicit Linker(absl::Span<const Invoice> invoices) : invoices_(invoices) {}

  void Sell(size_t sale) {
    const Invoice& invoice = invoices_[sale];
    if (invoice.member_id.empty()) return;
    for (const InvoiceLine& line : invoice.lines) {
      open_[KeyOf(invoice, line)].push_back({sale, &line, line.quantity});
    }
  }

  void Cancel(size_t cancellation) {
    const Invoice& invoice = invoices_[cancellation];
    for (const InvoiceLine& line : invoice.lines) {
      InvoiceLine left = line;
      if (!invoice.member_id.empty()) {
        std::vector<OpenLine>& sold = open_[KeyOf(invoice, line)];
        for (const Price price : {Price::kSame, Price::kAny}) {
          left.quantity -= TakeBack(cancellation, left, price, sold);
        }
        std::erase_if(sold, [](const OpenLine& o) { return o.left == 0; });
      }
      if (left.quantity > 0) links_.unlinked.push_back({cancellation, left});
    }
  }

  RefundLinks Finish() && { return std::move(links_); }

 private:
  static std::string KeyOf(const Invoice& invoice, const InvoiceLine& line) {
    return absl::StrCat(invoice.member_id, "\n", line.sku);
  }

  // Links at most wanted.quantity units, the latest sale first, and says how
  // many.
  int64_t TakeBack(size_t cancellation, const InvoiceLine& wanted, Price price,
                   std::vector<OpenLine>& sold) {
    int64_t taken = 0;
    for (auto open = sold.rbegin(); open != sold.rend(); ++open) {
      if (price == Price::kSame &&
          open->line->price_micros != wanted.price_micros) {
        continue;
      }
      const int64_t units = std::min(wanted.quantity - taken, open->left);
      if (units == 0) continue;
      open->left -= units;
      taken += units;
      AddUnits(RefundOf(cancellation, open->sale), open->line->line_id, units);
    }
    return taken;
  }

  LinkedRefund& RefundOf(size_t cancellation, size_t sale) {
    std::vector<LinkedRefund>& refunds = links_.refunds;
    for (auto refund = refunds.rbegin();
         refund != refunds.rend() && refund->cancellation == cancellation;
         ++refund) {
      if (refund->sale == sale) return *refund;
    }
    refunds.push_back({cancellation, sale, {}});
    return refunds.back();
  }

  static void AddUnits(LinkedRefund& refund, const std::string& line_id,
                       int64_t units) {
    for (LinkedLine& line : refund.lines) {
      if (line.line_id == line_id) {
        line.quantity += units;
        return;
      }
    }
    refund.lines.push_back({line_id, units});
  }

  absl::Span<const Invoice> invoices_;
  std::unordered_map<std::string, std::vector<OpenLine>> open_;
  RefundLinks links_;
};

}  // namespace

RefundLinks LinkCancellations(absl::Span<const Invoice> invoices) {
  Linker linker(invoices);
  for (size_t i = 0; i < invoices.size(); ++i) {
    switch (invoices[i].kind) {
      case Invoice::Kind::kSale:
        linker.Sell(i);
        break;
      case Invoice::Kind::kCancellation:
        linker.Cancel(i);
        break;
    }
  }
  return std::move(linker).Finish();
}

}  // namespace pistis
