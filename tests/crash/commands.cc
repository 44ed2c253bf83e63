#include "tests/crash/commands.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

#include "clients/cpp/wire_status.h"
#include "engine/base/refusal.h"

namespace pistis::crash {
namespace {

constexpr absl::string_view kReservationPrefix = "held-";

using Checkout = v1::CheckoutService::Stub;
using Ledger = v1::LedgerService::Stub;

// A refusal comes with details, a broken connection without.
bool ServerIsGone(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         status.error_details().empty();
}

Answer RefusalAnswer(const grpc::Status& status) {
  const std::optional<Reason> reason = ReasonOf(FromWire(status));
  return {.kind = Answer::Kind::kRefused,
          .bytes = status.error_details(),
          .reason = reason.has_value() ? std::string(ReasonName(*reason))
                                       : status.error_message(),
          .commit_seq = 0};
}

template <typename Service, typename Request, typename Response>
Answer SendTo(Service& service,
              grpc::Status (Service::*method)(grpc::ClientContext*,
                                              const Request&, Response*),
              const Request& request) {
  while (true) {
    const Reply<Response> reply = Call(service, method, request);
    if (reply.ok()) {
      return {.kind = Answer::Kind::kGranted,
              .bytes = reply.value.SerializeAsString(),
              .reason = "",
              .commit_seq = reply.value.commit_seq()};
    }
    if (ServerIsGone(reply.status)) return {};
    Answer answer = RefusalAnswer(reply.status);
    if (answer.reason != ReasonName(Reason::kOverloaded)) return answer;
    absl::SleepFor(absl::Milliseconds(1));
  }
}

}  // namespace

std::string ReservationOf(const std::string& order_id) {
  return absl::StrCat(kReservationPrefix, order_id);
}

bool SameAnswer(const Answer& a, const Answer& b) {
  return a.kind == b.kind && a.bytes == b.bytes && a.reason == b.reason;
}

Answer Send(Client& client, const Command& command) {
  Ledger& ledger = *client.ledger;
  Checkout& checkout = *client.checkout;
  return std::visit(
      Overloaded{[&](const v1::EarnPointsRequest& request) {
                   return SendTo(ledger, &Ledger::EarnPoints, request);
                 },
                 [&](const v1::RedeemPointsRequest& request) {
                   return SendTo(ledger, &Ledger::RedeemPoints, request);
                 },
                 [&](const v1::HoldPointsRequest& request) {
                   return SendTo(ledger, &Ledger::HoldPoints, request);
                 },
                 [&](const v1::CaptureHoldRequest& request) {
                   return SendTo(ledger, &Ledger::CaptureHold, request);
                 },
                 [&](const v1::ReleaseHoldRequest& request) {
                   return SendTo(ledger, &Ledger::ReleaseHold, request);
                 },
                 [&](const v1::AdjustPointsRequest& request) {
                   return SendTo(ledger, &Ledger::AdjustPoints, request);
                 },
                 [&](const v1::TransferPointsRequest& request) {
                   return SendTo(ledger, &Ledger::TransferPoints, request);
                 },
                 [&](const v1::ReverseEntryRequest& request) {
                   return SendTo(ledger, &Ledger::ReverseEntry, request);
                 },
                 [&](const v1::CommitOrderRequest& request) {
                   return SendTo(checkout, &Checkout::CommitOrder, request);
                 },
                 [&](const v1::HoldOrderRequest& request) {
                   return SendTo(checkout, &Checkout::HoldOrder, request);
                 },
                 [&](const v1::CancelReservationRequest& request) {
                   return SendTo(checkout, &Checkout::CancelReservation,
                                 request);
                 },
                 [&](const v1::RefundOrderRequest& request) {
                   return SendTo(checkout, &Checkout::RefundOrder, request);
                 }},
      command);
}

std::string IdOf(const Command& command) {
  return std::visit(
      Overloaded{
          [](const v1::HoldPointsRequest& r) { return r.hold_id(); },
          [](const v1::HoldOrderRequest& r) { return r.reservation_id(); },
          [](const v1::CancelReservationRequest& r) {
            return absl::StrCat("cancel-", r.reservation_id());
          },
          [](const v1::CommitOrderRequest& r) {
            absl::string_view reservation = r.reservation_id();
            return absl::ConsumePrefix(&reservation, kReservationPrefix)
                       ? std::string(reservation)
                       : r.order().order_id();
          },
          [](const v1::RefundOrderRequest& r) { return r.refund_id(); },
          [](const auto& r) { return r.request_id(); }},
      command);
}

bool KeepsRefusals(const Command& command) {
  return std::visit(
      Overloaded{[](const v1::HoldPointsRequest&) { return false; },
                 [](const v1::HoldOrderRequest&) { return false; },
                 [](const v1::CommitOrderRequest&) { return false; },
                 [](const v1::CancelReservationRequest&) { return false; },
                 [](const v1::RefundOrderRequest&) { return false; },
                 [](const auto&) { return true; }},
      command);
}

bool HasContent(const Command& command) {
  return std::visit(
      Overloaded{[](const v1::CommitOrderRequest& r) { return r.has_order(); },
                 [](const v1::CancelReservationRequest&) { return false; },
                 [](const auto&) { return true; }},
      command);
}

Command WithOtherContent(Command command) {
  const auto alter = [](v1::Order& order) {
    v1::OrderLine& line = *order.mutable_lines(0);
    line.set_amount_minor(line.amount_minor() + 1);
  };
  std::visit(
      Overloaded{[&](v1::CommitOrderRequest& request) {
                   alter(*request.mutable_order());
                 },
                 [&](v1::HoldOrderRequest& request) {
                   alter(*request.mutable_order());
                 },
                 [](v1::CancelReservationRequest&) {},
                 [](v1::RefundOrderRequest& request) {
                   v1::RefundLine& line = *request.add_lines();
                   line.set_line_id("l9");
                   line.set_quantity(1);
                 },
                 [](auto& request) {
                   request.set_reason(absl::StrCat(request.reason(), "!"));
                 }},
      command);
  return command;
}

std::string Describe(const Command& command) {
  return std::visit(
      [](const auto& request) {
        return absl::StrCat(request.GetDescriptor()->name(), " { ",
                            request.ShortDebugString(), " }");
      },
      command);
}

}  // namespace pistis::crash
