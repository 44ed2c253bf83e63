// The random commands of a trade.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/order/order.h"
#include "tests/model/trade.h"
#include "tests/model/wording.h"

namespace pistis {
namespace {

constexpr size_t kRetries = 500;
constexpr int64_t kRiches = 1'000'000'000'000;

auto Ask(TestShop& shop, const v1::CommitOrderRequest& request) {
  return shop.Commit(request);
}
auto Ask(TestShop& shop, const v1::RefundOrderRequest& request) {
  return shop.Refund(request);
}
template <typename Request>
auto Ask(TestShop& shop, const Request& request) {
  return shop.Post(request);
}

// The refusal of a request_id is remembered; a refused order, refund or hold
// may be tried again.
template <typename Request>
bool HasRequestId() {
  return Request::descriptor()->FindFieldByName("request_id") != nullptr;
}

v1::CommitOrderRequest WithOtherContent(v1::CommitOrderRequest request) {
  request.mutable_order()->set_store_id("elsewhere");
  return request;
}
v1::RefundOrderRequest WithOtherContent(v1::RefundOrderRequest request) {
  request.set_order_id(request.order_id() + "x");
  return request;
}
template <typename Request>
Request WithOtherContent(Request request) {
  request.set_reason(request.reason() + "!");
  return request;
}

template <typename Request>
Request InShop() {
  Request request;
  request.set_program_id(std::string(kShop));
  return request;
}

}  // namespace

template <typename Request>
void Trade::Send(const Request& request) {
  const auto reply = Ask(*shop_, request);
  Compare(absl::StrCat(Request::descriptor()->name(), " ",
                       request.ShortDebugString()),
          Said(reply), model_.Do(request, clock_.Now()));
  if (reply.ok() || HasRequestId<Request>()) {
    const std::string first = reply.ok() ? reply->SerializeAsString() : "";
    const auto again = [this, request, first] { SendAgain(request, first); };
    if (retries_.size() < kRetries) {
      retries_.emplace_back(again);
    } else {
      retries_[static_cast<size_t>(Below(kRetries))] = again;
    }
  } else {
    EXPECT_FALSE(shop_->last_one_wrote()) << request.ShortDebugString();
  }
  CompareSome();
}

template <typename Request>
void Trade::SendAgain(const Request& request, const std::string& first) {
  const auto reply = Ask(*shop_, request);
  Compare(absl::StrCat("again ", request.ShortDebugString()), Said(reply),
          model_.Do(request, clock_.Now()));
  EXPECT_EQ(reply.ok() ? reply->SerializeAsString() : "", first);
  EXPECT_FALSE(shop_->last_one_wrote());
  const Request other = WithOtherContent(request);
  const std::string refused = Said(Ask(*shop_, other));
  Compare(absl::StrCat("reused ", other.ShortDebugString()), refused,
          model_.Do(other, clock_.Now()));
  EXPECT_EQ(refused, "REQUEST_ID_REUSED");
  EXPECT_FALSE(shop_->last_one_wrote());
}

std::string Trade::Member() {
  if (Chance(1)) return "nobody";
  return std::string(kMembers[static_cast<size_t>(Below(5))]);
}

int64_t Trade::PointsOf(const std::string& member) {
  if (member == "croesus" && Chance(30)) return kRiches;
  if (member != "nobody" && Chance(25)) {
    const Book book = model_.BookAt(member, clock_.Now());
    const int64_t near = book.Available() + Below(3) - 1;
    if (near > 0 && near <= kRiches) return near;
  }
  return 1 + Below(Chance(80) ? 30 : 300);
}

absl::Time Trade::Placed() {
  if (Chance(30)) return clock_.Now() + absl::Seconds(Below(240));
  const absl::Time placed = clock_.Now() - absl::Minutes(Below(48 * 60));
  return std::max(placed, jobs_ran_);
}

void Trade::AddLines(v1::Order& order) {
  const int64_t lines = 1 + Below(4);
  for (int64_t i = 1; i <= lines; ++i) {
    v1::OrderLine& line = *order.add_lines();
    line.set_line_id(absl::StrCat("l", i));
    line.set_quantity(1 + Below(4));
    line.set_amount_minor(Chance(15) ? Below(5) : Below(1500));
  }
}

void Trade::Sell() {
  auto request = InShop<v1::CommitOrderRequest>();
  v1::Order& order = *request.mutable_order();
  order.set_order_id(NewId("o"));
  if (Chance(95)) order.set_member_id(Member());
  AddLines(order);
  if (Chance(20)) order.set_shipping_minor(Below(500));
  if (Chance(20)) *order.mutable_placed_time() = ToTimestamp(Placed());
  if (!order.member_id().empty() && Chance(40)) {
    if (Chance(50)) {
      order.mutable_redeem()->set_all(true);
    } else {
      order.mutable_redeem()->set_points(
          std::min<int64_t>(PointsOf(order.member_id()), kRiches));
    }
  }
  orders_.push_back(order.order_id());
  Send(request);
}

void Trade::Refund() {
  if (orders_.empty()) return;
  auto request = InShop<v1::RefundOrderRequest>();
  request.set_order_id(Chance(2) ? "nothing" : Pick(orders_));
  request.set_refund_id(NewId("r"));
  if (Chance(15)) *request.mutable_placed_time() = ToTimestamp(Placed());
  const int64_t most = Chance(20) ? 0 : 1 + Below(3);
  for (int64_t i = 0; i < most; ++i) {
    v1::RefundLine& part = *request.add_lines();
    part.set_line_id(absl::StrCat("l", 1 + Below(4)));
    if (Chance(60)) {
      part.set_quantity(1 + Below(2));
    } else {
      part.set_amount_minor(1 + Below(Chance(50) ? 5 : 1000));
    }
  }
  Send(request);
}

void Trade::Earn() {
  auto request = InShop<v1::EarnPointsRequest>();
  request.set_request_id(NewId("q"));
  request.set_member_id(Member());
  request.set_points(PointsOf(request.member_id()));
  request.set_pending(Chance(30));
  if (Chance(30)) {
    *request.mutable_expire_time() =
        ToTimestamp(clock_.Now() + absl::Hours(Below(24 * 12) - 24));
  }
  if (Chance(5)) {
    *request.mutable_expire_time() = ToTimestamp(DayEnd(clock_.Now(), 1));
  }
  if (Chance(20)) *request.mutable_placed_time() = ToTimestamp(Placed());
  Send(request);
}

void Trade::Redeem() {
  auto request = InShop<v1::RedeemPointsRequest>();
  request.set_request_id(NewId("q"));
  request.set_member_id(Member());
  request.set_points(PointsOf(request.member_id()));
  if (Chance(20)) *request.mutable_placed_time() = ToTimestamp(Placed());
  Send(request);
}

void Trade::Hold() {
  auto request = InShop<v1::HoldPointsRequest>();
  request.set_hold_id(NewId("h"));
  request.set_member_id(Member());
  request.set_points(PointsOf(request.member_id()));
  if (Chance(70)) {
    *request.mutable_expire_time() =
        ToTimestamp(clock_.Now() + absl::Hours(Below(24 * 15) - 2));
  }
  if (Chance(10)) {
    *request.mutable_expire_time() = ToTimestamp(DayEnd(clock_.Now(), 2));
  }
  holds_.push_back(request.hold_id());
  Send(request);
}

void Trade::MakeRich() {
  for (int i = 0; i < 1000; ++i) {
    auto request = InShop<v1::EarnPointsRequest>();
    request.set_request_id(NewId("q"));
    request.set_member_id("croesus");
    request.set_points(kRiches);
    *request.mutable_expire_time() =
        ToTimestamp(clock_.Now() + absl::Hours(24 * 300));
    Compare("riches", Said(Ask(*shop_, request)),
            model_.Do(request, clock_.Now()));
  }
  auto more = InShop<v1::EarnPointsRequest>();
  more.set_request_id(NewId("q"));
  more.set_member_id("croesus");
  more.set_points(1);
  Send(more);
  Send(SaleRequest(NewId("o"), "croesus", {100, 5000}));
}

void Trade::HoldMany() {
  constexpr int kHolds = 101;
  auto points = InShop<v1::EarnPointsRequest>();
  points.set_request_id(NewId("q"));
  points.set_member_id("dora");
  points.set_points(model_.BookAt("dora", clock_.Now()).owed + kHolds);
  Send(points);
  for (int i = 0; i < kHolds; ++i) {
    auto request = InShop<v1::HoldPointsRequest>();
    request.set_hold_id(NewId("h"));
    request.set_member_id("dora");
    request.set_points(1);
    holds_.push_back(request.hold_id());
    Compare(absl::StrCat("HoldPointsRequest of many ", request.hold_id()),
            Said(Ask(*shop_, request)), model_.Do(request, clock_.Now()));
  }
  CompareSome();
}

void Trade::Capture() {
  if (holds_.empty()) return;
  auto request = InShop<v1::CaptureHoldRequest>();
  request.set_request_id(NewId("q"));
  request.set_hold_id(Pick(holds_));
  if (Chance(60)) request.set_points(1 + Below(30));
  Send(request);
}

void Trade::Release() {
  if (holds_.empty()) return;
  auto request = InShop<v1::ReleaseHoldRequest>();
  request.set_request_id(NewId("q"));
  request.set_hold_id(Chance(2) ? "none" : Pick(holds_));
  Send(request);
}

void Trade::Adjust() {
  auto request = InShop<v1::AdjustPointsRequest>();
  request.set_request_id(NewId("q"));
  request.set_member_id(Member());
  request.set_points(PointsOf(request.member_id()));
  request.set_reason("a correction");
  request.set_allow_negative(Chance(50));
  if (Chance(60)) {
    request.set_points(-request.points());
  } else if (Chance(30)) {
    *request.mutable_expire_time() =
        ToTimestamp(clock_.Now() + absl::Hours(Below(24 * 12) - 24));
  }
  Send(request);
}

void Trade::Transfer() {
  auto request = InShop<v1::TransferPointsRequest>();
  request.set_request_id(NewId("q"));
  request.set_from_member_id(Member());
  request.set_to_member_id(Member());
  if (request.from_member_id() == request.to_member_id()) return;
  request.set_points(PointsOf(request.from_member_id()));
  Send(request);
}

void Trade::Reverse() {
  auto request = InShop<v1::ReverseEntryRequest>();
  request.set_request_id(NewId("q"));
  request.set_member_id(Member());
  request.set_reason("a mistake");
  int64_t number = 1;
  if (request.member_id() != "nobody") {
    const int64_t last =
        model_.BookAt(request.member_id(), clock_.Now()).entries;
    number = Chance(80) ? last - Below(12) : 1 + Below(last + 1);
  }
  request.set_entry_number(std::max<int64_t>(1, number));
  Send(request);
}

}  // namespace pistis
