#include "tests/journey/journey.h"

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "clients/cli/csv.h"
#include "engine/base/status_macros.h"

namespace pistis::journey {
namespace {

using Fields = std::vector<std::string>;

constexpr absl::string_view kHead =
    "program: grocer\ncurrency: USD\ntime_zone: America/New_York\n";

// Hands out the records of a file of so many columns, its header left out.
absl::Status ReadEach(const std::string& path, size_t columns,
                      const std::function<absl::Status(const Fields&)>& take) {
  PISTIS_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  CsvReader reader(text);
  if (!reader.Next()) return reader.status();
  while (reader.Next()) {
    if (reader.fields().size() != columns) {
      return absl::DataLossError(
          absl::StrCat(path, " line ", reader.line(), " is cut"));
    }
    PISTIS_RETURN_IF_ERROR(take(reader.fields()));
  }
  return reader.status();
}

absl::StatusOr<absl::CivilDay> DayOf(const std::string& text) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text, &day)) return absl::DataLossError(text);
  return day;
}

absl::Status ReadCampaigns(const std::string& folder, Journey& journey) {
  PISTIS_RETURN_IF_ERROR(
      ReadEach(folder + "campaign_descriptions.csv.gz", 4,
               [&](const Fields& fields) -> absl::Status {
                 Campaign& campaign = journey.campaigns[fields[0]];
                 PISTIS_ASSIGN_OR_RETURN(campaign.first, DayOf(fields[2]));
                 PISTIS_ASSIGN_OR_RETURN(campaign.last, DayOf(fields[3]));
                 return absl::OkStatus();
               }));
  return ReadEach(folder + "campaigns.csv.gz", 2, [&](const Fields& fields) {
    journey.campaigns[fields[0]].households.insert(fields[1]);
    return absl::OkStatus();
  });
}

absl::Status ReadCoupons(const std::string& folder, Journey& journey) {
  // By campaign and coupon.
  std::map<std::pair<std::string, std::string>, std::set<std::string>> goods;
  PISTIS_RETURN_IF_ERROR(
      ReadEach(folder + "coupons.csv.gz", 3, [&](const Fields& fields) {
        goods[{fields[2], fields[0]}].insert(fields[1]);
        return absl::OkStatus();
      }));
  std::map<std::set<std::string>, size_t> lists;
  for (const auto& [of, products] : goods) {
    const auto [list, is_new] = lists.emplace(products, journey.lists.size());
    if (is_new) journey.lists.emplace_back(products.begin(), products.end());
    journey.offers_of[of.second].push_back(journey.offers.size());
    journey.offers.push_back(
        {.campaign = of.first, .coupon = of.second, .list = list->second});
  }
  for (auto& [coupon, offers] : journey.offers_of) {
    std::sort(offers.begin(), offers.end(), [&](size_t a, size_t b) {
      return RuleIdOf(journey.offers[a]) < RuleIdOf(journey.offers[b]);
    });
  }
  return absl::OkStatus();
}

absl::Status ReadRedemptions(const std::string& folder, Journey& journey) {
  PISTIS_RETURN_IF_ERROR(ReadEach(
      folder + "coupon_redemptions.csv.gz", 4,
      [&](const Fields& fields) -> absl::Status {
        PISTIS_ASSIGN_OR_RETURN(const absl::CivilDay day, DayOf(fields[3]));
        journey.redemptions.push_back({.household = fields[0],
                                       .coupon = fields[1],
                                       .campaign = fields[2],
                                       .day = day});
        return absl::OkStatus();
      }));
  std::stable_sort(
      journey.redemptions.begin(), journey.redemptions.end(),
      [](const Redemption& a, const Redemption& b) { return a.day < b.day; });
  return absl::OkStatus();
}

std::string RuleYaml(const Journey& journey, const Offer& offer) {
  const Campaign& campaign = journey.campaigns.at(offer.campaign);
  std::string yaml = absl::StrCat(
      "  - id: ", RuleIdOf(offer), "\n    when: '\"",
      CampaignName(offer.campaign), "\" in member.segments'\n    lines: '\"",
      CouponTag(offer.coupon), "\" in line.tags && line.sku in lists.l",
      offer.list, "'\n    discount: {amount: \"0.50\"}\n    valid: {from: ",
      absl::FormatCivilTime(campaign.first),
      ", to: ", absl::FormatCivilTime(campaign.last), "}\n");
  if (journey.offers_of.at(offer.coupon).size() > 1) {
    absl::StrAppend(&yaml, "    stack: {group: ", CouponTag(offer.coupon),
                    ", mode: first}\n");
  }
  return yaml;
}

}  // namespace

std::string DataFolder(const std::string& source_dir) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing writes the environment.
  const char* data = std::getenv("PISTIS_SHARED_DATA");
  return data != nullptr ? data : source_dir + "/../shared/data";
}

absl::StatusOr<Journey> LoadJourney(const std::string& data_folder) {
  const std::string folder = data_folder + "/completejourney/";
  Journey journey;
  PISTIS_RETURN_IF_ERROR(ReadCampaigns(folder, journey));
  PISTIS_RETURN_IF_ERROR(ReadCoupons(folder, journey));
  PISTIS_RETURN_IF_ERROR(ReadRedemptions(folder, journey));
  return journey;
}

std::string RuleIdOf(const Offer& offer) {
  return absl::StrCat("c", offer.campaign, "-", offer.coupon);
}

std::string CouponTag(const std::string& coupon) {
  return absl::StrCat("coupon-", coupon);
}

std::string CampaignName(const std::string& campaign) {
  return absl::StrCat("campaign-", campaign);
}

std::string RulebookYaml(const Journey& journey) {
  std::string yaml = absl::StrCat(kHead, "segments:\n");
  for (const auto& [id, campaign] : journey.campaigns) {
    absl::StrAppend(&yaml, "  - {id: ", CampaignName(id), ", when: '\"",
                    CampaignName(id), "\" in member.attributes'}\n");
  }
  yaml += "lists:\n";
  for (size_t i = 0; i < journey.lists.size(); ++i) {
    absl::StrAppend(&yaml, "  - id: l", i, "\n    skus: [",
                    absl::StrJoin(journey.lists[i], ", "), "]\n");
  }
  yaml += "rules:\n";
  for (const Offer& offer : journey.offers)
    yaml += RuleYaml(journey, offer);
  return yaml;
}

std::vector<std::string> RulesFor(const Journey& journey,
                                  const Redemption& visit,
                                  const std::string& product) {
  std::vector<std::string> rules;
  const auto offers = journey.offers_of.find(visit.coupon);
  if (offers == journey.offers_of.end()) return rules;
  for (const size_t index : offers->second) {
    const Offer& offer = journey.offers[index];
    const Campaign& campaign = journey.campaigns.at(offer.campaign);
    const std::vector<std::string>& goods = journey.lists[offer.list];
    const bool is_good =
        campaign.first <= visit.day && visit.day <= campaign.last &&
        campaign.households.count(visit.household) > 0 &&
        std::binary_search(goods.begin(), goods.end(), product);
    if (is_good) rules.push_back(RuleIdOf(offer));
  }
  return rules;
}

}  // namespace pistis::journey
