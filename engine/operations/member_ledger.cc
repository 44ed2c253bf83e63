#include "engine/operations/member_ledger.h"

#include <algorithm>
#include <utility>

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

v1::LedgerEntry::Kind KindOf(EntryKind kind) {
  switch (kind) {
    case EntryKind::kEarn:
      return v1::LedgerEntry::EARN;
    case EntryKind::kRedeem:
      return v1::LedgerEntry::REDEEM;
    case EntryKind::kClawBack:
      return v1::LedgerEntry::CLAW_BACK;
    case EntryKind::kRestore:
      return v1::LedgerEntry::RESTORE;
    case EntryKind::kExpire:
      return v1::LedgerEntry::EXPIRE;
  }
  return v1::LedgerEntry::KIND_UNSPECIFIED;
}

v1::Posting::LedgerAccount AccountOf(LedgerAccount account) {
  switch (account) {
    case LedgerAccount::kMemberAvailable:
      return v1::Posting::MEMBER_AVAILABLE;
    case LedgerAccount::kProgramIssued:
      return v1::Posting::PROGRAM_ISSUED;
    case LedgerAccount::kProgramRedeemed:
      return v1::Posting::PROGRAM_REDEEMED;
    case LedgerAccount::kProgramExpired:
      return v1::Posting::PROGRAM_EXPIRED;
    case LedgerAccount::kProgramForgiven:
      return v1::Posting::PROGRAM_FORGIVEN;
  }
  return v1::Posting::LEDGER_ACCOUNT_UNSPECIFIED;
}

void AddToTotals(const Posting& posting, store::v1::TotalsRecord& totals) {
  const int64_t points = posting.points.value();
  switch (posting.account) {
    case LedgerAccount::kMemberAvailable:
      return;
    case LedgerAccount::kProgramIssued:
      totals.set_issued_points(SaturatingAdd(totals.issued_points(), points));
      return;
    case LedgerAccount::kProgramRedeemed:
      totals.set_redeemed_points(
          SaturatingAdd(totals.redeemed_points(), points));
      return;
    case LedgerAccount::kProgramExpired:
      totals.set_expired_points(SaturatingAdd(totals.expired_points(), points));
      return;
    case LedgerAccount::kProgramForgiven:
      totals.set_forgiven_points(
          SaturatingAdd(totals.forgiven_points(), points));
      return;
  }
}

store::v1::EntryRecord ToRecord(const LedgerEntry& entry,
                                const EntrySource& source, int64_t commit_seq) {
  store::v1::EntryRecord record;
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
  for (const Lot& lot : entry.lots) {
    store::v1::LotRecord* change = record.add_lots();
    change->set_expire_us(ExpiryMicros(lot.expire));
    change->set_points(lot.points.value());
  }
  record.set_commit_seq(commit_seq);
  record.set_available_after(entry.available_after.value());
  return record;
}

bool HasLot(const std::vector<Lot>& lots, absl::Time expire) {
  return std::any_of(lots.begin(), lots.end(),
                     [&](const Lot& lot) { return lot.expire == expire; });
}

}  // namespace

absl::Time ExpiryOf(int64_t expire_us) {
  return expire_us == 0 ? absl::InfiniteFuture()
                        : absl::FromUnixMicros(expire_us);
}

int64_t ExpiryMicros(absl::Time expire) {
  return expire == absl::InfiniteFuture() ? 0 : absl::ToUnixMicros(expire);
}

absl::StatusOr<MemberLedger> MemberLedger::Load(const Reader& reader,
                                                const ProgramId& program,
                                                const MemberId& member,
                                                absl::Time at) {
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<store::v1::AccountRecord> record,
      GetRecord<store::v1::AccountRecord>(reader, AccountKey(program, member)));
  if (!record) return RefuseNotFound("member", member.text());
  MemberLedger ledger(program, member);
  ledger.loaded_lots_.reserve(static_cast<size_t>(record->lots_size()));
  for (const store::v1::LotRecord& lot : record->lots()) {
    ledger.loaded_lots_.push_back(
        {ExpiryOf(lot.expire_us()), Points(lot.points())});
  }
  ledger.account_ =
      Account(ledger.loaded_lots_, Points(record->deficit()), record->entries(),
              absl::FromUnixMicros(record->latest_us()));
  ledger.orders_ = record->orders();
  ledger.language_ = record->language();
  ledger.effective_ = ledger.account_.EffectiveTime(at);
  for (const LedgerEntry& entry :
       ledger.account_.AdvanceTo(ledger.effective_)) {
    ledger.Keep(entry, {});
  }
  return ledger;
}

MemberLedger MemberLedger::Create(const ProgramId& program,
                                  const MemberId& member,
                                  std::string language) {
  MemberLedger ledger(program, member);
  ledger.account_ = Account({}, Points(), 0, absl::UnixEpoch());
  ledger.effective_ = absl::UnixEpoch();
  ledger.language_ = std::move(language);
  return ledger;
}

std::optional<Points> MemberLedger::ExpiredNow(absl::Time expire) const {
  for (const SourcedEntry& kept : entries_) {
    if (kept.entry.kind == EntryKind::kExpire &&
        kept.entry.effective == expire) {
      return kept.entry.postings.back().points;
    }
  }
  return std::nullopt;
}

absl::StatusOr<LedgerEntry> MemberLedger::Earn(Points points, absl::Time expire,
                                               const EntrySource& source) {
  PISTIS_ASSIGN_OR_RETURN(const LedgerEntry entry,
                          account_.Earn(points, expire, effective_));
  Keep(entry, source);
  return entry;
}

absl::StatusOr<LedgerEntry> MemberLedger::Redeem(Points points,
                                                 const EntrySource& source) {
  PISTIS_ASSIGN_OR_RETURN(const LedgerEntry entry,
                          account_.Redeem(points, effective_));
  Keep(entry, source);
  return entry;
}

Points MemberLedger::TakeBack(const ClawBack& claw_back,
                              const EntrySource& source) {
  const ClawedBack outcome = account_.TakeBack(claw_back, effective_);
  if (outcome.entry) Keep(*outcome.entry, source);
  return outcome.counted_expired;
}

void MemberLedger::Restore(const std::vector<Lot>& lots,
                           absl::Time grace_expire, const EntrySource& source) {
  Keep(account_.Restore(lots, grace_expire, effective_), source);
}

void MemberLedger::Post(const CommitContext& context, Journal& journal) const {
  store::v1::AccountRecord record;
  for (const Lot& lot : account_.lots()) {
    store::v1::LotRecord* open = record.add_lots();
    open->set_expire_us(ExpiryMicros(lot.expire));
    open->set_points(lot.points.value());
    if (lot.expire != absl::InfiniteFuture() &&
        !HasLot(loaded_lots_, lot.expire)) {
      journal.writes().Put(DueKey(program_, lot.expire, member_), "");
    }
  }
  record.set_deficit(account_.deficit().value());
  record.set_entries(account_.entries());
  record.set_latest_us(absl::ToUnixMicros(account_.latest()));
  record.set_orders(orders_);
  record.set_language(language_);
  PutRecord(AccountKey(program_, member_), record, journal.writes());
  for (const SourcedEntry& kept : entries_) {
    const LedgerEntry& entry = kept.entry;
    PutRecord(EntryKey(program_, member_, entry.number),
              ToRecord(entry, kept.source, context.commit_seq),
              journal.writes());
    for (const Posting& posting : entry.postings) {
      AddToTotals(posting, journal.totals());
    }
    if (entry.kind != EntryKind::kExpire) continue;
    const Points expired = entry.postings.back().points;
    store::v1::ExpiredLotRecord lot;
    lot.set_expired(expired.value());
    PutRecord(ExpiredLotKey(program_, member_, entry.lots.front().expire), lot,
              journal.writes());
    v1::PointsExpired* event =
        journal.AddEvent(entry.effective, member_, 0).mutable_points_expired();
    event->set_points(expired.value());
    event->set_available_after(entry.available_after.value());
  }
}

v1::Account ToMessage(const MemberId& member, const Account& account,
                      const Rulebook* rulebook) {
  v1::Account message;
  message.set_member_id(member.text());
  const Points available = account.available();
  message.set_available(available.value());
  if (!account.lots().empty() &&
      account.lots().front().expire != absl::InfiniteFuture()) {
    const Lot& next = account.lots().front();
    *message.mutable_next_expiry_time() = ToTimestamp(next.expire);
    message.set_next_expiry_points(next.points.value());
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

v1::LedgerEntry ToMessage(const store::v1::EntryRecord& entry, int64_t number) {
  v1::LedgerEntry message;
  message.set_entry_number(number);
  message.set_kind(static_cast<v1::LedgerEntry::Kind>(entry.kind()));
  *message.mutable_effective_time() =
      ToTimestamp(absl::FromUnixMicros(entry.effective_us()));
  for (const store::v1::PostingRecord& posting : entry.postings()) {
    v1::Posting* leg = message.add_postings();
    leg->set_account(
        static_cast<v1::Posting::LedgerAccount>(posting.account()));
    leg->set_points(posting.points());
  }
  message.set_order_id(entry.order_id());
  message.set_refund_id(entry.refund_id());
  message.set_rulebook_version(entry.rulebook_version());
  for (const store::v1::LotRecord& lot : entry.lots()) {
    v1::LotChange* change = message.add_lots();
    if (lot.expire_us() != 0) {
      *change->mutable_expire_time() = ToTimestamp(ExpiryOf(lot.expire_us()));
    }
    change->set_points(lot.points());
  }
  message.set_commit_seq(entry.commit_seq());
  message.set_available_after(entry.available_after());
  return message;
}

}  // namespace pistis
