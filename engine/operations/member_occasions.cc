// What happens to a member beside sales: the part of MemberLedger that lets
// rules act on it.
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/budget_uses.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/limit_uses.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/member_standing.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

int RankOf(const Rulebook& rulebook, absl::string_view tier) {
  for (size_t i = 0; i < rulebook.tiers.size(); ++i) {
    if (rulebook.tiers[i].id == tier) return static_cast<int>(i);
  }
  return -1;
}

MemberEvent EventOf(const TierChange& change, const Rulebook& rulebook) {
  MemberEvent event = EventOf(Trigger::kTierChanged, change.at);
  event.old_tier = change.from;
  event.new_tier = change.to;
  event.up = RankOf(rulebook, change.to) > RankOf(rulebook, change.from);
  return event;
}

// A balance that holds no more must not keep time or a sale from taking effect.
bool IsFull(const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  return reason == Reason::kPointsOverflow || reason == Reason::kLimitReached;
}

v1::MemberOccasion Tell(const MemberEvent& event, const EventGifts& gifts,
                        const Rulebook& rulebook) {
  v1::MemberOccasion told;
  told.set_name(event.name);
  for (const RulePoints& rule : gifts.by_rule) {
    v1::EarnedPoints* earned = told.add_earned();
    earned->set_rule_id(rule.rule_id);
    earned->set_points(rule.points.value());
  }
  told.set_tier_points(gifts.tier_points.value());
  for (const size_t segment : gifts.segments)
    told.add_segments_joined(rulebook.segments[segment].id);
  told.set_order_id(event.order_id.text());
  told.set_friend_id(event.friend_id.text());
  return told;
}

// What notes on the event may say beside what they always may.
google::protobuf::Map<std::string, std::string> ValuesOf(
    const MemberEvent& event, absl::TimeZone zone) {
  google::protobuf::Map<std::string, std::string> values;
  if (!event.order_id.text().empty()) values["order"] = event.order_id.text();
  if (event.years > 0) values["years"] = absl::StrCat(event.years);
  if (event.trigger == Trigger::kTierChanged) values["tier"] = event.new_tier;
  if (event.trigger == Trigger::kPointsExpiring) {
    values["expiring"] = absl::StrCat(event.points.value());
    values["expires"] = absl::FormatTime("%Y-%m-%d", event.expires, zone);
  }
  return values;
}

// What time alone sets off.
bool IsByTime(Trigger trigger) {
  return trigger == Trigger::kMemberBirthday ||
         trigger == Trigger::kMemberAnniversary ||
         trigger == Trigger::kMemberYears ||
         trigger == Trigger::kPointsExpiring;
}

}  // namespace

MemberDays MemberLedger::Days() const {
  return {.birthday = ParseBirthday(profile_->birthday()),
          .joined = absl::FromUnixMicros(profile_->joined_us())};
}

absl::Status MemberLedger::Schedule(absl::Time after) {
  absl::TimeZone zone;
  if (rulebook_ != nullptr) {
    zone = rulebook_->time_zone;
  } else {
    PISTIS_ASSIGN_OR_RETURN(zone, LoadZone(*reader_, program_));
  }
  occasions_ = Scheduled(std::move(occasions_), Days(), after, zone);
  return absl::OkStatus();
}

OccasionState MemberLedger::Settled() const {
  OccasionState state = occasions_;
  while (const auto notice = NextNoticeOf(state)) {
    if (notice->at >= account_.state().latest) break;
    state.noticed = notice->expires;
  }
  return state;
}

std::optional<ExpiryNotice> MemberLedger::NextNoticeOf(
    const OccasionState& state) const {
  const bool is_asked =
      rulebook_ != nullptr && rulebook_->points.expiring_notice_days;
  if (!is_asked) return std::nullopt;
  return NextNotice(account_.state().lots, state.noticed,
                    *rulebook_->points.expiring_notice_days,
                    rulebook_->time_zone);
}

absl::Time MemberLedger::NextOccasion(const OccasionState& state) const {
  absl::Time next = state.next_day();
  if (const auto notice = NextNoticeOf(state)) {
    next = std::min(next, notice->at);
  }
  return next;
}

absl::Status MemberLedger::AdvanceTo(absl::Time at) {
  const Account::DueTerms terms =
      rulebook_ == nullptr
          ? Account::DueTerms()
          : Account::DueTerms{.grace_days = rulebook_->points.refund_grace_days,
                              .zone = rulebook_->time_zone};
  for (LedgerEntry& entry : account_.AdvanceTo(at, terms))
    entries_.push_back({std::move(entry), {}});
  if (rulebook_ == nullptr) return absl::OkStatus();
  return AddTierChanges(standing_.AdvanceTo(at, *rulebook_));
}

absl::Status MemberLedger::Advance() {
  // Without a rulebook they pass by, and the next ones come.
  const bool passes_by =
      rulebook_ == nullptr && NextOccasion(occasions_) <= effective_;
  if (passes_by || !occasions_.is_scheduled()) {
    PISTIS_RETURN_IF_ERROR(ReadProfile(*reader_));
    PISTIS_RETURN_IF_ERROR(Schedule(effective_));
  }
  if (rulebook_ == nullptr) return AdvanceTo(effective_);
  const bool watches_tiers =
      rulebook_->HasRuleOn(TriggerName(Trigger::kTierChanged));
  const auto next = [&] {
    return std::min(NextOccasion(occasions_), watches_tiers
                                                  ? standing_.state().tier_until
                                                  : absl::InfiniteFuture());
  };
  for (absl::Time at = next(); at <= effective_ && at != absl::InfiniteFuture();
       at = next()) {
    occasions_ = Settled();
    if (next() > at) continue;
    PISTIS_RETURN_IF_ERROR(AdvanceTo(at));
    PISTIS_RETURN_IF_ERROR(MeetWhatIsDue(at));
  }
  return AdvanceTo(effective_);
}

absl::Status MemberLedger::MeetWhatIsDue(absl::Time at) {
  const auto notice = NextNoticeOf(occasions_);
  if (notice && notice->at <= at) {
    occasions_.noticed = notice->expires;
    MemberEvent event = EventOf(Trigger::kPointsExpiring, at);
    event.points = notice->points;
    event.expires = notice->expires;
    PISTIS_RETURN_IF_ERROR(MeetIfItFits(event).status());
  }
  return occasions_.next_day() <= at ? MeetDays(at) : absl::OkStatus();
}

absl::Status MemberLedger::MeetDays(absl::Time at) {
  PISTIS_RETURN_IF_ERROR(ReadProfile(*reader_));
  const absl::TimeZone zone = rulebook_->time_zone;
  const MemberDays days = Days();
  struct Day {
    Trigger trigger;
    absl::Time comes;
    std::optional<absl::CivilDay> first;
  };
  const Day comes_round[] = {
      {Trigger::kMemberBirthday, occasions_.birthday, days.birthday},
      {Trigger::kMemberAnniversary, occasions_.anniversary,
       absl::ToCivilDay(days.joined, zone)},
      {Trigger::kMemberYears, occasions_.years,
       absl::ToCivilDay(occasions_.first_order, zone)}};
  const int64_t year = absl::ToCivilDay(at, zone).year();
  if (occasions_.birthday <= at) occasions_.birthday_year = year;
  PISTIS_RETURN_IF_ERROR(Schedule(at));
  for (const Day& day : comes_round) {
    if (day.comes > at || !day.first) continue;
    MemberEvent event = EventOf(day.trigger, at);
    event.years = year - day.first->year();
    PISTIS_RETURN_IF_ERROR(MeetIfItFits(event).status());
  }
  return absl::OkStatus();
}

absl::Status MemberLedger::AddTierChanges(
    const std::vector<TierChange>& changes) {
  tier_changes_.insert(tier_changes_.end(), changes.begin(), changes.end());
  for (const TierChange& change : changes) {
    if (change.from == change.to) continue;
    PISTIS_RETURN_IF_ERROR(MeetIfItFits(EventOf(change, *rulebook_)).status());
  }
  return absl::OkStatus();
}

// The points, in a lot as a sale's would be, but at once.
absl::Status MemberLedger::EarnOn(const MemberEvent& event,
                                  const EventGifts& gifts, MetOccasion& met) {
  if (!gifts.points.is_positive()) return absl::OkStatus();
  Lot lot =
      LotFrom(rulebook_->points.expiry, met.effective, rulebook_->time_zone);
  lot.points = gifts.points;
  LotTerms terms = LotTermsOf(rulebook_, met.effective);
  terms.when_full = WhenFull::kJoin;
  const EntrySource source{.rulebook_version = rulebook_->version,
                           .reason = event.name,
                           .rules = gifts.by_rule};
  PISTIS_RETURN_IF_ERROR(
      Keep(account_.Earn(lot, std::nullopt, met.effective, terms), source)
          .status());
  met.record.set_points(gifts.points.value());
  met.record.set_expire_us(ExpiryMicros(lot.expire));
  met.record.set_idle(lot.kind == LotKind::kIdle);
  return absl::OkStatus();
}

// Codes first, so that notes can show them.
void MemberLedger::IssueOn(const EventGifts& gifts, MetOccasion& met) const {
  const std::string name = absl::StrCat(member_.text(), " ", met.number);
  const CodeOrder order{.secret = *secret_,
                        .program = program_,
                        .source = OrderId(name),
                        .member = member_,
                        .at = met.effective,
                        .rulebook_version = rulebook_->version};
  for (const size_t index : gifts.codes) {
    const IssuedCode& issued =
        met.codes.emplace_back(IssueCode(order, rulebook_->codes[index]));
    store::v1::OccasionCode* kept = met.record.add_codes();
    kept->set_hash(issued.hash);
    *kept->mutable_code() = issued.record;
  }
  for (const size_t index : gifts.notes) {
    const NoteTemplate& of = rulebook_->notes[index];
    v1::NoteRequested& note = met.notes.emplace_back();
    note.set_note_id(absl::StrCat(name, "/", of.id));
    note.set_template_id(of.id);
    note.set_occasion(met.number);
    const auto code = gifts.note_codes.find(index);
    for (size_t i = 0; i < gifts.codes.size(); ++i) {
      if (code == gifts.note_codes.end() || gifts.codes[i] != code->second) {
        continue;
      }
      note.set_code(met.codes[i].reply.code());
    }
  }
  met.record.set_notes(static_cast<int64_t>(met.notes.size()));
}

bool MemberLedger::IsOver(const MemberEvent& event) const {
  return IsByTime(event.trigger) && event.time < oldest_;
}

absl::StatusOr<int64_t> MemberLedger::Record(const MemberEvent& event,
                                             const EventGifts& gifts,
                                             MetOccasion met) {
  met.number = ++occasions_.count;
  met.event = Tell(event, gifts, *rulebook_);
  met.event.set_number(met.number);
  met.event.set_skipped(IsOver(event));
  met.is_by_time = IsByTime(event.trigger);
  met.record.set_name(event.name);
  met.record.set_effective_us(absl::ToUnixMicros(met.effective));
  met.record.set_rulebook_version(rulebook_->version);
  met.record.set_tier_points(gifts.tier_points.value());
  met.record.set_friend_id(event.friend_id.text());
  *met.record.mutable_segments() = met.event.segments_joined();
  IssueOn(gifts, met);
  for (v1::NoteRequested& note : met.notes) {
    *note.mutable_values() = ValuesOf(event, rulebook_->time_zone);
    note.set_case_id(event.case_id);
  }
  const int64_t number = met.number;
  JoinSegments({met.record.segments().begin(), met.record.segments().end()});
  met_.push_back(std::move(met));
  if (gifts.tier_points.is_zero()) return number;
  const absl::Time at = met_.back().effective;
  PISTIS_RETURN_IF_ERROR(AddTierChanges(standing_.AdvanceTo(at, *rulebook_)));
  PISTIS_RETURN_IF_ERROR(AddTierChanges(
      standing_.Count({.tier_points = gifts.tier_points}, at, *rulebook_)));
  return number;
}

absl::StatusOr<int64_t> MemberLedger::Meet(const MemberEvent& event) {
  const bool is_told = event.trigger == Trigger::kActivity;
  if (rulebook_ == nullptr || suspended_ || erased_ ||
      (!is_told && !rulebook_->HasRuleOn(event.name))) {
    return 0;
  }
  if (!profile_) PISTIS_RETURN_IF_ERROR(ReadProfile(*reader_));
  MetOccasion met;
  met.effective = account_.EffectiveTime(event.time);
  if (IsOver(event)) return Record(event, {}, std::move(met));
  const OverlayReader reader(*reader_, {&writes_});
  const LimitQuestion limits{.reader = reader,
                             .program = program_,
                             .member = member_,
                             .time = met.effective,
                             .zone = rulebook_->time_zone};
  PISTIS_ASSIGN_OR_RETURN(
      const EventGifts gifts,
      GiveOnEvent({.rulebook = *rulebook_,
                   .event = event,
                   .member = Facts(),
                   .limits = LimitsInStore(limits),
                   .budgets = BudgetsInStore(limits, *rulebook_)}));
  if (!gifts.any && !is_told) return 0;
  PISTIS_RETURN_IF_ERROR(EarnOn(event, gifts, met));
  PISTIS_ASSIGN_OR_RETURN(const std::vector<store::v1::LimitUseRecord> uses,
                          ChargeEventLimits(limits, gifts.limited, writes_));
  for (const store::v1::LimitUseRecord& use : uses)
    *met.record.add_limits_used() = use;
  PISTIS_RETURN_IF_ERROR(ChargeEventBudgets(limits, gifts, met));
  return Record(event, gifts, std::move(met));
}

absl::Status MemberLedger::ChargeEventBudgets(const LimitQuestion& question,
                                              const EventGifts& gifts,
                                              MetOccasion& met) {
  std::vector<BudgetGift> budgeted;
  for (const auto& [sum, gift] : gifts.budgeted)
    budgeted.push_back(gift);
  PISTIS_ASSIGN_OR_RETURN(
      const ChargedBudgets charged,
      ChargeBudgets(question, *rulebook_, budgeted, writes_));
  for (const store::v1::BudgetUseRecord& use : charged.uses)
    *met.record.add_budgets_used() = use;
  for (const v1::BudgetReached& reached : charged.reached)
    budgets_reached_.push_back(reached);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> MemberLedger::MeetIfItFits(const MemberEvent& event) {
  absl::StatusOr<int64_t> met = Meet(event);
  return IsFull(met.status()) ? 0 : std::move(met);
}

}  // namespace pistis
