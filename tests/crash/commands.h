// The commands of the points test as values: made by a loop, sent, and kept
// with their answers outside the server.
#ifndef PISTIS_TESTS_CRASH_COMMANDS_H_
#define PISTIS_TESTS_CRASH_COMMANDS_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"

#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/ledger_service.pb.h"

#include "tests/crash/client.h"
#include "tests/crash/orders.h"

namespace pistis::crash {

using Command =
    std::variant<v1::EarnPointsRequest, v1::RedeemPointsRequest,
                 v1::HoldPointsRequest, v1::CaptureHoldRequest,
                 v1::ReleaseHoldRequest, v1::AdjustPointsRequest,
                 v1::TransferPointsRequest, v1::ReverseEntryRequest,
                 v1::HoldOrderRequest, v1::CommitOrderRequest,
                 v1::CancelReservationRequest, v1::RefundOrderRequest>;

// What the server said.
struct Answer {
  enum class Kind { kNone, kGranted, kRefused };
  Kind kind = Kind::kNone;
  // The reply, or the refusal with all its details.
  std::string bytes;
  // Of a refusal: "INSUFFICIENT_POINTS"; of a failure that is none: its text.
  std::string reason;
  // Of a reply.
  int64_t commit_seq = 0;
};

// True where both are the same, byte for byte.
[[nodiscard]] bool SameAnswer(const Answer& a, const Answer& b);

// One command of the journal.
struct CommandRecord {
  std::string id;
  Command command;
  // The sale that a CommitOrder or RefundOrder is about.
  OrderKey order;
  Answer answer;
  // When the answer came.
  absl::Time answered = absl::InfiniteFuture();
};

using CommandJournal = std::vector<CommandRecord>;

// Sends it, again and again while the server has too much to do. kNone where
// the server is gone.
[[nodiscard]] Answer Send(Client& client, const Command& command);

// The reservation of an order, by their ids.
[[nodiscard]] std::string ReservationOf(const std::string& order_id);

// Its request_id, hold_id, order_id or refund_id; of a reservation that is held
// its id, and of one that is cancelled that with a mark.
[[nodiscard]] std::string IdOf(const Command& command);

// True where a refusal is remembered: that of a request_id, not that of a
// hold_id, a reservation_id, an order_id or a refund_id.
[[nodiscard]] bool KeepsRefusals(const Command& command);

// False where it is an id and nothing else: there is no other content.
[[nodiscard]] bool HasContent(const Command& command);

// The same id with other content.
[[nodiscard]] Command WithOtherContent(Command command);

// "RedeemPointsRequest { ... }", for findings.
[[nodiscard]] std::string Describe(const Command& command);

// The reply of a granted command.
template <typename Reply>
[[nodiscard]] Reply ReplyOf(const Answer& answer) {
  Reply reply;
  reply.ParseFromString(answer.bytes);
  return reply;
}

// A visitor of several lambdas.
template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace pistis::crash

#endif  // PISTIS_TESTS_CRASH_COMMANDS_H_
