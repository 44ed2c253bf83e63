#include "tests/crash/effects.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"

namespace pistis::crash {
namespace {

using Kind = v1::LedgerEntry::Kind;
using Entries = std::vector<const HeldEntry*>;

int64_t CountOf(const Entries& entries, Kind kind) {
  return std::count_if(
      entries.begin(), entries.end(),
      [kind](const HeldEntry* held) { return held->entry.kind() == kind; });
}

// What entries of this kind moved to (or, negative, from) the member.
int64_t MovedBy(const Entries& entries, Kind kind) {
  int64_t points = 0;
  for (const HeldEntry* held : entries) {
    if (held->entry.kind() != kind) continue;
    points += PostedTo(held->entry, v1::Posting::MEMBER_AVAILABLE) +
              PostedTo(held->entry, v1::Posting::MEMBER_PENDING) +
              PostedTo(held->entry, v1::Posting::MEMBER_HELD);
  }
  return points;
}

// Entries as "EARN of m-1, HOLD of m-2", sorted.
std::string ShapeOf(const Entries& entries) {
  std::vector<std::string> words;
  words.reserve(entries.size());
  for (const HeldEntry* held : entries) {
    words.push_back(absl::StrCat(v1::LedgerEntry::Kind_Name(held->entry.kind()),
                                 " of ", held->member_id));
  }
  std::sort(words.begin(), words.end());
  return absl::StrJoin(words, ", ");
}

// What must be there of a reversal: one entry, or one for each side.
std::string ShapeOfReversal(const v1::ReverseEntryRequest& request,
                            const HeldLedger& held) {
  const HeldEntry* target =
      held.Find(request.member_id(), request.entry_number());
  if (target == nullptr) return "a reversal of an entry that is not there";
  std::vector<std::string> words = {
      absl::StrCat("REVERSE of ", request.member_id())};
  if (target->entry.has_transfer()) {
    words.push_back(absl::StrCat("REVERSE of ",
                                 target->entry.transfer().other_member_id()));
  }
  std::sort(words.begin(), words.end());
  return absl::StrJoin(words, ", ");
}

std::string ShapeOfTransfer(const v1::TransferPointsRequest& request) {
  return absl::StrCat("TRANSFER_IN of ", request.to_member_id(),
                      ", TRANSFER_OUT of ", request.from_member_id());
}

// The effect of one command.
class EffectCheck {
 public:
  EffectCheck(const CommandRecord& record, const HeldLedger& held,
              Findings& findings)
      : record_(record),
        held_(held),
        entries_(held.Of(record.id)),
        findings_(findings) {}

  void Run() {
    switch (record_.answer.kind) {
      case Answer::Kind::kNone:
        if (!entries_.empty()) CheckWhole();
        return;
      case Answer::Kind::kRefused:
        if (!entries_.empty()) Fault("was refused, and yet there");
        return;
      case Answer::Kind::kGranted:
        CheckWhole();
        CheckReply();
        return;
    }
  }

 private:
  void Fault(const std::string& what) {
    findings_.Add(record_.id, " ", what, ": ", Describe(record_.command),
                  "; it has ", ShapeOf(entries_));
  }

  void CheckShape(const std::string& wanted) {
    if (ShapeOf(entries_) != wanted) Fault("should have " + wanted);
  }

  // Entries of this kind, one at most, must have moved that much.
  void CheckMoved(Kind kind, int64_t points) {
    if (CountOf(entries_, kind) > 1) Fault("is there twice");
    findings_.Expect(
        points, MovedBy(entries_, kind),
        absl::StrCat(record_.id, " ", v1::LedgerEntry::Kind_Name(kind)));
  }

  void CheckWhole() {
    for (const HeldEntry* held : entries_) {
      findings_.Expect(entries_[0]->entry.commit_seq(),
                       held->entry.commit_seq(), record_.id + " one commit");
    }
    std::visit(
        Overloaded{
            [&](const v1::EarnPointsRequest& request) {
              CheckShape("EARN of " + request.member_id());
              CheckMoved(v1::LedgerEntry::EARN, request.points());
            },
            [&](const v1::RedeemPointsRequest& request) {
              CheckShape("REDEEM of " + request.member_id());
              CheckMoved(v1::LedgerEntry::REDEEM, -request.points());
            },
            [&](const v1::HoldPointsRequest& request) {
              CheckShape("HOLD of " + request.member_id());
            },
            [&](const v1::CaptureHoldRequest& request) {
              CheckCapture(request);
            },
            [&](const v1::ReleaseHoldRequest&) {
              if (CountOf(entries_, v1::LedgerEntry::HOLD_RELEASE) != 1 ||
                  entries_.size() != 1) {
                Fault("should have one HOLD_RELEASE");
              }
            },
            [&](const v1::AdjustPointsRequest& request) {
              CheckShape("ADJUST of " + request.member_id());
              CheckMoved(v1::LedgerEntry::ADJUST, request.points());
            },
            [&](const v1::TransferPointsRequest& request) {
              CheckShape(ShapeOfTransfer(request));
              CheckMoved(v1::LedgerEntry::TRANSFER_OUT, -request.points());
              CheckMoved(v1::LedgerEntry::TRANSFER_IN, request.points());
            },
            [&](const v1::ReverseEntryRequest& request) {
              CheckShape(ShapeOfReversal(request, held_));
            },
            [](const v1::HoldOrderRequest&) {},
            [](const v1::CommitOrderRequest&) {},
            [](const v1::CancelReservationRequest&) {},
            [](const v1::RefundOrderRequest&) {}},
        record_.command);
  }

  void CheckCapture(const v1::CaptureHoldRequest& request) {
    const int64_t rests = CountOf(entries_, v1::LedgerEntry::HOLD_RELEASE);
    if (CountOf(entries_, v1::LedgerEntry::CAPTURE) != 1 || rests > 1 ||
        static_cast<int64_t>(entries_.size()) != 1 + rests) {
      Fault("should have one CAPTURE, with the rest given back");
    }
    if (request.points() > 0) {
      CheckMoved(v1::LedgerEntry::CAPTURE, -request.points());
    }
  }

  void CheckSeq(int64_t commit_seq) {
    for (const HeldEntry* held : entries_) {
      findings_.Expect(commit_seq, held->entry.commit_seq(),
                       record_.id + " commit_seq");
    }
  }

  // The entry of the reply is the entry that is there.
  void CheckEntry(const v1::LedgerEntry& entry) {
    const bool there = std::any_of(
        entries_.begin(), entries_.end(), [&](const HeldEntry* held) {
          return held->entry.SerializeAsString() == entry.SerializeAsString();
        });
    if (!there) Fault("acknowledged and not there " + entry.ShortDebugString());
  }

  template <typename Response>
  void CheckOneEntry() {
    CheckEntry(ReplyOf<Response>(record_.answer).entry());
  }

  void CheckReply() {
    CheckSeq(record_.answer.commit_seq);
    const Answer& answer = record_.answer;
    std::visit(
        Overloaded{
            [&](const v1::EarnPointsRequest&) {
              CheckOneEntry<v1::EarnPointsResponse>();
            },
            [&](const v1::RedeemPointsRequest&) {
              CheckOneEntry<v1::RedeemPointsResponse>();
            },
            [&](const v1::AdjustPointsRequest&) {
              CheckOneEntry<v1::AdjustPointsResponse>();
            },
            [&](const v1::TransferPointsRequest&) {
              const auto reply = ReplyOf<v1::TransferPointsResponse>(answer);
              CheckEntry(reply.out_entry());
              CheckEntry(reply.in_entry());
            },
            [&](const v1::ReverseEntryRequest&) {
              const auto reply = ReplyOf<v1::ReverseEntryResponse>(answer);
              CheckEntry(reply.entry());
              if (reply.has_other_entry()) CheckEntry(reply.other_entry());
            },
            [](const v1::HoldOrderRequest&) {},
            [](const v1::CancelReservationRequest&) {},
            [&](const v1::CommitOrderRequest& request) {
              const auto reply = ReplyOf<v1::CommitOrderResponse>(answer);
              CheckMoved(v1::LedgerEntry::EARN, reply.quote().points_earned());
              CheckMoved(request.has_order() ? v1::LedgerEntry::REDEEM
                                             : v1::LedgerEntry::CAPTURE,
                         -reply.quote().points_redeemed());
            },
            [&](const v1::RefundOrderRequest&) {
              const auto reply = ReplyOf<v1::RefundOrderResponse>(answer);
              CheckMoved(v1::LedgerEntry::CLAW_BACK,
                         -reply.points_clawed_back());
              CheckMoved(v1::LedgerEntry::RESTORE, reply.points_restored());
            },
            [&](const v1::HoldPointsRequest& request) {
              const auto reply = ReplyOf<v1::HoldPointsResponse>(answer);
              CheckAfter(reply.account());
              findings_.Expect(request.points(), reply.hold().points(),
                               record_.id + " points of the hold");
            },
            [&](const v1::CaptureHoldRequest&) {
              const auto reply = ReplyOf<v1::CaptureHoldResponse>(answer);
              CheckAfter(reply.account());
              CheckMoved(v1::LedgerEntry::CAPTURE,
                         -reply.hold().captured_points());
            },
            [&](const v1::ReleaseHoldRequest&) {
              CheckAfter(ReplyOf<v1::ReleaseHoldResponse>(answer).account());
            }},
        record_.command);
  }

  // The last entry left the account as the reply showed it.
  void CheckAfter(const v1::Account& account) {
    if (entries_.empty()) return;
    findings_.Expect(account.available(),
                     entries_.back()->entry.available_after(),
                     record_.id + " available_after");
  }

  const CommandRecord& record_;
  const HeldLedger& held_;
  const Entries entries_;
  Findings& findings_;
};

// Entries that came from no command; two commands of one commit.
void CheckSources(const CommandJournal& journal, const HeldLedger& held,
                  Findings& findings) {
  absl::flat_hash_set<std::string> ids;
  absl::flat_hash_map<int64_t, std::string> commits;
  for (const CommandRecord& record : journal) {
    ids.insert(record.id);
    if (record.answer.kind != Answer::Kind::kGranted) continue;
    const auto [other, fresh] =
        commits.try_emplace(record.answer.commit_seq, record.id);
    if (!fresh) {
      findings.Add(record.id, " and ", other->second, " have one commit");
    }
  }
  for (const auto& [source, entries] : held.by_source) {
    if (!ids.contains(source)) {
      findings.Add("nobody sent ", source, ", which has ", ShapeOf(entries));
    }
  }
  for (const auto& [member_id, entries] : held.members) {
    for (const HeldEntry& entry : entries) {
      const bool due = entry.entry.hold().expired();
      // Its hold is a reservation's, whose id a caller's never looks like.
      const bool reserved =
          absl::StrContains(entry.entry.hold().hold_id(), ' ');
      if (!due && !reserved && entry.entry.reason().empty() &&
          entry.entry.order_id().empty()) {
        findings.Add(member_id, " has an entry from nowhere: ",
                     entry.entry.ShortDebugString());
      }
    }
  }
}

}  // namespace

void CheckEffects(const CommandJournal& journal, const HeldLedger& held,
                  Findings& findings) {
  for (const CommandRecord& record : journal) {
    EffectCheck(record, held, findings).Run();
  }
  CheckSources(journal, held, findings);
}

JournalCount CountOf(const CommandJournal& journal, const HeldLedger& held) {
  JournalCount count;
  for (const CommandRecord& record : journal) {
    switch (record.answer.kind) {
      case Answer::Kind::kGranted:
        ++count.granted;
        break;
      case Answer::Kind::kRefused:
        ++count.refused;
        break;
      case Answer::Kind::kNone:
        ++(held.Of(record.id).empty() ? count.not_there : count.there);
        break;
    }
  }
  return count;
}

}  // namespace pistis::crash
