#include "engine/care/remedies.h"

#include "gtest/gtest.h"

#include "engine/rulebook/vocabulary.h"

namespace pistis {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class RemediesTest : public testing::Test {
 protected:
  RemediesTest() {
    care_.roles = {
        {.id = "till", .grant_up_to = Money(500), .approve_up_to = Money()},
        {.id = "manager",
         .grant_up_to = Money(2000),
         .approve_up_to = Money(5000)}};
    facts_.severity = Severity::kMedium;
    facts_.category = "delivery/late";
    member_.member_id = MemberId("ann");
    member_.orders = 10;
  }

  [[nodiscard]] RemedyDecision Decide(Money worth,
                                      absl::string_view role = "till") const {
    RemedyTemplate remedy = remedy_;
    remedy.worth = worth;
    return DecideRemedy(Question(), remedy, role);
  }

  [[nodiscard]] RemedyQuestion Question() const {
    return {.care = care_,
            .currency = currency_,
            .facts = facts_,
            .member = member_,
            .standing = standing_,
            .now = kNow};
  }

  // So many cases, one a day up to now.
  void OpenCases(int cases) {
    for (int i = cases - 1; i >= 0; --i)
      standing_.opened.push_back(kNow - absl::Hours(24) * i);
  }

  void When(absl::string_view condition) {
    const Vocabulary vocabulary = MakeVocabulary(currency_);
    expr::CompileOptions options;
    options.result = expr::Type::Bool();
    auto compiled = expr::Expression::Compile(
        condition,
        vocabulary.events[static_cast<size_t>(Trigger::kCaseResolved)],
        options);
    ASSERT_TRUE(compiled.ok()) << compiled.status();
    remedy_.when =
        std::make_shared<const expr::Expression>(*std::move(compiled));
  }

  Currency currency_{"EUR", 2};
  CarePolicy care_;
  CaseFacts facts_;
  MemberFacts member_;
  CareStanding standing_;
  RemedyTemplate remedy_{.id = "parcel"};
};

TEST_F(RemediesTest, ARoleGivesUpToItsLimitAndAsksAboveIt) {
  EXPECT_FALSE(Decide(Money(500)).refusal);
  EXPECT_FALSE(Decide(Money(500)).needs_approval);
  const RemedyDecision above = Decide(Money(501));
  EXPECT_FALSE(above.refusal);
  EXPECT_TRUE(above.needs_approval);
  EXPECT_EQ(above.why,
            "is worth 5.01 EUR; the role till gives up to 5.00 EUR alone");
}

TEST_F(RemediesTest, ARoleThatIsNotInTheRulebookGivesNothing) {
  EXPECT_EQ(Decide(Money(), "guest").refusal, RemedyRefusal::kRole);
}

TEST_F(RemediesTest, WhatNobodyMayApproveIsRefused) {
  EXPECT_EQ(Decide(Money(5001)).refusal, RemedyRefusal::kNobodyApproves);
}

TEST_F(RemediesTest, ARemedyIsGrantedToACaseOnce) {
  facts_.taken = {"parcel"};
  EXPECT_EQ(Decide(Money(100)).refusal, RemedyRefusal::kTaken);
}

TEST_F(RemediesTest, ARemedyIsForItsSeverities) {
  remedy_.severities = std::bitset<kSeverities>("1100");
  const RemedyDecision decision = Decide(Money(100));
  EXPECT_EQ(decision.refusal, RemedyRefusal::kSeverity);
  EXPECT_EQ(decision.why,
            "is for cases that are high, critical; this one is medium");
  facts_.severity = Severity::kCritical;
  EXPECT_FALSE(Decide(Money(100)).refusal);
}

TEST_F(RemediesTest, ConditionsSeeTheMemberAndTheCase) {
  When(R"(member.spend >= amount("100.00") &&)"
       R"( event.attributes.category.startsWith("delivery"))");
  EXPECT_EQ(Decide(Money(100)).refusal, RemedyRefusal::kCondition);
  member_.spend = Money(10000);
  EXPECT_FALSE(Decide(Money(100)).refusal);
  facts_.category = "staff";
  EXPECT_EQ(Decide(Money(100)).refusal, RemedyRefusal::kCondition);
}

TEST_F(RemediesTest, TheMembersCapHoldsToTheCent) {
  care_.cap = RemedyCap{.worth = Money(1000), .days = 90};
  standing_.given = {{kNow - absl::Hours(24 * 90), Money(700)},
                     {kNow - absl::Hours(24 * 89), Money(600)}};
  EXPECT_FALSE(Decide(Money(400)).refusal);
  const RemedyDecision above = Decide(Money(401));
  EXPECT_EQ(above.refusal, RemedyRefusal::kMemberCap);
  EXPECT_EQ(above.why,
            "is worth 4.01 EUR, and the member was given 6.00 EUR in 90 days; "
            "the cap is 10.00 EUR");
  EXPECT_EQ(DecideWaiting(Question(), Money(401)).refusal,
            RemedyRefusal::kMemberCap);
}

TEST_F(RemediesTest, WhatIsWorthNothingIsWithinAnyCap) {
  care_.cap = RemedyCap{.worth = Money(1000), .days = 90};
  standing_.given = {{kNow, Money(2000)}};
  EXPECT_FALSE(Decide(Money()).refusal);
}

TEST_F(RemediesTest, ManyCasesNeedApprovalAndMoreGetNothing) {
  care_.complaints =
      ComplaintLimit{.approve_above = 2, .refuse_above = 4, .days = 30};
  OpenCases(2);
  EXPECT_FALSE(Decide(Money(100)).needs_approval);
  OpenCases(1);
  EXPECT_TRUE(Decide(Money(100)).needs_approval);
  OpenCases(2);
  EXPECT_EQ(Decide(Money(100)).refusal, RemedyRefusal::kComplaints);
  EXPECT_EQ(DecideWaiting(Question(), Money(100)).refusal,
            RemedyRefusal::kComplaints);
}

TEST_F(RemediesTest, CasesDoNotCountAgainstWhoBuysMuch) {
  care_.complaints = ComplaintLimit{
      .refuse_above = 1, .days = 30, .share_of_orders = Rate(20, 100)};
  OpenCases(2);
  EXPECT_FALSE(Decide(Money(100)).refusal);
  member_.orders = 9;
  EXPECT_EQ(Decide(Money(100)).refusal, RemedyRefusal::kComplaints);
}

TEST_F(RemediesTest, AnotherOneApprovesWithinItsRole) {
  const auto problem = [&](absl::string_view actor, absl::string_view role,
                           Money worth) {
    return ApprovalProblem(
        care_, currency_,
        {.asker = "kim", .actor = actor, .role = role, .worth = worth});
  };
  EXPECT_EQ(problem("maria", "manager", Money(5000)), "");
  EXPECT_NE(problem("maria", "manager", Money(5001)), "");
  EXPECT_NE(problem("maria", "till", Money(100)), "");
  EXPECT_NE(problem("maria", "guest", Money(100)), "");
  EXPECT_NE(problem("kim", "manager", Money(100)), "");
  for (const char* kim : {"Kim", "KIM", " kim", "kim \t"})
    EXPECT_NE(problem(kim, "manager", Money(100)), "") << kim;
}

TEST_F(RemediesTest, WhoAskedOrApprovesAnythingNowOrThenMayDecline) {
  const CarePolicy none;
  const auto problem = [](const CarePolicy& care, const CarePolicy& asked_by,
                          absl::string_view actor, absl::string_view role) {
    return DeclineProblem(
        care, asked_by,
        {.asker = "kim", .actor = actor, .role = role, .worth = Money(900000)});
  };
  EXPECT_EQ(problem(none, none, "kim", "till"), "");
  EXPECT_EQ(problem(none, none, " Kim", "till"), "");
  EXPECT_EQ(problem(care_, none, "maria", "manager"), "");
  EXPECT_EQ(problem(none, care_, "maria", "manager"), "");
  EXPECT_NE(problem(none, none, "maria", "manager"), "");
  EXPECT_NE(problem(care_, care_, "maria", "till"), "");
}

}  // namespace
}  // namespace pistis
