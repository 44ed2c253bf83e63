#include "engine/operations/member_standing.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/operations/ledger_records.h"
#include "engine/order/order.h"

namespace pistis {
namespace {

const absl::CivilDay kFirstDay(1970, 1, 1);

void FillRecord(const Progress& progress, store::v1::ProgressRecord& record) {
  record.set_spend_minor(progress.spend.value());
  record.set_orders(progress.orders);
  record.set_tier_points(progress.tier_points.value());
}

Progress ToProgress(const store::v1::ProgressRecord& record) {
  return {.spend = Money(record.spend_minor()),
          .orders = record.orders(),
          .tier_points = Points(record.tier_points())};
}

v1::TierProgress ToMessage(const Standing& standing, const Tier& tier,
                           absl::CivilDay today) {
  const TierGoal& goal = tier.qualify;
  const Progress counted = standing.CountedFor(goal, today);
  v1::TierProgress progress;
  progress.set_tier_id(tier.id);
  if (goal.spend) {
    progress.set_spend_minor(counted.spend.value());
    progress.set_spend_goal_minor(goal.spend->value());
  }
  if (goal.orders) {
    progress.set_orders(counted.orders);
    progress.set_orders_goal(*goal.orders);
  }
  if (goal.tier_points) {
    progress.set_tier_points(counted.tier_points.value());
    progress.set_tier_points_goal(goal.tier_points->value());
  }
  return progress;
}

// Those of `all` that `others` does not have; both sorted.
std::vector<std::string> Missing(const std::vector<std::string>& all,
                                 const std::vector<std::string>& others) {
  std::vector<std::string> missing;
  std::set_difference(all.begin(), all.end(), others.begin(), others.end(),
                      std::back_inserter(missing));
  return missing;
}

}  // namespace

StandingState ToState(const store::v1::StandingRecord& record) {
  StandingState state;
  state.ever = ToProgress(record.ever());
  state.days.reserve(static_cast<size_t>(record.days_size()));
  for (const store::v1::DayProgressRecord& day : record.days()) {
    state.days.push_back(
        {.day = kFirstDay + day.day(), .counted = ToProgress(day.counted())});
  }
  for (const store::v1::TierPeriodRecord& period : record.tiers()) {
    state.periods.push_back({.tier = period.tier_id(),
                             .since = absl::FromUnixMicros(period.since_us())});
  }
  state.tier_until = ExpiryOf(record.tier_until_us());
  state.segments.assign(record.segments().begin(), record.segments().end());
  state.segments_due = ExpiryOf(record.segments_due_us());
  return state;
}

void FillRecord(const StandingState& state, store::v1::StandingRecord& record) {
  FillRecord(state.ever, *record.mutable_ever());
  for (const DayProgress& day : state.days) {
    store::v1::DayProgressRecord* stored = record.add_days();
    stored->set_day(static_cast<int32_t>(day.day - kFirstDay));
    FillRecord(day.counted, *stored->mutable_counted());
  }
  for (const TierPeriod& period : state.periods) {
    store::v1::TierPeriodRecord* stored = record.add_tiers();
    stored->set_tier_id(period.tier);
    stored->set_since_us(absl::ToUnixMicros(period.since));
  }
  record.set_tier_until_us(ExpiryMicros(state.tier_until));
  record.mutable_segments()->Assign(state.segments.begin(),
                                    state.segments.end());
  record.set_segments_due_us(ExpiryMicros(state.segments_due));
}

std::optional<v1::TierStanding> ToMessage(const Standing& standing,
                                          const Rulebook* rulebook,
                                          absl::Time now) {
  const StandingState& state = standing.state();
  const bool has_tiers = rulebook != nullptr && !rulebook->tiers.empty();
  if (!has_tiers && state.periods.empty()) return std::nullopt;
  v1::TierStanding message;
  message.set_tier_id(std::string(standing.tier()));
  for (const TierPeriod& period : state.periods) {
    v1::TierPeriod* shown = message.add_history();
    shown->set_tier_id(period.tier);
    *shown->mutable_since_time() = ToTimestamp(period.since);
    *message.mutable_since_time() = shown->since_time();
  }
  if (state.tier_until != absl::InfiniteFuture()) {
    *message.mutable_keep_until_time() = ToTimestamp(state.tier_until);
  }
  if (!has_tiers) return message;
  const absl::CivilDay today = absl::ToCivilDay(now, rulebook->time_zone);
  const std::vector<Tier>& tiers = rulebook->tiers;
  auto tier = std::find_if(tiers.begin(), tiers.end(), [&](const Tier& entry) {
    return entry.id == standing.tier();
  });
  if (tier == tiers.end()) tier = tiers.begin();
  for (; tier != tiers.end(); ++tier)
    *message.add_progress() = ToMessage(standing, *tier, today);
  return message;
}

void FillRecord(const MemberFacts& facts,
                store::v1::MemberFactsRecord& record) {
  record.set_available(facts.available.value());
  record.set_orders(facts.orders);
  record.set_language(facts.language);
  record.set_tier(facts.tier);
  record.mutable_segments()->Assign(facts.segments.begin(),
                                    facts.segments.end());
  record.set_spend_minor(facts.spend.value());
  if (facts.joined) record.set_joined_us(absl::ToUnixMicros(*facts.joined));
  if (facts.birthday) {
    record.set_birthday(absl::FormatCivilTime(*facts.birthday));
  }
  for (const auto& [key, value] : facts.attributes) {
    store::v1::AttributeRecord* attribute = record.add_attributes();
    attribute->set_key(key);
    attribute->set_value(value);
  }
}

MemberFacts ToFacts(const store::v1::MemberFactsRecord& record,
                    const MemberId& member) {
  MemberFacts facts{
      .member_id = member,
      .available = Points(record.available()),
      .orders = record.orders(),
      .language = record.language(),
      .tier = record.tier(),
      .segments = {record.segments().begin(), record.segments().end()},
      .spend = Money(record.spend_minor())};
  if (record.joined_us() != 0) {
    facts.joined = absl::FromUnixMicros(record.joined_us());
  }
  facts.birthday = ParseBirthday(record.birthday());
  for (const store::v1::AttributeRecord& attribute : record.attributes())
    facts.attributes[attribute.key()] = attribute.value();
  return facts;
}

MemberFacts WithProfile(const store::v1::ProfileRecord& profile,
                        MemberFacts facts) {
  facts.joined = absl::FromUnixMicros(profile.joined_us());
  facts.birthday = ParseBirthday(profile.birthday());
  facts.attributes.clear();
  for (const store::v1::AttributeRecord& attribute : profile.attributes())
    facts.attributes[attribute.key()] = attribute.value();
  return facts;
}

std::optional<absl::CivilDay> ParseBirthday(const std::string& text) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text, &day) || absl::FormatCivilTime(day) != text) {
    return std::nullopt;
  }
  return day;
}

void AnnounceTiers(const MemberId& member,
                   const std::vector<TierChange>& changes,
                   int64_t rulebook_version, Journal& journal) {
  for (const TierChange& change : changes) {
    v1::TierChanged* event =
        journal.AddEvent(change.at, member, rulebook_version)
            .mutable_tier_changed();
    event->set_old_tier_id(change.from);
    event->set_new_tier_id(change.to);
    event->set_is_review(change.is_review);
    if (change.until != absl::InfiniteFuture()) {
      *event->mutable_keep_until_time() = ToTimestamp(change.until);
    }
  }
}

void AnnounceSegments(const SegmentChange& change, int64_t rulebook_version,
                      Journal& journal) {
  for (const std::string& id : Missing(change.before, change.after)) {
    journal.AddEvent(change.at, change.member, rulebook_version)
        .mutable_segment_left()
        ->set_segment_id(id);
  }
  for (const std::string& id : Missing(change.after, change.before)) {
    journal.AddEvent(change.at, change.member, rulebook_version)
        .mutable_segment_entered()
        ->set_segment_id(id);
  }
}

}  // namespace pistis
