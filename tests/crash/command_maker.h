// What a loop of the points test sends next.
#ifndef PISTIS_TESTS_CRASH_COMMAND_MAKER_H_
#define PISTIS_TESTS_CRASH_COMMAND_MAKER_H_

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "tests/crash/commands.h"
#include "tests/crash/orders.h"

namespace pistis::crash {

// The rulebook of the points test: points of orders wait, refunds may leave a
// member owing.
extern const char kPointsRulebook[];

// So few that every account is changed by every loop.
inline constexpr int kPointsMembers = 24;

// A hold of the points test expires this soon, or not during the test.
inline constexpr absl::Duration kShortHold = absl::Milliseconds(250);

// Draws the commands of one loop, in all its cycles. What was granted before
// is what later ones capture, release, reverse and refund, over crashes too.
class CommandMaker {
 public:
  CommandMaker(uint64_t seed, int loop);

  // The next command, not sent yet. `cycle` goes into its id.
  CommandRecord Next(int cycle);
  // Takes note of an answer. Once for each record.
  void Learn(const CommandRecord& record);
  // 0 to `bound` - 1.
  int Below(size_t bound) { return static_cast<int>(random_() % bound); }

 private:
  struct HeldPoints {
    std::string hold_id;
    int64_t points = 0;
  };

  template <typename Request>
  Request Begin();
  std::string AnyMember() { return MemberName(Below(kPointsMembers)); }
  Command Earn();
  Command Redeem();
  Command Hold();
  Command Capture();
  Command Release();
  Command Adjust();
  Command Transfer();
  Command Reverse();
  Command Order();
  Command HoldOrder();
  Command CommitHeld();
  Command CancelHeld();
  Command Refund();
  void MayReverse(const std::string& member_id, const v1::LedgerEntry& entry);

  const uint64_t seed_;
  const int loop_;
  std::minstd_rand random_;
  OrderKey key_;
  // The order of the last sale or refund made.
  OrderKey about_;
  std::vector<HeldPoints> holds_;
  std::vector<std::pair<std::string, int64_t>> entries_;
  std::vector<OrderKey> orders_;
  std::vector<OrderKey> refunded_;
  // Of orders that are held.
  std::vector<OrderKey> held_;
};

}  // namespace pistis::crash

#endif  // PISTIS_TESTS_CRASH_COMMAND_MAKER_H_
