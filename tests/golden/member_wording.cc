// How members and their tiers are told.
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "tests/golden/wording.h"

namespace pistis::golden {
namespace {

using Pieces = std::vector<std::string>;

std::string TierName(const std::string& tier) {
  return tier.empty() ? "no tier" : tier;
}

void AddTier(const v1::TierStanding& tier, const Place& place, Pieces& pieces) {
  pieces.push_back(absl::StrCat(
      TierName(tier.tier_id()),
      tier.has_since_time()
          ? absl::StrCat(" since ", TimeText(tier.since_time(), place))
          : "",
      tier.has_keep_until_time()
          ? absl::StrCat(" until ", TimeText(tier.keep_until_time(), place))
          : ""));
  for (const v1::TierProgress& progress : tier.progress()) {
    Pieces goals;
    if (progress.spend_goal_minor() > 0) {
      goals.push_back(absl::StrCat(Amount(progress.spend_minor(), place),
                                   " of ",
                                   Amount(progress.spend_goal_minor(), place)));
    }
    if (progress.orders_goal() > 0) {
      goals.push_back(absl::StrCat(progress.orders(), " of ",
                                   progress.orders_goal(), " orders"));
    }
    if (progress.tier_points_goal() > 0) {
      goals.push_back(absl::StrCat(progress.tier_points(), " of ",
                                   progress.tier_points_goal(),
                                   " tier points"));
    }
    pieces.push_back(absl::StrCat("for ", progress.tier_id(), " ",
                                  absl::StrJoin(goals, " and ")));
  }
}

}  // namespace

std::string SayTierChange(const v1::TierChanged& change, const Place& place) {
  return absl::StrCat(
      change.is_review() ? "after review " : "", TierName(change.old_tier_id()),
      " to ", TierName(change.new_tier_id()),
      change.has_keep_until_time()
          ? absl::StrCat(" until ", TimeText(change.keep_until_time(), place))
          : "");
}

std::string SayOccasion(const v1::MemberOccasion& occasion) {
  Pieces pieces;
  for (const v1::EarnedPoints& earned : occasion.earned())
    pieces.push_back(absl::StrCat(earned.rule_id(), " +", earned.points()));
  if (occasion.tier_points() != 0) {
    pieces.push_back(absl::StrCat("tier points ", occasion.tier_points()));
  }
  for (const std::string& segment : occasion.segments_joined())
    pieces.push_back(absl::StrCat("joins ", segment));
  if (!occasion.order_id().empty()) {
    pieces.push_back(absl::StrCat("for order ", occasion.order_id()));
  }
  if (!occasion.friend_id().empty()) {
    pieces.push_back(absl::StrCat("of ", occasion.friend_id()));
  }
  if (occasion.skipped()) pieces.emplace_back("too late");
  return absl::StrCat(occasion.name(), pieces.empty() ? "" : ": ",
                      absl::StrJoin(pieces, ", "));
}

Wording Say(const v1::RecordActivityResponse& reply, const Place& /*place*/) {
  Pieces pieces;
  for (const v1::EarnedPoints& earned : reply.earned())
    pieces.push_back(absl::StrCat(earned.rule_id(), " +", earned.points()));
  if (reply.tier_points() != 0) {
    pieces.push_back(absl::StrCat("tier points ", reply.tier_points()));
  }
  for (const v1::IssuedCode& code : reply.issued_codes())
    pieces.push_back(
        absl::StrCat("code ", code.template_id(), " ", code.code()));
  for (const std::string& note : reply.note_ids())
    pieces.push_back(absl::StrCat("note ", note));
  for (const std::string& segment : reply.segments_joined())
    pieces.push_back(absl::StrCat("joins ", segment));
  pieces.push_back(absl::StrCat("available ", reply.account().available()));
  return {absl::StrJoin(pieces, ", ")};
}

std::string SayNote(const v1::Note& note, const Place& place) {
  Pieces pieces = {absl::StrCat(note.template_id(), " asked for ",
                                TimeText(note.asked_time(), place))};
  if (note.state() == v1::Note::REQUESTED) {
    pieces.push_back(absl::StrCat("sent ", TimeText(note.send_time(), place)));
  } else if (note.state() == v1::Note::DEFERRED) {
    pieces.push_back(
        absl::StrCat("waits until ", TimeText(note.send_time(), place)));
  } else {
    pieces.emplace_back("held back");
  }
  if (!note.reason().empty()) pieces.push_back(note.reason());
  return absl::StrJoin(pieces, ", ");
}

Wording Say(const v1::Member& member, const Place& place) {
  Pieces pieces = {member.member_id()};
  if (!member.display_name().empty()) pieces.push_back(member.display_name());
  pieces.push_back(
      absl::StrCat("joined ", TimeText(member.joined_time(), place)));
  if (member.orders() != 0) {
    pieces.push_back(absl::StrCat("orders ", member.orders()));
  }
  if (member.identifier_kinds_size() > 0) {
    pieces.push_back(absl::StrCat(
        "found by ", absl::StrJoin(member.identifier_kinds(), " and ")));
  }
  if (member.state() == v1::Member::SUSPENDED) {
    pieces.emplace_back("suspended");
  }
  if (!member.referrer_id().empty()) {
    pieces.push_back(absl::StrCat("brought by ", member.referrer_id()));
  }
  if (member.friends() != 0) {
    pieces.push_back(absl::StrCat("friends ", member.friends()));
  }
  if (!member.birthday().empty()) {
    pieces.push_back(absl::StrCat("born ", member.birthday()));
  }
  if (!member.time_zone().empty()) {
    pieces.push_back(absl::StrCat("lives in ", member.time_zone()));
  }
  const std::map<std::string, std::string> addresses(member.addresses().begin(),
                                                     member.addresses().end());
  for (const auto& [channel, address] : addresses)
    pieces.push_back(absl::StrCat(channel, " to ", address));
  const std::map<std::string, bool> consents(member.consents().begin(),
                                             member.consents().end());
  for (const auto& [channel, agreed] : consents) {
    pieces.push_back(
        absl::StrCat(agreed ? "agrees to " : "declines ", channel));
  }
  const std::map<std::string, std::string> attributes(
      member.attributes().begin(), member.attributes().end());
  for (const auto& [key, value] : attributes)
    pieces.push_back(absl::StrCat(key, "=", value));
  if (member.has_tier() || member.segments_size() > 0) {
    pieces.push_back(
        absl::StrCat("spent ", Amount(member.spend_minor(), place)));
  }
  if (member.has_tier()) AddTier(member.tier(), place, pieces);
  if (member.segments_size() > 0) {
    pieces.push_back(
        absl::StrCat("in ", absl::StrJoin(member.segments(), " and ")));
  }
  return {absl::StrJoin(pieces, ", ")};
}

}  // namespace pistis::golden
