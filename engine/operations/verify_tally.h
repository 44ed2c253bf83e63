// Two tellings of the same sums, held against each other in fixed memory,
// whatever order each comes in.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_TALLY_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_TALLY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace pistis {

// What is told twice, by whom it is claimed and what it is counted from.
enum class Book {
  // The commit of an entry: by the entry; from commits.
  kCommitOfEntry,
  // Entries of an order's sale, and those of a refund: by themselves; from what
  // the order and the refund lead to.
  kEntriesOfOrder,
  kEntriesOfRefund,
  // By accounts; from orders.
  kOrdersOfMember,
  // What counts for a member's tier: by accounts; from orders. Digests of tier
  // and segments: by accounts; from events.
  kProgress,
  kTier,
  kSegments,
  // What refunds did to an order: by the order; from refunds.
  kRefunds,
  kRefundMoney,
  kPointsClawedBack,
  kPointsRestored,
  // Events of commits: by orders, refunds and profiles; from commits.
  kOrderEvents,
  kRefundEvents,
  kJoinedEvents,
  // Events that go with an order's, by what they tell of.
  kEventsBesideOrder,
  // Events of entries: by entries; from commits.
  kPostedEvents,
  kExpiredEvents,
  // When it happened: by the record; from commits.
  kRulebookEvents,
  kProgramEvents,
  // By codes; from orders: uses, and what a code was issued as (a digest).
  kCodeUses,
  kCodeIssued,
  // By lists of codes; from their records. By batches; from events: how many
  // they issued. By codes; from events: why they are void (a digest).
  kCodeLists,
  kCodeBatches,
  kCodeVoids,
  // By windows of limits and budgets; from orders, reservations and occasions.
  kLimitTimes,
  kLimitPoints,
  kLimitDiscount,
  kBudgetSales,
  // By expired lots; from entries, and for the last one from refunds.
  kExpiredPoints,
  kExpiredTime,
  kExpiredSince,
  kExpiredCounted,
  // The entry that reversed an entry: by the reversal; from entries.
  kReversals,
  // By the due-queue; from accounts. By the times of reservations; from those.
  kDueTimes,
  // What happened to members beside sales. Occasions, and the points of them
  // that are left: by accounts and entries; from their records. Their commits
  // and facts: by records; from events.
  kOccasions,
  kOccasionPoints,
  kOccasionEvents,
  kOccasionFacts,
  // Who brought a member (a digest), whether it is suspended: by accounts; from
  // events. Friends: by the referrer; from the friends.
  kReferrers,
  kFriends,
  kSuspended,
  // Referral codes: by profiles; from the index.
  kReferralCodes,
  // Who is behind an identifier: by the index; from profiles.
  kIdentifiers,
  // Profiles, and their languages (a digest): by profiles; from accounts.
  kProfiles,
  kLanguages,
  // By holds and reservations; from entries and open holds of accounts.
  kHoldPoints,
  kHoldCaptured,
  kHoldsClosed,
  kHoldTimes,
  // By reservations; from events: commits of those that were made, and how
  // those that came to nothing ended. From orders: which order a reservation
  // was committed as (a digest).
  kReservationEvents,
  kReservationEnds,
  kReservedOrders,
  // By subscriptions; from deliveries.
  kWaitingDeliveries,
  kDeadLetters,
  // One side of a transfer by the other.
  kTransfers,
  // Cases. When they were opened and fall due: by indexes; from cases. What was
  // done (digests): by cases; from events. How many there were of what: by
  // weeks; from cases. What members got and complained of: by what is kept of
  // them; from cases.
  kCaseTimes,
  kCaseEvents,
  kCaseWeeks,
  kCareStandings,
  // Notes. Those that orders and occasions asked for: by them; from notes.
  // Their events (digests): by notes; from commits. Where they lie (digests):
  // by notes; from the index. How often a member was written to: by what is
  // kept of that; from notes.
  kNotesAsked,
  kNoteEvents,
  kNoteIndex,
  kContacts,
  // Erased members: by erasures; from events, and from accounts which say so.
  kErasures,
  // By the sums of margin reports; from orders, and from other such sums.
  kMargins,
  // By the program's sums; from everything.
  kTotals,
};

// The kind of finding that a disagreement in `book` is ("order"), and what is
// claimed in it ("points given back").
[[nodiscard]] absl::string_view KindOf(Book book);
[[nodiscard]] absl::string_view NameOf(Book book);

// One thread. What is told are amounts, by book and subject; both sides add
// up. Sums run modulo 2^64. Each subject's difference is kept in one of a fixed
// number of buckets, weighted at random, so that a disagreement is passed over
// once in 2^64 times; to learn where it is, everything is told once more to a
// closer tally.
class Tally {
 public:
  Tally();

  // What is stored says so.
  void Claim(Book book, absl::string_view subject, int64_t amount);
  // The recount comes to it.
  void Count(Book book, absl::string_view subject, int64_t amount);

  [[nodiscard]] bool Agrees() const;

  // One that keeps apart, by subject, what does not agree here. It holds the
  // subjects of at most 256 buckets of 65,536.
  [[nodiscard]] Tally Closer() const;

  struct Disagreement {
    Book book = Book::kTotals;
    std::string subject;
    int64_t claimed = 0;
    int64_t counted = 0;
  };
  // Of a closer tally: what does not agree, by book and subject.
  [[nodiscard]] std::vector<Disagreement> Disagreements() const;
  // Of a closer tally: buckets that do not agree and were not looked into.
  [[nodiscard]] int64_t left_out() const { return left_out_; }

 private:
  struct Sides {
    uint64_t claimed = 0;
    uint64_t counted = 0;
  };

  // Where `subject` belongs, and its odd weight.
  [[nodiscard]] uint64_t HashOf(Book book, absl::string_view subject) const;
  Sides* Kept(Book book, absl::string_view subject, uint64_t hash);

  uint64_t salt_;
  std::vector<uint64_t> differences_;
  // Of a closer tally: the buckets it looks into.
  absl::flat_hash_set<size_t> closer_;
  std::map<std::pair<Book, std::string>, Sides> subjects_;
  int64_t left_out_ = 0;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_TALLY_H_
