#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/refund_records.pb.h"
#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/ledger_entry.pb.h"

#include "engine/base/status_macros.h"
#include "engine/operations/expired_lots.h"
#include "engine/operations/verify_commits.h"
#include "engine/operations/verify_orders.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::OrderRecord;

const v1::Event* FindEvent(const CommitView& commit, absl::string_view refund) {
  for (const v1::Event& event : commit.events) {
    if (event.has_order_refunded() &&
        absl::string_view(event.order_refunded().refund_id()) == refund) {
      return &event;
    }
  }
  return nullptr;
}

// One refund against its commit and its order.
class RefundRecount {
 public:
  RefundRecount(Recount& recount, absl::string_view id,
                const v1::RefundOrderResponse& reply)
      : recount_(recount),
        id_(id),
        where_(absl::StrCat("refund ", id)),
        reply_(reply) {}

  absl::Status Run() {
    recount_.CountTotal("refunds", 1);
    recount_.tally().Claim(Book::kRefundEvents, where_, reply_.commit_seq());
    PISTIS_ASSIGN_OR_RETURN(const CommitView commit,
                            ViewCommit(recount_, reply_.commit_seq()));
    const v1::Event* event = FindEvent(commit, id_);
    if (event == nullptr) {
      recount_.Find(Here(), absl::StrCat("commit ", reply_.commit_seq(),
                                         " has no event of it, which would "
                                         "name its order"));
      return absl::OkStatus();
    }
    CheckEvent(event->order_refunded());
    CountForOrder(event->order_refunded().order_id());
    PISTIS_ASSIGN_OR_RETURN(
        const std::optional<std::string> bytes,
        recount_.reader().Get(OrderKey(
            recount_.program(), OrderId(event->order_refunded().order_id()))));
    if (!bytes) {
      recount_.Find(Here(),
                    absl::StrCat("order ", event->order_refunded().order_id(),
                                 ", which it refunds, is not there"));
      return absl::OkStatus();
    }
    OrderRecord order;
    if (!order.ParseFromString(*bytes)) return absl::OkStatus();
    if (event->member_id() != order.member_id()) {
      recount_.Find(Here(), "its event is of another member than its order");
    }
    return CheckPoints(commit, order, MicrosOf(event->effective_time()));
  }

 private:
  [[nodiscard]] Place Here() const { return {"refund", where_}; }
  void Expect(absl::string_view what, int64_t is, int64_t should) {
    recount_.Expect(Here(), what, is, should);
  }

  void CheckEvent(const v1::OrderRefunded& told) {
    Expect("money given back, in its event", told.refund_minor(),
           reply_.refund_minor());
    Expect("points clawed back, in its event", told.points_clawed_back(),
           reply_.points_clawed_back());
    Expect("points restored, in its event", told.points_restored(),
           reply_.points_restored());
    Expect("available points after it, in its event", told.available_after(),
           reply_.account().available());
  }

  void CountForOrder(const std::string& order_id) {
    const std::string order = absl::StrCat("order ", order_id);
    Tally& tally = recount_.tally();
    tally.Count(Book::kRefunds, order, 1);
    tally.Count(Book::kRefundMoney, order, reply_.refund_minor());
    tally.Count(Book::kPointsClawedBack, order, reply_.points_clawed_back());
    tally.Count(Book::kPointsRestored, order, reply_.points_restored());
  }

  absl::Status CheckPoints(const CommitView& commit, const OrderRecord& order,
                           int64_t effective_us) {
    int64_t taken = 0;
    int64_t given = 0;
    int64_t entries = 0;
    std::optional<int64_t> available;
    for (const CommittedEntry& entry : commit.entries) {
      if (entry.member != order.member_id()) continue;
      available = entry.record.available_after();
      if (entry.record.refund_id() != id_) continue;
      ++entries;
      Expect("when it took effect, against its entry", effective_us,
             entry.record.effective_us());
      for (const store::v1::PostingRecord& leg : entry.record.postings()) {
        if (leg.account() == v1::Posting::PROGRAM_ISSUED) taken = leg.points();
        if (leg.account() == v1::Posting::PROGRAM_REDEEMED) {
          given = leg.points();
        }
      }
    }
    recount_.tally().Count(Book::kEntriesOfRefund, where_, entries);
    if (available) {
      Expect("available points after it", reply_.account().available(),
             *available);
    }
    if (given != Minus(reply_.points_restored())) {
      recount_.Find(Here(), "the points it restored are not its entry's");
    }
    if (taken < 0 || taken > reply_.points_clawed_back()) {
      recount_.Find(Here(), "its entry took more points than it clawed back");
      return absl::OkStatus();
    }
    return CountExpired(order, reply_.points_clawed_back() - taken,
                        effective_us);
  }

  // What it clawed back and no entry took had expired with the order's lot.
  absl::Status CountExpired(const OrderRecord& order, int64_t counted,
                            int64_t effective_us) {
    if (counted == 0) return absl::OkStatus();
    const absl::StatusOr<std::optional<ExpiredLot>> found =
        FindExpired(recount_.reader(), recount_.program(), order);
    // Where its table is read, such a record is a finding.
    if (absl::IsDataLoss(found.status())) return absl::OkStatus();
    PISTIS_RETURN_IF_ERROR(found.status());
    const std::optional<ExpiredLot>& expired = *found;
    if (!expired ||
        (order.earned_idle() && !IsOfOrder(expired->record, order))) {
      recount_.Find(Here(), "counts points as expired of a lot that has not");
      return absl::OkStatus();
    }
    if (expired->record.expire_us() > effective_us) return absl::OkStatus();
    recount_.tally().Count(
        Book::kExpiredCounted,
        ExpiredLotName(order.member_id(), TrailingNumber(expired->key)),
        counted);
    return absl::OkStatus();
  }

  Recount& recount_;
  const std::string id_;
  const std::string where_;
  const v1::RefundOrderResponse& reply_;
};

}  // namespace

absl::Status VerifyRefunds(Recount& recount,
                           const store::v1::TotalsRecord& totals) {
  return recount.Scan(
      {.letter = 'R', .stage = "refunds", .of = totals.refunds()},
      [&](absl::string_view rest, absl::string_view value) {
        const std::optional<NamedRest> id = SplitName(rest);
        if (!id || !id->after.empty()) {
          FindMalformedKey('R', rest, recount);
          return absl::OkStatus();
        }
        const std::string where = absl::StrCat("refund ", id->name);
        const auto refund =
            recount.Parse<store::v1::RefundRecord>(value, where);
        if (!refund) return absl::OkStatus();
        const auto reply =
            recount.Parse<v1::RefundOrderResponse>(refund->reply(), where);
        if (!reply) return absl::OkStatus();
        return RefundRecount(recount, id->name, *reply).Run();
      });
}

}  // namespace pistis
