// The members of a SimulatedWorld: how they come in, and what is known of them.
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/lot.h"
#include "engine/members/referral_code.h"
#include "engine/operations/journal.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_standing.h"
#include "engine/operations/members.h"
#include "engine/operations/simulate_world.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::AccountRecord;
using store::v1::MemberFactsRecord;
using store::v1::ProfileRecord;

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

StandingState OpeningStanding(const Rulebook& rulebook,
                              const MemberFactsRecord& facts, absl::Time time) {
  StandingState state;
  state.ever = {.spend = Money(facts.spend_minor()),
                .orders = facts.orders() - 1};
  state.segments.assign(facts.segments().begin(), facts.segments().end());
  for (const Tier& tier : rulebook.tiers) {
    if (tier.id != facts.tier()) continue;
    state.periods.push_back({.tier = tier.id, .since = time});
    if (tier.keep_days) {
      state.tier_until =
          EndOfDayAfter(time, *tier.keep_days, rulebook.time_zone);
    }
  }
  return state;
}

}  // namespace

absl::StatusOr<bool> SimulatedWorld::Knows(const MemberId& member) const {
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> profile,
                          commits_.Reading().Get(ProfileKey(program_, member)));
  return profile.has_value();
}

absl::Status SimulatedWorld::Join(const PastMember& past) {
  CreateMemberInput input{.request = {.program = program_,
                                      .request = RequestId(absl::StrCat(
                                          "join-", past.member.text()))},
                          .member = {},
                          .joined = past.joined};
  input.member.set_member_id(past.member.text());
  input.member.set_language(past.profile.language());
  input.member.set_birthday(past.profile.birthday());
  for (const store::v1::AttributeRecord& kept : past.profile.attributes())
    (*input.member.mutable_attributes())[kept.key()] = kept.value();
  input.member.set_time_zone(past.profile.time_zone());
  for (const std::string& channel : past.profile.agreed())
    (*input.member.mutable_consents())[channel] = true;
  for (const std::string& channel : past.profile.declined())
    (*input.member.mutable_consents())[channel] = false;
  const auto join = [&] {
    return commits_
        .Run<Encoded<v1::Member>>(
            past.joined,
            [&](const Reader& reader, const CommitContext& context) {
              return CreateMember(env_, reader, context, input);
            })
        .status();
  };
  if (past.referrer.empty() || !rulebook_->referral) return join();
  input.referral_code = ReferralCode(env_.secret, program_, past.referrer,
                                     rulebook_->referral->prefix);
  const absl::Status referred = join();
  if (ReasonOf(referred) != Reason::kCodeNotFound) return referred;
  // Who brought the member has not come in yet.
  LeaveOutCode(ReasonName(Reason::kCodeNotFound));
  input.request.request = RequestId(absl::StrCat("alone-", past.member.text()));
  input.referral_code.clear();
  return join();
}

absl::Status SimulatedWorld::Bring(const PastMember& past,
                                   const MemberFactsRecord& facts,
                                   absl::Time time) {
  WriteSet member;
  PutRecord(ProfileKey(program_, past.member), past.profile, member);
  const std::string referral_code =
      ReferralCode(env_.secret, program_, past.member, "");
  member.Put(ReferralIndexKey(
                 program_, ReferralKey(env_.secret, program_, referral_code)),
             past.member.text());
  AccountRecord account;
  account.set_latest_us(absl::ToUnixMicros(time));
  account.set_orders(facts.orders() - 1);
  account.set_language(facts.language());
  FillRecord(OpeningStanding(*rulebook_, facts, time),
             *account.mutable_standing());
  PutRecord(AccountKey(program_, past.member), account, member);
  PISTIS_RETURN_IF_ERROR(commits_.Write(std::move(member)));
  sums_.brought =
      Points(SaturatingAdd(sums_.brought.value(), facts.available()));
  const EntrySource source{.reason = "brought along",
                           .caller = std::string(kSimulationCaller)};
  return commits_
      .Run<bool>(
          time,
          [&](const Reader& reader,
              const CommitContext& context) -> absl::StatusOr<Decided<bool>> {
            PISTIS_ASSIGN_OR_RETURN(Journal journal,
                                    Journal::Open(reader, program_, context));
            journal.totals().set_members(journal.totals().members() + 1);
            PISTIS_ASSIGN_OR_RETURN(MemberLedger ledger,
                                    LedgerOf(reader, past.member, time));
            Lot lot = LotTermsOf(rulebook_.get(), time).fresh;
            lot.points = Points(facts.available());
            if (lot.points.is_positive()) {
              PISTIS_RETURN_IF_ERROR(ledger.AdjustUp(lot, source).status());
            } else if (lot.points.is_negative()) {
              PISTIS_RETURN_IF_ERROR(
                  ledger.AdjustDown(-lot.points, Shortfall::kOwe, source)
                      .status());
            }
            ledger.Post(journal);
            PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                                    std::move(journal).Take(env_, reader));
            return Decided<bool>{.reply = true, .writes = std::move(writes)};
          })
      .status();
}

absl::Status SimulatedWorld::Refresh(const PastOrder& past) {
  // A rulebook that does not ask for the profile does not tell it.
  if (!past.facts || past.facts->joined_us() == 0) return absl::OkStatus();
  const std::string key =
      ProfileKey(program_, MemberId(past.order.member_id()));
  PISTIS_ASSIGN_OR_RETURN(
      ProfileRecord profile,
      GetExpectedRecord<ProfileRecord>(commits_.Reading(), key));
  const std::string before = profile.SerializeAsString();
  profile.set_birthday(past.facts->birthday());
  *profile.mutable_attributes() = past.facts->attributes();
  if (profile.SerializeAsString() == before) return absl::OkStatus();
  WriteSet changed;
  PutRecord(key, profile, changed);
  return commits_.Write(std::move(changed));
}

absl::StatusOr<MemberLedger> SimulatedWorld::LedgerOf(const Reader& reader,
                                                      const MemberId& member,
                                                      absl::Time time) const {
  PISTIS_ASSIGN_OR_RETURN(const store::v1::TotalsRecord totals,
                          LoadTotals(reader, program_));
  return MemberLedger::Load(reader,
                            {.program = program_,
                             .member = member,
                             .at = time,
                             .rulebook = rulebook_.get(),
                             .occasions = OccasionTermsOf(env_, totals, time)});
}

absl::StatusOr<Points> SimulatedWorld::AvailableTo(const MemberId& member,
                                                   absl::Time time) const {
  const OverlayReader reader = commits_.Reading();
  PISTIS_ASSIGN_OR_RETURN(const MemberLedger ledger,
                          LedgerOf(reader, member, time));
  return ledger.account().available();
}

absl::Status SimulatedWorld::CatchUp(const PastOrder& past) {
  const v1::Order& order = past.order;
  const bool told_late =
      order.has_placed_time() && TimeOf(order.placed_time()) < past.time;
  if (!told_late || order.member_id().empty()) return absl::OkStatus();
  return commits_
      .Run<bool>(
          past.time,
          [&](const Reader& reader,
              const CommitContext& context) -> absl::StatusOr<Decided<bool>> {
            PISTIS_ASSIGN_OR_RETURN(Journal journal,
                                    Journal::Open(reader, program_, context));
            PISTIS_ASSIGN_OR_RETURN(
                const MemberLedger ledger,
                LedgerOf(reader, MemberId(order.member_id()), past.time));
            ledger.Post(journal);
            PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                                    std::move(journal).Take(env_, reader));
            return Decided<bool>{.reply = true, .writes = std::move(writes)};
          })
      .status();
}

}  // namespace pistis
