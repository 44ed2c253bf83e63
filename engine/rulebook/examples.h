// The examples of a rulebook: orders, and what they must get.
//
// Here they are read and checked; engine/operations/run_examples.h prices them.
#ifndef PISTIS_ENGINE_RULEBOOK_EXAMPLES_H_
#define PISTIS_ENGINE_RULEBOOK_EXAMPLES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

#include "pistis/v1/order.pb.h"
#include "pistis/v1/rulebook.pb.h"

#include "engine/base/amount.h"
#include "engine/rulebook/reporter.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// The most examples, lines of one, and lines of all together.
inline constexpr int kMaxExamples = 1'000;
inline constexpr int kMaxExampleLines = 100;
inline constexpr int kMaxLinesOfExamples = 2'000;

// What an order must get; what is not stated is not looked at.
struct ExpectedOutcome {
  std::optional<Money> discount;
  std::optional<Money> total;
  std::optional<Points> points;
  std::optional<Points> redeemed;
  std::optional<Points> tier_points;
  // By the id of a rule or code template.
  std::map<std::string, Money> discounts;
  // By the id of a rule.
  std::map<std::string, Points> earned;
  // Ids, sorted.
  std::optional<std::vector<std::string>> codes;
  std::optional<std::vector<std::string>> notes;
  std::optional<std::vector<std::string>> segments;
  // The name of a reason; empty where it must be accepted.
  std::string refused;
};

// A member as an example states one.
struct ExampleBuyer {
  std::string id;
  int64_t orders = 1;
  Points points;
  std::string language;
  std::string tier;
  // Sorted.
  std::vector<std::string> segments;
  Money spend;
  std::optional<absl::Time> joined;
  std::optional<absl::CivilDay> birthday;
  std::map<std::string, std::string> attributes;
};

struct Example {
  std::string id;
  // Without its codes and its time.
  v1::Order order;
  // Nothing: when the rulebook starts.
  std::optional<absl::Time> placed;
  // Nothing: an anonymous sale.
  std::optional<ExampleBuyer> buyer;
  // Indices into Rulebook::codes: a code of each is typed.
  std::vector<size_t> codes;
  ExpectedOutcome gets;
};

// The examples of `message`, which compiled to `rulebook`; reports what is
// wrong with them and returns as much as could be read.
[[nodiscard]] std::vector<Example> CompileExamples(const v1::Rulebook& message,
                                                   const Rulebook& rulebook,
                                                   Reporter& reporter);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_EXAMPLES_H_
