// Simulations as tests run them.
#ifndef PISTIS_ENGINE_OPERATIONS_SIMULATION_TRIAL_TEST_H_
#define PISTIS_ENGINE_OPERATIONS_SIMULATION_TRIAL_TEST_H_

#include <memory>
#include <string>

#include "gtest/gtest.h"

#include "engine/operations/simulate_rulebook.h"
#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {

// A simulation over a shop's past, with its scratch stores.
class Trial {
 public:
  explicit Trial(const TestShop& shop) : shop_(shop) {
    request_.set_program_id(std::string(kShop));
  }

  v1::SimulateRulebookRequest& request() { return request_; }

  Trial& Against(absl::string_view yaml) {
    request_.set_yaml(RulebookRequest("", yaml).yaml());
    return *this;
  }

  absl::StatusOr<v1::SimulationReport> Run(
      SimulationWatch watch = [](const auto&) { return true; }) const {
    const std::unique_ptr<Snapshot> snapshot = shop_.GetSnapshot();
    const QueryContext context{shop_.env(), *snapshot, shop_.Now()};
    absl::StatusOr<SimulationPlan> plan = PlanSimulation(context, request_);
    if (!plan.ok()) return plan.status();
    MemoryStore current;
    MemoryStore candidate;
    return RunSimulation(context, *std::move(plan), {current, candidate},
                         watch);
  }

 private:
  const TestShop& shop_;
  v1::SimulateRulebookRequest request_;
};

// Fails the test where the two rulebooks of a report differ in anything.
inline void ExpectNoDifference(const v1::SimulationReport& report) {
  EXPECT_EQ(report.current().DebugString(), report.candidate().DebugString());
  EXPECT_EQ(report.difference().ByteSizeLong(), 0U)
      << report.difference().DebugString();
  for (const v1::SimulatedRule& rule : report.rules())
    EXPECT_EQ(rule.difference().ByteSizeLong(), 0U) << rule.DebugString();
  for (const v1::SimulatedGroup& tier : report.tiers())
    EXPECT_EQ(tier.difference().ByteSizeLong(), 0U) << tier.DebugString();
  for (const v1::SimulatedGroup& segment : report.segments())
    EXPECT_EQ(segment.difference().ByteSizeLong(), 0U) << segment.DebugString();
  for (const v1::SimulatedBound& limit : report.limits()) {
    EXPECT_EQ(limit.current().DebugString(), limit.candidate().DebugString());
  }
  EXPECT_EQ(report.members_who_gain() + report.members_who_lose(), 0);
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_SIMULATION_TRIAL_TEST_H_
