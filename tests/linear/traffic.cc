#include "tests/linear/traffic.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/order/order.h"

namespace pistis {
namespace {

constexpr int kMembers = 6;
constexpr size_t kRequestsRemembered = 48;
// Few, so that more clients try one than it has uses.
constexpr size_t kCodesRemembered = 8;

// So little of everything that requests compete for it.
constexpr absl::string_view kRulebooks[] = {R"(
points:
  value: "0.01"
  redeem: {minimum: 10, step: 5, max_share: "60%"}
  expire: {after: 4d, refund_grace: 1d}
  pending: {for: 1d}
margin:
  unknown_cost: {assume: "70%"}
  order: {max_discount: "30%", max_share_of_margin: "50%"}
rules:
  - {id: base, earn: {points: 2, per: "0.90"}}
  - {id: loyal, when: member.orders >= 3, discount: {percent: "3.3%"}}
  - {id: big, when: order.subtotal >= amount("5.00"), issue_code: next,
     note: thanks}
codes:
  - {id: next, discount: {amount: "0.77"}, uses: 1, expires: 3d}
notes:
  - {id: thanks, channel: print, text: {en: "{{name}} {{code}}", el: "{{code}}"}}
)",
                                            R"(
points: {value: "0.05", expire: {after: 2d}, refund_shortfall: forgive}
margin: {order: {max_discount: "20%"}, on_exceed: refuse,
         unknown_cost: {assume: "70%"}}
rules:
  - {id: visit, earn: {points: 11}}
  - {id: off, discount: {percent: "9%"}, issue_code: once}
codes:
  - {id: once, discount: {percent: "50%"}, bound_to_member: true, uses: 1}
)"};

std::string MemberNamed(int number) {
  return absl::StrCat("m", number);
}

template <typename Value>
void Remember(Value value, size_t most, std::deque<Value>& values) {
  values.push_back(std::move(value));
  if (values.size() > most) values.pop_front();
}

template <typename Value>
Value OneOf(const std::deque<Value>& values, std::mt19937_64& random) {
  if (values.empty()) return Value();
  return values[std::uniform_int_distribution<size_t>(
      0, values.size() - 1)(random)];
}

}  // namespace

void OpenForTraffic(TestShop& shop) {
  OpenWith(kRulebooks[0], shop);
  for (int i = 0; i < kMembers / 2; ++i) {
    const auto enrolled = shop.Enrol(MemberRequest(MemberNamed(i)));
    ASSERT_TRUE(enrolled.ok()) << enrolled.status();
  }
}

void Rumours::Hear(const AnyRequest& request, const Answer& answer) {
  if (!answer.accepted()) return;
  if (std::holds_alternative<v1::EarnPointsRequest>(request)) {
    v1::EarnPointsResponse reply;
    ASSERT_TRUE(reply.ParseFromString(answer.reply));
    latest_entry_ = reply.entry().entry_number();
  }
  if (std::holds_alternative<v1::CommitOrderRequest>(request)) {
    v1::CommitOrderResponse reply;
    ASSERT_TRUE(reply.ParseFromString(answer.reply));
    absl::MutexLock lock(&mutex_);
    for (const v1::IssuedCode& code : reply.issued_codes()) {
      Remember(code.code(), kCodesRemembered, codes_);
    }
  }
}

void Rumours::Note(const AnyRequest& request) {
  absl::MutexLock lock(&mutex_);
  Remember(request, kRequestsRemembered, sent_);
}

std::string Rumours::Code(std::mt19937_64& random) {
  absl::MutexLock lock(&mutex_);
  return OneOf(codes_, random);
}

AnyRequest Rumours::Request(std::mt19937_64& random) {
  absl::MutexLock lock(&mutex_);
  if (sent_.empty()) return WorkOffDueInput{.program = ProgramId(kShop)};
  return OneOf(sent_, random);
}

int Traffic::Below(int limit) {
  return std::uniform_int_distribution<int>(0, limit - 1)(random_);
}

std::string Traffic::Member() {
  return MemberNamed(Below(kMembers));
}

std::string Traffic::RequestId() {
  return absl::StrCat("q", rumours_.NewRequest());
}

std::string Traffic::HoldId() {
  return absl::StrCat("h", std::max<int64_t>(1, rumours_.holds() - Below(10)));
}

AnyRequest Traffic::Next() {
  if (Chance(8)) {
    AnyRequest again = rumours_.Request(random_);
    return Chance(30) ? Altered(std::move(again)) : again;
  }
  AnyRequest request = NewRequest();
  rumours_.Note(request);
  return request;
}

AnyRequest Traffic::NewRequest() {
  const int kind = Below(200);
  if (kind < 30) return Sale();
  if (kind < 37) return HoldSale();
  if (kind < 42) return CommitRequest(ReservationId());
  if (kind < 45) return CancelRequest(ReservationId());
  if (kind < 68) return Refund();
  if (kind < 94) return Earn();
  if (kind < 110) return Redeem();
  if (kind < 128) return Hold();
  if (kind < 138) return Capture();
  if (kind < 146) return Release();
  if (kind < 160) return Adjust();
  if (kind < 176) return Transfer();
  if (kind < 186) return Reverse();
  if (kind < 192) return Enrol();
  if (kind < 193) return Publish();
  return WorkOffDueInput{.program = ProgramId(kShop),
                         .max_members = size_t(1 + Below(3))};
}

v1::CommitOrderRequest Traffic::Sale() {
  const std::string member = Chance(5) ? "" : Member();
  v1::CommitOrderRequest request =
      SaleRequest(absl::StrCat("o", rumours_.NewOrder()), member, {});
  v1::Order& order = *request.mutable_order();
  for (int i = Below(3); i >= 0; --i) {
    v1::OrderLine& line = *order.add_lines();
    line.set_line_id(absl::StrCat("l", i));
    line.set_quantity(1 + Below(3));
    line.set_amount_minor(Below(600));
  }
  if (Chance(15)) {
    *order.mutable_placed_time() =
        ToTimestamp(clock_.Now() - absl::Minutes(Below(2000)));
  }
  if (!member.empty() && Chance(25)) order.mutable_redeem()->set_all(true);
  if (!member.empty() && Chance(15)) {
    order.mutable_redeem()->set_points(5 * (1 + Below(12)));
  }
  if (Chance(20)) {
    for (const char* key : {"till", "clerk", "shift"}) {
      (*order.mutable_attributes())[key] = absl::StrCat(Below(9));
    }
  }
  if (Chance(50)) {
    const std::string code = rumours_.Code(random_);
    if (!code.empty()) order.add_codes(code);
  }
  return request;
}

v1::HoldOrderRequest Traffic::HoldSale() {
  v1::HoldOrderRequest request =
      HoldRequest(absl::StrCat("r", rumours_.NewReservation()), Sale());
  request.mutable_order()->clear_placed_time();
  *request.mutable_expire_time() =
      ToTimestamp(clock_.Now() + absl::Hours(3 + Below(40)));
  return request;
}

std::string Traffic::ReservationId() {
  return absl::StrCat(
      "r", std::max<int64_t>(1, rumours_.reservations() - Below(10)));
}

v1::RefundOrderRequest Traffic::Refund() {
  const int64_t order = std::max<int64_t>(1, rumours_.orders() - Below(20));
  v1::RefundOrderRequest request =
      RefundRequest(absl::StrCat("o", order), RequestId());
  for (int i = 0; i < 3; ++i) {
    if (!Chance(30)) continue;
    v1::RefundLine& part = *request.add_lines();
    part.set_line_id(absl::StrCat("l", i));
    if (Chance(50)) {
      part.set_quantity(1);
    } else {
      part.set_amount_minor(1 + Below(300));
    }
  }
  return request;
}

v1::EarnPointsRequest Traffic::Earn() {
  v1::EarnPointsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(RequestId());
  request.set_member_id(Member());
  request.set_points(1 + Below(40));
  request.set_pending(Chance(30));
  if (Chance(30)) {
    *request.mutable_expire_time() =
        ToTimestamp(clock_.Now() + absl::Hours(24 + Below(100)));
  }
  if (Chance(10)) {
    *request.mutable_placed_time() =
        ToTimestamp(clock_.Now() - absl::Minutes(Below(1000)));
  }
  return request;
}

v1::RedeemPointsRequest Traffic::Redeem() {
  v1::RedeemPointsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(RequestId());
  request.set_member_id(Member());
  request.set_points(1 + Below(60));
  return request;
}

v1::HoldPointsRequest Traffic::Hold() {
  v1::HoldPointsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_hold_id(absl::StrCat("h", rumours_.NewHold()));
  request.set_member_id(Member());
  request.set_points(1 + Below(30));
  *request.mutable_expire_time() =
      ToTimestamp(clock_.Now() + absl::Hours(6 + Below(40)));
  return request;
}

v1::CaptureHoldRequest Traffic::Capture() {
  v1::CaptureHoldRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(RequestId());
  request.set_hold_id(HoldId());
  if (Chance(50)) request.set_points(1 + Below(30));
  return request;
}

v1::ReleaseHoldRequest Traffic::Release() {
  v1::ReleaseHoldRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(RequestId());
  request.set_hold_id(HoldId());
  return request;
}

v1::AdjustPointsRequest Traffic::Adjust() {
  v1::AdjustPointsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(RequestId());
  request.set_member_id(Member());
  request.set_points((1 + Below(50)) * (Chance(50) ? 1 : -1));
  request.set_reason("count");
  request.set_allow_negative(Chance(30));
  return request;
}

v1::TransferPointsRequest Traffic::Transfer() {
  const int from = Below(kMembers);
  v1::TransferPointsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(RequestId());
  request.set_from_member_id(MemberNamed(from));
  request.set_to_member_id(
      MemberNamed((from + 1 + Below(kMembers - 1)) % kMembers));
  request.set_points(1 + Below(30));
  return request;
}

v1::ReverseEntryRequest Traffic::Reverse() {
  v1::ReverseEntryRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(RequestId());
  request.set_member_id(Member());
  request.set_entry_number(
      std::max<int64_t>(1, rumours_.latest_entry() - Below(12)));
  request.set_reason("mistake");
  return request;
}

v1::CreateMemberRequest Traffic::Enrol() {
  const std::string member = Chance(50) ? Member() : "";
  v1::CreateMemberRequest request = MemberRequest(member);
  request.set_request_id(RequestId());
  v1::Identifier& card = *request.mutable_member()->add_identifiers();
  card.set_kind("card");
  card.set_value(absl::StrCat(4000 + Below(40)));
  return request;
}

v1::PublishRulebookRequest Traffic::Publish() {
  return RulebookRequest(RequestId(), kRulebooks[Chance(70) ? 0 : 1]);
}

}  // namespace pistis
