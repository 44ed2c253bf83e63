// One member's account during a commit: loaded, changed, written back.
#ifndef PISTIS_ENGINE_OPERATIONS_MEMBER_LEDGER_H_
#define PISTIS_ENGINE_OPERATIONS_MEMBER_LEDGER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/ledger_service.pb.h"
#include "pistis/v1/order.pb.h"

#include "engine/base/ids.h"
#include "engine/ledger/account.h"
#include "engine/operations/journal.h"
#include "engine/rulebook/rulebook.h"
#include "engine/storage/store.h"

namespace pistis {

// Where an entry came from.
struct EntrySource {
  OrderId order_id;
  RefundId refund_id;
  int64_t rulebook_version = 0;
};

// A member's account as of a time: what fell due by then has been posted, at
// its own time. Changes are collected here and go to storage with Post.
class MemberLedger {
 public:
  // Loads the account and advances it to `at` (or to the account's own latest
  // time, where that is later). NOT_FOUND where there is no such member.
  static absl::StatusOr<MemberLedger> Load(const Reader& reader,
                                           const ProgramId& program,
                                           const MemberId& member,
                                           absl::Time at);

  // A new member's.
  static MemberLedger Create(const ProgramId& program, const MemberId& member,
                             std::string language);

  [[nodiscard]] const MemberId& member_id() const { return member_; }
  // The time of this command's effects.
  [[nodiscard]] absl::Time effective() const { return effective_; }
  [[nodiscard]] const Account& account() const { return account_; }
  [[nodiscard]] int64_t orders() const { return orders_; }
  [[nodiscard]] const std::string& language() const { return language_; }
  // True where expiries were posted on the way to effective().
  [[nodiscard]] bool has_entries() const { return !entries_.empty(); }
  // The points of the lot of `expire` that expired on that way; nothing where
  // the lot did not.
  [[nodiscard]] std::optional<Points> ExpiredNow(absl::Time expire) const;

  void CountOrder() { ++orders_; }

  // The account's commands; each keeps its entry. Refusals as in Account.
  absl::StatusOr<LedgerEntry> Earn(Points points, absl::Time expire,
                                   const EntrySource& source);
  absl::StatusOr<LedgerEntry> Redeem(Points points, const EntrySource& source);
  // Returns what had expired of the points.
  Points TakeBack(const ClawBack& claw_back, const EntrySource& source);
  void Restore(const std::vector<Lot>& lots, absl::Time grace_expire,
               const EntrySource& source);

  // Hands the account, its entries, what falls due, the sums and the events of
  // expiries to `journal`.
  void Post(const CommitContext& context, Journal& journal) const;

 private:
  struct SourcedEntry {
    LedgerEntry entry;
    EntrySource source;
  };

  MemberLedger(const ProgramId& program, const MemberId& member)
      : program_(program), member_(member) {}

  void Keep(const LedgerEntry& entry, const EntrySource& source) {
    entries_.push_back({entry, source});
  }

  ProgramId program_;
  MemberId member_;
  Account account_;
  // As loaded: new ones among account_.lots() must be queued as due.
  std::vector<Lot> loaded_lots_;
  int64_t orders_ = 0;
  std::string language_;
  absl::Time effective_;
  std::vector<SourcedEntry> entries_;
};

// The account as the API shows it; `rulebook` may be null (no worth then).
[[nodiscard]] v1::Account ToMessage(const MemberId& member,
                                    const Account& account,
                                    const Rulebook* rulebook);

// A stored entry as the API shows it. `number` is from its key.
[[nodiscard]] v1::LedgerEntry ToMessage(const store::v1::EntryRecord& entry,
                                        int64_t number);

// Lots to and from their records; InfiniteFuture is 0.
[[nodiscard]] absl::Time ExpiryOf(int64_t expire_us);
[[nodiscard]] int64_t ExpiryMicros(absl::Time expire);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_MEMBER_LEDGER_H_
