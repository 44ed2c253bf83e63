// Sends a sales file to a server, sale after sale.
#ifndef PISTIS_CLIENTS_CLI_REPLAY_RUN_H_
#define PISTIS_CLIENTS_CLI_REPLAY_RUN_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"

#include "pistis/v1/checkout_service.pb.h"

#include "clients/cli/refund_links.h"
#include "clients/cli/replay_plan.h"
#include "clients/cli/sales_file.h"
#include "clients/cpp/client.h"

namespace pistis {

// How members of a replay behave.
enum class Behaviour {
  // Nobody types a code or pays with points.
  kPlain,
  // Who got a code types it at the next order; who has points enough pays with
  // them.
  kLively,
};

// What a replay did. Counts are of this run's requests, also of those that an
// earlier run had sent already.
struct ReplayCounts {
  int64_t members = 0;
  int64_t orders = 0;
  int64_t refunds = 0;
  // By the reason of the refusal.
  std::map<std::string, int64_t> refused_members;
  std::map<std::string, int64_t> refused_orders;
  std::map<std::string, int64_t> refused_refunds;
  // One sentence for each of those.
  std::vector<std::string> refusals;
  // The order that shows most: a discount and points, a code that was used or a
  // cap that bound, on few lines. Empty where none has a discount and points.
  std::string example_order;
};

// One replay. One thread.
class ReplayRun {
 public:
  struct Options {
    ReplayTarget target;
    Behaviour behaviour = Behaviour::kLively;
    // A lively member pays with points from this many on; never where points
    // cannot be redeemed.
    int64_t redeem_from = 0;
    bool redeemable = false;
  };

  // `client` must outlive the run.
  ReplayRun(Client& client, Options options)
      : client_(client), options_(std::move(options)) {}

  // Sends `invoices` in their order, each cancellation as the refunds of
  // `links`, and calls `progress` with the number of invoices done. A refusal
  // is counted and the run goes on. An error that says nothing about the
  // request (UNAVAILABLE, DEADLINE_EXCEEDED, an error without a reason) ends
  // the run and is returned; a new run goes on where this one stopped.
  absl::Status Run(absl::Span<const Invoice> invoices, const RefundLinks& links,
                   absl::FunctionRef<void(int64_t)> progress);

  [[nodiscard]] const ReplayCounts& counts() const { return counts_; }

 private:
  // What is known of a member from the replies so far.
  struct Buyer {
    int64_t available = 0;
    std::deque<v1::IssuedCode> codes;
  };

  absl::Status Enrol(const Invoice& sale);
  absl::Status Sell(const Invoice& sale);
  absl::StatusOr<v1::CommitOrderResponse> Commit(
      v1::CommitOrderRequest& request);
  absl::Status Refund(const v1::RefundOrderRequest& request);
  void Note(const v1::Account& account);
  void Judge(const v1::Order& order, const v1::CommitOrderResponse& reply);

  Client& client_;
  Options options_;
  ReplayCounts counts_;
  std::unordered_map<std::string, Buyer> buyers_;
  int example_score_ = 0;
};

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_REPLAY_RUN_H_
