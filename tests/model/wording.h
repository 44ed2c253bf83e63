// The texts in which the model and the engine answer, so that the two are
// compared, and read, as one line each.
#ifndef PISTIS_TESTS_MODEL_WORDING_H_
#define PISTIS_TESTS_MODEL_WORDING_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/ledger_service.pb.h"

namespace pistis {

struct Balances {
  int64_t available = 0;
  int64_t pending = 0;
  int64_t held = 0;
};

[[nodiscard]] std::string Say(const Balances& balances);
// "OK entry 7 available 5 pending 0 held 0".
[[nodiscard]] std::string Say(int64_t entry, const Balances& balances);

struct SaleFacts {
  int64_t earned = 0;
  int64_t redeemed = 0;
  int64_t total_minor = 0;
};
[[nodiscard]] std::string Say(const SaleFacts& facts);

struct RefundFacts {
  int64_t refund_minor = 0;
  int64_t clawed_back = 0;
  int64_t restored = 0;
};
[[nodiscard]] std::string Say(const RefundFacts& facts);

// What the engine answered: a refusal's name, or the reply.
[[nodiscard]] std::string Said(
    const absl::StatusOr<v1::CommitOrderResponse>& reply);
[[nodiscard]] std::string Said(
    const absl::StatusOr<v1::RefundOrderResponse>& reply);
[[nodiscard]] std::string Said(
    const absl::StatusOr<v1::EarnPointsResponse>& reply);
[[nodiscard]] std::string Said(
    const absl::StatusOr<v1::RedeemPointsResponse>& reply);
[[nodiscard]] std::string Said(
    const absl::StatusOr<v1::HoldPointsResponse>& reply);
[[nodiscard]] std::string Said(
    const absl::StatusOr<v1::CaptureHoldResponse>& reply);
[[nodiscard]] std::string Said(
    const absl::StatusOr<v1::ReleaseHoldResponse>& reply);
[[nodiscard]] std::string Said(
    const absl::StatusOr<v1::AdjustPointsResponse>& reply);
[[nodiscard]] std::string Said(
    const absl::StatusOr<v1::TransferPointsResponse>& reply);
[[nodiscard]] std::string Said(
    const absl::StatusOr<v1::ReverseEntryResponse>& reply);
[[nodiscard]] std::string Said(const absl::StatusOr<v1::CommittedOrder>& order);
[[nodiscard]] std::string Said(const absl::StatusOr<v1::Hold>& hold);
// Balances, what falls due next, and every lot.
[[nodiscard]] std::string Said(const v1::Account& account,
                               const v1::ListLotsResponse& lots);

}  // namespace pistis

#endif  // PISTIS_TESTS_MODEL_WORDING_H_
