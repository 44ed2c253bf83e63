#include "tests/model/wording.h"

#include "absl/strings/str_cat.h"

#include "engine/operations/testing.h"
#include "tests/model/naive_ledger.h"

namespace pistis {
namespace {

Balances BalancesOf(const v1::Account& account) {
  return {.available = account.available(),
          .pending = account.pending(),
          .held = account.held()};
}

std::string Name(v1::Hold::State state) {
  return v1::Hold::State_Name(state);
}

std::string HoldText(const v1::Hold& hold) {
  return absl::StrCat("hold ", Name(hold.state()), " ", hold.points(),
                      " captured ", hold.captured_points());
}

// One entry and one account.
template <typename Reply>
std::string EntryText(const absl::StatusOr<Reply>& reply) {
  if (!reply.ok()) return NameOf(reply.status());
  return Say(reply->entry().entry_number(), BalancesOf(reply->account()));
}

// One hold and one account.
template <typename Reply>
std::string HoldReplyText(const absl::StatusOr<Reply>& reply) {
  if (!reply.ok()) return NameOf(reply.status());
  return absl::StrCat("OK ", HoldText(reply->hold()), " ",
                      Say(BalancesOf(reply->account())));
}

std::string DueText(const google::protobuf::Timestamp& time) {
  return absl::StrCat(absl::ToUnixSeconds(TimeOf(time)));
}

}  // namespace

std::string Say(const Balances& balances) {
  return absl::StrCat("available ", balances.available, " pending ",
                      balances.pending, " held ", balances.held);
}

std::string Say(int64_t entry, const Balances& balances) {
  return absl::StrCat("OK entry ", entry, " ", Say(balances));
}

std::string Say(const SaleFacts& facts) {
  return absl::StrCat("OK earn ", facts.earned, " redeem ", facts.redeemed,
                      " pay ", facts.total_minor, " ");
}

std::string Say(const RefundFacts& facts) {
  return absl::StrCat("OK back ", facts.refund_minor, " claw ",
                      facts.clawed_back, " restore ", facts.restored, " ");
}

std::string Said(const absl::StatusOr<v1::CommitOrderResponse>& reply) {
  if (!reply.ok()) return NameOf(reply.status());
  const v1::Quote& quote = reply->quote();
  return absl::StrCat(Say(SaleFacts{.earned = quote.points_earned(),
                                    .redeemed = quote.points_redeemed(),
                                    .total_minor = quote.total_minor()}),
                      Say(BalancesOf(reply->account())));
}

std::string Said(const absl::StatusOr<v1::RefundOrderResponse>& reply) {
  if (!reply.ok()) return NameOf(reply.status());
  return absl::StrCat(
      Say(RefundFacts{.refund_minor = reply->refund_minor(),
                      .clawed_back = reply->points_clawed_back(),
                      .restored = reply->points_restored()}),
      reply->whole() ? "whole " : "", Say(BalancesOf(reply->account())));
}

std::string Said(const absl::StatusOr<v1::EarnPointsResponse>& reply) {
  return EntryText(reply);
}
std::string Said(const absl::StatusOr<v1::RedeemPointsResponse>& reply) {
  return EntryText(reply);
}
std::string Said(const absl::StatusOr<v1::AdjustPointsResponse>& reply) {
  return EntryText(reply);
}
std::string Said(const absl::StatusOr<v1::HoldPointsResponse>& reply) {
  return HoldReplyText(reply);
}
std::string Said(const absl::StatusOr<v1::CaptureHoldResponse>& reply) {
  return HoldReplyText(reply);
}
std::string Said(const absl::StatusOr<v1::ReleaseHoldResponse>& reply) {
  return HoldReplyText(reply);
}

std::string Said(const absl::StatusOr<v1::TransferPointsResponse>& reply) {
  if (!reply.ok()) return NameOf(reply.status());
  return absl::StrCat(
      Say(reply->out_entry().entry_number(), BalancesOf(reply->from_account())),
      " and ",
      Say(reply->in_entry().entry_number(), BalancesOf(reply->to_account())));
}

std::string Said(const absl::StatusOr<v1::ReverseEntryResponse>& reply) {
  if (!reply.ok() || !reply->has_other_entry()) return EntryText(reply);
  return absl::StrCat(EntryText(reply), " and entry ",
                      reply->other_entry().entry_number());
}

std::string Said(const absl::StatusOr<v1::CommittedOrder>& order) {
  if (!order.ok()) return NameOf(order.status());
  return absl::StrCat(v1::CommittedOrder::State_Name(order->state()), " back ",
                      order->refunded_minor(), " claw ",
                      order->points_clawed_back(), " restore ",
                      order->points_restored());
}

std::string Said(const absl::StatusOr<v1::Hold>& hold) {
  return hold.ok() ? HoldText(*hold) : NameOf(hold.status());
}

std::string Said(const v1::Account& account, const v1::ListLotsResponse& lots) {
  std::string text = Say(BalancesOf(account));
  absl::StrAppend(&text, " owed ", lots.deficit());
  if (account.has_next_expiry_time()) {
    absl::StrAppend(&text, " next ", account.next_expiry_points(), "@",
                    DueText(account.next_expiry_time()));
  }
  if (account.has_next_release_time()) {
    absl::StrAppend(&text, " released ", account.next_release_points(), "@",
                    DueText(account.next_release_time()));
  }
  for (const v1::LotBalance& lot : lots.lots()) {
    absl::StrAppend(&text, "; ", lot.points(), lot.idle() ? " idle" : "");
    if (lot.has_expire_time()) {
      absl::StrAppend(&text, "@", DueText(lot.expire_time()));
    }
    if (lot.has_release_time()) {
      absl::StrAppend(&text, " from ", DueText(lot.release_time()));
    }
  }
  for (const v1::Hold& hold : lots.holds()) {
    absl::StrAppend(&text, "; ", hold.hold_id(), " ", hold.points());
  }
  return text;
}

}  // namespace pistis
