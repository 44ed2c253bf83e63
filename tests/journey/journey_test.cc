// Every coupon that a household of The Complete Journey redeemed is accepted as
// it was, and what was not so is refused.
#include "tests/journey/journey.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis::journey {
namespace {

constexpr absl::string_view kGrocer = "grocer";

absl::TimeZone NewYork() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("America/New_York", &zone));
  return zone;
}

absl::Time NoonOf(absl::CivilDay day) {
  return absl::FromCivil(absl::CivilHour(day) + 12, NewYork());
}

std::string MemberOf(const std::string& household) {
  return household.empty() ? "" : "h" + household;
}

// A product that the coupon is for at 3.00, and another one beside it.
v1::Order OrderOf(const Redemption& visit, const std::string& product) {
  v1::Order order;
  order.set_member_id(MemberOf(visit.household));
  order.set_channel("pos");
  for (const std::string& sku : {std::string("bag"), product}) {
    v1::OrderLine& line = *order.add_lines();
    line.set_line_id(sku);
    line.set_sku(sku);
    line.set_quantity(1);
    line.set_amount_minor(300);
  }
  order.mutable_lines(1)->add_tags(CouponTag(visit.coupon));
  return order;
}

// What is given by which rules, and which are kept out by the first of a
// coupon's.
struct Given {
  std::vector<std::string> rules;
  int64_t discount_minor = 0;

  friend bool operator==(const Given&, const Given&) = default;
};

std::ostream& operator<<(std::ostream& out, const Given& given) {
  for (const std::string& rule : given.rules)
    out << rule << ' ';
  return out << given.discount_minor;
}

Given GivenBy(const v1::Quote& quote) {
  Given given{.discount_minor = quote.discount_minor()};
  for (const v1::AppliedDiscount& discount : quote.discounts())
    given.rules.push_back(discount.rule_id());
  for (const v1::WithheldRule& rule : quote.withheld()) {
    EXPECT_EQ(rule.reason(), v1::WithheldRule::NOT_FIRST);
    given.rules.push_back(rule.rule_id());
  }
  return given;
}

// A grocer with the campaigns' rulebook and all households.
class JourneyTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto loaded = LoadJourney(DataFolder(PISTIS_SOURCE_DIR));
    if (loaded.ok()) journey_ = new Journey(*std::move(loaded));
  }
  static void TearDownTestSuite() { delete std::exchange(journey_, nullptr); }

  void SetUp() override {
    if (journey_ == nullptr) GTEST_SKIP() << "completejourney is not there";
    v1::CreateProgramRequest program;
    program.set_request_id("open");
    program.mutable_program()->set_program_id(std::string(kGrocer));
    program.mutable_program()->set_currency("USD");
    program.mutable_program()->set_time_zone("America/New_York");
    ASSERT_TRUE(shop_.Open(program).ok());
    v1::PublishRulebookRequest publish;
    publish.set_program_id(std::string(kGrocer));
    publish.set_request_id("publish");
    publish.set_yaml(RulebookYaml(*journey_));
    const auto published = shop_.Publish(publish);
    ASSERT_TRUE(published.ok()) << published.status();
    EnrolAll();
  }

  void EnrolAll() {
    std::map<std::string, std::vector<std::string>> campaigns;
    for (const auto& [id, campaign] : journey_->campaigns) {
      for (const std::string& household : campaign.households)
        campaigns[household].push_back(id);
    }
    campaigns["nobody"] = {};
    for (const auto& [household, sent] : campaigns) {
      v1::CreateMemberRequest request = MemberRequest(MemberOf(household));
      request.set_program_id(std::string(kGrocer));
      for (const std::string& campaign : sent) {
        (*request.mutable_member()
              ->mutable_attributes())[CampaignName(campaign)] = "yes";
      }
      ASSERT_TRUE(shop_.Enrol(request).ok());
      households_.push_back(household);
    }
  }

  // Of the products that the redeemed coupon was for, another one each time.
  static const std::string& ProductOf(size_t redemption) {
    const Redemption& visit = journey_->redemptions[redemption];
    for (const size_t index : journey_->offers_of.at(visit.coupon)) {
      const Offer& offer = journey_->offers[index];
      const std::vector<std::string>& goods = journey_->lists[offer.list];
      if (offer.campaign == visit.campaign) {
        return goods[redemption * 7919 % goods.size()];
      }
    }
    ADD_FAILURE() << "no offer of " << visit.coupon;
    return visit.coupon;
  }

  static Given Expected(const Redemption& visit, const std::string& product) {
    Given given{.rules = RulesFor(*journey_, visit, product)};
    if (!given.rules.empty()) given.discount_minor = 50;
    return given;
  }

  // Quotes the visit and holds it against the data; whether it gets anything.
  bool IsAccepted(const Redemption& visit, const std::string& product) {
    clock_.Set(NoonOf(visit.day));
    v1::QuoteOrderRequest request;
    request.set_program_id(std::string(kGrocer));
    *request.mutable_order() = OrderOf(visit, product);
    const auto reply = shop_.Ask(QuoteOrder, request);
    EXPECT_TRUE(reply.ok()) << reply.status();
    const Given given = reply.ok() ? GivenBy(*reply) : Given();
    EXPECT_EQ(given, Expected(visit, product))
        << visit.household << ' ' << visit.coupon << ' ' << visit.day << ' '
        << product;
    return given.discount_minor > 0;
  }

  static const Journey* journey_;
  FakeClock clock_{NoonOf(absl::CivilDay(2016, 11, 1))};
  MemoryStore store_;
  TestShop shop_{store_, clock_};
  std::vector<std::string> households_;
};

const Journey* JourneyTest::journey_ = nullptr;

TEST_F(JourneyTest, EveryRedemptionIsAcceptedOnItsDateByItsHousehold) {
  for (size_t i = 0; i < journey_->redemptions.size(); ++i) {
    const Redemption& visit = journey_->redemptions[i];
    const std::string& product = ProductOf(i);
    clock_.Set(NoonOf(visit.day));
    v1::CommitOrderRequest request;
    request.set_program_id(std::string(kGrocer));
    *request.mutable_order() = OrderOf(visit, product);
    request.mutable_order()->set_order_id(absl::StrCat("o", i));
    const auto reply = shop_.Commit(request);
    ASSERT_TRUE(reply.ok()) << reply.status();
    const Given given = GivenBy(reply->quote());
    EXPECT_EQ(given, Expected(visit, product)) << i;
    const std::string rule =
        RuleIdOf({.campaign = visit.campaign, .coupon = visit.coupon});
    EXPECT_EQ(std::count(given.rules.begin(), given.rules.end(), rule), 1) << i;
    EXPECT_EQ(given.discount_minor, 50) << i;
  }
  EXPECT_EQ(journey_->redemptions.size(), 1453U);
}

TEST_F(JourneyTest, OnAnotherDateARedemptionIsRefused) {
  int refused = 0;
  for (size_t i = 0; i < journey_->redemptions.size(); ++i) {
    Redemption visit = journey_->redemptions[i];
    const Campaign& campaign = journey_->campaigns.at(visit.campaign);
    for (const absl::CivilDay day : {campaign.first - 1, campaign.last + 1}) {
      visit.day = day;
      if (!IsAccepted(visit, ProductOf(i))) ++refused;
    }
    // No campaign is on.
    visit.day = absl::CivilDay(2018, 3, 1);
    EXPECT_FALSE(IsAccepted(visit, ProductOf(i)));
    EXPECT_TRUE(IsAccepted(journey_->redemptions[i], ProductOf(i)));
  }
  // The others are good by another campaign that the coupon is in.
  EXPECT_GT(refused, 2850);
}

TEST_F(JourneyTest, ByAnotherHouseholdARedemptionIsRefused) {
  for (size_t i = 0; i < journey_->redemptions.size(); ++i) {
    Redemption visit = journey_->redemptions[i];
    for (const std::string& household :
         {households_[i % households_.size()],
          households_[i * 7919 % households_.size()]}) {
      visit.household = household;
      IsAccepted(visit, ProductOf(i));
    }
    for (const char* stranger : {"nobody", ""}) {
      visit.household = stranger;
      EXPECT_FALSE(IsAccepted(visit, ProductOf(i)));
    }
  }
}

TEST_F(JourneyTest, WithAnotherCouponOrProductARedemptionIsRefused) {
  std::vector<std::string> coupons;
  for (const auto& [coupon, offers] : journey_->offers_of)
    coupons.push_back(coupon);
  for (size_t i = 0; i < journey_->redemptions.size(); ++i) {
    Redemption visit = journey_->redemptions[i];
    EXPECT_FALSE(IsAccepted(visit, "no-product"));
    IsAccepted(visit, ProductOf((i + 1) % journey_->redemptions.size()));
    visit.coupon = coupons[i * 7919 % coupons.size()];
    IsAccepted(visit, ProductOf(i));
    for (const std::string& altered :
         {journey_->redemptions[i].coupon + "0",
          journey_->redemptions[i].coupon.substr(1), std::string()}) {
      visit.coupon = altered;
      EXPECT_FALSE(IsAccepted(visit, ProductOf(i)));
    }
  }
}

}  // namespace
}  // namespace pistis::journey
