// Rules that are found through the index give what looking at each gives.
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/rules/benefits.h"
#include "rapidcheck/gtest.h"
#include "tests/support/builders.h"

namespace pistis {
namespace {

using testing::ElementsAre;

// A sale without its rulebook.
struct Visit {
  Order order;
  MemberFacts member;
  absl::Time time;
};

struct Outcome {
  std::string refusal;
  Proposal proposal;
  std::vector<WithheldRule> withheld;
  Earned earned;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Some rules have reached what limits them.
absl::StatusOr<LimitUse> Used(const Rule& rule, const Limit& /*limit*/) {
  const int64_t times = rule.id.back() % 2;
  return LimitUse{
      .times = times, .points = Points(times), .discount = Money(times)};
}

Outcome OutcomeOf(const Rulebook& rulebook, const Visit& visit,
                  Trace* trace = nullptr) {
  const SaleView sale{.rulebook = rulebook,
                      .order = visit.order,
                      .member = visit.member,
                      .time = visit.time,
                      .limits = Used,
                      .trace = trace};
  absl::StatusOr<Proposed> proposed = ProposeBenefits(sale, {});
  if (!proposed.ok()) return {.refusal = proposed.status().ToString()};
  Outcome outcome{.proposal = std::move(proposed->proposal),
                  .withheld = proposed->admission.withheld()};
  std::vector<LinePayment> payments(visit.order.lines.size());
  for (const ProposedDiscount& discount : outcome.proposal.discounts) {
    for (size_t i = 0; i < payments.size(); ++i)
      payments[i].discount += discount.shares[i];
  }
  absl::StatusOr<Earned> earned =
      EarnBenefits(sale, payments, std::move(proposed->admission));
  if (!earned.ok()) outcome.refusal = earned.status().ToString();
  if (earned.ok()) outcome.earned = *std::move(earned);
  return outcome;
}

Rulebook WithoutIndex(Rulebook rulebook) {
  rulebook.index.reset();
  return rulebook;
}

int64_t Between(int64_t low, int64_t high) {
  return *rc::gen::resize(rc::kNominalSize,
                          rc::gen::inRange<int64_t>(low, high + 1));
}

bool OneIn(int64_t count) {
  return Between(1, count) == count;
}

std::string Among(const std::vector<std::string>& texts) {
  return texts[static_cast<size_t>(
      Between(0, static_cast<int64_t>(texts.size()) - 1))];
}

const std::vector<std::string> kSkus = {"a", "b", "c", "d", "ab"};
const std::vector<std::string> kCategories = {"", "x", "x/y", "x/y/z", "w"};
const std::vector<std::string> kTags = {"new", "bio", "sale"};
const std::vector<std::string> kStores = {"", "s1", "s2"};
const std::vector<std::string> kTiers = {"", "gold", "silver"};

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", text, "\"");
}

// A part of a condition that speaks of the line called `line`.
std::string LinePart(const std::string& line) {
  return Among(
      {absl::StrCat(line, ".sku == ", Quoted(Among(kSkus))),
       absl::StrCat(Quoted(Among(kSkus)), " == ", line, ".sku"),
       absl::StrCat(line, ".sku in [", Quoted(Among(kSkus)), ", ",
                    Quoted(Among(kSkus)), "]"),
       absl::StrCat(line, ".sku in lists.", Among({"ab", "bc", "none"})),
       absl::StrCat(line, ".sku.startsWith(", Quoted(Among({"a", "b"})), ")"),
       absl::StrCat(line, ".category == ", Quoted(Among(kCategories))),
       absl::StrCat(line, ".category.startsWith(", Quoted(Among(kCategories)),
                    ")"),
       absl::StrCat(Quoted(Among(kTags)), " in ", line, ".tags"),
       absl::StrCat(line, ".sku != ", Quoted(Among(kSkus))),
       absl::StrCat(line, ".quantity > 1"),
       absl::StrCat(line, ".remaining < 700"),
       absl::StrCat(line, ".attributes.x == \"1\"")});
}

std::string OrderPart() {
  return Among(
      {absl::StrCat("order.store == ", Quoted(Among(kStores))),
       absl::StrCat("order.channel in [", Quoted(Among({"pos", "web"})), "]"),
       absl::StrCat("member.tier == ", Quoted(Among(kTiers))),
       "\"fans\" in member.segments",
       absl::StrCat("order.lines.exists(l, ", LinePart("l"), " && ",
                    LinePart("l"), ")"),
       absl::StrCat("order.lines.exists_one(l, ", LinePart("l"), ")"),
       absl::StrCat("order.lines.all(l, ", LinePart("l"), ")"),
       absl::StrCat("order.lines[1].sku == ", Quoted(Among(kSkus))),
       "order.remaining < 900", "order.attributes.x == \"1\"", "true",
       "false"});
}

// Parts joined at random.
std::string ConditionOf(const std::function<std::string()>& part,
                        int64_t depth) {
  if (depth == 0 || OneIn(3)) return part();
  const std::string first = ConditionOf(part, depth - 1);
  const std::string second = ConditionOf(part, depth - 1);
  return Among({absl::StrCat("(", first, " && ", second, ")"),
                absl::StrCat("(", first, " || ", second, ")"),
                absl::StrCat("(", first, " || ", second, " || ", part(), ")"),
                absl::StrCat("!(", first, ")"),
                absl::StrCat("(", first, " ? ", second, " : ", part(), ")")});
}

std::string LinesCondition() {
  return ConditionOf([] { return OneIn(4) ? OrderPart() : LinePart("line"); },
                     2);
}

std::string AnyValidity() {
  const int64_t first = Between(1, 20);
  return Among({absl::StrCat("from: 2026-03-", 10 + first % 10),
                absl::StrCat("to: 2026-03-", 10 + first % 10),
                absl::StrCat("from: 2026-03-", 10 + first % 5, ", to: 2026-03-",
                             15 + first % 5),
                "days: [mon, thu]", "days: [sun], hours: \"21:00-03:00\"",
                absl::StrCat("from: 2026-03-12, to: 2026-03-", 12 + first % 5,
                             ", hours: \"20:00-06:00\"")});
}

const std::vector<std::string> kGroups = {"{group: best, mode: best}",
                                          "{group: first, mode: first}",
                                          "{group: all, excludes: [first]}"};

std::string AnyBenefit() {
  const std::string percent = absl::StrCat(Between(1, 60), "%");
  const std::string discount =
      Among({absl::StrCat("percent: ", percent),
             absl::StrCat("percent: ", percent, ", minimum: \"2.00\""),
             "amount: \"1.50\"", "free_item: {sku: a}",
             "buy: {quantity: 1}, get: {quantity: 1, percent: 50%}",
             "cheapest: {quantity: 1, percent: 20%}"});
  const std::string earn =
      Among({"{points: 7}", "{points: 1, per: \"1.00\"}",
             "{points: 2, per_unit: true}", "{multiply: \"1.5\"}"});
  return Among({absl::StrCat("discount: {", discount, "}"),
                absl::StrCat("discount: {", discount, "}, earn: ", earn),
                absl::StrCat("earn: ", earn), absl::StrCat("earn: ", earn),
                "issue_code: c, note: n", "tier_points: {points: 3}",
                "segment: fans"});
}

std::string AnyRule(int64_t number) {
  std::string rule =
      absl::StrCat("  - {id: r", number, ", priority: ", Between(1, 3) * 100,
                   ", ", AnyBenefit());
  if (OneIn(2)) {
    absl::StrAppend(&rule, ", when: '", ConditionOf(OrderPart, 2), "'");
  }
  if (!OneIn(3)) absl::StrAppend(&rule, ", lines: '", LinesCondition(), "'");
  if (OneIn(3)) absl::StrAppend(&rule, ", valid: {", AnyValidity(), "}");
  if (OneIn(3)) absl::StrAppend(&rule, ", stack: ", Among(kGroups));
  if (OneIn(4)) {
    absl::StrAppend(&rule, ", limits: [{per: ", Among({"member", "campaign"}),
                    ", times: 1}]");
  }
  return absl::StrCat(rule, "}\n");
}

std::string AnyRules() {
  std::string yaml = R"(
points: {value: "0.01"}
codes: [{id: c, discount: {percent: 5%}}]
notes: [{id: n, channel: email, text: {en: hello}}]
segments: [{id: fans}]
lists: [{id: ab, skus: [a, b]}, {id: bc, skus: [b, c]}, {id: none}]
rules:
)";
  // Each group has one rule at least.
  for (size_t i = 0; i < kGroups.size(); ++i) {
    absl::StrAppend(&yaml, "  - {id: g", i, ", lines: 'line.sku == \"",
                    kSkus[i], "\"', earn: {points: 1}, stack: ", kGroups[i],
                    "}\n");
  }
  const int64_t rules = Between(1, 9);
  for (int64_t i = 0; i < rules; ++i)
    absl::StrAppend(&yaml, AnyRule(i));
  return yaml;
}

OrderLine AnyLine() {
  OrderLine line;
  line.sku = Among(kSkus);
  line.category = Among(kCategories);
  if (OneIn(2)) line.tags = {Among(kTags), Among(kTags)};
  if (OneIn(3)) line.attributes = {{"x", "1"}};
  line.quantity = Between(1, 3);
  line.amount = Money(Between(0, 2000));
  return line;
}

Visit AnyVisit() {
  Visit visit;
  std::vector<OrderLine> lines(static_cast<size_t>(Between(1, 3)));
  for (OrderLine& line : lines)
    line = AnyLine();
  visit.order = OrderWith(std::move(lines));
  visit.order.store_id = Among(kStores);
  visit.order.channel = Among({"pos", "web", ""});
  if (OneIn(4)) visit.order.attributes = {{"x", "1"}};
  if (!OneIn(5)) {
    visit.member = {.member_id = MemberId("m1"), .orders = Between(1, 3)};
    visit.member.tier = Among(kTiers);
    if (OneIn(2)) visit.member.segments = {"fans"};
  }
  const absl::CivilDay day(2026, 3, static_cast<int>(Between(8, 22)));
  visit.time = absl::FromCivil(absl::CivilHour(day) + Between(0, 23),
                               absl::UTCTimeZone());
  return visit;
}

RC_GTEST_PROP(CandidatesProperty, TheIndexChangesNothing, ()) {
  const std::string yaml = AnyRules();
  const Rulebook indexed = RulebookOf(yaml);
  const Rulebook plain = WithoutIndex(indexed);
  for (int i = 0; i < 5; ++i) {
    const Visit visit = AnyVisit();
    const Outcome expected = OutcomeOf(plain, visit);
    if (!(OutcomeOf(indexed, visit) == expected)) RC_LOG() << yaml;
    RC_ASSERT(OutcomeOf(indexed, visit) == expected);
    Trace by_index;
    Trace by_all;
    RC_ASSERT(OutcomeOf(indexed, visit, &by_index) == expected);
    RC_ASSERT(OutcomeOf(plain, visit, &by_all) == expected);
    RC_ASSERT(by_index.order() == by_all.order());
  }
}

Visit VisitOf(const std::string& sku) {
  Visit visit;
  visit.order = OrderOf({1'000'000});
  visit.order.lines[0].sku = sku;
  visit.member = {.member_id = MemberId("m1"), .orders = 1};
  return visit;
}

// 130 rules on one article and 130 on another, in turn.
std::string ManyRules(const std::string& benefit) {
  std::string yaml = "rules:\n  - {id: base, earn: {points: 1}}\n";
  for (int i = 100; i < 360; ++i) {
    absl::StrAppend(&yaml, "  - {id: r", i, ", lines: line.sku == \"",
                    i % 2 == 0 ? "even" : "odd", "\", ", benefit, "}\n");
  }
  return yaml;
}

TEST(CandidatesTest, RulesThatSelectNoLineAreNoneOfAHundred) {
  for (const char* benefit :
       {"discount: {amount: \"1.00\"}", "earn: {multiply: \"1\"}"}) {
    const Rulebook indexed = RulebookOf(ManyRules(benefit));
    const Outcome outcome = OutcomeOf(indexed, VisitOf("odd"));
    ASSERT_EQ(outcome.earned.withheld.size(), 30U) << benefit;
    EXPECT_EQ(outcome.earned.withheld[0].rule_id, "r301");
    EXPECT_EQ(outcome, OutcomeOf(WithoutIndex(indexed), VisitOf("odd")));
    EXPECT_TRUE(OutcomeOf(indexed, VisitOf("none")).earned.withheld.empty());
  }
}

TEST(CandidatesTest, ARuleThatSelectsNoLineLeavesItsGroupToOthers) {
  const Rulebook indexed = RulebookOf(R"(
rules:
  - id: a
    lines: line.sku == "x"
    discount: {percent: "90%"}
    stack: {group: g, mode: best, excludes: [h]}
    limits: [{per: member, times: 1}]
  - {id: b, discount: {percent: "5%"}, stack: {group: h}}
)");
  for (const Rulebook& rulebook : {indexed, WithoutIndex(indexed)}) {
    const Outcome outcome = OutcomeOf(rulebook, VisitOf("y"));
    ASSERT_EQ(outcome.proposal.discounts.size(), 1U);
    EXPECT_EQ(outcome.proposal.discounts[0].rule_id, "b");
    EXPECT_TRUE(outcome.withheld.empty());
  }
}

TEST(CandidatesTest, AreTheRulesThatTheOrderMayConcern) {
  const Rulebook rulebook = RulebookOf(R"(
rules:
  - {id: a, lines: line.sku == "x", earn: {points: 1}}
  - {id: b, lines: line.sku == "y", earn: {points: 1}}
  - {id: c, earn: {points: 1}}
)");
  const Visit visit = VisitOf("y");
  SaleView sale{.rulebook = rulebook,
                .order = visit.order,
                .member = visit.member,
                .time = visit.time};
  EXPECT_THAT(Admission(sale).candidates(), ElementsAre(1, 2));
  Trace trace;
  sale.trace = &trace;
  EXPECT_THAT(Admission(sale).candidates(), ElementsAre(1, 2));
  EXPECT_THAT(Admission(sale).turns(), ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace pistis
