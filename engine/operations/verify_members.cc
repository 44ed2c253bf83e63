#include "engine/operations/verify_members.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "pistis/v1/ledger_entry.pb.h"

#include "engine/operations/verify_erasures.h"
#include "engine/operations/verify_holds.h"
#include "engine/operations/verify_lots.h"
#include "engine/operations/verify_occasions.h"
#include "engine/operations/verify_standing.h"
#include "engine/storage/key_parts.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using v1::Posting;

// By LedgerAccount: the program's sum that the legs of an account add to; none
// for the other side of transfers, whose legs cancel out.
constexpr std::array<absl::string_view, 10> kSums = {"",
                                                     "available_points",
                                                     "issued_points",
                                                     "redeemed_points",
                                                     "expired_points",
                                                     "forgiven_points",
                                                     "pending_points",
                                                     "held_points",
                                                     "counterparty_points",
                                                     "adjusted_points"};

constexpr unsigned Legs(
    std::initializer_list<Posting::LedgerAccount> accounts) {
  unsigned legs = 0;
  for (const Posting::LedgerAccount account : accounts)
    legs |= 1U << static_cast<unsigned>(account);
  return legs;
}

// By v1::LedgerEntry::Kind: the accounts its legs may be in.
constexpr std::array<unsigned, 14> kLegs = {
    0,
    Legs({Posting::PROGRAM_ISSUED, Posting::MEMBER_AVAILABLE,
          Posting::MEMBER_PENDING}),
    Legs({Posting::MEMBER_AVAILABLE, Posting::PROGRAM_REDEEMED}),
    Legs({Posting::MEMBER_AVAILABLE, Posting::MEMBER_PENDING,
          Posting::PROGRAM_ISSUED, Posting::PROGRAM_FORGIVEN}),
    Legs({Posting::PROGRAM_REDEEMED, Posting::MEMBER_AVAILABLE}),
    Legs({Posting::MEMBER_AVAILABLE, Posting::PROGRAM_EXPIRED}),
    Legs({Posting::MEMBER_PENDING, Posting::MEMBER_AVAILABLE}),
    Legs({Posting::MEMBER_AVAILABLE, Posting::MEMBER_HELD}),
    Legs({Posting::MEMBER_HELD, Posting::PROGRAM_REDEEMED}),
    Legs({Posting::MEMBER_HELD, Posting::MEMBER_AVAILABLE}),
    Legs({Posting::PROGRAM_ADJUSTED, Posting::MEMBER_AVAILABLE,
          Posting::MEMBER_PENDING}),
    Legs({Posting::MEMBER_AVAILABLE, Posting::COUNTERPARTY}),
    Legs({Posting::MEMBER_AVAILABLE, Posting::COUNTERPARTY}),
    Legs({Posting::MEMBER_AVAILABLE, Posting::MEMBER_PENDING,
          Posting::PROGRAM_ISSUED, Posting::PROGRAM_REDEEMED,
          Posting::PROGRAM_ADJUSTED, Posting::COUNTERPARTY})};
static_assert(v1::LedgerEntry::REVERSE + 1 == kLegs.size());
static_assert(Posting::PROGRAM_ADJUSTED + 1 == kSums.size());

bool IsKnown(int number, size_t count) {
  return number > 0 && static_cast<size_t>(number) < count;
}

int64_t Clamped(Int128 value) {
  const Int128 most = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::clamp<Int128>(value, -most, most));
}

int64_t LegOf(const store::v1::EntryRecord& entry, Posting::LedgerAccount of) {
  Int128 sum = 0;
  for (const store::v1::PostingRecord& leg : entry.postings()) {
    if (leg.account() == of) sum += leg.points();
  }
  return Clamped(sum);
}

// One member, entry by entry.
class MemberRecount {
 public:
  MemberRecount(Recount& recount, absl::string_view member)
      : recount_(recount),
        member_(member),
        where_(absl::StrCat("member ", member)),
        holds_(member_) {}

  [[nodiscard]] absl::string_view member() const { return member_; }

  void TakeAccount(absl::string_view value) {
    account_stored_ = true;
    account_ = recount_.Parse<store::v1::AccountRecord>(value, where_);
  }

  void TakeEntry(int64_t number, absl::string_view value) {
    const std::string where = EntryName(number);
    recount_.report().set_entries(recount_.report().entries() + 1);
    if (number != entries_ + 1) {
      recount_.Find({"entry", where},
                    absl::StrCat("follows entry ", entries_,
                                 ": entries are missing in between"));
    }
    entries_ = number;
    const auto entry = recount_.Parse<store::v1::EntryRecord>(value, where);
    if (!entry) return;
    if (entry->commit_seq() != latest_commit_) EndCommit();
    CheckOrderOfTime(where, *entry);
    CheckLegs(where, *entry);
    lots_.Take(where, *entry, recount_);
    holds_.Take(where, *entry, recount_);
    CheckBalance(where, *entry);
    TellTally(where, number, *entry);
  }

  void Finish() {
    recount_.report().set_members(recount_.report().members() + 1);
    EndCommit();
    for (const auto& [name, expired] : expired_) {
      recount_.tally().Count(Book::kExpiredPoints, name, expired.points);
      recount_.tally().Count(Book::kExpiredTime, name, expired.at_us);
      recount_.tally().Count(Book::kExpiredSince, name, expired.since_us);
    }
    if (!account_stored_) {
      recount_.Find({"index", where_}, "has entries, but no account");
    }
    if (!account_) return;
    const Place balance{"balance", where_};
    recount_.Expect(balance, "entries", account_->entries(), entries_);
    Int128 available = -Int128{account_->deficit()};
    for (const store::v1::LotRecord& lot : account_->lots())
      available += lot.points();
    recount_.Expect(balance, "available points", Clamped(available),
                    Clamped(available_));
    recount_.Expect(balance, "points owed", account_->deficit(),
                    Clamped(deficit_));
    if (account_->latest_us() < latest_us_) {
      recount_.Find(balance, "its latest command is earlier than its entries");
    }
    recount_.Expect(balance, "since when there are idle points",
                    account_->idle_since_us(), idle_since_us_);
    lots_.Compare(where_, *account_, recount_);
    holds_.Compare(where_, *account_, recount_);
    CheckDue();
    Tally& tally = recount_.tally();
    tally.Claim(Book::kOrdersOfMember, where_, account_->orders());
    TellStanding(where_, account_->standing(), recount_);
    TellOccasions(where_, account_->standing(), recount_);
    TellErased(where_, *account_, recount_);
    tally.Count(Book::kProfiles, where_, 1);
    tally.Count(Book::kLanguages, where_, DigestOf(account_->language()));
  }

 private:
  struct Expired {
    int64_t points = 0;
    int64_t at_us = 0;
    int64_t since_us = 0;
  };

  [[nodiscard]] std::string EntryName(int64_t number) const {
    return absl::StrCat(where_, ", entry ", number);
  }

  void CheckOrderOfTime(absl::string_view where,
                        const store::v1::EntryRecord& entry) {
    if (entry.effective_us() < latest_us_) {
      recount_.Find({"entry", where}, "runs back in time");
    }
    if (entry.commit_seq() < latest_commit_) {
      recount_.Find({"entry", where},
                    "is of an earlier commit than the one before");
    }
    latest_us_ = std::max(latest_us_, entry.effective_us());
    latest_commit_ = std::max(latest_commit_, entry.commit_seq());
  }

  void CheckLegs(absl::string_view where, const store::v1::EntryRecord& entry) {
    const Place place{"entry", where};
    if (!IsKnown(entry.kind(), kLegs.size())) {
      recount_.Find(place, absl::StrCat("is of no known kind: ", entry.kind()));
      return;
    }
    const unsigned allowed = kLegs[static_cast<size_t>(entry.kind())];
    Int128 sum = 0;
    for (const store::v1::PostingRecord& leg : entry.postings()) {
      sum += leg.points();
      if (!IsKnown(leg.account(), kSums.size()) ||
          (allowed & (1U << static_cast<unsigned>(leg.account()))) == 0) {
        recount_.Find(place,
                      absl::StrCat("has a leg in account ", leg.account(),
                                   ", where its kind has none"));
        continue;
      }
      recount_.CountTotal(kSums[static_cast<size_t>(leg.account())],
                          leg.points());
    }
    if (sum != 0) recount_.Find(place, "its postings do not sum to zero");
  }

  // What is wrong once stays so: one finding for each member is enough.
  void CheckBalance(absl::string_view where,
                    const store::v1::EntryRecord& entry) {
    available_ += LegOf(entry, Posting::MEMBER_AVAILABLE);
    deficit_ += entry.deficit_change();
    if (deficit_ < 0 && !deficit_found_) {
      recount_.Find({"entry", where}, "fills more than is owed");
      deficit_found_ = true;
    }
    if (entry.available_after() == available_ || balance_found_) return;
    recount_.Expect({"entry", where}, "available points after it",
                    entry.available_after(), Clamped(available_));
    balance_found_ = true;
  }

  void TellTally(const std::string& where, int64_t number,
                 const store::v1::EntryRecord& entry) {
    Tally& tally = recount_.tally();
    tally.Claim(Book::kCommitOfEntry, where, entry.commit_seq());
    if (entry.order_id().empty() && entry.kind() != v1::LedgerEntry::EXPIRE) {
      tally.Claim(Book::kPostedEvents, where, 1);
      TellOccasionEntry(where_, entry, recount_);
    }
    if (!entry.refund_id().empty()) {
      tally.Claim(Book::kEntriesOfRefund,
                  absl::StrCat("refund ", entry.refund_id()), 1);
    } else if (!entry.order_id().empty()) {
      tally.Claim(Book::kEntriesOfOrder,
                  absl::StrCat("order ", entry.order_id()), 1);
    }
    if (entry.kind() == v1::LedgerEntry::EXPIRE) {
      tally.Claim(Book::kExpiredEvents,
                  ExpiryName(where_, entry.effective_us()),
                  LegOf(entry, Posting::PROGRAM_EXPIRED));
      NoteExpired(entry);
    } else if (entry.kind() == v1::LedgerEntry::REVERSE) {
      tally.Count(Book::kReversals, EntryName(entry.reversed_entry()), number);
    } else if (entry.kind() == v1::LedgerEntry::TRANSFER_OUT) {
      tally.Count(Book::kTransfers,
                  absl::StrCat(where, " to member ", entry.other_member_id(),
                               ", entry ", entry.other_entry()),
                  LegOf(entry, Posting::MEMBER_AVAILABLE));
    } else if (entry.kind() == v1::LedgerEntry::TRANSFER_IN) {
      tally.Claim(Book::kTransfers,
                  absl::StrCat("member ", entry.other_member_id(), ", entry ",
                               entry.other_entry(), " to ", where),
                  Minus(LegOf(entry, Posting::MEMBER_AVAILABLE)));
    }
  }

  // The last expiry of a lot is what its record tells of.
  void NoteExpired(const store::v1::EntryRecord& entry) {
    if (entry.lots().empty()) return;
    const store::v1::LotChangeRecord& lot = entry.lots(0);
    expired_[ExpiredLotName(member_, lot.expire_us() + (lot.idle() ? 1 : 0))] =
        {.points = Clamped(-Int128{lot.points()}),
         .at_us = entry.effective_us(),
         .since_us = lot.idle() ? idle_since_us_ : 0};
    idle_expired_ |= lot.idle();
  }

  // An account knows since when it has idle points from commit to commit.
  void EndCommit() {
    if (!lots_.has_idle()) {
      idle_since_us_ = 0;
    } else if (idle_since_us_ == 0 || idle_expired_) {
      idle_since_us_ = latest_us_;
    }
    idle_expired_ = false;
  }

  void CheckDue() {
    const int64_t next_us = NextDueMicros(*account_);
    const int64_t due_us = account_->due_us();
    recount_.tally().Count(Book::kDueTimes, where_, due_us);
    if (next_us != 0 && (due_us == 0 || due_us > next_us)) {
      recount_.Find({"index", where_},
                    "something falls due before its place in the due-queue");
    }
  }

  Recount& recount_;
  const std::string member_;
  const std::string where_;
  bool account_stored_ = false;
  std::optional<store::v1::AccountRecord> account_;
  LotBook lots_;
  HoldBook holds_;
  std::map<std::string, Expired> expired_;
  int64_t entries_ = 0;
  Int128 available_ = 0;
  Int128 deficit_ = 0;
  int64_t latest_us_ = 0;
  int64_t latest_commit_ = 0;
  int64_t idle_since_us_ = 0;
  bool idle_expired_ = false;
  bool balance_found_ = false;
  bool deficit_found_ = false;
};

}  // namespace

absl::Status VerifyMembers(Recount& recount,
                           const store::v1::TotalsRecord& totals) {
  std::optional<MemberRecount> member;
  const absl::Status scanned = recount.Scan(
      {.letter = 'A',
       .stage = "members",
       .of = totals.members() + totals.chain_entries()},
      [&](absl::string_view rest, absl::string_view value) {
        const std::optional<NamedRest> key = SplitName(rest);
        if (!key ||
            (!key->after.empty() && key->after.size() != kKeyNumberBytes)) {
          FindMalformedKey('A', rest, recount);
          return absl::OkStatus();
        }
        if (!member || member->member() != key->name) {
          if (member) member->Finish();
          member.emplace(recount, key->name);
        }
        if (key->after.empty()) {
          member->TakeAccount(value);
        } else {
          member->TakeEntry(TrailingNumber(key->after), value);
        }
        return absl::OkStatus();
      });
  if (scanned.ok() && member) member->Finish();
  return scanned;
}

}  // namespace pistis
