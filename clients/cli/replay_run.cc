#include "clients/cli/replay_run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "clients/cli/program_facts.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

// True where `status` answers the request, rather than saying that it could
// not be answered.
bool IsAnswer(const absl::Status& status) {
  return ReasonOf(status).has_value() && !absl::IsUnavailable(status) &&
         !absl::IsDeadlineExceeded(status) && !absl::IsDataLoss(status);
}

// True where an order may be good without its code. REQUEST_ID_REUSED: an
// earlier run was refused the code, and then committed the order without it.
bool MayGoWithoutCode(const absl::Status& status) {
  const auto reason = ReasonOf(status);
  return reason == Reason::kCodeNotFound || reason == Reason::kCodeExpired ||
         reason == Reason::kCodeUsed || reason == Reason::kCodeNotApplicable ||
         reason == Reason::kRequestIdReused;
}

bool IsKnownMember(const absl::Status& status) {
  const auto reason = ReasonOf(status);
  return reason == Reason::kAlreadyExists || reason == Reason::kRequestIdReused;
}

// Counts a refusal; an error that is none is handed on.
absl::Status CountRefusal(absl::string_view what, const absl::Status& status,
                          std::map<std::string, int64_t>& by_reason,
                          std::vector<std::string>& refusals) {
  if (!IsAnswer(status)) return status;
  const std::string reason(ReasonName(*ReasonOf(status)));
  ++by_reason[reason];
  refusals.push_back(absl::StrCat(what, ": ", reason, ": ", status.message()));
  return absl::OkStatus();
}

}  // namespace

absl::Status ReplayRun::Run(absl::Span<const Invoice> invoices,
                            const RefundLinks& links,
                            absl::FunctionRef<void(int64_t)> progress) {
  auto refund = links.refunds.begin();
  for (size_t i = 0; i < invoices.size(); ++i) {
    const Invoice& invoice = invoices[i];
    if (invoice.kind == Invoice::Kind::kSale) {
      PISTIS_RETURN_IF_ERROR(Enrol(invoice));
      PISTIS_RETURN_IF_ERROR(Sell(invoice));
    }
    for (; refund != links.refunds.end() && refund->cancellation == i;
         ++refund) {
      PISTIS_RETURN_IF_ERROR(Refund(
          RefundOf(invoice, invoices[refund->sale], *refund, options_.target)));
    }
    progress(static_cast<int64_t>(i) + 1);
  }
  return absl::OkStatus();
}

absl::Status ReplayRun::Enrol(const Invoice& sale) {
  if (sale.member_id.empty() || buyers_.contains(sale.member_id)) {
    return absl::OkStatus();
  }
  const auto member = client_.CreateMember(EnrolmentOf(sale, options_.target));
  if (!member.ok() && !IsKnownMember(member.status())) {
    return CountRefusal(absl::StrCat("member ", sale.member_id),
                        member.status(), counts_.refused_members,
                        counts_.refusals);
  }
  buyers_.try_emplace(sale.member_id);
  ++counts_.members;
  return absl::OkStatus();
}

absl::Status ReplayRun::Sell(const Invoice& sale) {
  v1::CommitOrderRequest request = OrderOf(sale, options_.target);
  const auto reply = Commit(request);
  if (!reply.ok()) {
    return CountRefusal(absl::StrCat("order ", sale.number), reply.status(),
                        counts_.refused_orders, counts_.refusals);
  }
  ++counts_.orders;
  Judge(request.order(), *reply);
  if (!reply->has_account()) return absl::OkStatus();
  Note(reply->account());
  Buyer& buyer = buyers_[sale.member_id];
  buyer.codes.insert(buyer.codes.end(), reply->issued_codes().begin(),
                     reply->issued_codes().end());
  return absl::OkStatus();
}

// Which code is typed follows from replies to committed orders alone, never
// from why a code was refused: a second run hears another reason and must still
// send the same.
absl::StatusOr<v1::CommitOrderResponse> ReplayRun::Commit(
    v1::CommitOrderRequest& request) {
  v1::Order& order = *request.mutable_order();
  const auto found = buyers_.find(order.member_id());
  if (options_.behaviour == Behaviour::kPlain || found == buyers_.end()) {
    return client_.CommitOrder(request);
  }
  Buyer& buyer = found->second;
  if (options_.redeemable && buyer.available > 0 &&
      buyer.available >= options_.redeem_from) {
    order.mutable_redeem()->set_all(true);
  }
  const absl::Time placed = TimeOf(order.placed_time());
  std::erase_if(buyer.codes, [&](const v1::IssuedCode& code) {
    return code.has_expire_time() && TimeOf(code.expire_time()) <= placed;
  });
  if (buyer.codes.empty()) return client_.CommitOrder(request);
  const v1::IssuedCode code = buyer.codes.front();
  buyer.codes.pop_front();
  order.add_codes(code.code());
  auto reply = client_.CommitOrder(request);
  if (reply.ok() || !MayGoWithoutCode(reply.status())) return reply;
  buyer.codes.push_back(code);
  order.clear_codes();
  return client_.CommitOrder(request);
}

absl::Status ReplayRun::Refund(const v1::RefundOrderRequest& request) {
  const auto reply = client_.RefundOrder(request);
  if (!reply.ok()) {
    return CountRefusal(absl::StrCat("refund ", request.refund_id()),
                        reply.status(), counts_.refused_refunds,
                        counts_.refusals);
  }
  ++counts_.refunds;
  if (reply->has_account()) Note(reply->account());
  return absl::OkStatus();
}

void ReplayRun::Note(const v1::Account& account) {
  buyers_[account.member_id()].available = account.available();
}

void ReplayRun::Judge(const v1::Order& order,
                      const v1::CommitOrderResponse& reply) {
  constexpr int kMostLines = 12;
  constexpr int kFewestLines = 3;
  const v1::Quote& quote = reply.quote();
  if (quote.discount_minor() == 0 || quote.points_earned() == 0 ||
      order.lines_size() > kMostLines) {
    return;
  }
  const bool used_code = std::any_of(
      quote.discounts().begin(), quote.discounts().end(),
      [](const v1::AppliedDiscount& discount) {
        return !discount.code().empty() && discount.amount_minor() > 0;
      });
  const int score = 1 + (used_code ? 8 : 0) + (quote.caps().empty() ? 0 : 4) +
                    (quote.points_redeemed() > 0 ? 2 : 0) +
                    (order.lines_size() >= kFewestLines ? 1 : 0);
  if (score <= example_score_) return;
  example_score_ = score;
  counts_.example_order = order.order_id();
}

}  // namespace pistis
