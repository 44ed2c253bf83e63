#include "engine/operations/verify_holds.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"

#include "pistis/v1/ledger_entry.pb.h"
#include "pistis/v1/ledger_service.pb.h"

namespace pistis {
namespace {

// Where the points of idle lots are kept; no lot expires then.
constexpr int64_t kIdle = std::numeric_limits<int64_t>::min();

std::string HoldName(absl::string_view hold, absl::string_view member) {
  return absl::StrCat("hold ", hold, " of member ", member);
}

std::string MadeName(absl::string_view hold, absl::string_view member) {
  return absl::StrCat(HoldName(hold, member), ", made");
}

std::string HoldExpiryName(absl::string_view hold, absl::string_view member) {
  return absl::StrCat(HoldName(hold, member), ", until");
}

int64_t HeldLeg(const store::v1::EntryRecord& entry) {
  int64_t points = 0;
  for (const store::v1::PostingRecord& leg : entry.postings()) {
    if (leg.account() == v1::Posting::MEMBER_HELD) points = leg.points();
  }
  return points;
}

bool IsAboutHold(const store::v1::EntryRecord& entry) {
  return entry.kind() == v1::LedgerEntry::HOLD ||
         entry.kind() == v1::LedgerEntry::CAPTURE ||
         entry.kind() == v1::LedgerEntry::HOLD_RELEASE;
}

// The points of an open hold's lots as they are stored, by expiry.
std::map<int64_t, Int128> StoredLots(const store::v1::OpenHoldRecord& hold) {
  std::map<int64_t, Int128> lots;
  for (const store::v1::LotRecord& lot : hold.lots())
    lots[lot.idle() ? kIdle : lot.expire_us()] += lot.points();
  return lots;
}

}  // namespace

void HoldBook::TakeLots(const store::v1::EntryRecord& entry, Open& open) const {
  for (const store::v1::LotChangeRecord& change : entry.lots()) {
    if (change.place() != v1::LotChange::HELD) continue;
    open.lots[change.idle() ? kIdle : change.expire_us()] += change.points();
  }
  for (auto lot = open.lots.begin(); lot != open.lots.end();) {
    lot = lot->second == 0 ? open.lots.erase(lot) : std::next(lot);
  }
}

void HoldBook::Take(absl::string_view where,
                    const store::v1::EntryRecord& entry, Recount& recount) {
  if (!IsAboutHold(entry)) return;
  const std::string& id = entry.hold_id();
  const std::string name = HoldName(id, member_);
  Tally& tally = recount.tally();
  if (entry.kind() == v1::LedgerEntry::HOLD) {
    tally.Count(Book::kHoldPoints, name, HeldLeg(entry));
    tally.Count(Book::kHoldTimes, MadeName(id, member_), entry.effective_us());
    TakeLots(entry, open_[id]);
    return;
  }
  const auto open = open_.find(id);
  if (open == open_.end()) {
    recount.Find({"entry", where},
                 absl::StrCat("is about hold ", id, ", which is not open"));
    return;
  }
  TakeLots(entry, open->second);
  if (entry.kind() == v1::LedgerEntry::CAPTURE) {
    tally.Count(Book::kHoldCaptured, name, Minus(HeldLeg(entry)));
    tally.Count(Book::kHoldsClosed, name, 1);
    open->second.captured = true;
  } else if (entry.hold_expired()) {
    tally.Count(Book::kHoldTimes, HoldExpiryName(id, member_),
                entry.effective_us());
  } else if (!open->second.captured) {
    tally.Count(Book::kHoldsClosed, name, 1);
  }
  if (open->second.lots.empty()) open_.erase(open);
}

void HoldBook::Compare(absl::string_view where,
                       const store::v1::AccountRecord& account,
                       Recount& recount) const {
  for (const store::v1::OpenHoldRecord& hold : account.holds()) {
    recount.tally().Count(Book::kHoldTimes,
                          HoldExpiryName(hold.hold_id(), member_),
                          hold.expire_us());
    const auto open = open_.find(hold.hold_id());
    if (open == open_.end() || open->second.lots != StoredLots(hold)) {
      recount.Find({"lot", where},
                   absl::StrCat("the points of hold ", hold.hold_id(),
                                " are not what entries come to"));
    }
  }
  for (const auto& [id, open] : open_) {
    const std::string& wanted = id;
    const bool stored =
        std::any_of(account.holds().begin(), account.holds().end(),
                    [&](const store::v1::OpenHoldRecord& hold) {
                      return hold.hold_id() == wanted;
                    });
    if (stored) continue;
    recount.Find({"lot", where},
                 absl::StrCat("hold ", id, " is open, but not stored so"));
  }
}

void ClaimHold(const HoldClaim& claim, Recount& recount) {
  const std::string name = HoldName(claim.id, claim.member);
  Tally& tally = recount.tally();
  tally.Claim(Book::kHoldPoints, name, claim.points);
  tally.Claim(Book::kHoldCaptured, name, claim.captured);
  tally.Claim(Book::kHoldsClosed, name, claim.is_closed ? 1 : 0);
  tally.Claim(Book::kHoldTimes, MadeName(claim.id, claim.member),
              claim.made_us);
  tally.Claim(Book::kHoldTimes, HoldExpiryName(claim.id, claim.member),
              claim.expire_us);
}

absl::Status VerifyHolds(Recount& recount) {
  return recount.Scan(
      {.letter = 'H', .stage = "holds"},
      [&](absl::string_view rest, absl::string_view value) {
        const std::optional<NamedRest> id = SplitName(rest);
        if (!id || !id->after.empty()) {
          FindMalformedKey('H', rest, recount);
          return absl::OkStatus();
        }
        const std::string where = absl::StrCat("hold ", id->name);
        const auto hold = recount.Parse<store::v1::HoldRecord>(value, where);
        if (!hold) return absl::OkStatus();
        const auto reply =
            recount.Parse<v1::HoldPointsResponse>(hold->reply(), where);
        if (reply && (reply->hold().hold_id() != std::string(id->name) ||
                      reply->hold().member_id() != hold->member_id() ||
                      reply->hold().points() != hold->points())) {
          recount.Find({"index", where}, "its first reply tells otherwise");
        }
        ClaimHold({.id = id->name,
                   .member = hold->member_id(),
                   .points = hold->points(),
                   .captured = hold->captured_points(),
                   .made_us = hold->create_us(),
                   .expire_us = hold->closed() ? 0 : hold->expire_us(),
                   .is_closed = hold->closed()},
                  recount);
        return absl::OkStatus();
      });
}

}  // namespace pistis
