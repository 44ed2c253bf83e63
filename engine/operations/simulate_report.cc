#include "engine/operations/simulate_report.h"

#include <map>
#include <string>
#include <utility>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

#include "engine/base/status_macros.h"
#include "engine/order/order.h"

namespace pistis {
namespace {

// `candidate` less `current`, field by field; all of them are int64.
template <typename Sums>
Sums Difference(const Sums& current, const Sums& candidate) {
  const google::protobuf::Reflection& fields = *Sums::GetReflection();
  const google::protobuf::Descriptor& shape = *Sums::descriptor();
  Sums difference;
  for (int i = 0; i < shape.field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = shape.field(i);
    int64_t by = 0;
    if (__builtin_sub_overflow(fields.GetInt64(candidate, field),
                               fields.GetInt64(current, field), &by)) {
      by = fields.GetInt64(candidate, field);
    }
    fields.SetInt64(&difference, field, by);
  }
  return difference;
}

absl::StatusOr<v1::SimulatedSums> SumsOf(const SimulatedWorld& world) {
  PISTIS_ASSIGN_OR_RETURN(const v1::ProgramStats stats, world.Stats());
  const WorldSums& own = world.sums();
  v1::SimulatedSums sums;
  sums.set_orders(stats.orders());
  sums.set_refunds(stats.refunds());
  sums.set_members(stats.members());
  sums.set_sales_minor(stats.sales_minor());
  sums.set_returned_minor(stats.returned_minor());
  sums.set_net_sales_minor(stats.sales_minor() - stats.returned_minor());
  sums.set_discount_minor(stats.discount_minor());
  sums.set_redeemed_minor(stats.redeemed_minor());
  sums.set_margin_before_minor(stats.margin_before_minor());
  sums.set_margin_minor(own.margin.value());
  sums.set_points_issued(stats.points_issued());
  sums.set_issued_worth_minor(
      world.WorthOf(Points(stats.points_issued())).value());
  sums.set_points_redeemed(stats.points_redeemed());
  sums.set_points_expired(stats.points_expired());
  sums.set_points_forgiven(stats.points_forgiven());
  sums.set_points_outstanding(stats.points_outstanding());
  sums.set_outstanding_worth_minor(stats.outstanding_worth_minor());
  sums.set_points_brought(own.brought.value());
  sums.set_codes_issued(stats.codes_issued());
  sums.set_codes_used(stats.codes_used());
  sums.set_codes_left_out(own.codes_left_out);
  sums.set_notes_requested(stats.notes_requested());
  sums.set_redemptions_cut(own.redemptions_cut);
  sums.set_redemption_points_cut(own.redemption_points_cut.value());
  return sums;
}

// What is told by a key: both sides, each nothing where it has no such key.
template <typename Key, typename Value>
std::map<Key, std::pair<Value, Value>> SideBySide(
    const std::map<Key, Value>& current,
    const std::map<Key, Value>& candidate) {
  std::map<Key, std::pair<Value, Value>> both;
  for (const auto& [key, value] : current)
    both[key].first = value;
  for (const auto& [key, value] : candidate)
    both[key].second = value;
  return both;
}

v1::SimulatedGifts SumsMessage(const GiftSums& sums) {
  v1::SimulatedGifts gifts;
  gifts.set_orders(sums.orders);
  gifts.set_discount_minor(sums.discount.value());
  gifts.set_points(sums.points.value());
  return gifts;
}

v1::SimulatedShare SumsMessage(const ShareSums& sums) {
  v1::SimulatedShare share;
  share.set_members(sums.members);
  share.set_orders(sums.orders);
  share.set_sales_minor(sums.sales.value());
  share.set_discount_minor(sums.discount.value());
  share.set_points(sums.points.value());
  return share;
}

v1::SimulatedBinding SumsMessage(const BindingSums& sums) {
  v1::SimulatedBinding binding;
  binding.set_orders(sums.orders);
  binding.set_trimmed_minor(sums.trimmed.value());
  *binding.mutable_first_time() = ToTimestamp(sums.first);
  *binding.mutable_last_time() = ToTimestamp(sums.last);
  return binding;
}

// Both sides and their difference.
template <typename Sums, typename Row>
void AddSides(const std::pair<Sums, Sums>& sums, Row& row) {
  *row.mutable_current() = SumsMessage(sums.first);
  *row.mutable_candidate() = SumsMessage(sums.second);
  *row.mutable_difference() = Difference(row.current(), row.candidate());
}

using Shares = std::map<std::string, ShareSums>;
using Groups = google::protobuf::RepeatedPtrField<v1::SimulatedGroup>;

void AddGroups(const Shares& current, const Shares& candidate, Groups& groups) {
  for (const auto& [id, sums] : SideBySide(current, candidate)) {
    v1::SimulatedGroup& group = *groups.Add();
    group.set_id(id);
    AddSides(sums, group);
  }
}

using Bindings = std::map<std::string, BindingSums>;
using Bounds = google::protobuf::RepeatedPtrField<v1::SimulatedBound>;

void AddBounds(const Bindings& current, const Bindings& candidate,
               Bounds& bounds) {
  for (const auto& [id, sums] : SideBySide(current, candidate)) {
    v1::SimulatedBound& bound = *bounds.Add();
    bound.set_id(id);
    if (sums.first.orders > 0)
      *bound.mutable_current() = SumsMessage(sums.first);
    if (sums.second.orders > 0) {
      *bound.mutable_candidate() = SumsMessage(sums.second);
    }
  }
}

void AddMember(
    const MemberChange& change,
    google::protobuf::RepeatedPtrField<v1::SimulatedMember>& members) {
  v1::SimulatedMember& member = *members.Add();
  member.set_member_id(change.member.text());
  member.set_current_minor(change.current.value());
  member.set_candidate_minor(change.candidate.value());
  member.set_difference_minor(change.difference().value());
}

}  // namespace

absl::StatusOr<v1::SimulationReport> CompareWorlds(
    const SimulatedWorld& current, const SimulatedWorld& candidate) {
  v1::SimulationReport report;
  PISTIS_ASSIGN_OR_RETURN(*report.mutable_current(), SumsOf(current));
  PISTIS_ASSIGN_OR_RETURN(*report.mutable_candidate(), SumsOf(candidate));
  *report.mutable_difference() =
      Difference(report.current(), report.candidate());
  const SalesTally& now = current.tally();
  const SalesTally& then = candidate.tally();
  for (const auto& [source, sums] : SideBySide(now.gifts(), then.gifts())) {
    v1::SimulatedRule& rule = *report.add_rules();
    if (source.kind == GiftSource::Kind::kRule) {
      rule.set_rule_id(source.id);
    } else {
      rule.set_code_template(source.id);
    }
    AddSides(sums, rule);
  }
  AddGroups(now.tiers(), then.tiers(), *report.mutable_tiers());
  AddGroups(now.segments(), then.segments(), *report.mutable_segments());
  AddBounds(now.caps(), then.caps(), *report.mutable_caps());
  AddBounds(now.limits(), then.limits(), *report.mutable_limits());
  for (const auto& [what, times] :
       SideBySide(current.refusals(), candidate.refusals())) {
    v1::SimulatedRefusal& refusal = *report.add_refusals();
    refusal.set_kind(what.first);
    refusal.set_reason(what.second);
    refusal.set_current(times.first);
    refusal.set_candidate(times.second);
  }
  return report;
}

void AddChanges(const MemberChanges& changes, v1::SimulationReport& report) {
  for (const MemberChange& change : changes.winners())
    AddMember(change, *report.mutable_winners());
  for (const MemberChange& change : changes.losers())
    AddMember(change, *report.mutable_losers());
  report.set_members_who_gain(changes.gaining());
  report.set_members_who_lose(changes.losing());
}

}  // namespace pistis
