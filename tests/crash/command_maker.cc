#include "tests/crash/command_maker.h"

#include <type_traits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"

namespace pistis::crash {
namespace {

constexpr absl::string_view kRestPrefix = "rest-";

bool IsRest(const v1::RefundOrderRequest& request) {
  return absl::StartsWith(request.refund_id(), kRestPrefix);
}

void SetTime(absl::Time time, google::protobuf::Timestamp& stamp) {
  stamp.set_seconds(absl::ToUnixSeconds(time));
  stamp.set_nanos(static_cast<int32_t>(
      (absl::ToUnixMicros(time) - absl::ToUnixSeconds(time) * 1'000'000) *
      1000));
}

// Takes the element at `index` out of `from`, whose order does not matter.
template <typename Element>
Element Take(std::vector<Element>& from, int index) {
  std::swap(from[index], from.back());
  Element taken = std::move(from.back());
  from.pop_back();
  return taken;
}

}  // namespace

const char kPointsRulebook[] = R"(
program: crash
currency: EUR
time_zone: Europe/Athens
points:
  value: "0.01"
  redeem: {minimum: 10, step: 1, max_share: "50%"}
  expire: {after: 365d}
  pending: {for: 14d}
  refund_shortfall: negative
rules:
  - id: base
    earn: {points: 1, per: "1.00"}
  - id: big
    when: order.subtotal >= amount("80.00")
    earn: {points: 10}
)";

CommandMaker::CommandMaker(uint64_t seed, int loop) : seed_(seed), loop_(loop) {
  std::seed_seq words{static_cast<uint32_t>(seed),
                      static_cast<uint32_t>(seed >> 32),
                      static_cast<uint32_t>(loop)};
  random_.seed(words);
}

CommandRecord CommandMaker::Next(int cycle) {
  key_ = {.cycle = cycle, .loop = loop_, .number = key_.number + 1};
  const int draw = Below(100);
  CommandRecord record;
  if (draw < 10 && !holds_.empty()) {
    record.command = Capture();
  } else if (draw < 18 && !holds_.empty()) {
    record.command = Release();
  } else if (draw < 27 && !entries_.empty()) {
    record.command = Reverse();
  } else if (draw < 34 && orders_.size() + refunded_.size() > 0) {
    record.command = Refund();
  } else if (draw < 40) {
    record.command = Order();
  } else if (draw < 43 && !held_.empty()) {
    record.command = Below(3) == 0 ? CancelHeld() : CommitHeld();
  } else if (draw < 46) {
    record.command = HoldOrder();
  } else if (draw < 58) {
    record.command = Redeem();
  } else if (draw < 68) {
    record.command = Transfer();
  } else if (draw < 76) {
    record.command = Adjust();
  } else if (draw < 86) {
    record.command = Hold();
  } else {
    record.command = Earn();
  }
  record.id = IdOf(record.command);
  record.order = about_;
  return record;
}

// A request with its program, its id, and its id as the reason too, so that an
// entry tells whose it is.
template <typename Request>
Request CommandMaker::Begin() {
  const std::string id =
      absl::StrCat("c-", key_.cycle, "-", loop_, "-", key_.number);
  Request request;
  request.set_program_id(kProgram);
  if constexpr (std::is_same_v<Request, v1::HoldPointsRequest>) {
    request.set_hold_id(id);
  } else {
    request.set_request_id(id);
  }
  request.set_reason(id);
  return request;
}

Command CommandMaker::Earn() {
  auto request = Begin<v1::EarnPointsRequest>();
  request.set_member_id(AnyMember());
  request.set_points(1 + Below(500));
  request.set_pending(Below(5) == 0);
  if (Below(2) == 0) {
    SetTime(absl::Now() + absl::Hours(24) * (30 + Below(300)),
            *request.mutable_expire_time());
  }
  if (Below(6) == 0) {
    SetTime(absl::Now() - absl::Seconds(Below(20)),
            *request.mutable_placed_time());
  }
  return request;
}

Command CommandMaker::Redeem() {
  auto request = Begin<v1::RedeemPointsRequest>();
  request.set_member_id(AnyMember());
  request.set_points(1 + Below(200));
  return request;
}

Command CommandMaker::Hold() {
  auto request = Begin<v1::HoldPointsRequest>();
  request.set_member_id(AnyMember());
  request.set_points(1 + Below(150));
  SetTime(absl::Now() + (Below(4) == 0 ? kShortHold : absl::Hours(48)),
          *request.mutable_expire_time());
  return request;
}

Command CommandMaker::Capture() {
  auto request = Begin<v1::CaptureHoldRequest>();
  const HeldPoints hold = Take(holds_, Below(holds_.size()));
  request.set_hold_id(hold.hold_id);
  if (Below(2) == 0) request.set_points(1 + Below(hold.points));
  return request;
}

Command CommandMaker::Release() {
  auto request = Begin<v1::ReleaseHoldRequest>();
  request.set_hold_id(Take(holds_, Below(holds_.size())).hold_id);
  return request;
}

Command CommandMaker::Adjust() {
  auto request = Begin<v1::AdjustPointsRequest>();
  request.set_member_id(AnyMember());
  const int points = 1 + Below(100);
  request.set_points(Below(2) == 0 ? points : -points);
  request.set_allow_negative(Below(4) == 0);
  return request;
}

Command CommandMaker::Transfer() {
  auto request = Begin<v1::TransferPointsRequest>();
  const int from = Below(kPointsMembers);
  const int to = (from + 1 + Below(kPointsMembers - 1)) % kPointsMembers;
  request.set_from_member_id(MemberName(from));
  request.set_to_member_id(MemberName(to));
  request.set_points(1 + Below(100));
  return request;
}

// Now and then one that was reversed before.
Command CommandMaker::Reverse() {
  auto request = Begin<v1::ReverseEntryRequest>();
  const int index = Below(entries_.size());
  request.set_member_id(entries_[index].first);
  request.set_entry_number(entries_[index].second);
  if (Below(4) != 0) Take(entries_, index);
  return request;
}

Command CommandMaker::Order() {
  about_ = key_;
  v1::CommitOrderRequest request = MakeCommit(seed_, key_);
  request.mutable_order()->set_member_id(AnyMember());
  return request;
}

Command CommandMaker::HoldOrder() {
  about_ = key_;
  v1::HoldOrderRequest request;
  request.set_program_id(kProgram);
  request.set_reservation_id(ReservationOf(OrderName(key_)));
  *request.mutable_order() = MakeCommit(seed_, key_).order();
  request.mutable_order()->set_member_id(AnyMember());
  SetTime(absl::Now() + (Below(4) == 0 ? kShortHold : absl::Hours(48)),
          *request.mutable_expire_time());
  return request;
}

Command CommandMaker::CommitHeld() {
  about_ = Take(held_, Below(held_.size()));
  v1::CommitOrderRequest request;
  request.set_program_id(kProgram);
  request.set_reservation_id(ReservationOf(OrderName(about_)));
  return request;
}

Command CommandMaker::CancelHeld() {
  about_ = Take(held_, Below(held_.size()));
  v1::CancelReservationRequest request;
  request.set_program_id(kProgram);
  request.set_reservation_id(ReservationOf(OrderName(about_)));
  return request;
}

// First a part or all, later what is left.
Command CommandMaker::Refund() {
  const bool first = refunded_.empty() || (!orders_.empty() && Below(3) != 0);
  std::vector<OrderKey>& from = first ? orders_ : refunded_;
  about_ = Take(from, Below(from.size()));
  v1::RefundOrderRequest request = MakeRefund(seed_, about_);
  if (!first) {
    request.clear_lines();
    request.set_refund_id(absl::StrCat(kRestPrefix, request.order_id()));
  }
  return request;
}

void CommandMaker::MayReverse(const std::string& member_id,
                              const v1::LedgerEntry& entry) {
  entries_.emplace_back(member_id, entry.entry_number());
}

void CommandMaker::Learn(const CommandRecord& record) {
  if (record.answer.kind != Answer::Kind::kGranted) return;
  const Answer& answer = record.answer;
  std::visit(
      Overloaded{
          [&](const v1::EarnPointsRequest& request) {
            MayReverse(request.member_id(),
                       ReplyOf<v1::EarnPointsResponse>(answer).entry());
          },
          [&](const v1::RedeemPointsRequest& request) {
            MayReverse(request.member_id(),
                       ReplyOf<v1::RedeemPointsResponse>(answer).entry());
          },
          [&](const v1::AdjustPointsRequest& request) {
            MayReverse(request.member_id(),
                       ReplyOf<v1::AdjustPointsResponse>(answer).entry());
          },
          [&](const v1::TransferPointsRequest& request) {
            const auto reply = ReplyOf<v1::TransferPointsResponse>(answer);
            if (request.points() % 2 == 0) {
              MayReverse(request.from_member_id(), reply.out_entry());
            } else {
              MayReverse(request.to_member_id(), reply.in_entry());
            }
          },
          [&](const v1::HoldPointsRequest& request) {
            holds_.push_back({request.hold_id(), request.points()});
          },
          [&](const v1::HoldOrderRequest&) { held_.push_back(record.order); },
          [&](const v1::CommitOrderRequest&) {
            orders_.push_back(record.order);
          },
          [&](const v1::RefundOrderRequest& request) {
            if (!IsRest(request)) refunded_.push_back(record.order);
          },
          [](const auto&) {}},
      record.command);
}

}  // namespace pistis::crash
