// Random commands of every kind, under changing rulebooks and through time: the
// recount never finds anything in what the engine itself wrote.
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/order/order.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kRulebooks[] = {
    R"(
points:
  value: "0.01"
  expire: {after: 6d, refund_grace: 2d}
  pending: {for: 2d}
tiers:
  - {id: silver, qualify: {spend: "10.00", within: 5d}, keep_for: 3d}
  - {id: gold, qualify: {orders: 3, tier_points: 20, within: 8d}, keep_for: 2d}
segments:
  - {id: fans}
  - {id: rich, when: member.points > 50}
  - {id: fresh, when: 'now - member.joined < duration("72h")'}
  - {id: top, when: member.tier == "gold" || "fans" in member.segments}
rules:
  - {id: base, earn: {points: 7, per: "0.90"}}
  - {id: visit, earn: {points: 3}, tier_points: {points: 3, per: "1.00"}}
  - {id: liked, when: order.subtotal > amount("4.00"), segment: fans}
)",
    R"(
points:
  value: "0.01"
  expire: {after_inactivity: 4d}
  pending: {for: 1d}
  refund_shortfall: forgive
rules:
  - {id: base, earn: {points: 5, per: "1.00"}}
)",
    R"(
points:
  value: "0.02"
  expire: {end_of: month, grace: 3d}
  on_return: recompute
tiers:
  - {id: silver, qualify: {orders: 2, within: 3d}, keep_for: 2d}
segments:
  - {id: top, when: member.tier == "silver"}
rules:
  - {id: again, when: '"top" in member.segments', earn: {points: 4}}
  - {id: big, when: order.subtotal >= amount("5.00"), earn: {points: 2, per: "0.50"}}
)",
    R"(
points: {value: "0.05", expire: {after_inactivity: 3d}}
rules:
  - {id: visit, earn: {points: 11}}
)"};

class RandomLedger {
 public:
  explicit RandomLedger(uint64_t seed) : random_(seed) {
    OpenWith(kRulebooks[0], shop_);
    for (const char* member : kMembers)
      EXPECT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
  }

  // One random step; what it was.
  std::string Step() {
    clock_.Advance(absl::Minutes(Below(400)));
    switch (Below(14)) {
      case 0:
      case 1:
      case 2:
        return Sell();
      case 3:
      case 4:
        return Refund();
      case 5:
        return Said("earn", shop_.Post(Earn()));
      case 6:
        return Said("redeem", shop_.Post(Moving<v1::RedeemPointsRequest>()));
      case 7:
        return Said("adjust", shop_.Post(Adjust()));
      case 8:
        return Said("transfer", shop_.Post(Transfer()));
      case 9:
        return Said("reverse", shop_.Post(Reverse()));
      case 10:
        return Said("hold", shop_.Post(Hold()));
      case 11:
        return Said("capture", shop_.Post(Close<v1::CaptureHoldRequest>()));
      case 12:
        return Said("release", shop_.Post(Close<v1::ReleaseHoldRequest>()));
      default:
        return PassTime();
    }
  }

  [[nodiscard]] std::vector<std::string> Findings() const {
    return Audit(shop_, program_);
  }

 private:
  static constexpr const char* kMembers[] = {"ann", "ben", "cleo"};

  int Below(int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random_);
  }
  std::string Member() { return kMembers[Below(3)]; }

  template <typename Reply>
  std::string Said(absl::string_view what, const absl::StatusOr<Reply>& reply) {
    return absl::StrCat(what, " -> ", NameOf(reply.status()));
  }

  template <typename Request>
  Request New() {
    Request request;
    request.set_program_id(program_.text());
    request.set_request_id(absl::StrCat("request-", ++requests_));
    request.set_reason("test");
    return request;
  }

  template <typename Request>
  Request Moving() {
    auto request = New<Request>();
    request.set_member_id(Member());
    request.set_points(1 + Below(60));
    return request;
  }

  v1::EarnPointsRequest Earn() {
    auto request = Moving<v1::EarnPointsRequest>();
    request.set_pending(Below(2) == 0);
    if (Below(3) == 0) {
      *request.mutable_expire_time() =
          ToTimestamp(clock_.Now() + absl::Hours(10 + Below(200)));
    }
    return request;
  }

  v1::AdjustPointsRequest Adjust() {
    auto request = Moving<v1::AdjustPointsRequest>();
    if (Below(2) == 0) request.set_points(-request.points());
    request.set_allow_negative(Below(2) == 0);
    return request;
  }

  v1::TransferPointsRequest Transfer() {
    auto request = New<v1::TransferPointsRequest>();
    request.set_from_member_id(Member());
    request.set_to_member_id(Member());
    request.set_points(1 + Below(40));
    return request;
  }

  v1::ReverseEntryRequest Reverse() {
    auto request = New<v1::ReverseEntryRequest>();
    request.set_member_id(Member());
    v1::ListEntriesRequest entries;
    entries.set_program_id(program_.text());
    entries.set_member_id(request.member_id());
    entries.set_page_size(1000);
    const auto page = shop_.Ask(ListEntries, entries);
    const int last = page.ok() ? page->entries_size() : 0;
    request.set_entry_number(std::max(1, last - Below(8)));
    return request;
  }

  v1::HoldPointsRequest Hold() {
    v1::HoldPointsRequest request;
    request.set_program_id(program_.text());
    request.set_hold_id(absl::StrCat("h", ++holds_));
    request.set_member_id(Member());
    request.set_points(1 + Below(50));
    *request.mutable_expire_time() =
        ToTimestamp(clock_.Now() + absl::Hours(1 + Below(150)));
    return request;
  }

  template <typename Request>
  Request Close() {
    auto request = New<Request>();
    request.set_hold_id(absl::StrCat("h", std::max(1, holds_ - Below(4))));
    if constexpr (requires { request.set_points(1); }) {
      if (Below(2) == 0) request.set_points(1 + Below(30));
    }
    return request;
  }

  std::string Sell() {
    const std::string id = absl::StrCat("o", ++orders_);
    v1::CommitOrderRequest request = SaleRequest(id, Member(), {});
    for (int i = Below(3); i >= 0; --i) {
      v1::OrderLine& line = *request.mutable_order()->add_lines();
      line.set_line_id(absl::StrCat("l", i));
      line.set_quantity(1 + Below(3));
      line.set_amount_minor(Below(900));
    }
    if (Below(3) == 0) request.mutable_order()->mutable_redeem()->set_all(true);
    if (Below(4) == 0) {
      *request.mutable_order()->mutable_placed_time() =
          ToTimestamp(clock_.Now() - absl::Hours(Below(48)));
    }
    const auto sold = shop_.Commit(request);
    if (sold.ok()) sales_.push_back(request.order());
    return Said(absl::StrCat("sell ", id), sold);
  }

  std::string Refund() {
    if (sales_.empty()) return "nothing to refund";
    const v1::Order& order =
        sales_[static_cast<size_t>(Below(static_cast<int>(sales_.size())))];
    v1::RefundOrderRequest request =
        RefundRequest(order.order_id(), absl::StrCat("r", ++refunds_));
    for (const v1::OrderLine& line : order.lines()) {
      if (Below(2) == 0) continue;
      v1::RefundLine& part = *request.add_lines();
      part.set_line_id(line.line_id());
      part.set_amount_minor(1 + Below(400));
    }
    return Said(absl::StrCat("refund ", order.order_id()),
                shop_.Refund(request));
  }

  std::string PassTime() {
    clock_.Advance(absl::Hours(Below(120)));
    switch (Below(3)) {
      case 0: {
        const size_t pick = static_cast<size_t>(Below(std::size(kRulebooks)));
        return Said(
            absl::StrCat("publish ", pick),
            shop_.Publish(RulebookRequest(absl::StrCat("publish-", ++requests_),
                                          kRulebooks[pick])));
      }
      case 1:
        return absl::StrCat("work off -> ", NameOf(shop_.ExpireAll(program_)));
      default:
        return "time passes";
    }
  }

  const ProgramId program_{kShop};
  std::mt19937_64 random_;
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  int requests_ = 1;
  int orders_ = 0;
  int refunds_ = 0;
  int holds_ = 0;
  std::vector<v1::Order> sales_;
};

TEST(VerifyRandomTest, NothingIsFoundInWhatTheEngineWrote) {
  constexpr int kLedgers = 8;
  constexpr int kSteps = 160;
  constexpr int kStepsBetween = 4;
  const uint64_t seed = TestSeed();
  for (int i = 0; i < kLedgers; ++i) {
    SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed, ", ledger ", i));
    RandomLedger ledger(seed + static_cast<uint64_t>(i));
    std::string said;
    for (int step = 0; step < kSteps; ++step) {
      absl::StrAppend(&said, ledger.Step(), "\n");
      if (step % kStepsBetween != 0) continue;
      ASSERT_EQ(ledger.Findings(), std::vector<std::string>())
          << "step " << step << ":\n"
          << said;
    }
  }
}

}  // namespace
}  // namespace pistis
