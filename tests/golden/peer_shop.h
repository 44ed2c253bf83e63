// A shop that does what the case of another system says, and tells the figures
// that such a case expects. Not for programs.
#ifndef PISTIS_TESTS_GOLDEN_PEER_SHOP_H_
#define PISTIS_TESTS_GOLDEN_PEER_SHOP_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "pistis/v1/insight_service.pb.h"
#include "pistis/v1/ledger_service.pb.h"
#include "pistis/v1/order.pb.h"

#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"
#include "tests/golden/peer_json.h"

namespace pistis::golden {

// The rulebook of a case, without its first three lines.
[[nodiscard]] std::string PeerRulebook(const Json& scenario);

// An amount less the tax contained in it, rounded half up.
[[nodiscard]] int64_t WithoutTax(int64_t amount, int64_t percent);

// One case's shop. Its clock begins before all cases and runs on to the times
// that their steps name.
class PeerShop {
 public:
  explicit PeerShop(const Json& scenario);

  // Does one step; OK, or the refusal of what it asked for. A step of an
  // unknown kind fails the test.
  absl::Status Run(const Json& step);

  // What a case calls "balance", "lots.2027-01-01", "expire_entries", ... after
  // the last step. Fails the test for a figure that is not known.
  [[nodiscard]] std::string Figure(const std::string& name) const;

  // What a recount of all that is stored finds wrong.
  [[nodiscard]] std::vector<std::string> Audit() const;

 private:
  using Handler = absl::Status (PeerShop::*)(const Json&);
  // Tells a figure; what stands behind the dot of its name comes in.
  using Teller = std::string (PeerShop::*)(absl::string_view) const;

  absl::Status Credit(const Json& step);
  absl::Status Debit(const Json& step);
  absl::Status Redeem(const Json& step);
  absl::Status Adjust(const Json& step);
  absl::Status Hold(const Json& step);
  absl::Status Release(const Json& step);
  absl::Status Capture(const Json& step);
  absl::Status Sell(const Json& step);
  absl::Status Quote(const Json& step);
  absl::Status GiveBack(const Json& step);
  absl::Status ClawBack(const Json& step);
  absl::Status Expire(const Json& step);
  absl::Status Act(const Json& step);
  absl::Status RunBirthdays(const Json& step);
  absl::Status ExpiringBy(const Json& step);
  absl::Status Distribute(const Json& step);
  absl::Status RewardUnits(const Json& step);
  absl::Status TierFor(const Json& step);

  // The step's member, enrolled and with the balance that the step says; empty
  // for a sale to nobody.
  std::string MemberOf(const Json& step);
  [[nodiscard]] std::string OrderOf(const Json& step) const;
  // The first part of the case's program; empty where it has none.
  [[nodiscard]] Json FirstPart() const;
  // True where points of a sale that names no member are nobody's.
  [[nodiscard]] bool IsGuest() const;
  v1::Order SaleOf(const Json& step);
  static int64_t TaxOnShipping(const Json& step, int64_t shipping);
  // The code of ours that stands for what is typed; what is typed where the
  // case has no such code.
  std::string CodeFor(const std::string& typed, const std::string& member);
  void UseUp(const Json& step);
  void Suspend(const std::string& member);
  void PutIntoGroup(const std::string& member, const std::string& group);
  absl::Status Commit(const v1::Order& order);
  absl::Status TakeOff(const Json& step, bool below_zero);

  [[nodiscard]] std::string Balance(absl::string_view member) const;
  [[nodiscard]] std::string OpenLots(absl::string_view rest) const;
  [[nodiscard]] std::string LotAt(absl::string_view date) const;
  [[nodiscard]] std::string Owed(absl::string_view rest) const;
  [[nodiscard]] std::string EarnedBy(absl::string_view rule) const;
  [[nodiscard]] std::string PointsLeftOfOrder(absl::string_view rest) const;
  [[nodiscard]] std::string ClawedBack(absl::string_view rest) const;
  [[nodiscard]] std::string Issued(absl::string_view rest) const;
  [[nodiscard]] std::string Expired(absl::string_view rest) const;
  [[nodiscard]] std::string Redeemed(absl::string_view rest) const;
  [[nodiscard]] std::string LineDiscount(absl::string_view line) const;
  [[nodiscard]] std::string LineAfter(absl::string_view line) const;
  [[nodiscard]] std::string LineTotal(absl::string_view line) const;
  [[nodiscard]] std::string FreeUnits(absl::string_view line) const;
  [[nodiscard]] std::string OfPromotion(absl::string_view promotion) const;
  [[nodiscard]] std::string Applied(absl::string_view rest) const;
  [[nodiscard]] std::string Tier(absl::string_view rest) const;
  // Figures of the last quote that are sums.
  [[nodiscard]] int64_t NetMinor() const;
  [[nodiscard]] int64_t TaxMinor() const;
  [[nodiscard]] int64_t OrderDiscount() const;
  [[nodiscard]] int64_t PointsAdded() const;
  [[nodiscard]] v1::ListLotsResponse Lots() const;
  [[nodiscard]] v1::ProgramStats Stats() const;
  // All entries of all members; of one kind, where one is named.
  [[nodiscard]] std::vector<v1::LedgerEntry> Entries(
      std::optional<v1::LedgerEntry::Kind> kind = {}) const;

  const Json& scenario_;
  MemoryStore store_;
  FakeClock clock_;
  TestShop shop_{store_, clock_};
  std::set<std::string> members_;
  std::string member_;
  std::string order_;
  // The last sale that a step made, and what it got.
  Json step_;
  v1::Order sale_;
  v1::Quote quote_;
  // What a step that asks for units or parts got.
  std::string parts_;
  // Codes issued, by what is typed and who has them.
  std::map<std::string, std::string> codes_;
  int discounted_orders_ = 0;
  int64_t expiring_ = 0;
  int steps_ = 0;
};

}  // namespace pistis::golden

#endif  // PISTIS_TESTS_GOLDEN_PEER_SHOP_H_
