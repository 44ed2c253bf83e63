// Sales by what gave something, by tier and segment, and what bound.
#ifndef PISTIS_ENGINE_INSIGHT_SALES_TALLY_H_
#define PISTIS_ENGINE_INSIGHT_SALES_TALLY_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "engine/base/amount.h"

namespace pistis {

// What gives something: a rule, or the codes of a template.
struct GiftSource {
  enum class Kind { kRule, kCodeTemplate };
  Kind kind = Kind::kRule;
  std::string id;

  // NOLINTNEXTLINE(modernize-use-nullptr): the check misreads `<=>`.
  friend auto operator<=>(const GiftSource&, const GiftSource&) = default;
};

// What was given, and to how many orders.
struct GiftSums {
  int64_t orders = 0;
  Money discount;
  Points points;
};

// The sales to members of one tier or segment.
struct ShareSums {
  // Who are in it at the end.
  int64_t members = 0;
  int64_t orders = 0;
  Money sales;
  Money discount;
  Points points;
};

// How often a cap or limit bound.
struct BindingSums {
  int64_t orders = 0;
  // What it cut off.
  Money trimmed;
  absl::Time first = absl::InfiniteFuture();
  absl::Time last = absl::InfinitePast();
};

// One sale.
struct SaleFigures {
  absl::Time time;
  // Nothing: a sale without a member; empty: a member in no tier.
  std::optional<std::string> tier;
  std::vector<std::string> segments;
  Money subtotal;
  Money discount;
  Points points;
  // By what gave something; GiftSums::orders is not looked at.
  std::map<GiftSource, GiftSums> gifts;
  // What caps cut off.
  std::map<std::string, Money> caps;
  // Whose limits left nothing to give: rules, or code templates.
  std::set<std::string> limits;
};

// One thread.
class SalesTally {
 public:
  void Add(const SaleFigures& sale);
  // Counts a member who is there at the end.
  void AddMember(const std::string& tier,
                 const std::vector<std::string>& segments);

  [[nodiscard]] const std::map<GiftSource, GiftSums>& gifts() const {
    return gifts_;
  }
  [[nodiscard]] const std::map<std::string, ShareSums>& tiers() const {
    return tiers_;
  }
  [[nodiscard]] const std::map<std::string, ShareSums>& segments() const {
    return segments_;
  }
  [[nodiscard]] const std::map<std::string, BindingSums>& caps() const {
    return caps_;
  }
  [[nodiscard]] const std::map<std::string, BindingSums>& limits() const {
    return limits_;
  }

 private:
  std::map<GiftSource, GiftSums> gifts_;
  std::map<std::string, ShareSums> tiers_;
  std::map<std::string, ShareSums> segments_;
  std::map<std::string, BindingSums> caps_;
  std::map<std::string, BindingSums> limits_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_INSIGHT_SALES_TALLY_H_
