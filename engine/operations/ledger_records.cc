#include "engine/operations/ledger_records.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "engine/base/rate.h"
#include "engine/order/order.h"

namespace pistis {
namespace {

// Kinds, accounts and places in the order of the engine's own enums.
constexpr std::array<v1::LedgerEntry::Kind, 13> kKinds = {
    v1::LedgerEntry::EARN,         v1::LedgerEntry::REDEEM,
    v1::LedgerEntry::CLAW_BACK,    v1::LedgerEntry::RESTORE,
    v1::LedgerEntry::EXPIRE,       v1::LedgerEntry::RELEASE,
    v1::LedgerEntry::HOLD,         v1::LedgerEntry::CAPTURE,
    v1::LedgerEntry::HOLD_RELEASE, v1::LedgerEntry::ADJUST,
    v1::LedgerEntry::TRANSFER_OUT, v1::LedgerEntry::TRANSFER_IN,
    v1::LedgerEntry::REVERSE};

constexpr std::array<v1::Posting::LedgerAccount, 9> kAccounts = {
    v1::Posting::MEMBER_AVAILABLE, v1::Posting::MEMBER_PENDING,
    v1::Posting::MEMBER_HELD,      v1::Posting::COUNTERPARTY,
    v1::Posting::PROGRAM_ISSUED,   v1::Posting::PROGRAM_REDEEMED,
    v1::Posting::PROGRAM_EXPIRED,  v1::Posting::PROGRAM_ADJUSTED,
    v1::Posting::PROGRAM_FORGIVEN};

static_assert(kKinds[static_cast<size_t>(EntryKind::kReverse)] ==
              v1::LedgerEntry::REVERSE);
static_assert(kAccounts[static_cast<size_t>(LedgerAccount::kProgramForgiven)] ==
              v1::Posting::PROGRAM_FORGIVEN);

template <typename Enum, typename Array>
Enum IndexOf(const Array& all, int value) {
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i] == value) return static_cast<Enum>(i);
  }
  return Enum();
}

v1::Posting::LedgerAccount AccountOf(LedgerAccount account) {
  return kAccounts[static_cast<size_t>(account)];
}

int64_t MicrosOr0(absl::Time time) {
  return time == absl::InfinitePast() ? 0 : absl::ToUnixMicros(time);
}

void AddDetails(const store::v1::EntryRecord& record,
                v1::LedgerEntry& message) {
  switch (message.kind()) {
    case v1::LedgerEntry::EARN:
      for (const store::v1::RulePointsRecord& rule : record.rules()) {
        v1::EarnedPoints* points = message.mutable_earn()->add_rules();
        points->set_rule_id(rule.rule_id());
        points->set_points(rule.points());
      }
      return;
    case v1::LedgerEntry::CLAW_BACK:
      for (const store::v1::PostingRecord& leg : record.postings()) {
        if (leg.account() == v1::Posting::PROGRAM_FORGIVEN) {
          message.mutable_claw_back()->set_forgiven_points(-leg.points());
        }
      }
      return;
    case v1::LedgerEntry::HOLD:
    case v1::LedgerEntry::CAPTURE:
    case v1::LedgerEntry::HOLD_RELEASE:
      message.mutable_hold()->set_hold_id(record.hold_id());
      message.mutable_hold()->set_expired(record.hold_expired());
      return;
    case v1::LedgerEntry::TRANSFER_OUT:
    case v1::LedgerEntry::TRANSFER_IN:
      message.mutable_transfer()->set_other_member_id(record.other_member_id());
      message.mutable_transfer()->set_other_entry_number(record.other_entry());
      return;
    case v1::LedgerEntry::REVERSE:
      message.mutable_reverse()->set_entry_number(record.reversed_entry());
      return;
    default:
      return;
  }
}

}  // namespace

v1::LedgerEntry::Kind KindOf(EntryKind kind) {
  return kKinds[static_cast<size_t>(kind)];
}

absl::Time ExpiryOf(int64_t expire_us) {
  return expire_us == 0 ? absl::InfiniteFuture()
                        : absl::FromUnixMicros(expire_us);
}

int64_t ExpiryMicros(absl::Time expire) {
  return expire == absl::InfiniteFuture() ? 0 : absl::ToUnixMicros(expire);
}

Lot ToLot(const store::v1::LotRecord& record) {
  return {.expire = ExpiryOf(record.expire_us()),
          .points = Points(record.points()),
          .kind = record.idle() ? LotKind::kIdle : LotKind::kFixed};
}

store::v1::LotRecord ToRecord(const Lot& lot) {
  store::v1::LotRecord record;
  record.set_expire_us(ExpiryMicros(lot.expire));
  record.set_points(lot.points.value());
  record.set_idle(lot.kind == LotKind::kIdle);
  return record;
}

AccountState ToState(const store::v1::AccountRecord& record) {
  AccountState state{.lots = {},
                     .pending = {},
                     .holds = {},
                     .deficit = Points(record.deficit()),
                     .entries = record.entries(),
                     .latest = absl::FromUnixMicros(record.latest_us())};
  state.lots.reserve(static_cast<size_t>(record.lots_size()) + 1);
  for (const store::v1::LotRecord& lot : record.lots())
    state.lots.push_back(ToLot(lot));
  for (const store::v1::PendingLotRecord& pending : record.pending()) {
    state.pending.push_back(
        {.release = absl::FromUnixMicros(pending.release_us()),
         .lot = ToLot(pending.lot())});
  }
  for (const store::v1::OpenHoldRecord& hold : record.holds()) {
    OpenHold& open =
        state.holds.emplace_back(OpenHold{.id = HoldId(hold.hold_id()),
                                          .expire = ExpiryOf(hold.expire_us()),
                                          .lots = {}});
    for (const store::v1::LotRecord& lot : hold.lots())
      open.lots.push_back(ToLot(lot));
  }
  return state;
}

void FillRecord(const AccountState& state, store::v1::AccountRecord& record) {
  for (const Lot& lot : state.lots)
    *record.add_lots() = ToRecord(lot);
  for (const PendingLot& pending : state.pending) {
    store::v1::PendingLotRecord* stored = record.add_pending();
    stored->set_release_us(absl::ToUnixMicros(pending.release));
    *stored->mutable_lot() = ToRecord(pending.lot);
  }
  for (const OpenHold& hold : state.holds) {
    store::v1::OpenHoldRecord* stored = record.add_holds();
    stored->set_hold_id(hold.id.text());
    stored->set_expire_us(ExpiryMicros(hold.expire));
    for (const Lot& lot : hold.lots)
      *stored->add_lots() = ToRecord(lot);
  }
  record.set_deficit(state.deficit.value());
  record.set_entries(state.entries);
  record.set_latest_us(absl::ToUnixMicros(state.latest));
}

void FillRecord(const LedgerEntry& entry, const EntrySource& source,
                int64_t commit_seq, store::v1::EntryRecord& record) {
  record.set_kind(KindOf(entry.kind));
  record.set_effective_us(absl::ToUnixMicros(entry.effective));
  for (const Posting& posting : entry.postings) {
    store::v1::PostingRecord* leg = record.add_postings();
    leg->set_account(AccountOf(posting.account));
    leg->set_points(posting.points.value());
  }
  record.set_order_id(source.order_id.text());
  record.set_refund_id(source.refund_id.text());
  record.set_rulebook_version(source.rulebook_version);
  for (const LotChange& change : entry.lots) {
    store::v1::LotChangeRecord* stored = record.add_lots();
    stored->set_expire_us(ExpiryMicros(change.lot.expire));
    stored->set_points(change.lot.points.value());
    stored->set_idle(change.lot.kind == LotKind::kIdle);
    stored->set_place(static_cast<int>(change.place));
    stored->set_release_us(MicrosOr0(change.release));
  }
  record.set_commit_seq(commit_seq);
  record.set_available_after(entry.available_after.value());
  record.set_reason(source.reason);
  record.set_caller(source.caller);
  record.set_deficit_change(entry.deficit_change.value());
  for (const RulePoints& rule : source.rules) {
    store::v1::RulePointsRecord* stored = record.add_rules();
    stored->set_rule_id(rule.rule_id);
    stored->set_points(rule.points.value());
  }
  record.set_hold_id(entry.hold.text());
  record.set_hold_expired(entry.hold_expired);
  record.set_other_member_id(source.other_member.text());
  record.set_other_entry(source.other_entry);
  record.set_reversed_entry(source.reversed_entry);
}

LedgerEntry ToEntry(const store::v1::EntryRecord& record, int64_t number) {
  LedgerEntry entry;
  entry.number = number;
  entry.kind = IndexOf<EntryKind>(kKinds, record.kind());
  entry.effective = absl::FromUnixMicros(record.effective_us());
  for (const store::v1::PostingRecord& leg : record.postings()) {
    entry.postings.push_back(
        {.account = IndexOf<LedgerAccount>(kAccounts, leg.account()),
         .points = Points(leg.points())});
  }
  for (const store::v1::LotChangeRecord& change : record.lots()) {
    entry.lots.push_back(
        {.lot = {.expire = ExpiryOf(change.expire_us()),
                 .points = Points(change.points()),
                 .kind = change.idle() ? LotKind::kIdle : LotKind::kFixed},
         .place = static_cast<LotPlace>(change.place()),
         .release = change.release_us() == 0
                        ? absl::InfinitePast()
                        : absl::FromUnixMicros(change.release_us())});
  }
  entry.deficit_change = Points(record.deficit_change());
  entry.available_after = Points(record.available_after());
  entry.hold = HoldId(record.hold_id());
  entry.hold_expired = record.hold_expired();
  return entry;
}

v1::Account ToMessage(const MemberId& member, const Account& account,
                      const Rulebook* rulebook) {
  v1::Account message;
  message.set_member_id(member.text());
  const AccountState& state = account.state();
  const Points available = account.available();
  message.set_available(available.value());
  message.set_pending(account.pending().value());
  message.set_held(account.held().value());
  if (!state.lots.empty() &&
      state.lots.front().expire != absl::InfiniteFuture()) {
    const absl::Time next = state.lots.front().expire;
    Points expiring;
    for (const Lot& lot : state.lots) {
      if (lot.expire == next) expiring += lot.points;
    }
    *message.mutable_next_expiry_time() = ToTimestamp(next);
    message.set_next_expiry_points(expiring.value());
  }
  if (!state.pending.empty()) {
    const absl::Time next = state.pending.front().release;
    Points released;
    for (const PendingLot& pending : state.pending) {
      if (pending.release == next) released += pending.lot.points;
    }
    *message.mutable_next_release_time() = ToTimestamp(next);
    message.set_next_release_points(released.value());
  }
  if (rulebook != nullptr && rulebook->points.value &&
      available.is_positive()) {
    message.set_worth_minor(
        rulebook->points.value
            ->WorthOf(available, rulebook->currency.minor_per_major())
            .value());
  }
  return message;
}

v1::LedgerEntry ToMessage(const store::v1::EntryRecord& record,
                          int64_t number) {
  v1::LedgerEntry message;
  message.set_entry_number(number);
  message.set_kind(static_cast<v1::LedgerEntry::Kind>(record.kind()));
  *message.mutable_effective_time() =
      ToTimestamp(absl::FromUnixMicros(record.effective_us()));
  for (const store::v1::PostingRecord& posting : record.postings()) {
    v1::Posting* leg = message.add_postings();
    leg->set_account(
        static_cast<v1::Posting::LedgerAccount>(posting.account()));
    leg->set_points(posting.points());
  }
  message.set_order_id(record.order_id());
  message.set_refund_id(record.refund_id());
  message.set_rulebook_version(record.rulebook_version());
  for (const store::v1::LotChangeRecord& change : record.lots()) {
    v1::LotChange* lot = message.add_lots();
    if (change.expire_us() != 0) {
      *lot->mutable_expire_time() = ToTimestamp(ExpiryOf(change.expire_us()));
    }
    lot->set_points(change.points());
    lot->set_place(static_cast<v1::LotChange::Place>(change.place()));
    if (change.release_us() != 0) {
      *lot->mutable_release_time() = ToTimestamp(ExpiryOf(change.release_us()));
    }
    lot->set_idle(change.idle());
  }
  message.set_commit_seq(record.commit_seq());
  message.set_available_after(record.available_after());
  message.set_reason(record.reason());
  message.set_caller(record.caller());
  message.set_deficit_change(record.deficit_change());
  AddDetails(record, message);
  return message;
}

void AddToTotals(const LedgerEntry& entry, store::v1::TotalsRecord& totals) {
  for (const Posting& posting : entry.postings) {
    const int64_t points = posting.points.value();
    switch (posting.account) {
      case LedgerAccount::kMemberAvailable:
        totals.set_available_points(
            SaturatingAdd(totals.available_points(), points));
        break;
      case LedgerAccount::kMemberPending:
        totals.set_pending_points(
            SaturatingAdd(totals.pending_points(), points));
        break;
      case LedgerAccount::kMemberHeld:
        totals.set_held_points(SaturatingAdd(totals.held_points(), points));
        break;
      case LedgerAccount::kCounterparty:
        break;
      case LedgerAccount::kProgramIssued:
        totals.set_issued_points(SaturatingAdd(totals.issued_points(), points));
        break;
      case LedgerAccount::kProgramRedeemed:
        totals.set_redeemed_points(
            SaturatingAdd(totals.redeemed_points(), points));
        break;
      case LedgerAccount::kProgramExpired:
        totals.set_expired_points(
            SaturatingAdd(totals.expired_points(), points));
        break;
      case LedgerAccount::kProgramAdjusted:
        totals.set_adjusted_points(
            SaturatingAdd(totals.adjusted_points(), points));
        break;
      case LedgerAccount::kProgramForgiven:
        totals.set_forgiven_points(
            SaturatingAdd(totals.forgiven_points(), points));
        break;
    }
  }
}

}  // namespace pistis
