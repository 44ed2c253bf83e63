// The Complete Journey: the coupon campaigns of a grocer, as data and as a
// rulebook.
#ifndef PISTIS_TESTS_JOURNEY_JOURNEY_H_
#define PISTIS_TESTS_JOURNEY_JOURNEY_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

namespace pistis::journey {

struct Campaign {
  absl::CivilDay first;
  absl::CivilDay last;
  // The households that it was sent to.
  std::set<std::string> households;
};

struct Redemption {
  std::string household;
  std::string coupon;
  std::string campaign;
  absl::CivilDay day;
};

// A coupon in a campaign.
struct Offer {
  std::string campaign;
  std::string coupon;
  // Index into Journey::lists.
  size_t list = 0;
};

struct Journey {
  // By id.
  std::map<std::string, Campaign> campaigns;
  std::vector<Offer> offers;
  // By coupon the offers that it is in, in the order of their rules' ids.
  std::map<std::string, std::vector<size_t>> offers_of;
  // The products that coupons are good for, each list once, sorted.
  std::vector<std::vector<std::string>> lists;
  // By time.
  std::vector<Redemption> redemptions;
};

// Where the data lies: PISTIS_SHARED_DATA, else shared/data beside the checkout
// at `source_dir`.
[[nodiscard]] std::string DataFolder(const std::string& source_dir);

// Reads the folder's completejourney. Fails where a file is not there or is not
// what is expected.
absl::StatusOr<Journey> LoadJourney(const std::string& data_folder);

// The id of the offer's rule: "c26-10000085207".
[[nodiscard]] std::string RuleIdOf(const Offer& offer);

// What a till tags the line with that a coupon is for; and what a household has
// among its attributes, with the value "yes", when a campaign is sent to it.
[[nodiscard]] std::string CouponTag(const std::string& coupon);
[[nodiscard]] std::string CampaignName(const std::string& campaign);

// The campaigns as a rulebook of program "grocer", in YAML: a segment for each
// campaign, a list for each set of products, a rule for each offer. Where a
// coupon is in several campaigns, an order gets the first of them.
[[nodiscard]] std::string RulebookYaml(const Journey& journey);

// The rules that give a household something for a coupon on a product, in the
// order of work, told from the data alone.
[[nodiscard]] std::vector<std::string> RulesFor(const Journey& journey,
                                                const Redemption& visit,
                                                const std::string& product);

}  // namespace pistis::journey

#endif  // PISTIS_TESTS_JOURNEY_JOURNEY_H_
