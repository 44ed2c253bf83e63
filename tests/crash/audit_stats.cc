#include <cstdlib>
#include <map>

#include "tests/crash/audit.h"

namespace pistis::crash {
namespace {

// The books, summed.
struct BookSums {
  int64_t refunds = 0;
  // Refunds that left something of the order.
  int64_t parts = 0;
  int64_t sales = 0;
  int64_t returned = 0;
  // What members paid, less what they got back.
  int64_t paid = 0;
  int64_t codes = 0;
  int64_t notes = 0;
  std::map<std::string, int64_t> caps;
};

BookSums SumOf(const Books& books) {
  BookSums sums;
  for (const auto& [order_id, facts] : books) {
    sums.refunds += facts.refunded ? 1 : 0;
    sums.parts += facts.refunded && facts.returned < facts.subtotal ? 1 : 0;
    sums.sales += facts.subtotal;
    sums.returned += facts.returned;
    sums.paid += facts.total - facts.refund_money;
    sums.codes += facts.codes;
    sums.notes += facts.notes;
    for (const std::string& cap : facts.caps)
      ++sums.caps[cap];
  }
  return sums;
}

// What was sold, less what came back, what was granted and what points paid,
// is what was paid. A refund of a part of a line rounds each of the shares by
// itself, so that it may be out by two minor units.
void CheckPaid(const v1::ProgramStats& stats, const BookSums& sums,
               Findings& findings) {
  const int64_t paid = stats.sales_minor() - stats.returned_minor() -
                       stats.discount_minor() - stats.redeemed_minor();
  if (std::abs(paid - sums.paid) <= 2 * sums.parts) return;
  findings.Expect(sums.paid, paid,
                  "stats sales less returns, discounts and points");
}

}  // namespace

void AuditStats(Shop& shop, const Books& books, const LedgerSums& ledger,
                Findings& findings) {
  v1::GetProgramStatsRequest request;
  request.set_program_id(kProgram);
  const auto reply = Call(*shop.clients[0]->insight,
                          &v1::InsightService::Stub::GetProgramStats, request);
  if (!reply.ok()) {
    findings.Add("GetProgramStats: ", reply.status.error_message());
    return;
  }
  const v1::ProgramStats& stats = reply.value;
  const BookSums sums = SumOf(books);
  findings.Expect(kMembers, stats.members(), "stats members");
  findings.Expect(static_cast<int64_t>(books.size()), stats.orders(),
                  "stats orders");
  findings.Expect(sums.refunds, stats.refunds(), "stats refunds");
  findings.Expect(sums.sales, stats.sales_minor(), "stats sales");
  findings.Expect(sums.returned, stats.returned_minor(), "stats returned");
  CheckPaid(stats, sums, findings);
  findings.Expect(sums.codes, stats.codes_issued(), "stats codes_issued");
  findings.Expect(sums.notes, stats.notes_requested(), "stats notes_requested");
  findings.Expect(-ledger.issued, stats.points_issued(), "stats points_issued");
  findings.Expect(ledger.redeemed, stats.points_redeemed(),
                  "stats points_redeemed");
  findings.Expect(ledger.expired, stats.points_expired(),
                  "stats points_expired");
  findings.Expect(ledger.forgiven, stats.points_forgiven(),
                  "stats points_forgiven");
  findings.Expect(ledger.available, stats.points_outstanding(),
                  "stats points_outstanding");
  findings.Expect(stats.points_issued() - stats.points_redeemed() -
                      stats.points_expired() - stats.points_forgiven(),
                  stats.points_outstanding(), "stats outstanding as a balance");
  std::map<std::string, int64_t> caps;
  for (const v1::CapCount& cap : stats.caps()) {
    caps[cap.cap_id()] = cap.orders();
  }
  for (const auto& [cap, orders] : sums.caps) {
    findings.Expect(orders, caps[cap], "stats cap " + cap);
  }
  findings.Expect(sums.caps.size(), caps.size(), "stats count of caps");
}

}  // namespace pistis::crash
