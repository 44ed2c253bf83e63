// How long the coupon campaigns of The Complete Journey take: to load as a
// rulebook, and to price the orders that redeemed them.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/operations/price_order.h"
#include "engine/rulebook/compile.h"
#include "engine/rulebook/warnings.h"
#include "engine/rules/admission.h"
#include "tests/bench/timing.h"
#include "tests/journey/journey.h"
#include <malloc.h>

namespace pistis::bench {
namespace {

using journey::Journey;
using journey::Offer;
using journey::Redemption;

constexpr int kRounds = 21;
constexpr int kLoads = 3;
constexpr size_t kLines = 5;
constexpr absl::string_view kNoRules =
    "program: grocer\ncurrency: USD\ntime_zone: America/New_York\n";

[[noreturn]] void Stop(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

// A redemption with goods that other coupons are for beside its own.
struct Visit {
  Order order;
  MemberFacts member;
  absl::Time time;
};

Rulebook Compiled(const std::string& yaml) {
  auto rulebook = CompileYaml(yaml, 1);
  if (!rulebook.ok()) Stop(rulebook.status().ToString());
  return *std::move(rulebook);
}

OrderLine LineOf(size_t number, const std::string& sku) {
  OrderLine line;
  line.line_id = absl::StrCat("l", number);
  line.sku = sku;
  line.quantity = 1;
  line.amount = Money(300);
  return line;
}

std::vector<Visit> VisitsOf(const Journey& journey, absl::TimeZone zone) {
  std::mt19937_64 chance(7);
  const auto any = [&](const std::vector<std::string>& goods) {
    return goods[chance() % goods.size()];
  };
  std::vector<Visit> visits;
  for (const Redemption& redemption : journey.redemptions) {
    Visit& visit = visits.emplace_back();
    visit.time = absl::FromCivil(absl::CivilHour(redemption.day) + 12, zone);
    visit.member.member_id = MemberId("h" + redemption.household);
    for (const auto& [id, campaign] : journey.campaigns) {
      if (campaign.households.count(redemption.household) == 0) continue;
      visit.member.segments.push_back(journey::CampaignName(id));
    }
    const size_t offer = journey.offers_of.at(redemption.coupon).front();
    visit.order.lines.push_back(
        LineOf(0, any(journey.lists[journey.offers[offer].list])));
    visit.order.lines[0].tags = {journey::CouponTag(redemption.coupon)};
    while (visit.order.lines.size() < kLines) {
      visit.order.lines.push_back(
          LineOf(visit.order.lines.size(),
                 any(journey.lists[chance() % journey.lists.size()])));
    }
  }
  return visits;
}

SaleView SaleOf(const Rulebook& rulebook, const Visit& visit) {
  return {.rulebook = rulebook,
          .order = visit.order,
          .member = visit.member,
          .time = visit.time};
}

double PriceMicros(const Rulebook& rulebook, const std::vector<Visit>& visits) {
  return MicrosEach(visits.size(), [&](size_t i) {
    const auto priced = PriceOrder(SaleOf(rulebook, visits[i]), {});
    if (!priced.ok()) Stop(priced.status().ToString());
  });
}

double LookedAt(const Rulebook& rulebook, const std::vector<Visit>& visits) {
  size_t candidates = 0;
  for (const Visit& visit : visits)
    candidates += Admission(SaleOf(rulebook, visit)).candidates().size();
  return static_cast<double>(candidates) / static_cast<double>(visits.size());
}

int Run() {
  const auto journey =
      journey::LoadJourney(journey::DataFolder(PISTIS_SOURCE_DIR));
  if (!journey.ok()) Stop(journey.status().ToString());
  const std::string yaml = journey::RulebookYaml(*journey);
  std::vector<double> loaded;
  for (int i = 0; i < kLoads; ++i) {
    loaded.push_back(MicrosEach(1, [&](size_t) { Compiled(yaml); }) / 1000);
  }
  const auto before = mallinfo2().uordblks;
  const Rulebook campaigns = Compiled(yaml);
  const auto held = mallinfo2().uordblks - before;
  const auto form = LoadYaml(yaml);
  if (!form.ok()) Stop(form.status().ToString());
  const double warned = MicrosEach(1, [&](size_t) {
    static_cast<void>(
        FindOversights(form->rulebook, campaigns, absl::UnixEpoch()));
  });
  const Rulebook none = Compiled(std::string(kNoRules));
  const std::vector<Visit> visits = VisitsOf(*journey, campaigns.time_zone);
  std::vector<double> priced;
  std::vector<double> ratios;
  for (int i = 0; i < kRounds; ++i) {
    const double without = PriceMicros(none, visits);
    priced.push_back(PriceMicros(campaigns, visits));
    ratios.push_back(priced.back() / without);
  }
  std::printf(
      "| rules | lists | YAML bytes | loaded and compiled ms | held MB | "
      "looked "
      "through for oversights ms | orders | rules looked at | priced µs | "
      "times "
      "no rules |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  std::printf(
      "| %zu | %zu | %zu | %.0f | %.1f | %.0f | %zu | %.1f | %.1f | %.2f |\n",
      campaigns.rules.size(), campaigns.lists->all().size(), yaml.size(),
      Median(loaded), static_cast<double>(held) / 1e6, warned / 1000,
      visits.size(), LookedAt(campaigns, visits), Median(priced),
      Median(ratios));
  return 0;
}

}  // namespace
}  // namespace pistis::bench

int main() {
  return pistis::bench::Run();
}
