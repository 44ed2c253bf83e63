// What a sale costs beside the network and the disk: shaping its request,
// deciding on it and collecting its writes, and adding it to the sums of margin
// reports; and what it writes, by table. The
// orders and the rulebook are those of the whole measurement.
//
//   pistis_bench_sale [SALES]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "engine/base/clock.h"
#include "engine/operations/commit_order.h"
#include "engine/operations/fold_margins.h"
#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"
#include "engine/storage/overlay.h"
#include "engine/storage/read_cache.h"
#include "tests/bench/orders.h"
#include "tests/bench/timing.h"

namespace pistis::bench {
namespace {

constexpr int kMembers = 2000;
constexpr int kPerBatch = 64;
constexpr size_t kCacheBytes = size_t{32} << 20U;

// Decides sales one after another as the executor does, one batch over another.
class Till {
 public:
  Till(Store& store, const TestShop& shop)
      : store_(store),
        env_(shop.env()),
        base_(store.GetSnapshot()),
        cache_(kCacheBytes) {}

  void Sell(const CommitOrderInput& input) {
    const CachedReader cached(*base_, cache_);
    const OverlayReader reader(cached, {&open_});
    auto decided = CommitOrder(
        env_, reader, {.commit_seq = ++commit_seq_, .now = absl::Now()}, input);
    if (!decided.ok() || !decided->reply.ok()) {
      std::fprintf(stderr, "refused: %s\n",
                   decided.ok() ? decided->reply.status().ToString().c_str()
                                : decided.status().ToString().c_str());
      std::exit(1);
    }
    open_.Merge(std::move(decided->writes));
    if (++decided_ % kPerBatch == 0) Close();
  }

  // Folds what is closed into the sums of margin reports.
  void Fold() {
    constexpr FoldBounds kSlice{.max_commits = 250};
    bool more = true;
    while (more) {
      auto folded = FoldMargins(env_, *base_, ProgramId(kShop), kSlice);
      if (!folded.ok()) std::exit(1);
      more = folded->more;
      const std::unique_ptr<Txn> txn = store_.Begin();
      folded->writes.ApplyTo(*txn);
      if (!txn->Commit().ok()) std::exit(1);
      base_ = store_.GetSnapshot();
    }
  }

  // Bytes and writes of all batches, by the table's letter.
  struct Written {
    int64_t writes = 0;
    int64_t bytes = 0;
  };
  [[nodiscard]] const std::map<char, Written>& written() const {
    return written_;
  }

 private:
  void Close() {
    open_.ForEach([this](const WriteSet::Entry& write) {
      Written& table = written_[write.key.front()];
      ++table.writes;
      table.bytes += static_cast<int64_t>(write.key.size());
      if (write.value) table.bytes += static_cast<int64_t>(write.value->size());
    });
    const std::unique_ptr<Txn> txn = store_.Begin();
    open_.ApplyTo(*txn);
    if (!txn->Commit().ok()) std::exit(1);
    cache_.Apply(open_);
    open_.Clear();
    base_ = store_.GetSnapshot();
  }

  Store& store_;
  const OperationEnv& env_;
  std::unique_ptr<Snapshot> base_;
  ReadCache cache_;
  WriteSet open_;
  std::map<char, Written> written_;
  int64_t commit_seq_ = 1'000'000;
  int decided_ = 0;
};

// The rulebook without its head, which the test shop's own takes the place of.
std::string Rules() {
  std::ifstream file(PISTIS_SOURCE_DIR "/tests/bench/rulebook.yaml");
  const std::string yaml(std::istreambuf_iterator<char>(file), {});
  const size_t rules = yaml.find("points:");
  if (rules == std::string::npos) std::exit(1);
  return yaml.substr(rules);
}

void Measure(int sales) {
  const auto store = std::make_unique<MemoryStore>();
  const SystemClock clock;
  TestShop shop(*store, clock);
  OpenWith(Rules(), shop);
  for (int i = 0; i < kMembers; ++i) {
    if (!shop.Enrol(MemberRequest(MemberName(i))).ok()) std::exit(1);
  }
  OrderMaker maker("sale", kMembers);
  const auto count = static_cast<size_t>(sales);
  std::vector<std::string> requests;
  int64_t request_bytes = 0;
  for (size_t i = 0; i < count; ++i) {
    v1::CommitOrderRequest request;
    request.set_program_id(std::string(kShop));
    maker.Next(*request.mutable_order());
    requests.push_back(request.SerializeAsString());
    request_bytes += static_cast<int64_t>(requests.back().size());
  }
  std::vector<CommitOrderInput> inputs;
  inputs.reserve(count);
  const double shaping = MicrosEach(count, [&](size_t i) {
    v1::CommitOrderRequest request;
    if (!request.ParseFromString(requests[i])) std::exit(1);
    inputs.push_back(*ParseCommitOrder(request, absl::Now()));
  });
  Till till(*store, shop);
  const double deciding =
      MicrosEach(count, [&](size_t i) { till.Sell(inputs[i]); });
  const double folding =
      MicrosEach(1, [&](size_t /*i*/) { till.Fold(); }) / sales;
  std::printf(
      "%d sales of %.0f bytes: shaped in %.1f µs, decided in %.1f µs, folded "
      "in %.1f µs\n",
      sales, static_cast<double>(request_bytes) / sales, shaping, deciding,
      folding);
  for (const auto& [table, written] : till.written()) {
    std::printf("table %c: %.2f writes, %.0f bytes a sale\n", table,
                static_cast<double>(written.writes) / sales,
                static_cast<double>(written.bytes) / sales);
  }
}

}  // namespace
}  // namespace pistis::bench

int main(int argc, char** argv) {
  int sales = 20'000;
  if (argc > 1 && (!absl::SimpleAtoi(argv[1], &sales) || sales < 1)) return 2;
  pistis::bench::Measure(sales);
  return 0;
}
