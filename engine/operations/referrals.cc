#include "engine/operations/referrals.h"

#include <utility>

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/budget_uses.h"
#include "engine/operations/erased_records.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/limit_uses.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/overlay.h"

namespace pistis {
namespace {

absl::StatusOr<bool> Qualifies(const Reader& reader,
                               const ReferredOrder& referred,
                               MemberLedger& member) {
  const Rulebook& rulebook = *member.rulebook();
  const ReferralState& state = member.referral();
  if (state.referrer.empty() || state.is_over || !rulebook.referral) {
    return false;
  }
  if (rulebook.referral->window_days) {
    PISTIS_RETURN_IF_ERROR(member.ReadProfile(reader));
    const absl::Time joined =
        absl::FromUnixMicros(member.profile().joined_us());
    const absl::Time end = EndOfDayAfter(
        joined, *rulebook.referral->window_days, rulebook.time_zone);
    if (referred.sold >= end) return false;
  }
  return Holds(rulebook.referral->qualify,
               Facts(referred.order, referred.facts, referred.sold));
}

// The account of a member's referrer; nothing where there is none any more.
absl::StatusOr<std::optional<MemberLedger>> LoadReferrer(
    const Reader& reader, const MemberLedger& member, ErasedMember erased) {
  LedgerAt which = member.AtTheSameTime(member.referral().referrer);
  which.erased = erased;
  absl::StatusOr<MemberLedger> referrer = MemberLedger::Load(reader, which);
  if (ReasonOf(referrer.status()) == Reason::kNotFound) return std::nullopt;
  PISTIS_RETURN_IF_ERROR(referrer.status());
  return *std::move(referrer);
}

// As FindExpired knows it.
store::v1::OrderRecord LikeAnOrder(const store::v1::OccasionRecord& record,
                                   const MemberId& member) {
  store::v1::OrderRecord order;
  order.set_member_id(member.text());
  order.set_effective_us(record.effective_us());
  order.set_earned_expire_us(record.expire_us());
  order.set_earned_idle(record.idle());
  return order;
}

absl::StatusOr<std::optional<ExpiredLot>> ExpiredOf(
    const Reader& reader, const store::v1::OccasionRecord& record,
    const MemberLedger& ledger, const Lot& lot) {
  const store::v1::OrderRecord order = LikeAnOrder(record, ledger.member_id());
  PISTIS_ASSIGN_OR_RETURN(std::optional<ExpiredLot> expired,
                          FindExpired(reader, ledger.program(), order));
  if (!expired) expired = ledger.ExpiredNow(lot);
  if (expired && record.idle() && !IsOfOrder(expired->record, order)) {
    expired.reset();
  }
  return expired;
}

// Takes back what an occasion gave; what of that had expired.
absl::StatusOr<std::optional<ExpiredLot>> UndoOccasion(
    const Reader& reader, int64_t number,
    const std::optional<ExpiredLot>& counted, MemberLedger& ledger,
    Journal& journal) {
  if (number == 0) return std::nullopt;
  const std::string key =
      OccasionKey(ledger.program(), ledger.member_id(), number);
  PISTIS_ASSIGN_OR_RETURN(
      store::v1::OccasionRecord record,
      GetExpectedRecord<store::v1::OccasionRecord>(reader, key));
  const Lot lot{.expire = ExpiryOf(record.expire_us()),
                .points = Points(),
                .kind = record.idle() ? LotKind::kIdle : LotKind::kFixed};
  PISTIS_ASSIGN_OR_RETURN(std::optional<ExpiredLot> expired,
                          ExpiredOf(reader, record, ledger, lot));
  if (expired && counted && counted->key == expired->key) expired = counted;
  record.set_undone(true);
  if (record.points() > 0) {
    const Points uncounted =
        expired ? Points(expired->record.expired() - expired->record.counted())
                : Points();
    const Points gone = ledger.TakeBack(
        {.points = Points(record.points()),
         .lot = lot,
         .release = {},
         .expired_uncounted = uncounted,
         .shortfall = ledger.rulebook()->points.refund_shortfall},
        {.rulebook_version = record.rulebook_version(),
         .reason = record.name()});
    if (gone.is_positive()) {
      expired->record.set_counted(expired->record.counted() + gone.value());
      record.set_expired_counted(gone.value());
      record.set_expired_number(TrailingNumber(expired->key));
    } else {
      expired.reset();
    }
  }
  ledger.CountBack({.tier_points = Points(record.tier_points())},
                   absl::FromUnixMicros(record.effective_us()));
  PISTIS_RETURN_IF_ERROR(ReturnLimits(OverlayReader(reader, {&ledger.writes()}),
                                      ledger.program(), record.limits_used(),
                                      ledger.writes()));
  PISTIS_RETURN_IF_ERROR(GiveBackBudgets(
      OverlayReader(reader, {&ledger.writes()}), ledger.program(),
      *record.mutable_budgets_used(), ledger.writes()));
  PutRecord(key, record, journal.writes());
  return expired;
}

}  // namespace

absl::StatusOr<std::optional<MemberLedger>> QualifyReferral(
    const Reader& reader, const ReferredOrder& referred, MemberLedger& member) {
  PISTIS_ASSIGN_OR_RETURN(const bool qualifies,
                          Qualifies(reader, referred, member));
  if (!qualifies) return std::nullopt;
  const OverlayReader view(reader, {&member.writes()});
  PISTIS_ASSIGN_OR_RETURN(std::optional<MemberLedger> referrer,
                          LoadReferrer(view, member, ErasedMember::kNotFound));
  member.referral().is_over = true;
  const auto most = member.rulebook()->referral->max_per_member;
  if (!referrer || (most && referrer->referral().friends >= *most)) {
    return std::nullopt;
  }
  MemberEvent event = EventOf(Trigger::kReferralQualified, member.effective());
  event.order_id = referred.order.order_id;
  event.friends = referrer->referral().friends + 1;
  PISTIS_ASSIGN_OR_RETURN(const int64_t occasion, member.MeetIfItFits(event));
  // Once more: what the member's side used of limits is used for this one, and
  // for what falls due on it.
  PISTIS_ASSIGN_OR_RETURN(referrer,
                          LoadReferrer(view, member, ErasedMember::kNotFound));
  ++referrer->referral().friends;
  event.time = referrer->effective();
  event.friend_id = member.member_id();
  PISTIS_ASSIGN_OR_RETURN(const int64_t referrer_occasion,
                          referrer->MeetIfItFits(event));
  ReferralState& state = member.referral();
  state.order = referred.order.order_id;
  state.occasion = occasion;
  state.referrer_occasion = referrer_occasion;
  return referrer;
}

absl::StatusOr<UndoneReferral> UndoReferral(
    const Reader& reader, const OrderId& order,
    const std::optional<ExpiredLot>& counted, MemberLedger& member,
    Journal& journal) {
  UndoneReferral undone;
  ReferralState& state = member.referral();
  if (state.order.empty() || state.order != order) return undone;
  PISTIS_ASSIGN_OR_RETURN(
      undone.expired,
      UndoOccasion(reader, state.occasion, counted, member, journal));
  const OverlayReader view(reader, {&member.writes()});
  PISTIS_ASSIGN_OR_RETURN(undone.referrer,
                          LoadReferrer(view, member, ErasedMember::kLoaded));
  if (undone.referrer) {
    --undone.referrer->referral().friends;
    PISTIS_ASSIGN_OR_RETURN(undone.referrer_expired,
                            UndoOccasion(view, state.referrer_occasion, {},
                                         *undone.referrer, journal));
    // Who is erased has no points, and owes none.
    if (undone.referrer->is_erased()) {
      undone.referrer->Forfeit({.reason = kErasedReason});
    }
  }
  state.order = OrderId();
  return undone;
}

}  // namespace pistis
