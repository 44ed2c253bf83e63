#include "engine/ledger/refusals.h"

#include <optional>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"

namespace pistis {
namespace {

absl::string_view WhyNotReversible(EntryKind kind) {
  switch (kind) {
    case EntryKind::kEarn:
    case EntryKind::kRedeem:
    case EntryKind::kAdjust:
    case EntryKind::kTransferOut:
    case EntryKind::kTransferIn:
      return "it is none of this account's";
    case EntryKind::kClawBack:
    case EntryKind::kRestore:
      return "a refund made it";
    case EntryKind::kExpire:
    case EntryKind::kRelease:
      return "time made it";
    case EntryKind::kHold:
      return "ReleaseHold undoes it";
    case EntryKind::kCapture:
    case EntryKind::kHoldRelease:
      return "it closed a hold";
    case EntryKind::kReverse:
      return "it is a reversal itself";
  }
  return "it is of no known kind";
}

}  // namespace

absl::Status RefuseInsufficient(absl::string_view owner, Points there,
                                Points requested) {
  return Refuse(Reason::kInsufficientPoints,
                absl::StrCat(owner, " ", there.value(), " points available, ",
                             requested.value(), " are asked for"),
                {{"available", absl::StrCat(there.value())},
                 {"requested", absl::StrCat(requested.value())}});
}

absl::Status RefuseLimit(absl::string_view limit, size_t most) {
  return Refuse(Reason::kLimitReached,
                absl::StrCat("an account has at most ", most, " ", limit),
                {{"limit", std::string(limit)}, {"most", absl::StrCat(most)}});
}

absl::Status RefuseHold(const HoldId& id) {
  return Refuse(Reason::kHoldNotOpen,
                absl::StrCat("the hold \"", id.text(), "\" is not open"),
                {{"hold_id", id.text()}});
}

absl::Status RefuseReversal(EntryKind kind) {
  return Refuse(
      Reason::kEntryNotReversible,
      absl::StrCat("the entry cannot be reversed: ", WhyNotReversible(kind)));
}

absl::Status CheckBalance(const Account& account, Points points) {
  const Points now = account.available() + account.pending() + account.held();
  const std::optional<Points> sum = now.CheckedAdd(points);
  if (sum && *sum <= kMaxBalance) return absl::OkStatus();
  return Refuse(
      Reason::kPointsOverflow,
      absl::StrCat("the balance would pass ", kMaxBalance.value(), " points"),
      {{"available", absl::StrCat(account.available().value())},
       {"pending", absl::StrCat(account.pending().value())},
       {"held", absl::StrCat(account.held().value())},
       {"points", absl::StrCat(points.value())}});
}

absl::Status CheckDebt(const AccountState& state, Points points) {
  const std::optional<Points> owed = state.deficit.CheckedAdd(points);
  if (owed && *owed <= kMaxBalance) return absl::OkStatus();
  return Refuse(
      Reason::kPointsOverflow,
      absl::StrCat("more than ", kMaxBalance.value(), " points would be owed"),
      {{"deficit", absl::StrCat(state.deficit.value())},
       {"points", absl::StrCat(points.value())}});
}

}  // namespace pistis
