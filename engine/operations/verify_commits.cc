#include "engine/operations/verify_commits.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include "engine/operations/chain.h"
#include "engine/operations/sign_checkpoint.h"
#include "engine/operations/verify_case_events.h"
#include "engine/operations/verify_codes.h"
#include "engine/operations/verify_erasures.h"
#include "engine/operations/verify_notes.h"
#include "engine/operations/verify_occasions.h"
#include "engine/operations/verify_reservations.h"
#include "engine/operations/verify_standing.h"
#include "engine/storage/codec.h"
#include "engine/storage/key_parts.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

std::string CommitName(int64_t commit_seq) {
  return absl::StrCat("commit ", commit_seq);
}

std::string EntryName(const std::string& member, int64_t number) {
  return absl::StrCat("member ", member, ", entry ", number);
}

std::string EntryName(const store::v1::EntryRef& ref) {
  return EntryName(ref.member_id(), ref.number());
}

class ChainWalk {
 public:
  ChainWalk(Recount& recount,
            absl::Span<const v1::LedgerCheckpoint* const> checkpoints)
      : recount_(recount), checkpoints_(checkpoints) {}

  absl::Status Visit(int64_t commit_seq, absl::string_view value) {
    recount_.report().set_commits(recount_.report().commits() + 1);
    recount_.CountTotal("commits", 1);
    last_commit_ = commit_seq;
    const std::string where = CommitName(commit_seq);
    const std::optional<store::v1::CommitRecord> record =
        recount_.Parse<store::v1::CommitRecord>(value, where);
    if (!record) return absl::OkStatus();
    CheckEvents(commit_seq, *record);
    if (record->entries().empty()) {
      if (!record->chain_hash().empty()) {
        recount_.Find({"chain", where}, "has a link, but no entries");
      }
      return absl::OkStatus();
    }
    return CheckLink(commit_seq, *record);
  }

  // The last link must be the head that the program's sums tell of.
  void CheckHead(const store::v1::TotalsRecord& totals) {
    const Place place{"chain", "the head"};
    recount_.Expect(place, "the last commit of the chain", totals.chain_seq(),
                    chain_seq_);
    recount_.Expect(place, "entries in the chain", totals.chain_entries(),
                    entries_);
    if (totals.chain_hash() != link_) {
      recount_.Find(place, "its hash is not that of the last link");
    }
    recount_.report().set_commit_seq(chain_seq_);
    recount_.report().set_chain_hash(link_);
  }

  absl::Status CheckSequence() {
    PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                            recount_.reader().Get(SequenceKey()));
    const std::string where = "the last commit's number";
    const auto sequence =
        recount_.Parse<store::v1::SequenceRecord>(bytes.value_or(""), where);
    if (sequence && sequence->commit_seq() < last_commit_) {
      recount_.Find({"chain", where},
                    absl::StrCat("is ", sequence->commit_seq(),
                                 ", but there is commit ", last_commit_));
    }
    return absl::OkStatus();
  }

  // Those that lie beyond the last link, or between links.
  void CheckLeftCheckpoints() {
    for (const v1::LedgerCheckpoint* checkpoint : checkpoints_) {
      if (reached_.contains(checkpoint)) continue;
      if (checkpoint->commit_seq() == 0 && checkpoint->entries() == 0) continue;
      recount_.Find({"checkpoint", CommitName(checkpoint->commit_seq())},
                    checkpoint->commit_seq() > chain_seq_
                        ? absl::StrCat("lies beyond the end of the chain, "
                                       "which is commit ",
                                       chain_seq_, ": its end was cut off")
                        : "the chain has no link there");
    }
  }

 private:
  void CountBeside(absl::string_view order, absl::string_view what) {
    recount_.tally().Count(Book::kEventsBesideOrder,
                           BesideOrderName(order, what), 1);
  }

  void CountRulebook(const v1::RulebookPublished& published, int64_t at_us) {
    Tally& tally = recount_.tally();
    const std::string name = absl::StrCat("rulebook ", published.version());
    tally.Count(Book::kRulebookEvents, name, at_us);
    tally.Count(Book::kRulebookEvents, absl::StrCat(name, ", its start"),
                MicrosOf(published.start_time()));
    tally.Count(Book::kRulebookEvents, absl::StrCat(name, ", what it restores"),
                published.restores_version());
  }

  void CountEventBeside(const v1::Event& event) {
    if (event.has_code_issued() && !event.code_issued().order_id().empty()) {
      CountBeside(event.code_issued().order_id(), BesideOrder::kCodesIssued);
    } else if (event.has_code_used()) {
      CountBeside(event.code_used().order_id(), BesideOrder::kCodesUsed);
    } else if (event.has_code_returned()) {
      CountBeside(event.code_returned().order_id(),
                  BesideOrder::kCodesReturned);
    }
  }

  // Tells the tally of what other records also tell.
  void CountEvent(int64_t commit_seq, const v1::Event& event) {
    Tally& tally = recount_.tally();
    const int64_t at_us = MicrosOf(event.effective_time());
    const std::string member = absl::StrCat("member ", event.member_id());
    if (event.has_order_committed()) {
      tally.Count(Book::kOrderEvents,
                  absl::StrCat("order ", event.order_committed().order_id()),
                  commit_seq);
    } else if (event.has_order_refunded()) {
      tally.Count(Book::kRefundEvents,
                  absl::StrCat("refund ", event.order_refunded().refund_id()),
                  commit_seq);
    } else if (event.has_member_joined()) {
      tally.Count(Book::kJoinedEvents, member, at_us);
    } else if (event.has_points_posted()) {
      tally.Count(
          Book::kPostedEvents,
          EntryName(event.member_id(), event.points_posted().entry_number()),
          1);
    } else if (event.has_points_expired()) {
      tally.Count(Book::kExpiredEvents, ExpiryName(member, at_us),
                  event.points_expired().points());
    } else if (event.has_rulebook_published()) {
      CountRulebook(event.rulebook_published(), at_us);
    } else if (event.has_program_created()) {
      tally.Count(Book::kProgramEvents,
                  absl::StrCat("program ", recount_.program().text()), at_us);
    } else {
      CountEventBeside(event);
    }
  }

  void CheckEvents(int64_t commit_seq, const store::v1::CommitRecord& record) {
    for (int i = 0; i < record.events_size(); ++i) {
      const std::string where =
          absl::StrCat(CommitName(commit_seq), ", event ", i + 1);
      const std::optional<v1::Event> event =
          recount_.Parse<v1::Event>(record.events(i), where);
      if (!event) continue;
      if (event->commit_seq() != commit_seq ||
          event->event_id() != absl::StrCat(commit_seq, "-", i + 1)) {
        recount_.Find({"record", where},
                      absl::StrCat("says it is ", event->event_id(),
                                   " of commit ", event->commit_seq()));
      }
      CountEvent(commit_seq, *event);
      CountStandingEvent(*event, recount_);
      CountOccasionEvent(*event, recount_);
      CountNoteEvent(*event, recount_);
      CountReservationEvent(commit_seq, *event, recount_);
      CountCodeEvent(*event, recount_);
      CountCaseEvent(*event, recount_);
      CountErasedEvent(commit_seq, *event, recount_);
    }
  }

  absl::Status CheckLink(int64_t commit_seq,
                         const store::v1::CommitRecord& record) {
    const std::string where = CommitName(commit_seq);
    std::vector<ChainedEntry> chained;
    std::set<std::pair<std::string, int64_t>> seen;
    for (const store::v1::EntryRef& ref : record.entries()) {
      if (!seen.insert({ref.member_id(), ref.number()}).second) {
        recount_.Find({"chain", where},
                      absl::StrCat("names ", EntryName(ref), " twice"));
      }
      recount_.tally().Count(Book::kCommitOfEntry, EntryName(ref), commit_seq);
      PISTIS_ASSIGN_OR_RETURN(
          std::optional<std::string> entry,
          recount_.reader().Get(EntryKey(
              recount_.program(), MemberId(ref.member_id()), ref.number())));
      if (!entry) continue;
      chained.push_back({.member = MemberId(ref.member_id()),
                         .number = ref.number(),
                         .record = *std::move(entry)});
    }
    const bool whole =
        chained.size() == static_cast<size_t>(record.entries_size());
    if (!whole) {
      recount_.Find({"chain", where}, "names entries that are not there");
    } else if (NextLink(link_, recount_.program(), commit_seq, chained) !=
               record.chain_hash()) {
      recount_.Find({"chain", where},
                    "its hash does not follow from its entries and the link "
                    "before: something was changed, left out or put in");
    }
    link_ = record.chain_hash();
    chain_seq_ = commit_seq;
    entries_ += record.entries_size();
    CheckCheckpoints();
    return absl::OkStatus();
  }

  void CheckCheckpoints() {
    for (const v1::LedgerCheckpoint* checkpoint : checkpoints_) {
      if (checkpoint->commit_seq() != chain_seq_) continue;
      reached_.insert(checkpoint);
      const std::string where = CommitName(chain_seq_);
      if (checkpoint->chain_hash() != link_) {
        recount_.Find({"checkpoint", where},
                      "the chain has another hash than the checkpoint: what "
                      "lies before it was rewritten");
      }
      recount_.Expect({"checkpoint", where}, "entries up to the checkpoint",
                      checkpoint->entries(), entries_);
    }
  }

  Recount& recount_;
  absl::Span<const v1::LedgerCheckpoint* const> checkpoints_;
  std::set<const v1::LedgerCheckpoint*> reached_;
  std::string link_;
  int64_t chain_seq_ = 0;
  int64_t last_commit_ = 0;
  int64_t entries_ = 0;
};

}  // namespace

absl::Status VerifyCommits(
    Recount& recount, const store::v1::TotalsRecord& totals,
    absl::Span<const v1::LedgerCheckpoint* const> checkpoints) {
  ChainWalk walk(recount, checkpoints);
  PISTIS_RETURN_IF_ERROR(recount.Scan(
      {.letter = 'V', .stage = "commits", .of = totals.chain_seq()},
      [&](absl::string_view rest, absl::string_view value) {
        if (rest.size() == kKeyNumberBytes) {
          return walk.Visit(TrailingNumber(rest), value);
        }
        FindMalformedKey('V', rest, recount);
        return absl::OkStatus();
      }));
  walk.CheckHead(totals);
  walk.CheckLeftCheckpoints();
  return walk.CheckSequence();
}

absl::StatusOr<CommitView> ViewCommit(const Recount& recount,
                                      int64_t commit_seq) {
  CommitView view;
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<std::string> bytes,
      recount.reader().Get(CommitKey(recount.program(), commit_seq)));
  store::v1::CommitRecord record;
  if (!bytes || !record.ParseFromString(*bytes)) return view;
  view.is_there = true;
  for (const std::string& stored : record.events()) {
    v1::Event event;
    if (event.ParseFromString(stored)) view.events.push_back(std::move(event));
  }
  for (const store::v1::EntryRef& ref : record.entries()) {
    PISTIS_ASSIGN_OR_RETURN(
        const std::optional<std::string> stored,
        recount.reader().Get(EntryKey(
            recount.program(), MemberId(ref.member_id()), ref.number())));
    CommittedEntry entry{
        .member = ref.member_id(), .number = ref.number(), .record = {}};
    if (stored && entry.record.ParseFromString(*stored)) {
      view.entries.push_back(std::move(entry));
    }
  }
  return view;
}

}  // namespace pistis
