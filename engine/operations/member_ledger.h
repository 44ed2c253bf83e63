// One member's account during a commit: loaded, changed, written back.
#ifndef PISTIS_ENGINE_OPERATIONS_MEMBER_LEDGER_H_
#define PISTIS_ENGINE_OPERATIONS_MEMBER_LEDGER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

#include "pistis/v1/event_service.pb.h"

#include "engine/base/ids.h"
#include "engine/ledger/account.h"
#include "engine/members/occasions.h"
#include "engine/members/standing.h"
#include "engine/operations/expired_lots.h"
#include "engine/operations/journal.h"
#include "engine/operations/met_occasion.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rules/benefits.h"
#include "engine/rules/event_rules.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

struct LimitQuestion;

// Where an entry came from. What does not apply stays empty.
struct EntrySource {
  OrderId order_id = {};
  RefundId refund_id = {};
  int64_t rulebook_version = 0;
  std::string reason = {};
  std::string caller = {};
  // The rules that gave points.
  std::vector<RulePoints> rules = {};
  // The other side of a transfer.
  MemberId other_member = {};
  int64_t other_entry = 0;
  // The entry of this member that is reversed.
  int64_t reversed_entry = 0;
};

// Whether a member whose data was erased is there: to nobody but to what sets
// the ledger right.
enum class ErasedMember { kNotFound, kLoaded };

// Which member, as of when, and by whose rules: `rulebook` is the program's
// current one, null before the first; it outlives the ledger.
struct LedgerAt {
  const ProgramId& program;
  const MemberId& member;
  absl::Time at;
  const Rulebook* rulebook = nullptr;
  OccasionTerms occasions;
  ErasedMember erased = ErasedMember::kNotFound;
};

// A member's account as of a time: what fell due by then has been posted, at
// its own time, and rules have acted on what happened to the member by then:
// birthdays, anniversaries of joining and of the first order, points about to
// expire, changes of the tier.
// Changes are collected here and go to storage with Post.
class MemberLedger {
 public:
  // Loads the account and advances it to `at` (or to the account's own latest
  // time, where that is later). NOT_FOUND where there is no such member. The
  // reader must outlive all but Post.
  static absl::StatusOr<MemberLedger> Load(const Reader& reader,
                                           const LedgerAt& which);

  // A new member's, enrolled at `which.at`. NOT_FOUND where there is no such
  // program.
  static absl::StatusOr<MemberLedger> Create(const Reader& reader,
                                             const LedgerAt& which,
                                             store::v1::ProfileRecord profile);

  [[nodiscard]] const ProgramId& program() const { return program_; }
  [[nodiscard]] const MemberId& member_id() const { return member_; }
  // The time of this command's effects.
  [[nodiscard]] absl::Time effective() const { return effective_; }
  [[nodiscard]] const Account& account() const { return account_; }
  [[nodiscard]] int64_t orders() const { return orders_; }
  [[nodiscard]] const std::string& language() const { return language_; }
  [[nodiscard]] const Standing& standing() const { return standing_; }
  [[nodiscard]] bool is_suspended() const { return suspended_; }
  void SetSuspended(bool suspended) { suspended_ = suspended; }
  [[nodiscard]] bool is_erased() const { return erased_; }
  // Forgets who the member is: language, segments, days, and all that would
  // fall due. Requires the profile and no open hold; what is left of the
  // profile is profile(), to be stored by the caller. No rule gives the member
  // anything from then on, and nothing falls due.
  void Erase();
  // MEMBER_SUSPENDED where the member does not take part.
  [[nodiscard]] absl::Status CheckTakesPart() const;
  [[nodiscard]] const ReferralState& referral() const {
    return occasions_.referral;
  }
  ReferralState& referral() { return occasions_.referral; }
  // What loads another member's ledger at effective(), by the same rulebook.
  // Refers to this and to `other`.
  [[nodiscard]] LedgerAt AtTheSameTime(const MemberId& other) const {
    return {.program = program_,
            .member = other,
            .at = effective_,
            .rulebook = rulebook_,
            .occasions = {.secret = *secret_, .oldest = oldest_}};
  }
  // The standing with the segments of the member as it is now.
  [[nodiscard]] Standing WithSegments() const;
  // May be null.
  [[nodiscard]] const Rulebook* rulebook() const { return rulebook_; }
  // Requires one: see ReadProfile and SetProfile.
  [[nodiscard]] const store::v1::ProfileRecord& profile() const {
    return *profile_;
  }
  // When something falls due; InfiniteFuture: nothing.
  [[nodiscard]] absl::Time NextDue() const;
  // The member as conditions see it. What the profile alone knows is there
  // where the rulebook asks for it, or after ReadProfile.
  [[nodiscard]] MemberFacts Facts() const;
  // True where something fell due on the way to effective(), or the account
  // stands in the due-queue at a time that is over.
  [[nodiscard]] bool is_due() const;
  // What expired of `lot` on that way; nothing where it did not. An idle lot is
  // found whatever its expiry was.
  [[nodiscard]] std::optional<ExpiredLot> ExpiredNow(const Lot& lot) const;

  absl::Status ReadProfile(const Reader& reader);
  // The profile from now on, as it will be stored.
  void SetProfile(store::v1::ProfileRecord profile);
  // With its days: when the next birthday and anniversary after `after` come,
  // in the program's zone.
  absl::Status Schedule(absl::Time after);

  // Counts a sale, and puts the member into segments that have no condition.
  absl::Status CountOrder(const Progress& sale,
                          const std::vector<std::string>& join);
  // Counts back what came of a sale at `sold`.
  void CountBack(const Progress& returned, absl::Time sold);

  // Lets rules act on something that happens to the member, who then may rise
  // in tier, which rules may act on. Its number where it is recorded: where any
  // rule acted, or the merchant told of it; else 0. POINTS_OVERFLOW or
  // LIMIT_REACHED, and nothing changed, where the account cannot take what
  // rules give.
  absl::StatusOr<int64_t> Meet(const MemberEvent& event);
  // The same, where nothing happens if the account cannot take it.
  absl::StatusOr<int64_t> MeetIfItFits(const MemberEvent& event);
  // What was recorded, in this commit.
  [[nodiscard]] const std::vector<MetOccasion>& met() const { return met_; }
  // What that leaves to be written with the account. A ledger of another member
  // that one commit loads reads over it, and is posted after this one: both may
  // use up one limit.
  [[nodiscard]] const WriteSet& writes() const { return writes_; }
  [[nodiscard]] WriteSet& writes() { return writes_; }

  // The account's commands at effective(); each keeps its entry, to be posted
  // with `source`. Refusals as in Account.
  absl::StatusOr<LedgerEntry> Earn(const Lot& lot,
                                   std::optional<absl::Time> release,
                                   const LotTerms& terms,
                                   const EntrySource& source);
  absl::StatusOr<LedgerEntry> Redeem(Points points, const LotTerms& terms,
                                     const EntrySource& source);
  absl::StatusOr<LedgerEntry> Hold(const HoldId& id, Points points,
                                   absl::Time expire,
                                   const EntrySource& source);
  absl::StatusOr<std::vector<LedgerEntry>> CaptureHold(
      const HoldId& id, Points points, const LotTerms& terms,
      const EntrySource& source);
  absl::StatusOr<LedgerEntry> ReleaseHold(const HoldId& id,
                                          const LotTerms& terms,
                                          const EntrySource& source);
  absl::StatusOr<LedgerEntry> AdjustUp(const Lot& lot,
                                       const EntrySource& source);
  absl::StatusOr<LedgerEntry> AdjustDown(Points points, Shortfall shortfall,
                                         const EntrySource& source);
  // Returns how many points were lost by it, those that were owed not counted.
  Points Forfeit(const EntrySource& source);
  absl::StatusOr<LedgerEntry> TransferOut(Points points,
                                          const EntrySource& source);
  absl::StatusOr<LedgerEntry> TransferIn(absl::Span<const Lot> lots,
                                         const EntrySource& source);
  absl::StatusOr<LedgerEntry> Reverse(const LedgerEntry& original,
                                      const LotTerms& terms,
                                      const EntrySource& source);
  // Returns what had expired of the points.
  Points TakeBack(const ClawBack& claw_back, const EntrySource& source);
  void Restore(absl::Span<const Lot> lots, const LotTerms& terms,
               const EntrySource& source);

  // The source of the entry kept last.
  [[nodiscard]] EntrySource& last_source() { return entries_.back().source; }

  // Hands the account, its entries, its place in the due-queue, the sums and
  // the events of what fell due or came from no order to `journal`; and the
  // tier and the segments that all of it leads to, with their events.
  void Post(Journal& journal) const;
  // The same in two steps, for a command that has an event of its own to tell
  // in between: the standing that is stored, then what led to it.
  Standing PostAccount(Journal& journal) const;
  void AnnounceStanding(const Standing& standing, Journal& journal) const;

 private:
  struct SourcedEntry {
    LedgerEntry entry;
    EntrySource source;
  };

  MemberLedger(const ProgramId& program, const MemberId& member)
      : program_(program), member_(member) {}

  absl::StatusOr<LedgerEntry> Keep(absl::StatusOr<LedgerEntry> entry,
                                   const EntrySource& source);
  // Moves the account's place in the due-queue to `next`; returns where it
  // stands.
  int64_t PostDue(absl::Time next, Journal& journal) const;
  absl::Status AddTierChanges(const std::vector<TierChange>& changes);
  void JoinSegments(const std::vector<std::string>& join);
  // Takes the ledger to effective().
  absl::Status Advance();
  absl::Status AdvanceTo(absl::Time at);
  absl::Status MeetWhatIsDue(absl::Time at);
  // The birthday and the anniversaries that come at `at`.
  absl::Status MeetDays(absl::Time at);
  [[nodiscard]] MemberDays Days() const;
  [[nodiscard]] std::optional<ExpiryNotice> NextNoticeOf(
      const OccasionState& state) const;
  // When the next of them comes; InfiniteFuture: none does.
  [[nodiscard]] absl::Time NextOccasion(const OccasionState& state) const;
  // The occasions without notices of points that came too late for one.
  [[nodiscard]] OccasionState Settled() const;
  // True where the event was noticed too late to be worth anything.
  [[nodiscard]] bool IsOver(const MemberEvent& event) const;
  absl::Status EarnOn(const MemberEvent& event, const EventGifts& gifts,
                      MetOccasion& met);
  absl::Status ChargeEventBudgets(const LimitQuestion& question,
                                  const EventGifts& gifts, MetOccasion& met);
  void IssueOn(const EventGifts& gifts, MetOccasion& met) const;
  absl::StatusOr<int64_t> Record(const MemberEvent& event,
                                 const EventGifts& gifts, MetOccasion met);
  [[nodiscard]] ExpiredLot RecordOf(const LedgerEntry& expiry) const;
  void PostExpired(const LedgerEntry& expiry, Journal& journal) const;
  // For AccountRecord::idle_since_us.
  [[nodiscard]] int64_t IdleSince() const;

  ProgramId program_;
  MemberId member_;
  Account account_;
  // The place in the due-queue, as loaded; 0: none.
  int64_t due_us_ = 0;
  // As loaded.
  int64_t idle_since_us_ = 0;
  int64_t orders_ = 0;
  std::string language_;
  absl::Time effective_;
  // When the member is looked at for segments.
  absl::Time now_;
  std::vector<SourcedEntry> entries_;
  Standing standing_;
  // As loaded.
  std::vector<std::string> segments_before_;
  std::vector<TierChange> tier_changes_;
  const Rulebook* rulebook_ = nullptr;
  std::optional<store::v1::ProfileRecord> profile_;
  const Reader* reader_ = nullptr;
  const std::string* secret_ = nullptr;
  absl::Time oldest_;
  OccasionState occasions_;
  bool suspended_ = false;
  bool erased_ = false;
  std::vector<MetOccasion> met_;
  // Of limits and budgets.
  WriteSet writes_;
  std::vector<v1::BudgetReached> budgets_reached_;
};

// What `rulebook` says of lots for a command at `at`; null: points never
// expire.
[[nodiscard]] LotTerms LotTermsOf(const Rulebook* rulebook, absl::Time at);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_MEMBER_LEDGER_H_
