#include "tests/model/trade.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

#include "engine/operations/queries.h"
#include "engine/operations/verify_ledger.h"
#include "tests/model/wording.h"

namespace pistis {
namespace {

constexpr size_t kTold = 400;

}  // namespace

Trade::Trade(uint64_t seed)
    : random_(seed),
      clock_(TimeAt("2026-01-10 10:00") + absl::Hours(24 * Below(365))),
      shop_(std::make_unique<TestShop>(store_, clock_)),
      model_(RandomPolicy(random_)) {
  const std::string yaml = YamlOf(model_.policy());
  OpenWith(yaml, *shop_);
  Tell(yaml);
  for (const absl::string_view member : kMembers) {
    EXPECT_TRUE(shop_->Enrol(MemberRequest(member)).ok());
    model_.Enrol(std::string(member));
  }
}

void Trade::Step() {
  PassTime();
  const int64_t kind = Below(1000);
  if (kind < 220) return Sell();
  if (kind < 380) return Refund();
  if (kind < 450) return Earn();
  if (kind < 500) return Redeem();
  if (kind < 580) return Hold();
  if (kind < 630) return Capture();
  if (kind < 670) return Release();
  if (kind < 730) return Adjust();
  if (kind < 790) return Transfer();
  if (kind < 880) return Reverse();
  if (kind < 950) return Retry();
  if (kind < 980) return WorkOffDue();
  if (kind < 988) return Restart();
  if (kind < 989) return HoldMany();
  Publish();
}

void Trade::Verify() {
  v1::VerifyLedgerRequest request;
  request.set_program_id(std::string(kShop));
  const auto report =
      VerifyLedger(*shop_->GetSnapshot(), request,
                   [](const v1::VerifyProgress&) { return true; });
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->finding_count(), 0) << report->DebugString();
}

std::string Trade::Told() const {
  return absl::StrJoin(told_, "\n");
}

void Trade::Tell(const std::string& line) {
  told_.push_back(absl::StrCat(
      absl::FormatTime("%Y-%m-%d %H:%M:%E*S ", clock_.Now(), Athens()), line));
  if (told_.size() > kTold) told_.pop_front();
}

int64_t Trade::Below(int64_t limit) {
  return std::uniform_int_distribution<int64_t>(0, limit - 1)(random_);
}

const std::string& Trade::Pick(const std::vector<std::string>& ids) {
  const int64_t all = static_cast<int64_t>(ids.size());
  const int64_t back =
      Chance(70) ? Below(std::min<int64_t>(all, 8)) : Below(all);
  return ids[static_cast<size_t>(all - 1 - back)];
}

std::string Trade::NewId(const std::string& what) {
  return absl::StrCat(what, ++ids_);
}

void Trade::Compare(const std::string& what, const std::string& engine,
                    const std::string& model) {
  Tell(absl::StrCat(what, " -> ", engine));
  const auto first_word = [](const std::string& text) {
    return text.substr(0, text.find(' '));
  };
  met_.insert(absl::StrCat(first_word(what), " ", first_word(engine)));
  EXPECT_EQ(engine, model) << what;
}

void Trade::Retry() {
  if (retries_.empty()) return;
  const std::function<void()> again = retries_[static_cast<size_t>(
      Below(static_cast<int64_t>(retries_.size())))];
  again();
  CompareSome();
}

// Every member's points, and now and then the state of a hold and an order.
void Trade::CompareSome() {
  for (const absl::string_view member : kMembers)
    ComparePoints(std::string(member));
  if (!holds_.empty() && Chance(20)) {
    v1::GetHoldRequest request;
    request.set_program_id(std::string(kShop));
    request.set_hold_id(Pick(holds_));
    EXPECT_EQ(Said(shop_->Ask(GetHold, request)),
              model_.Hold(request.hold_id(), clock_.Now()))
        << request.hold_id();
  }
  if (!orders_.empty() && Chance(20)) {
    v1::GetOrderRequest request;
    request.set_program_id(std::string(kShop));
    request.set_order_id(Pick(orders_));
    EXPECT_EQ(Said(shop_->Ask(GetOrder, request)),
              model_.Order(request.order_id()))
        << request.order_id();
  }
}

void Trade::ComparePoints(const std::string& member) {
  v1::GetAccountRequest account;
  account.set_program_id(std::string(kShop));
  account.set_member_id(member);
  v1::ListLotsRequest lots;
  lots.set_program_id(std::string(kShop));
  lots.set_member_id(member);
  const auto points = shop_->Ask(GetAccount, account);
  const auto listed = shop_->Ask(ListLots, lots);
  ASSERT_TRUE(points.ok()) << points.status();
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(Said(*points, *listed), model_.Points(member, clock_.Now()))
      << member;
}

void Trade::Publish() {
  const Policy policy = RandomPolicy(random_);
  const std::string yaml = YamlOf(policy);
  const auto published =
      shop_->Publish(RulebookRequest(NewId("publish-again-"), yaml));
  ASSERT_TRUE(published.ok()) << published.status() << yaml;
  model_.Publish(policy);
  Tell(yaml);
  CompareSome();
}

void Trade::Restart() {
  Tell("restart");
  shop_ = std::make_unique<TestShop>(store_, clock_);
  CompareSome();
}

void Trade::WorkOffDue() {
  const absl::Status done = shop_->ExpireAll(ProgramId(kShop));
  ASSERT_TRUE(done.ok()) << done;
  Tell("jobs");
  model_.WorkOffDue(clock_.Now());
  jobs_ran_ = clock_.Now();
  CompareSome();
}

void Trade::PassTime() {
  const int64_t kind = Below(100);
  absl::Duration by;
  if (kind < 15) return;
  if (kind < 60) by = absl::Seconds(Below(900));
  if (kind >= 60 && kind < 85) by = absl::Minutes(Below(60 * 12));
  if (kind >= 85 && kind < 95) by = absl::Hours(Below(24 * 6));
  // To the microsecond at which a day ends.
  if (kind >= 95 && kind < 99) by = DayEnd(clock_.Now(), 0) - clock_.Now();
  if (kind == 99) by = absl::Hours(24 * Below(70));
  clock_.Advance(by);
}

}  // namespace pistis
