// What the server says it holds, order by order: the side of the comparison
// that entries, events and sums are held against.
#ifndef PISTIS_TESTS_CRASH_BOOKS_H_
#define PISTIS_TESTS_CRASH_BOOKS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "tests/crash/client.h"
#include "tests/crash/findings.h"
#include "tests/crash/orders.h"

namespace pistis::crash {

// What GetOrder said of a committed order.
struct OrderFacts {
  // Empty for an anonymous sale.
  std::string member_id;
  int64_t commit_seq = 0;
  int64_t subtotal = 0;
  int64_t total = 0;
  int64_t earned = 0;
  int64_t redeemed = 0;
  int codes = 0;
  int notes = 0;
  // The caps that bound, each once.
  std::vector<std::string> caps;
  bool refunded = false;
  int64_t refund_money = 0;
  int64_t returned = 0;
  int64_t clawed_back = 0;
  int64_t restored = 0;
};

// Every order the server holds, by order_id.
using Books = absl::flat_hash_map<std::string, OrderFacts>;

// A restarted server and the means to ask it.
struct Shop {
  uint64_t seed = 0;
  // One for each worker of InParallel at least.
  std::vector<std::unique_ptr<Client>> clients;
};

// Asks for every order of the journal and enters those that are there into the
// books. Findings: an acknowledged order or refund that is absent or differs
// from its reply, and anything that is there in part.
void EnterOrders(Shop& shop, const Journal& journal, Books& books,
                 Findings& findings);

// Sends everything that was sent before once more and what was not
// acknowledged twice, and notes the replies in the journal. Findings: a
// refusal, a reply other than the acknowledged one, other content that is not
// refused.
void SendAgain(Shop& shop, Journal& journal, Findings& findings);

}  // namespace pistis::crash

#endif  // PISTIS_TESTS_CRASH_BOOKS_H_
