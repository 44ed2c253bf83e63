#include "engine/operations/verify_tally.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/hash/hash.h"

#include "engine/base/digest.h"

namespace pistis {
namespace {

constexpr size_t kBuckets = size_t{1} << 16U;
constexpr size_t kMaxBuckets = 256;

struct BookText {
  Book book;
  absl::string_view kind;
  absl::string_view name;
};

// In the order of Book.
constexpr auto kBooks = std::to_array<BookText>({
    {Book::kCommitOfEntry, "chain", "the commit that it is part of"},
    {Book::kEntriesOfOrder, "order", "entries of the order's sale"},
    {Book::kEntriesOfRefund, "refund", "entries of the refund"},
    {Book::kOrdersOfMember, "balance", "orders of the member"},
    {Book::kProgress, "balance", "what counts for tiers"},
    {Book::kTier, "balance", "a digest of the tier"},
    {Book::kSegments, "balance", "a digest of the segments"},
    {Book::kRefunds, "order", "refunds of the order"},
    {Book::kRefundMoney, "order", "money given back"},
    {Book::kPointsClawedBack, "order", "points clawed back"},
    {Book::kPointsRestored, "order", "points restored"},
    {Book::kOrderEvents, "order", "events of the order's commit"},
    {Book::kRefundEvents, "refund", "events of the refund"},
    {Book::kJoinedEvents, "index", "when the member joined"},
    {Book::kEventsBesideOrder, "order", "events of them"},
    {Book::kPostedEvents, "entry", "events of the entry"},
    {Book::kExpiredEvents, "entry", "points in events of the expiry"},
    {Book::kRulebookEvents, "record", "when the rulebook was published"},
    {Book::kProgramEvents, "record", "when the program was opened"},
    {Book::kCodeUses, "order", "uses of the code"},
    {Book::kCodeIssued, "order", "a digest of what the code was issued as"},
    {Book::kCodeLists, "index", "places in the list of codes"},
    {Book::kCodeBatches, "order", "codes of the batch"},
    {Book::kCodeVoids, "order", "a digest of why it is void"},
    {Book::kLimitTimes, "order", "orders under the limit"},
    {Book::kLimitPoints, "order", "points under the limit"},
    {Book::kLimitDiscount, "order", "discounts under the limit"},
    {Book::kBudgetSales, "order", "net sales under the budget"},
    {Book::kExpiredPoints, "lot", "points that expired with the lot"},
    {Book::kExpiredTime, "lot", "when the lot expired"},
    {Book::kExpiredSince, "lot", "since when there were such points"},
    {Book::kExpiredCounted, "lot", "expired points that refunds counted"},
    {Book::kReversals, "index", "the entry that reversed it"},
    {Book::kDueTimes, "index", "when something falls due"},
    {Book::kOccasions, "balance", "occasions of the member"},
    {Book::kOccasionPoints, "balance", "points of occasions"},
    {Book::kOccasionEvents, "entry", "the commit of the occasion"},
    {Book::kOccasionFacts, "entry", "what its event says"},
    {Book::kReferrers, "balance", "a digest of who brought the member"},
    {Book::kFriends, "balance", "friends of the member"},
    {Book::kSuspended, "balance", "whether it is suspended"},
    {Book::kReferralCodes, "index", "referral codes"},
    {Book::kIdentifiers, "index", "members of the identifier"},
    {Book::kProfiles, "index", "profiles of the account"},
    {Book::kLanguages, "index", "a digest of the language"},
    {Book::kHoldPoints, "index", "points of the hold"},
    {Book::kHoldCaptured, "index", "points captured of the hold"},
    {Book::kHoldsClosed, "index", "captures or releases of the hold"},
    {Book::kHoldTimes, "index", "when the hold expires"},
    {Book::kReservationEvents, "order", "the commit of its event"},
    {Book::kReservationEnds, "order", "how it ended"},
    {Book::kReservedOrders, "order", "a digest of the order it became"},
    {Book::kWaitingDeliveries, "record", "deliveries that wait"},
    {Book::kDeadLetters, "record", "deliveries that were given up"},
    {Book::kTransfers, "entry", "points on both sides of the transfer"},
    {Book::kCaseTimes, "index", "when the case was opened or falls due"},
    {Book::kCaseEvents, "case", "a digest of what its events tell"},
    {Book::kCaseWeeks, "case", "cases of the week"},
    {Book::kCareStandings, "case", "remedies and complaints of the member"},
    {Book::kNotesAsked, "order", "notes that it asked for"},
    {Book::kNoteEvents, "record", "a digest of its events"},
    {Book::kNoteIndex, "index", "a digest of where the note lies"},
    {Book::kContacts, "index", "how often the member was written to"},
    {Book::kErasures, "index", "the erasure of the member"},
    {Book::kMargins, "total", "the sum in margin reports"},
    {Book::kTotals, "total", "the sum"},
});

constexpr bool IsInOrder() {
  for (size_t i = 0; i < kBooks.size(); ++i) {
    if (kBooks[i].book != static_cast<Book>(i)) return false;
  }
  return kBooks.back().book == Book::kTotals;
}
static_assert(IsInOrder());

uint64_t RandomSalt() {
  uint64_t salt = 0;
  const std::string bytes = RandomBytes(sizeof(salt));
  std::memcpy(&salt, bytes.data(), sizeof(salt));
  return salt;
}

size_t BucketOf(uint64_t hash) {
  return static_cast<size_t>(hash >> 48U);
}

uint64_t WeightOf(uint64_t hash) {
  return hash | 1U;
}

}  // namespace

absl::string_view KindOf(Book book) {
  return kBooks[static_cast<size_t>(book)].kind;
}

absl::string_view NameOf(Book book) {
  return kBooks[static_cast<size_t>(book)].name;
}

Tally::Tally() : salt_(RandomSalt()), differences_(kBuckets) {}

uint64_t Tally::HashOf(Book book, absl::string_view subject) const {
  return absl::HashOf(salt_, static_cast<int>(book), subject);
}

Tally::Sides* Tally::Kept(Book book, absl::string_view subject, uint64_t hash) {
  if (!closer_.contains(BucketOf(hash))) return nullptr;
  return &subjects_[{book, std::string(subject)}];
}

void Tally::Claim(Book book, absl::string_view subject, int64_t amount) {
  const uint64_t hash = HashOf(book, subject);
  const auto value = static_cast<uint64_t>(amount);
  differences_[BucketOf(hash)] += value * WeightOf(hash);
  if (Sides* sides = Kept(book, subject, hash)) sides->claimed += value;
}

void Tally::Count(Book book, absl::string_view subject, int64_t amount) {
  const uint64_t hash = HashOf(book, subject);
  const auto value = static_cast<uint64_t>(amount);
  differences_[BucketOf(hash)] -= value * WeightOf(hash);
  if (Sides* sides = Kept(book, subject, hash)) sides->counted += value;
}

bool Tally::Agrees() const {
  return std::all_of(differences_.begin(), differences_.end(),
                     [](uint64_t difference) { return difference == 0; });
}

Tally Tally::Closer() const {
  Tally closer;
  closer.salt_ = salt_;
  for (size_t i = 0; i < differences_.size(); ++i) {
    if (differences_[i] == 0) continue;
    if (closer.closer_.size() < kMaxBuckets) {
      closer.closer_.insert(i);
    } else {
      ++closer.left_out_;
    }
  }
  return closer;
}

std::vector<Tally::Disagreement> Tally::Disagreements() const {
  std::vector<Disagreement> found;
  for (const auto& [key, sides] : subjects_) {
    if (sides.claimed == sides.counted) continue;
    found.push_back({.book = key.first,
                     .subject = key.second,
                     .claimed = static_cast<int64_t>(sides.claimed),
                     .counted = static_cast<int64_t>(sides.counted)});
  }
  return found;
}

}  // namespace pistis
