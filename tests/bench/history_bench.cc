// Whether a command takes longer the more a member has behind it: the time to
// decide on one and to collect its writes, for members with 10, 1,000 and
// 100,000 entries, on RocksDB, syncs left out.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "engine/base/clock.h"
#include "engine/operations/commit_order.h"
#include "engine/operations/ledger_commands.h"
#include "engine/operations/testing.h"
#include "engine/storage/overlay.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/testing.h"

namespace pistis::bench {
namespace {

constexpr int kMeasured = 4000;
constexpr int kPerTransaction = 500;
constexpr absl::string_view kMember = "ann";

// Decides commands one after another as the executor does, a transaction for
// every few hundred.
class Line {
 public:
  Line(Store& store, const TestShop& shop)
      : store_(store), env_(shop.env()), snapshot_(store.GetSnapshot()) {}

  // The nanoseconds it took; the write to the store not counted.
  template <typename Input, typename Operation>
  int64_t Decide(const Input& input, Operation operation) {
    const auto begin = std::chrono::steady_clock::now();
    const OverlayReader reader(*snapshot_, {&writes_});
    auto decided = operation(
        env_, reader, {.commit_seq = ++commit_seq_, .now = absl::Now()}, input);
    if (!decided.ok() || !decided->reply.ok()) {
      std::fprintf(stderr, "refused: %s\n",
                   decided.ok() ? decided->reply.status().ToString().c_str()
                                : decided.status().ToString().c_str());
      std::exit(1);
    }
    writes_.Merge(std::move(decided->writes));
    const auto taken = std::chrono::steady_clock::now() - begin;
    if (++decided_ % kPerTransaction == 0) Flush();
    return std::chrono::nanoseconds(taken).count();
  }

  void Flush() {
    const std::unique_ptr<Txn> txn = store_.Begin();
    writes_.ApplyTo(*txn);
    if (!txn->Commit().ok()) std::exit(1);
    writes_.Clear();
    snapshot_ = store_.GetSnapshot();
  }

 private:
  Store& store_;
  const OperationEnv& env_;
  std::unique_ptr<Snapshot> snapshot_;
  WriteSet writes_;
  int64_t commit_seq_ = 1000;
  int decided_ = 0;
};

int64_t Earn(Line& line, int number) {
  v1::EarnPointsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(absl::StrCat("earn-", number));
  request.set_member_id(std::string(kMember));
  request.set_points(10);
  return line.Decide(*ParseEarnPoints(request, absl::Now()), EarnPoints);
}

int64_t Redeem(Line& line, int number) {
  v1::RedeemPointsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(absl::StrCat("redeem-", number));
  request.set_member_id(std::string(kMember));
  request.set_points(7);
  return line.Decide(*ParseRedeemPoints(request, absl::Now()), RedeemPoints);
}

int64_t Sell(Line& line, int number) {
  const v1::CommitOrderRequest request =
      SaleRequest(absl::StrCat("order-", number), kMember, {1250, 400, 99});
  return line.Decide(*ParseCommitOrder(request, absl::Now()), CommitOrder);
}

double MedianMicros(std::vector<int64_t> nanos) {
  const auto middle = nanos.begin() + static_cast<ptrdiff_t>(nanos.size() / 2);
  std::nth_element(nanos.begin(), middle, nanos.end());
  return static_cast<double>(*middle) / 1000;
}

void MeasureAt(int entries) {
  const TemporaryDirectory directory;
  auto store = RocksDbStore::Open({.path = directory.path()});
  if (!store.ok()) std::exit(1);
  const SystemClock clock;
  TestShop shop(**store, clock);
  OpenWith(R"(
points: {value: "0.01", expire: {after: 365d}}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}})",
           shop);
  if (!shop.Enrol(MemberRequest(kMember)).ok()) std::exit(1);
  Line line(**store, shop);
  int number = 0;
  while (number < entries) {
    Earn(line, ++number);
    if (number < entries) Redeem(line, ++number);
  }
  line.Flush();
  std::vector<int64_t> earns;
  std::vector<int64_t> redeems;
  std::vector<int64_t> sales;
  for (int i = 0; i < kMeasured; ++i) {
    earns.push_back(Earn(line, ++number));
    redeems.push_back(Redeem(line, ++number));
    sales.push_back(Sell(line, ++number));
  }
  std::printf("| %d | %.1f | %.1f | %.1f |\n", entries, MedianMicros(earns),
              MedianMicros(redeems), MedianMicros(sales));
  std::fflush(stdout);
}

}  // namespace
}  // namespace pistis::bench

int main() {
  std::printf(
      "| entries | EarnPoints µs | RedeemPoints µs | CommitOrder µs |\n");
  std::printf("|---:|---:|---:|---:|\n");
  for (const int entries : {10, 1000, 100'000, 10})
    pistis::bench::MeasureAt(entries);
  return 0;
}
