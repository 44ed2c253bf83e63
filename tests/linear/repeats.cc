#include "tests/linear/repeats.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/order/order.h"

namespace pistis {
namespace {

constexpr absl::string_view kRulebook = R"(
margin: {unknown_cost: {assume: "10%"}}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: web, when: order.channel == "web", issue_code: next}
codes:
  - {id: next, discount: {amount: "1.00"}, uses: 1}
)";

constexpr int kPoorMembers = 8;
// Their points never run out, so that no hold is refused.
constexpr int kRichMembers = 64;
constexpr int64_t kRiches = 1'000'000'000;

// Removes and returns one of them; there must be one.
template <typename Value>
Value TakeOne(size_t at, std::vector<Value>& values) {
  std::swap(values[at], values.back());
  Value value = std::move(values.back());
  values.pop_back();
  return value;
}

// What is common to requests of LedgerService.
template <typename Request>
Request RequestFor(const std::string& id) {
  Request request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(id);
  return request;
}

template <typename Reply>
int64_t EntryIn(const std::string& bytes) {
  Reply reply;
  EXPECT_TRUE(reply.ParseFromString(bytes));
  return reply.entry().entry_number();
}

}  // namespace

void OpenForRepeats(TestShop& shop) {
  OpenWith(kRulebook, shop);
  for (int i = 0; i < kPoorMembers; ++i) {
    ASSERT_TRUE(shop.Enrol(MemberRequest(absl::StrCat("poor", i))).ok());
  }
  for (int i = 0; i < kRichMembers; ++i) {
    const std::string member = absl::StrCat("rich", i);
    ASSERT_TRUE(shop.Enrol(MemberRequest(member)).ok());
    auto gift = RequestFor<v1::EarnPointsRequest>(absl::StrCat("to-", member));
    gift.set_member_id(member);
    gift.set_points(kRiches);
    ASSERT_TRUE(shop.Post(gift).ok());
  }
}

CommandMaker::CommandMaker(uint64_t seed) : random_(seed) {
  for (int i = 0; i < kPoorMembers; ++i) {
    books_.members[absl::StrCat("poor", i)];
  }
  for (int i = 0; i < kRichMembers; ++i) {
    books_.members[absl::StrCat("rich", i)] = {.available = kRiches,
                                               .entries = 1};
  }
}

int CommandMaker::Below(int limit) {
  return std::uniform_int_distribution<int>(0, limit - 1)(random_);
}

std::string CommandMaker::NewId() {
  return absl::StrCat("c", ++ids_);
}

std::string CommandMaker::Member() {
  return absl::StrCat("poor", Below(kPoorMembers));
}

AnyRequest CommandMaker::Next() {
  const int kind = Below(100);
  if (kind < 14) return Redeem();
  if (kind < 22) return Adjust();
  if (kind < 32) return Transfer();
  if (kind < 42) return Sell();
  if (kind < 45) return HoldSale();
  if (kind < 48 && !endable_.empty()) return EndHeld();
  if (kind < 54 && !refundable_.empty()) return Refund();
  if (kind < 62) return Hold();
  if (kind < 71 && !closable_.empty()) return Close();
  if (kind < 75 && !reversible_.empty()) return Reverse();
  if (kind < 78) return Enrol();
  return Earn();
}

AnyRequest CommandMaker::Earn() {
  auto request = RequestFor<v1::EarnPointsRequest>(NewId());
  request.set_member_id(Member());
  request.set_points(1 + Below(20));
  return request;
}

AnyRequest CommandMaker::Redeem() {
  auto request = RequestFor<v1::RedeemPointsRequest>(NewId());
  request.set_member_id(Member());
  request.set_points(1 + Below(45));
  return request;
}

AnyRequest CommandMaker::Adjust() {
  auto request = RequestFor<v1::AdjustPointsRequest>(NewId());
  request.set_member_id(Member());
  request.set_points((1 + Below(30)) * (Below(3) == 0 ? 1 : -1));
  request.set_reason("count");
  return request;
}

AnyRequest CommandMaker::Transfer() {
  const int from = Below(kPoorMembers);
  const int to = (from + 1 + Below(kPoorMembers - 1)) % kPoorMembers;
  auto request = RequestFor<v1::TransferPointsRequest>(NewId());
  request.set_from_member_id(absl::StrCat("poor", from));
  request.set_to_member_id(absl::StrCat("poor", to));
  request.set_points(1 + Below(40));
  return request;
}

AnyRequest CommandMaker::Sell() {
  v1::CommitOrderRequest request =
      SaleRequest(NewId(), Member(), {100 * (5 + Below(10))});
  if (Below(3) == 0) request.mutable_order()->set_channel("web");
  // A code may go to two sales: it is used once.
  if (!codes_.empty() && Below(3) == 0) {
    request.mutable_order()->add_codes(
        codes_[static_cast<size_t>(Below(static_cast<int>(codes_.size())))]);
  }
  return request;
}

AnyRequest CommandMaker::Refund() {
  const int pick = Below(static_cast<int>(refundable_.size()));
  return RefundRequest(TakeOne(static_cast<size_t>(pick), refundable_),
                       NewId());
}

AnyRequest CommandMaker::HoldSale() {
  v1::HoldOrderRequest request = HoldRequest(
      NewId(), SaleRequest(NewId(), Member(), {100 * (5 + Below(10))}));
  // Beyond the end of the test.
  *request.mutable_expire_time() =
      ToTimestamp(TimeAt("2026-01-10 10:00") + absl::Hours(24 * 20));
  return request;
}

// By one command alone: a cancelled one could not be committed by another.
AnyRequest CommandMaker::EndHeld() {
  const auto pick =
      static_cast<size_t>(Below(static_cast<int>(endable_.size())));
  const std::string reservation = TakeOne(pick, endable_);
  if (Below(3) == 0) return CancelRequest(reservation);
  return CommitRequest(reservation);
}

AnyRequest CommandMaker::Hold() {
  v1::HoldPointsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_hold_id(NewId());
  request.set_member_id(absl::StrCat("rich", Below(kRichMembers)));
  request.set_points(1 + Below(5));
  // Beyond the end of the test.
  *request.mutable_expire_time() = ToTimestamp(TimeAt("2026-12-01"));
  return request;
}

AnyRequest CommandMaker::Close() {
  const auto pick =
      static_cast<size_t>(Below(static_cast<int>(closable_.size())));
  // Left there now and then, for two to close it at once.
  const std::string hold =
      Below(4) == 0 ? closable_[pick] : TakeOne(pick, closable_);
  if (Below(2) == 0) {
    auto request = RequestFor<v1::ReleaseHoldRequest>(NewId());
    request.set_hold_id(hold);
    return request;
  }
  auto request = RequestFor<v1::CaptureHoldRequest>(NewId());
  request.set_hold_id(hold);
  request.set_points(Below(static_cast<int>(holds_.at(hold).points) + 1));
  return request;
}

AnyRequest CommandMaker::Reverse() {
  const Reversible& of = reversible_[static_cast<size_t>(
      Below(static_cast<int>(reversible_.size())))];
  auto request = RequestFor<v1::ReverseEntryRequest>(NewId());
  request.set_member_id(of.member);
  request.set_entry_number(of.entry);
  request.set_reason("mistake");
  return request;
}

AnyRequest CommandMaker::Enrol() {
  const std::string id = NewId();
  v1::CreateMemberRequest request = MemberRequest(absl::StrCat("new-", id));
  request.set_request_id(id);
  v1::Identifier& card = *request.mutable_member()->add_identifiers();
  card.set_kind("card");
  card.set_value(absl::StrCat(Below(2000)));
  return request;
}

void CommandMaker::Learn(const AnyRequest& request, const Answer& answer) {
  if (!answer.accepted()) return;
  std::visit([&](const auto& known) { Book(known, answer.reply); }, request);
}

void CommandMaker::Post(const std::string& member, int64_t available,
                        int64_t held) {
  Balance& balance = books_.members[member];
  balance.available += available;
  balance.held += held;
  ++balance.entries;
}

void CommandMaker::Book(const v1::EarnPointsRequest& request,
                        const std::string& reply) {
  Post(request.member_id(), request.points(), 0);
  reversible_.push_back({.member = request.member_id(),
                         .entry = EntryIn<v1::EarnPointsResponse>(reply),
                         .points = request.points()});
}

void CommandMaker::Book(const v1::RedeemPointsRequest& request,
                        const std::string& reply) {
  Post(request.member_id(), -request.points(), 0);
  reversible_.push_back({.member = request.member_id(),
                         .entry = EntryIn<v1::RedeemPointsResponse>(reply),
                         .points = -request.points()});
}

void CommandMaker::Book(const v1::AdjustPointsRequest& request,
                        const std::string& reply) {
  Post(request.member_id(), request.points(), 0);
  reversible_.push_back({.member = request.member_id(),
                         .entry = EntryIn<v1::AdjustPointsResponse>(reply),
                         .points = request.points()});
}

void CommandMaker::Book(const v1::TransferPointsRequest& request,
                        const std::string& /*reply*/) {
  Post(request.from_member_id(), -request.points(), 0);
  Post(request.to_member_id(), request.points(), 0);
}

void CommandMaker::Book(const v1::CommitOrderRequest& request,
                        const std::string& bytes) {
  const v1::Order& order = request.reservation_id().empty()
                               ? request.order()
                               : held_.at(request.reservation_id());
  const int64_t points =
      order.lines(0).amount_minor() / 100 - order.codes_size();
  Post(order.member_id(), points, 0);
  ++books_.orders;
  books_.codes_used += order.codes_size();
  sales_[order.order_id()] = {.member = order.member_id(), .points = points};
  // A refund would free the code again.
  if (order.codes_size() == 0) refundable_.push_back(order.order_id());
  v1::CommitOrderResponse reply;
  ASSERT_TRUE(reply.ParseFromString(bytes));
  for (const v1::IssuedCode& code : reply.issued_codes()) {
    codes_.push_back(code.code());
  }
}

void CommandMaker::Book(const v1::RefundOrderRequest& request,
                        const std::string& /*reply*/) {
  const Sale& sale = sales_.at(request.order_id());
  Post(sale.member, -sale.points, 0);
  ++books_.refunds;
}

void CommandMaker::Book(const v1::HoldOrderRequest& request,
                        const std::string& /*reply*/) {
  held_[request.reservation_id()] = request.order();
  endable_.push_back(request.reservation_id());
}

void CommandMaker::Book(const v1::CancelReservationRequest& /*request*/,
                        const std::string& /*reply*/) {}

void CommandMaker::Book(const v1::HoldPointsRequest& request,
                        const std::string& /*reply*/) {
  Post(request.member_id(), -request.points(), request.points());
  holds_[request.hold_id()] = {.member = request.member_id(),
                               .points = request.points()};
  closable_.push_back(request.hold_id());
}

void CommandMaker::Book(const v1::CaptureHoldRequest& request,
                        const std::string& /*reply*/) {
  const OpenHold& hold = holds_.at(request.hold_id());
  const int64_t captured =
      request.points() == 0 ? hold.points : request.points();
  Post(hold.member, 0, -captured);
  if (captured < hold.points) {
    Post(hold.member, hold.points - captured, captured - hold.points);
  }
}

void CommandMaker::Book(const v1::ReleaseHoldRequest& request,
                        const std::string& /*reply*/) {
  const OpenHold& hold = holds_.at(request.hold_id());
  Post(hold.member, hold.points, -hold.points);
}

void CommandMaker::Book(const v1::ReverseEntryRequest& request,
                        const std::string& /*reply*/) {
  const auto of = std::find_if(reversible_.begin(), reversible_.end(),
                               [&](const Reversible& known) {
                                 return known.member == request.member_id() &&
                                        known.entry == request.entry_number();
                               });
  ASSERT_NE(of, reversible_.end()) << request.ShortDebugString();
  Post(of->member, -of->points, 0);
}

void CommandMaker::Book(const v1::CreateMemberRequest& request,
                        const std::string& /*reply*/) {
  books_.members[request.member().member_id()];
}

void CommandMaker::Book(const v1::PublishRulebookRequest& request,
                        const std::string& /*reply*/) {
  ADD_FAILURE() << "not made here: " << request.ShortDebugString();
}

void CommandMaker::Book(const WorkOffDueInput& /*job*/,
                        const std::string& reply) {
  ADD_FAILURE() << "not made here: " << reply;
}

}  // namespace pistis
