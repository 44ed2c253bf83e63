// Random trade: each command goes to the engine and to the model.
#ifndef PISTIS_TESTS_MODEL_TRADE_H_
#define PISTIS_TESTS_MODEL_TRADE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"
#include "tests/model/naive_ledger.h"

namespace pistis {

inline constexpr absl::string_view kMembers[] = {"ann", "ben", "cleo", "dora",
                                                 "croesus"};

// One shop, from its opening on. The same seed trades the same.
class Trade {
 public:
  explicit Trade(uint64_t seed);

  // Lets Croesus begin with as many points as a balance may have.
  void MakeRich();

  // One random step. What the engine and the model disagree on is a failure of
  // the test.
  void Step();
  // Recounts everything stored.
  void Verify();
  // The steps so far that moved points, the latest last.
  [[nodiscard]] std::string Told() const;
  // What has been met: "EarnPointsRequest OK", "HoldPointsRequest NOT_FOUND".
  [[nodiscard]] const std::set<std::string>& met() const { return met_; }

 private:
  int64_t Below(int64_t limit);
  bool Chance(int percent) { return Below(100) < percent; }
  std::string Member();
  // 1 or more, often exactly what the member has.
  int64_t PointsOf(const std::string& member);
  // One of `ids`, more often a late one.
  const std::string& Pick(const std::vector<std::string>& ids);
  std::string NewId(const std::string& what);
  // Within the last two days, or a few minutes ahead.
  absl::Time Placed();

  void Sell();
  void AddLines(v1::Order& order);
  void Refund();
  void Earn();
  void Redeem();
  void Hold();
  // More holds than an account may have open.
  void HoldMany();
  void Capture();
  void Release();
  void Adjust();
  void Transfer();
  void Reverse();
  // Sends an earlier request again, or others under its id.
  void Retry();
  void Publish();
  void Restart();
  void WorkOffDue();
  void PassTime();

  template <typename Request>
  void Send(const Request& request);
  template <typename Request>
  void SendAgain(const Request& request, const std::string& first);
  void Compare(const std::string& what, const std::string& engine,
               const std::string& model);
  void ComparePoints(const std::string& member);
  void CompareSome();
  void Tell(const std::string& line);

  std::mt19937_64 random_;
  MemoryStore store_;
  FakeClock clock_;
  std::unique_ptr<TestShop> shop_;
  NaiveLedger model_;
  absl::Time jobs_ran_ = absl::InfinitePast();
  int64_t ids_ = 0;
  std::vector<std::string> orders_;
  std::vector<std::string> holds_;
  std::vector<std::function<void()>> retries_;
  std::deque<std::string> told_;
  std::set<std::string> met_;
};

}  // namespace pistis

#endif  // PISTIS_TESTS_MODEL_TRADE_H_
