#include "engine/operations/member_ledger.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "pistis/store/v1/records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/members/segments.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/member_standing.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/scratch_message.h"

namespace pistis {
namespace {

Points AvailableChange(const LedgerEntry& entry) {
  Points change;
  for (const Posting& posting : entry.postings) {
    if (posting.account == LedgerAccount::kMemberAvailable) {
      change += posting.points;
    }
  }
  return change;
}

}  // namespace

LotTerms LotTermsOf(const Rulebook* rulebook, absl::Time at) {
  LotTerms terms;
  if (rulebook == nullptr) return terms;
  const PointsPolicy& points = rulebook->points;
  terms.grace_expire =
      EndOfDayAfter(at, points.refund_grace_days, rulebook->time_zone);
  terms.fresh = LotFrom(points.expiry, at, rulebook->time_zone);
  if (std::holds_alternative<ExpireAfterInactivity>(points.expiry)) {
    terms.idle_expire = terms.fresh.expire;
  }
  return terms;
}

absl::StatusOr<MemberLedger> MemberLedger::Load(const Reader& reader,
                                                const LedgerAt& which) {
  ScratchMessage<store::v1::AccountRecord> record;
  PISTIS_ASSIGN_OR_RETURN(
      const bool is_found,
      ReadRecord(reader, AccountKey(which.program, which.member), *record));
  const bool is_known =
      is_found && (!record->erased() || which.erased == ErasedMember::kLoaded);
  if (!is_known) return RefuseNotFound("member", which.member.text());
  MemberLedger ledger(which.program, which.member);
  AccountState account = ToState(*record);
  StandingState standing = ToState(record->standing());
  ledger.occasions_ = ToState(record->standing().occasions());
  if (!IsWhole(account) || !IsWhole(standing) || !IsWhole(ledger.occasions_)) {
    return RecordCorrupt(record->GetDescriptor()->name());
  }
  ledger.account_ = Account(std::move(account));
  ledger.due_us_ = record->due_us();
  ledger.idle_since_us_ = record->idle_since_us();
  ledger.orders_ = record->orders();
  ledger.language_ = record->language();
  ledger.effective_ = ledger.account_.EffectiveTime(which.at);
  ledger.now_ = ledger.effective_;
  ledger.standing_ = Standing(std::move(standing));
  ledger.segments_before_ = ledger.standing_.state().segments;
  ledger.rulebook_ = which.rulebook;
  ledger.reader_ = &reader;
  ledger.secret_ = &which.occasions.secret;
  ledger.oldest_ = which.occasions.oldest;
  ledger.suspended_ = record->standing().suspended();
  ledger.erased_ = record->erased();
  if (ledger.erased_) return ledger;
  PISTIS_RETURN_IF_ERROR(ledger.Advance());
  const bool asks_profile =
      which.rulebook != nullptr && which.rulebook->asks_profile;
  if (asks_profile) PISTIS_RETURN_IF_ERROR(ledger.ReadProfile(reader));
  return ledger;
}

absl::StatusOr<MemberLedger> MemberLedger::Create(
    const Reader& reader, const LedgerAt& which,
    store::v1::ProfileRecord profile) {
  MemberLedger ledger(which.program, which.member);
  ledger.account_ = Account(AccountState{.lots = {},
                                         .pending = {},
                                         .holds = {},
                                         .deficit = Points(),
                                         .entries = 0,
                                         .latest = absl::UnixEpoch()});
  ledger.effective_ = absl::UnixEpoch();
  ledger.now_ = which.at;
  ledger.rulebook_ = which.rulebook;
  ledger.reader_ = &reader;
  ledger.secret_ = &which.occasions.secret;
  ledger.oldest_ = which.occasions.oldest;
  ledger.SetProfile(std::move(profile));
  PISTIS_RETURN_IF_ERROR(ledger.Schedule(which.at));
  return ledger;
}

absl::Time MemberLedger::NextDue() const {
  return std::min(
      {account_.NextDue(), WithSegments().NextDue(), NextOccasion(Settled())});
}

absl::Status MemberLedger::ReadProfile(const Reader& reader) {
  PISTIS_ASSIGN_OR_RETURN(profile_, GetExpectedRecord<store::v1::ProfileRecord>(
                                        reader, ProfileKey(program_, member_)));
  return absl::OkStatus();
}

void MemberLedger::SetProfile(store::v1::ProfileRecord profile) {
  language_ = profile.language();
  profile_ = std::move(profile);
}

void MemberLedger::Erase() {
  erased_ = true;
  store::v1::ProfileRecord left;
  left.set_joined_us(profile_->joined_us());
  left.set_changes(profile_->changes());
  SetProfile(std::move(left));
  StandingState standing = standing_.state();
  standing.tier_until = absl::InfiniteFuture();
  standing.segments.clear();
  standing.segments_due = absl::InfiniteFuture();
  standing_ = Standing(std::move(standing));
  const OccasionState occasions = std::exchange(occasions_, {});
  occasions_.count = occasions.count;
  occasions_.referral = occasions.referral;
}

MemberFacts MemberLedger::Facts() const {
  MemberFacts facts{.member_id = member_,
                    .available = account_.available(),
                    .orders = orders_,
                    .language = language_,
                    .tier = std::string(standing_.tier()),
                    .segments = standing_.state().segments,
                    .spend = standing_.state().ever.spend};
  return profile_ ? WithProfile(*profile_, std::move(facts)) : facts;
}

absl::Status MemberLedger::CountOrder(const Progress& sale,
                                      const std::vector<std::string>& join) {
  if (++orders_ == 1) {
    occasions_ =
        WithFirstOrder(std::move(occasions_), effective_, rulebook_->time_zone);
  }
  JoinSegments(join);
  return AddTierChanges(standing_.Count(sale, effective_, *rulebook_));
}

void MemberLedger::JoinSegments(const std::vector<std::string>& join) {
  std::vector<std::string> segments = standing_.state().segments;
  segments.insert(segments.end(), join.begin(), join.end());
  std::sort(segments.begin(), segments.end());
  segments.erase(std::unique(segments.begin(), segments.end()), segments.end());
  standing_.SetSegments(std::move(segments), standing_.state().segments_due);
}

absl::Status MemberLedger::CheckTakesPart() const {
  if (!suspended_) return absl::OkStatus();
  return Refuse(Reason::kMemberSuspended,
                "the member is suspended and does not take part",
                {{"kind", "member"}, {"id", std::string(member_.text())}});
}

void MemberLedger::CountBack(const Progress& returned, absl::Time sold) {
  standing_.TakeBack(returned, sold, *rulebook_);
}

Standing MemberLedger::WithSegments() const {
  Standing standing = standing_;
  if (rulebook_ == nullptr || erased_) return standing;
  // What an earlier rulebook left behind goes with the next look.
  const bool has_any = !rulebook_->segments.empty() ||
                       !standing.state().segments.empty() ||
                       standing.state().segments_due != absl::InfiniteFuture();
  if (!has_any) return standing;
  standing.SetSegments(SegmentsOf(*rulebook_, Facts(), now_),
                       SegmentsDue(*rulebook_, now_));
  return standing;
}

void MemberLedger::AnnounceStanding(const Standing& standing,
                                    Journal& journal) const {
  const int64_t version = rulebook_ == nullptr ? 0 : rulebook_->version;
  AnnounceTiers(member_, tier_changes_, version, journal);
  AnnounceSegments({.member = member_,
                    .at = now_,
                    .before = segments_before_,
                    .after = standing.state().segments},
                   version, journal);
  for (const v1::BudgetReached& reached : budgets_reached_) {
    *journal.AddEvent(effective_, MemberId(), version)
         .mutable_budget_reached() = reached;
  }
}

bool MemberLedger::is_due() const {
  return !entries_.empty() ||
         (due_us_ != 0 && due_us_ <= absl::ToUnixMicros(effective_));
}

ExpiredLot MemberLedger::RecordOf(const LedgerEntry& expiry) const {
  const Lot& lot = expiry.lots.front().lot;
  ExpiredLot expired{.key = ExpiredKey(program_, member_, lot), .record = {}};
  expired.record.set_expired(-lot.points.value());
  expired.record.set_expire_us(absl::ToUnixMicros(expiry.effective));
  if (lot.kind == LotKind::kIdle) expired.record.set_since_us(idle_since_us_);
  return expired;
}

std::optional<ExpiredLot> MemberLedger::ExpiredNow(const Lot& lot) const {
  for (const SourcedEntry& kept : entries_) {
    if (kept.entry.kind != EntryKind::kExpire) continue;
    const Lot& expired = kept.entry.lots.front().lot;
    if (IsSameLot(expired, lot) ||
        (lot.kind == LotKind::kIdle && expired.kind == LotKind::kIdle)) {
      return RecordOf(kept.entry);
    }
  }
  return std::nullopt;
}

int64_t MemberLedger::IdleSince() const {
  const AccountState& state = account_.state();
  const auto is_idle = [](const Lot& lot) {
    return lot.kind == LotKind::kIdle;
  };
  const bool has_idle =
      std::any_of(state.lots.begin(), state.lots.end(), is_idle) ||
      std::any_of(
          state.pending.begin(), state.pending.end(),
          [&](const PendingLot& pending) { return is_idle(pending.lot); }) ||
      std::any_of(
          state.holds.begin(), state.holds.end(), [&](const OpenHold& hold) {
            return std::any_of(hold.lots.begin(), hold.lots.end(), is_idle);
          });
  if (!has_idle) return 0;
  if (entries_.empty()) return idle_since_us_;
  const bool expired = std::any_of(
      entries_.begin(), entries_.end(), [&](const SourcedEntry& kept) {
        return kept.entry.kind == EntryKind::kExpire &&
               is_idle(kept.entry.lots.front().lot);
      });
  return idle_since_us_ != 0 && !expired
             ? idle_since_us_
             : absl::ToUnixMicros(entries_.back().entry.effective);
}

absl::StatusOr<LedgerEntry> MemberLedger::Keep(
    absl::StatusOr<LedgerEntry> entry, const EntrySource& source) {
  if (entry.ok()) entries_.push_back({*entry, source});
  return entry;
}

absl::StatusOr<LedgerEntry> MemberLedger::Earn(
    const Lot& lot, std::optional<absl::Time> release, const LotTerms& terms,
    const EntrySource& source) {
  return Keep(account_.Earn(lot, release, effective_, terms), source);
}

absl::StatusOr<LedgerEntry> MemberLedger::Redeem(Points points,
                                                 const LotTerms& terms,
                                                 const EntrySource& source) {
  return Keep(account_.Redeem(points, effective_, terms), source);
}

absl::StatusOr<LedgerEntry> MemberLedger::Hold(const HoldId& id, Points points,
                                               absl::Time expire,
                                               const EntrySource& source) {
  return Keep(account_.Hold(id, points, expire, effective_), source);
}

absl::StatusOr<std::vector<LedgerEntry>> MemberLedger::CaptureHold(
    const HoldId& id, Points points, const LotTerms& terms,
    const EntrySource& source) {
  PISTIS_ASSIGN_OR_RETURN(std::vector<LedgerEntry> entries,
                          account_.CaptureHold(id, points, effective_, terms));
  for (const LedgerEntry& entry : entries)
    entries_.push_back({entry, source});
  return entries;
}

absl::StatusOr<LedgerEntry> MemberLedger::ReleaseHold(
    const HoldId& id, const LotTerms& terms, const EntrySource& source) {
  return Keep(account_.ReleaseHold(id, effective_, terms), source);
}

absl::StatusOr<LedgerEntry> MemberLedger::AdjustUp(const Lot& lot,
                                                   const EntrySource& source) {
  return Keep(account_.AdjustUp(lot, effective_), source);
}

absl::StatusOr<LedgerEntry> MemberLedger::AdjustDown(
    Points points, Shortfall shortfall, const EntrySource& source) {
  return Keep(account_.AdjustDown(points, shortfall, effective_), source);
}

Points MemberLedger::Forfeit(const EntrySource& source) {
  const Points lost =
      std::max(Points(), account_.available()) + account_.pending();
  if (std::optional<LedgerEntry> entry = account_.Forfeit(effective_)) {
    entries_.push_back({*std::move(entry), source});
  }
  return lost;
}

absl::StatusOr<LedgerEntry> MemberLedger::TransferOut(
    Points points, const EntrySource& source) {
  return Keep(account_.TransferOut(points, effective_), source);
}

absl::StatusOr<LedgerEntry> MemberLedger::TransferIn(
    absl::Span<const Lot> lots, const EntrySource& source) {
  return Keep(account_.TransferIn(lots, effective_), source);
}

absl::StatusOr<LedgerEntry> MemberLedger::Reverse(const LedgerEntry& original,
                                                  const LotTerms& terms,
                                                  const EntrySource& source) {
  return Keep(account_.Reverse(original, effective_, terms), source);
}

Points MemberLedger::TakeBack(const ClawBack& claw_back,
                              const EntrySource& source) {
  ClawedBack outcome = account_.TakeBack(claw_back, effective_);
  if (outcome.entry) {
    entries_.push_back({*std::move(outcome.entry), source});
  }
  return outcome.counted_expired;
}

void MemberLedger::Restore(absl::Span<const Lot> lots, const LotTerms& terms,
                           const EntrySource& source) {
  entries_.push_back({account_.Restore(lots, effective_, terms), source});
}

int64_t MemberLedger::PostDue(absl::Time next, Journal& journal) const {
  const int64_t next_us = ExpiryMicros(next);
  const bool is_over =
      due_us_ != 0 &&
      (erased_ || due_us_ <= absl::ToUnixMicros(account_.state().latest));
  const bool is_sooner =
      next_us != 0 && (due_us_ == 0 || next_us < due_us_ || is_over);
  if (!is_over && !is_sooner) return due_us_;
  const auto key_at = [this](int64_t us) {
    return DueKey(program_, absl::FromUnixMicros(us), member_);
  };
  if (due_us_ != 0) journal.writes().Delete(key_at(due_us_));
  if (next_us != 0) journal.writes().Put(key_at(next_us), "");
  return next_us;
}

void MemberLedger::PostExpired(const LedgerEntry& expiry,
                               Journal& journal) const {
  const ExpiredLot expired = RecordOf(expiry);
  PutRecord(expired.key, expired.record, journal.writes());
  v1::PointsExpired* event =
      journal.AddEvent(expiry.effective, member_, 0).mutable_points_expired();
  event->set_points(expired.record.expired());
  event->set_available_after(expiry.available_after.value());
}

void MemberLedger::Post(Journal& journal) const {
  AnnounceStanding(PostAccount(journal), journal);
}

Standing MemberLedger::PostAccount(Journal& journal) const {
  ScratchMessage<store::v1::AccountRecord> record;
  FillRecord(account_.state(), *record);
  record->set_orders(orders_);
  record->set_language(language_);
  Standing standing = WithSegments();
  FillRecord(standing.state(), *record->mutable_standing());
  record->mutable_standing()->set_suspended(suspended_);
  const OccasionState occasions = Settled();
  FillRecord(occasions, *record->mutable_standing()->mutable_occasions());
  record->set_due_us(PostDue(std::min({account_.NextDue(), standing.NextDue(),
                                       NextOccasion(occasions)}),
                             journal));
  record->set_idle_since_us(IdleSince());
  record->set_erased(erased_);
  PutRecord(AccountKey(program_, member_), *record, journal.writes());
  for (const auto& [entry, source] : entries_) {
    journal.AddEntry(member_, entry, source);
    if (entry.kind == EntryKind::kExpire) {
      PostExpired(entry, journal);
      continue;
    }
    if (!source.order_id.empty()) continue;
    v1::PointsPosted* event =
        journal.AddEvent(entry.effective, member_, source.rulebook_version)
            .mutable_points_posted();
    event->set_kind(KindOf(entry.kind));
    event->set_entry_number(entry.number);
    event->set_available_change(AvailableChange(entry).value());
    event->set_available_after(entry.available_after.value());
    event->set_reason(source.reason);
  }
  writes_.ForEach([&](const WriteSet::Entry& write) {
    if (write.value) {
      journal.writes().Put(write.key, *write.value);
    } else {
      journal.writes().Delete(write.key);
    }
  });
  for (const MetOccasion& met : met_)
    PostOccasion(program_, member_, met, account_.available(), journal);
  return standing;
}

}  // namespace pistis
