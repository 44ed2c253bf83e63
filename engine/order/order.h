// A sale as the engine sees it: shaped, bounded, typed.
#ifndef PISTIS_ENGINE_ORDER_ORDER_H_
#define PISTIS_ENGINE_ORDER_ORDER_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/order.pb.h"

#include "engine/base/amount.h"
#include "engine/base/ids.h"

namespace pistis {

// Limits of an order's shape; what is beyond them is refused by name.
inline constexpr int64_t kMaxLineQuantity = 1'000'000;
inline constexpr int kMaxOrderCodes = 10;
inline constexpr absl::Duration kMaxClockAhead = absl::Minutes(5);

using Attributes = std::map<std::string, std::string>;

struct OrderLine {
  std::string line_id;
  std::string sku;
  std::string category;
  std::vector<std::string> tags;
  int64_t quantity = 1;
  Money amount;
  Money tax;
  // Nothing: the rulebook says what to assume.
  std::optional<Money> cost;
  Attributes attributes;
};

// Points to pay with: this many, or as many as can be.
struct RedeemRequest {
  std::optional<Points> points;
};

struct Order {
  OrderId order_id;
  // Empty for an anonymous sale, or until `identifier` has been looked up.
  MemberId member_id;
  std::optional<v1::Identifier> identifier;
  std::string channel;
  std::string store_id;
  std::string terminal_id;
  // Nothing: now.
  std::optional<absl::Time> placed;
  std::vector<OrderLine> lines;
  std::vector<std::string> codes;
  std::optional<RedeemRequest> redeem;
  Money shipping;
  Attributes attributes;
  // Empty: the program's.
  std::string currency;

  [[nodiscard]] Money Subtotal() const;
};

enum class OrderUse { kQuote, kCommit };

// The order of a request, or FIELD_INVALID naming the field ("order.lines[2].
// quantity"). A quote needs no order_id. `now` bounds placed_time from above.
absl::StatusOr<Order> ParseOrder(const v1::Order& order, OrderUse use,
                                 absl::Time now);

// FIELD_INVALID where `text`, the value of `field`, is no well-formed id.
absl::Status CheckId(absl::string_view field, absl::string_view text);

// FIELD_INVALID where `text` is longer than `max_bytes` or no UTF-8.
absl::Status CheckText(absl::string_view field, absl::string_view text,
                       size_t max_bytes);

// FIELD_INVALID where there are too many attributes, or one is too long.
absl::StatusOr<Attributes> ParseAttributes(
    absl::string_view field,
    const google::protobuf::Map<std::string, std::string>& attributes);

// The time of a protobuf timestamp; FIELD_INVALID where it is out of range
// (before 1970) or more than kMaxClockAhead after `now`.
absl::StatusOr<absl::Time> ParsePastTime(
    absl::string_view field, const google::protobuf::Timestamp& timestamp,
    absl::Time now);

// The protobuf timestamp of a time, in whole microseconds.
google::protobuf::Timestamp ToTimestamp(absl::Time time);

}  // namespace pistis

#endif  // PISTIS_ENGINE_ORDER_ORDER_H_
