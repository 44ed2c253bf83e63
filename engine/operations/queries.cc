#include "engine/operations/queries.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/explain_order.h"
#include "engine/operations/journal.h"
#include "engine/operations/load_order.h"
#include "engine/operations/program_view.h"
#include "engine/operations/refund_order.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

v1::CommittedOrder::State StateOf(const store::v1::RefundTotals& refunded) {
  if (refunded.whole()) return v1::CommittedOrder::REFUNDED;
  return refunded.refunds() > 0 ? v1::CommittedOrder::PARTLY_REFUNDED
                                : v1::CommittedOrder::COMMITTED;
}

// -value, or the nearest value that 64 bits hold.
int64_t Negated(int64_t value) {
  return -std::max(value, -std::numeric_limits<int64_t>::max());
}

}  // namespace

absl::StatusOr<v1::CommittedOrder> GetOrder(
    const QueryContext& context, const v1::GetOrderRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(
      const store::v1::OrderRecord record,
      LoadCommitted(context.reader, request.program_id(), request.order_id()));
  v1::CommittedOrder order;
  if (!order.mutable_order()->ParseFromString(record.order()) ||
      !order.mutable_committed()->ParseFromString(record.reply())) {
    return RecordCorrupt("OrderRecord");
  }
  order.set_state(StateOf(record.refunded()));
  order.set_reservation_id(record.reservation_id());
  *order.mutable_effective_time() =
      ToTimestamp(absl::FromUnixMicros(record.effective_us()));
  order.set_refunded_minor(record.refunded().refund_minor());
  order.set_points_clawed_back(record.refunded().points_clawed_back());
  order.set_points_restored(record.refunded().points_restored());
  for (const SoldLine& line : SoldLinesOf(record)) {
    if (line.returned.is_zero() && line.returned_quantity == 0) continue;
    v1::LineRefund* refund = order.add_refunded_lines();
    refund->set_line_id(line.line_id);
    refund->set_quantity(line.returned_quantity);
    refund->set_amount_minor(line.returned.value());
  }
  return order;
}

absl::StatusOr<v1::ProgramStats> GetProgramStats(
    const QueryContext& context, const v1::GetProgramStatsRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const ProgramView view,
                          OpenProgramView(context, request.program_id()));
  const store::v1::TotalsRecord& totals = view.totals;
  v1::ProgramStats stats;
  stats.set_members(totals.members());
  stats.set_orders(totals.orders());
  stats.set_refunds(totals.refunds());
  stats.set_sales_minor(totals.sales_minor());
  stats.set_returned_minor(totals.returned_minor());
  stats.set_discount_minor(totals.discount_minor());
  stats.set_redeemed_minor(totals.redeemed_minor());
  stats.set_margin_before_minor(totals.margin_before_minor());
  stats.set_points_issued(Negated(totals.issued_points()));
  stats.set_points_redeemed(totals.redeemed_points());
  stats.set_points_expired(totals.expired_points());
  stats.set_points_forgiven(Negated(totals.forgiven_points()));
  stats.set_points_adjusted(Negated(totals.adjusted_points()));
  stats.set_points_pending(totals.pending_points());
  stats.set_points_held(totals.held_points());
  const Points outstanding(SaturatingAdd(
      totals.available_points(),
      SaturatingAdd(totals.pending_points(), totals.held_points())));
  stats.set_points_outstanding(outstanding.value());
  if (view.rulebook != nullptr && view.rulebook->points.value &&
      outstanding.is_positive()) {
    stats.set_outstanding_worth_minor(
        view.rulebook->points.value
            ->WorthOf(outstanding, view.rulebook->currency.minor_per_major())
            .value());
  }
  for (const store::v1::CapTotal& total : totals.caps()) {
    v1::CapCount* cap = stats.add_caps();
    cap->set_cap_id(total.cap_id());
    cap->set_orders(total.orders());
    cap->set_trimmed_minor(total.trimmed_minor());
  }
  std::sort(stats.mutable_caps()->begin(), stats.mutable_caps()->end(),
            [](const v1::CapCount& a, const v1::CapCount& b) {
              return a.cap_id() < b.cap_id();
            });
  stats.set_codes_issued(totals.codes_issued());
  stats.set_codes_used(totals.codes_used());
  stats.set_notes_requested(totals.notes_requested());
  return stats;
}

}  // namespace pistis
