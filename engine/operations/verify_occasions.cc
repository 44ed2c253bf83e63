#include "engine/operations/verify_occasions.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "pistis/store/v1/occasion_records.pb.h"
#include "pistis/v1/ledger_entry.pb.h"

#include "engine/base/status_macros.h"
#include "engine/members/referral_code.h"
#include "engine/operations/verify_codes.h"
#include "engine/operations/verify_limits.h"
#include "engine/operations/verify_notes.h"
#include "engine/operations/verify_standing.h"
#include "engine/storage/key_parts.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::OccasionRecord;

// An occasion by its member's name ("member ann").
std::string OccasionName(absl::string_view member, int64_t number) {
  return absl::StrCat(member, ", occasion ", number);
}

std::string CodesOf(absl::string_view occasion) {
  return absl::StrCat(occasion, ", codes issued");
}

// What both sides know of an occasion.
int64_t DigestOfOccasion(absl::string_view name, int64_t at_us,
                         absl::string_view friend_id) {
  return DigestOf(absl::StrCat(name.size(), ":", name, at_us, ":", friend_id));
}

// That the copy of a code, as it was issued, allows what the code does. One
// that is not there is found among the codes.
void CheckCopy(const std::string& where, const store::v1::OccasionCode& copy,
               Recount& recount) {
  recount.Expect({"member", where}, "uses of a code it issued",
                 copy.code().used(), 0);
  const auto stored =
      recount.reader().Get(CodeIndexKey(recount.program(), copy.hash()));
  store::v1::CodeRecord code;
  if (!stored.ok() || !*stored || !code.ParseFromString(**stored)) return;
  recount.Expect({"member", where}, "uses that a code it issued allows",
                 copy.code().uses(), code.uses());
}

void TellGiven(const std::string& where, const OccasionRecord& record,
               Recount& recount) {
  Tally& tally = recount.tally();
  for (const store::v1::OccasionCode& code : record.codes()) {
    CountIssued(code.hash(), code.code(), recount);
    CheckCopy(where, code, recount);
  }
  tally.Claim(Book::kEventsBesideOrder, CodesOf(where), record.codes_size());
  TellLimits(record.limits_used(), record.undone() ? Uses::kKept : Uses::kAll,
             recount);
  TellBudgets(record.budgets_used(), recount);
}

void VerifyOccasion(const std::string& member, int64_t number,
                    const OccasionRecord& record, Recount& recount) {
  const std::string subject = absl::StrCat("member ", member);
  const std::string where = OccasionName(subject, number);
  Tally& tally = recount.tally();
  tally.Claim(Book::kOccasionEvents, where, record.commit_seq());
  tally.Claim(Book::kOccasionFacts, where,
              DigestOfOccasion(record.name(), record.effective_us(),
                               record.friend_id()));
  tally.Claim(Book::kOccasionFacts, absl::StrCat(where, ", points"),
              record.points());
  tally.Claim(Book::kOccasionFacts, absl::StrCat(where, ", tier points"),
              record.tier_points());
  tally.Claim(Book::kOccasionFacts, absl::StrCat(where, ", rulebook"),
              record.rulebook_version());
  for (const std::string& segment : record.segments())
    tally.Claim(Book::kOccasionFacts, absl::StrCat(where, ", segments"),
                DigestOf(segment));
  tally.Count(Book::kOccasions, subject, 1);
  tally.Count(Book::kOccasionPoints, subject, record.points());
  if (record.undone()) {
    tally.Count(Book::kOccasionPoints, subject,
                Minus(record.points()) + record.expired_counted());
  } else {
    recount.Expect({"entry", where}, "points counted as expired",
                   record.expired_counted(), 0);
    CountTierPoints(subject, record.tier_points(), recount);
  }
  if (record.expired_counted() != 0) {
    tally.Count(Book::kExpiredCounted,
                ExpiredLotName(member, record.expired_number()),
                record.expired_counted());
  }
  TellGiven(where, record, recount);
  ClaimNotesOfOccasion(member, number, record.notes(), recount);
}

}  // namespace

void TellOccasions(const std::string& where,
                   const store::v1::StandingRecord& standing,
                   Recount& recount) {
  const store::v1::OccasionsRecord& occasions = standing.occasions();
  Tally& tally = recount.tally();
  tally.Claim(Book::kOccasions, where, occasions.count());
  tally.Claim(Book::kSuspended, where, standing.suspended() ? 1 : 0);
  if (!occasions.referrer_id().empty()) {
    tally.Claim(Book::kReferrers, where, DigestOf(occasions.referrer_id()));
  }
  tally.Claim(Book::kFriends, where, occasions.friends());
  if (!occasions.referral_order_id().empty()) {
    tally.Count(Book::kFriends,
                absl::StrCat("member ", occasions.referrer_id()), 1);
  }
  const bool is_odd =
      occasions.referral_occasion() < 0 ||
      occasions.referral_occasion() > occasions.count() ||
      (!occasions.referral_order_id().empty() && !occasions.referral_over());
  if (is_odd) {
    recount.Find({"balance", where}, "its referral is none that can be");
  }
}

void TellOccasionEntry(const std::string& where,
                       const store::v1::EntryRecord& entry, Recount& recount) {
  const bool is_given =
      entry.kind() == v1::LedgerEntry::EARN && !entry.rules().empty();
  if (!is_given && entry.kind() != v1::LedgerEntry::CLAW_BACK) return;
  for (const store::v1::PostingRecord& leg : entry.postings()) {
    if (leg.account() != v1::Posting::PROGRAM_ISSUED) continue;
    recount.tally().Claim(Book::kOccasionPoints, where, Minus(leg.points()));
  }
}

void CountOccasionEvent(const v1::Event& event, Recount& recount) {
  const std::string member = absl::StrCat("member ", event.member_id());
  Tally& tally = recount.tally();
  if (event.has_member_joined()) {
    const std::string& referrer = event.member_joined().referrer_id();
    if (!referrer.empty()) {
      tally.Count(Book::kReferrers, member, DigestOf(referrer));
    }
  } else if (event.has_member_updated()) {
    tally.Count(Book::kProfiles, ChangesOf(member), 1);
  } else if (event.has_member_suspended()) {
    tally.Count(Book::kSuspended, member, 1);
  } else if (event.has_member_reactivated()) {
    tally.Count(Book::kSuspended, member, -1);
  } else if (event.has_code_issued() && event.code_issued().occasion() != 0 &&
             event.code_issued().order_id().empty()) {
    tally.Count(Book::kEventsBesideOrder,
                CodesOf(OccasionName(member, event.code_issued().occasion())),
                1);
  }
  if (!event.has_member_occasion()) return;
  const v1::MemberOccasion& told = event.member_occasion();
  const std::string where = OccasionName(member, told.number());
  tally.Count(Book::kOccasionEvents, where, event.commit_seq());
  tally.Count(Book::kOccasionFacts, where,
              DigestOfOccasion(told.name(), MicrosOf(event.effective_time()),
                               told.friend_id()));
  for (const v1::EarnedPoints& earned : told.earned())
    tally.Count(Book::kOccasionFacts, absl::StrCat(where, ", points"),
                earned.points());
  tally.Count(Book::kOccasionFacts, absl::StrCat(where, ", tier points"),
              told.tier_points());
  tally.Count(Book::kOccasionFacts, absl::StrCat(where, ", rulebook"),
              event.rulebook_version());
  for (const std::string& segment : told.segments_joined())
    tally.Count(Book::kOccasionFacts, absl::StrCat(where, ", segments"),
                DigestOf(segment));
}

absl::Status VerifyOccasions(Recount& recount, const std::string& secret) {
  PISTIS_RETURN_IF_ERROR(recount.Scan(
      {.letter = 'E', .stage = "occasions"},
      [&](absl::string_view rest, absl::string_view value) {
        const std::optional<NamedRest> key = SplitName(rest);
        if (!key || key->after.size() != kKeyNumberBytes) {
          FindMalformedKey('E', rest, recount);
          return absl::OkStatus();
        }
        const int64_t number = TrailingNumber(key->after);
        const std::string member(key->name);
        const auto record = recount.Parse<OccasionRecord>(
            value, OccasionName(absl::StrCat("member ", member), number));
        if (record) VerifyOccasion(member, number, *record, recount);
        return absl::OkStatus();
      }));
  return recount.Scan(
      {.letter = 'J', .stage = "referral codes"},
      [&](absl::string_view hash, absl::string_view value) {
        const MemberId member(value);
        const std::string code =
            ReferralCode(secret, recount.program(), member, "");
        if (hash != ReferralKey(secret, recount.program(), code)) {
          recount.Find({"index", absl::StrCat("member ", value)},
                       "its referral code does not lead to it");
        }
        recount.tally().Count(Book::kReferralCodes,
                              absl::StrCat("member ", value), 1);
        return absl::OkStatus();
      });
}

}  // namespace pistis
