// The sales of the crash test. Each is a function of the seed and its key, so
// that a sale can be sent again, byte for byte, without being kept.
#ifndef PISTIS_TESTS_CRASH_ORDERS_H_
#define PISTIS_TESTS_CRASH_ORDERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "pistis/v1/checkout_service.pb.h"

namespace pistis::crash {

inline constexpr char kProgram[] = "crash";

// So few that all loops meet on the same members.
inline constexpr int kMembers = 200;

// The rulebook in force: discounts, caps, earning, redemption, codes, notes.
extern const char kRulebook[];

// "m-17"
[[nodiscard]] std::string MemberName(int number);

// The `number`th order of client loop `loop` in crash cycle `cycle`.
struct OrderKey {
  int cycle = 0;
  int loop = 0;
  int number = 0;
};

// "o-2-17-345"
[[nodiscard]] std::string OrderName(const OrderKey& key);

// The sale of this key: one to four lines, now and then anonymous, now and then
// paid with all the points the member has.
[[nodiscard]] v1::CommitOrderRequest MakeCommit(uint64_t seed,
                                                const OrderKey& key);

// The one refund of that sale: all of it, some units of its first line, or a
// part of its first line's amount.
[[nodiscard]] v1::RefundOrderRequest MakeRefund(uint64_t seed,
                                                const OrderKey& key);

// What the test remembers of one order.
struct OrderRecord {
  OrderKey key;
  // CommitOrderResponse as bytes, once acknowledged.
  bool acknowledged = false;
  std::string reply;
  // RefundOrderResponse as bytes, once sent and acknowledged.
  bool refund_sent = false;
  bool refund_acknowledged = false;
  std::string refund_reply;
};

using Journal = std::vector<OrderRecord>;

}  // namespace pistis::crash

#endif  // PISTIS_TESTS_CRASH_ORDERS_H_
