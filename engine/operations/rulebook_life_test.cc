// A rulebook's life: validated, published for a time, superseded, taken back.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/operations/rulebook_schedule.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/order/order.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

using State = v1::PublishedRulebook;
using DiffLines = std::vector<std::string>;

std::string Points(int64_t points) {
  return absl::StrCat("rules: [{id: base, earn: {points: ", points, "}}]\n");
}

class RulebookLifeTest : public testing::Test {
 protected:
  void SetUp() override {
    OpenWith(Points(1), shop_);
    ASSERT_TRUE(shop_.Enrol(MemberRequest("ann")).ok());
  }
  void TearDown() override {
    EXPECT_EQ(Audit(shop_, ProgramId(kShop)), DiffLines());
  }

  // Publishes a rulebook under which a sale earns that many points.
  absl::StatusOr<v1::PublishedRulebook> Publish(int64_t points,
                                                absl::string_view start) {
    v1::PublishRulebookRequest request =
        RulebookRequest(absl::StrCat("publish-", points), Points(points));
    if (!start.empty()) {
      *request.mutable_start_time() = ToTimestamp(TimeAt(start));
    }
    return shop_.Publish(request);
  }
  // What a sale earns now.
  int64_t Earns() {
    const auto sale =
        shop_.Commit(SaleRequest(absl::StrCat("o", ++sales_), "ann", {1000}));
    EXPECT_TRUE(sale.ok()) << sale.status();
    return sale.ok() ? sale->quote().points_earned() : -1;
  }
  // Its version at a time; 0 where there is none.
  int64_t InForceAt(absl::string_view time) {
    v1::GetRulebookRequest request;
    request.set_program_id(std::string(kShop));
    *request.mutable_at_time() = ToTimestamp(TimeAt(time));
    const auto rulebook = shop_.Ask(GetRulebook, request);
    return rulebook.ok() ? rulebook->version() : 0;
  }
  // "3 SCHEDULED", for each version, the latest first.
  DiffLines Versions() {
    DiffLines lines;
    v1::ListRulebooksRequest request;
    request.set_program_id(std::string(kShop));
    request.set_page_size(2);
    do {
      const auto page = shop_.Ask(ListRulebooks, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return lines;
      for (const v1::PublishedRulebook& version : page->rulebooks()) {
        EXPECT_FALSE(version.has_rulebook());
        lines.push_back(
            absl::StrCat(version.version(), " ",
                         v1::PublishedRulebook::State_Name(version.state())));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return lines;
  }
  absl::StatusOr<v1::PublishedRulebook> Rollback(int64_t version,
                                                 absl::string_view id) {
    v1::RollbackRulebookRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id(std::string(id));
    request.set_version(version);
    request.set_reason("too generous");
    return shop_.Rollback(request);
  }
  absl::StatusOr<v1::ValidateRulebookResponse> Validate(
      absl::string_view yaml) {
    v1::ValidateRulebookRequest request;
    request.set_program_id(std::string(kShop));
    request.set_yaml(RulebookRequest("", yaml).yaml());
    return shop_.Ask(ValidateRulebook, request);
  }
  DiffLines DiffTo(int64_t from, const v1::DiffRulebooksRequest& to) {
    v1::DiffRulebooksRequest request = to;
    request.set_program_id(std::string(kShop));
    request.set_from_version(from);
    const auto diff = shop_.Ask(DiffRulebooks, request);
    if (!diff.ok()) return {NameOf(diff.status())};
    DiffLines lines;
    for (const v1::RulebookChange& change : diff->changes())
      lines.push_back(change.text());
    return lines;
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  int sales_ = 0;
};

TEST_F(RulebookLifeTest, AVersionCountsFromItsStartOn) {
  ASSERT_TRUE(Publish(2, "2026-02-01").ok());
  EXPECT_EQ(Earns(), 1);
  EXPECT_EQ(Versions(), (DiffLines{"2 SCHEDULED", "1 IN_FORCE"}));
  clock_.Set(TimeAt("2026-01-31 23:59:59"));
  EXPECT_EQ(Earns(), 1);
  clock_.Set(TimeAt("2026-02-01"));
  EXPECT_EQ(Earns(), 2);
  EXPECT_EQ(Versions(), (DiffLines{"2 IN_FORCE", "1 SUPERSEDED"}));
}

TEST_F(RulebookLifeTest, SeveralVersionsWaitForTheirStarts) {
  ASSERT_TRUE(Publish(2, "2026-02-01").ok());
  ASSERT_TRUE(Publish(3, "2026-03-01").ok());
  ASSERT_TRUE(Publish(4, "2026-04-01").ok());
  for (const auto& [time, points] :
       {std::pair("2026-02-10", 2), {"2026-03-10", 3}, {"2026-04-10", 4}}) {
    clock_.Set(TimeAt(time));
    EXPECT_EQ(Earns(), points) << time;
  }
}

TEST_F(RulebookLifeTest, ALaterPublicationTakesThePlaceOfWhatStartsAfterIt) {
  ASSERT_TRUE(Publish(2, "2026-02-01").ok());
  ASSERT_TRUE(Publish(3, "2026-04-01").ok());
  ASSERT_TRUE(Publish(4, "2026-03-01").ok());
  EXPECT_EQ(Versions(), (DiffLines{"4 SCHEDULED", "3 SUPERSEDED", "2 SCHEDULED",
                                   "1 IN_FORCE"}));
  ASSERT_TRUE(Publish(5, "").ok());
  EXPECT_EQ(Versions(), (DiffLines{"5 IN_FORCE", "4 SUPERSEDED", "3 SUPERSEDED",
                                   "2 SUPERSEDED", "1 SUPERSEDED"}));
  clock_.Set(TimeAt("2026-05-01"));
  EXPECT_EQ(Earns(), 5);
}

TEST_F(RulebookLifeTest, TheVersionInForceAtATimeIsFound) {
  ASSERT_TRUE(Publish(2, "2026-02-01").ok());
  ASSERT_TRUE(Publish(3, "2026-03-01").ok());
  clock_.Set(TimeAt("2026-02-10"));
  EXPECT_EQ(InForceAt("2026-01-09"), 0);
  EXPECT_EQ(InForceAt("2026-01-10 10:00"), 1);
  EXPECT_EQ(InForceAt("2026-01-31 23:59"), 1);
  EXPECT_EQ(InForceAt("2026-02-01"), 2);
  EXPECT_EQ(InForceAt("2026-02-28"), 2);
  EXPECT_EQ(InForceAt("2026-03-01"), 3);
}

TEST_F(RulebookLifeTest, AStartInThePastOrFarAheadIsRefused) {
  EXPECT_EQ(NameOf(Publish(2, "2026-01-10 09:54").status()),
            "FIELD_INVALID start_time");
  EXPECT_EQ(NameOf(Publish(3, "2040-01-01").status()),
            "FIELD_INVALID start_time");
  const auto late = Publish(4, "2026-01-10 09:56");
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_EQ(late->start_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(RulebookLifeTest, OnlySoManyVersionsWait) {
  for (int i = 0; i < kMaxScheduledRulebooks; ++i) {
    v1::PublishRulebookRequest request =
        RulebookRequest(absl::StrCat("wait-", i), Points(1));
    *request.mutable_start_time() =
        ToTimestamp(TimeAt("2026-02-01") + absl::Minutes(i));
    ASSERT_TRUE(shop_.Publish(request).ok()) << i;
  }
  EXPECT_EQ(NameOf(Publish(2, "2026-03-01").status()), "LIMIT_REACHED");
  EXPECT_TRUE(Publish(3, "2026-02-01").ok());
  EXPECT_TRUE(Publish(4, "2026-03-01").ok());
}

TEST_F(RulebookLifeTest, ARollbackPublishesTheOldVersionAgain) {
  ASSERT_TRUE(Publish(9, "").ok());
  EXPECT_EQ(Earns(), 9);
  const auto back = Rollback(1, "back");
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->version(), 3);
  EXPECT_EQ(back->restores_version(), 1);
  EXPECT_EQ(back->comment(), "too generous");
  EXPECT_EQ(back->yaml(), RulebookRequest("", Points(1)).yaml());
  EXPECT_EQ(Earns(), 1);
  const auto events = shop_.Events(ProgramId(kShop), "");
  ASSERT_TRUE(events.ok());
  int64_t restored = 0;
  for (const v1::Event& event : *events)
    restored += event.rulebook_published().restores_version();
  EXPECT_EQ(restored, 1);
}

TEST_F(RulebookLifeTest, ARollbackNeedsAVersionAndAReason) {
  EXPECT_EQ(NameOf(Rollback(7, "a").status()), "NOT_FOUND");
  EXPECT_EQ(NameOf(Rollback(0, "b").status()), "FIELD_INVALID version");
  v1::RollbackRulebookRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id("c");
  request.set_version(1);
  EXPECT_EQ(NameOf(shop_.Rollback(request).status()), "FIELD_INVALID reason");
}

TEST_F(RulebookLifeTest, TheSameRequestHasOneEffect) {
  const auto published = Publish(2, "2026-02-01");
  const auto back = Rollback(1, "back");
  ASSERT_TRUE(published.ok() && back.ok());
  const Contents after = shop_.All();
  clock_.Set(TimeAt("2026-03-01"));
  TestShop restarted(store_, clock_);
  const auto again = Publish(2, "2026-02-01");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), published->SerializeAsString());
  EXPECT_EQ(Rollback(1, "back")->SerializeAsString(),
            back->SerializeAsString());
  EXPECT_EQ(NameOf(Publish(2, "2026-02-02").status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(NameOf(Rollback(2, "back").status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(shop_.All(), after);
}

TEST_F(RulebookLifeTest, WhoPublishedAndWhyIsKept) {
  v1::PublishRulebookRequest request = RulebookRequest("why", Points(2));
  request.set_comment("spring");
  ASSERT_TRUE(shop_.Publish(request).ok());
  v1::GetRulebookRequest get;
  get.set_program_id(std::string(kShop));
  const auto current = shop_.Ask(GetRulebook, get);
  ASSERT_TRUE(current.ok());
  EXPECT_EQ(current->comment(), "spring");
  EXPECT_EQ(current->caller(), "till 7");
  EXPECT_EQ(current->state(), State::IN_FORCE);
  EXPECT_EQ(current->rulebook().rules(0).earn().points(), 2);
}

TEST_F(RulebookLifeTest, ValidatingListsErrorsAndChangesNothing) {
  const Contents before = shop_.All();
  const auto report = Validate(
      "rules:\n  - {id: a, when: member.nobody, earn: {points: 1}}\n"
      "  - {id: a, earn: {points: -1}}\n");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->valid());
  ASSERT_EQ(report->errors_size(), 3);
  EXPECT_EQ(report->errors(0).line(), 5);
  EXPECT_EQ(report->errors(0).path(), "rules[0].when");
  EXPECT_EQ(report->errors(1).line(), 6);
  EXPECT_EQ(report->errors(0).kind(), v1::RulebookFinding::ERROR);
  EXPECT_TRUE(report->warnings().empty());
  EXPECT_EQ(shop_.All(), before);
}

TEST_F(RulebookLifeTest, ValidatingWarnsOfOversights) {
  const auto report = Validate("rules: [{id: a, discount: {percent: 5%}}]\n");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->valid());
  ASSERT_GE(report->warnings_size(), 2);
  for (const v1::RulebookFinding& warning : report->warnings()) {
    EXPECT_EQ(warning.id(), "a");
    EXPECT_EQ(warning.line(), 4);
    EXPECT_GT(warning.column(), 1);
    EXPECT_FALSE(warning.message().empty());
  }
}

TEST_F(RulebookLifeTest, ValidatingSeesThatItIsForAnotherProgram) {
  v1::ValidateRulebookRequest request;
  request.set_program_id(std::string(kShop));
  request.set_yaml("program: other\ncurrency: EUR\ntime_zone: UTC\n");
  const auto report = shop_.Ask(ValidateRulebook, request);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->valid());
  ASSERT_EQ(report->errors_size(), 2);
  EXPECT_EQ(report->errors(0).path(), "program");
  EXPECT_EQ(report->errors(0).line(), 1);
  EXPECT_EQ(report->errors(1).path(), "time_zone");
  EXPECT_EQ(report->errors(1).line(), 3);
}

constexpr absl::string_view kWithExample = R"(
points: {value: "0.01"}
margin: {order: {max_discount: 20%}}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: loyal, when: member.orders >= 3, discount: {percent: 5%}}
  - {id: first, when: member.orders == 1, issue_code: next, note: hi}
codes: [{id: next, discount: {percent: 50%}, when: order.channel == "web"}]
notes: [{id: hi, channel: sms, text: {en: Hi}}]
examples:
  - id: third
    order:
      member: {orders: 3, points: 500}
      lines: [{amount: "8.00"}, {amount: "2.00"}]
      redeem: 50
    gets:
      discount: "0.50"
      total: "9.00"
      points: 9
      redeemed: 50
      discounts: {loyal: "0.50"}
      earned: {base: "9", loyal: "0"}
      codes: [none]
      notes: [none]
  - id: first-in-web
    order:
      channel: web
      member: {}
      lines: [{amount: "10.00"}]
      codes: [next]
    gets: {discounts: {next: "2.00", loyal: "0.00"}, codes: [next], notes: [hi]}
  - id: first-in-store
    order: {lines: [{amount: "10.00"}], codes: [next]}
    gets: {refused: CODE_NOT_APPLICABLE}
)";

TEST_F(RulebookLifeTest, ExamplesThatGetWhatTheySayLetItBePublished) {
  const auto report = Validate(kWithExample);
  ASSERT_TRUE(report.ok()) << report.status();
  for (const v1::RulebookFinding& error : report->errors())
    ADD_FAILURE() << error.message();
  EXPECT_EQ(report->examples_run(), 3);
  EXPECT_TRUE(shop_.Publish(RulebookRequest("examples", kWithExample)).ok());
}

TEST_F(RulebookLifeTest, ExamplesSpeakOfTiersAndSegments) {
  std::string yaml = R"(
tiers:
  - {id: gold, qualify: {orders: 5}}
segments: [{id: fans}, {id: rich, when: member.points > 10}]
rules:
  - {id: gold-5, when: member.tier == "gold", discount: {percent: 5%}}
  - {id: fans-1, when: '"fans" in member.segments', discount: {amount: "1.00"}}
  - {id: like, when: 'member.spend >= amount("20.00")', segment: fans,
     tier_points: {points: 7}}
examples:
  - id: gold
    order:
      member: {tier: gold, segments: [fans], spend: "20.00"}
      lines: [{amount: "10.00"}]
    gets: {discounts: {gold-5: "0.45", fans-1: "1.00"}, tier_points: 7,
           segments: [fans]}
  - id: other
    order: {member: {spend: "19.99"}, lines: [{amount: "10.00"}]}
    gets: {discount: "0.00", tier_points: 0, segments: [none]}
)";
  const auto report = Validate(yaml);
  ASSERT_TRUE(report.ok()) << report.status();
  for (const v1::RulebookFinding& error : report->errors())
    ADD_FAILURE() << error.message();
  yaml.replace(yaml.find("tier: gold"), 10, "points: 1 ");
  EXPECT_EQ(Validate(yaml)->errors_size(), 1);
}

TEST_F(RulebookLifeTest, AnExampleThatGetsSomethingElseKeepsItFromPublishing) {
  std::string yaml(kWithExample);
  yaml.replace(yaml.find("percent: 5%"), 11, "percent: 6%");
  const auto report = Validate(yaml);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->valid());
  ASSERT_EQ(report->errors_size(), 5);
  const v1::RulebookFinding& error = report->errors(0);
  EXPECT_EQ(error.kind(), v1::RulebookFinding::EXAMPLE_FAILED);
  EXPECT_EQ(error.id(), "third");
  EXPECT_EQ(error.path(), "examples[0].gets.discount");
  EXPECT_EQ(error.line(), 20);
  EXPECT_TRUE(absl::StrContains(error.message(), "got 0.60, expected 0.50"))
      << error.message();
  const Contents before = shop_.AllButRequests();
  const absl::Status refused =
      shop_.Publish(RulebookRequest("examples", yaml)).status();
  EXPECT_EQ(NameOf(refused), "RULEBOOK_INVALID");
  EXPECT_TRUE(absl::StrContains(refused.message(), "\"third\"")) << refused;
  EXPECT_EQ(shop_.AllButRequests(), before);
}

TEST_F(RulebookLifeTest, ARefusalThatWasNotExpectedIsTold) {
  std::string yaml(kWithExample);
  yaml.replace(yaml.find("channel: web"), 12, "channel: app");
  const auto report = Validate(yaml);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->errors_size(), 1);
  EXPECT_EQ(report->errors(0).path(), "examples[1].gets");
  EXPECT_TRUE(
      absl::StrContains(report->errors(0).message(), "CODE_NOT_APPLICABLE"));
}

TEST_F(RulebookLifeTest, ARetryIsAnsweredThoughItsExamplesWouldFailByNow) {
  const v1::PublishRulebookRequest happy_hour =
      RulebookRequest("happy-hour", R"(
rules:
  - {id: happy, discount: {percent: "50%"}, valid: {hours: "12:00-13:00"}}
examples:
  - {id: half, order: {lines: [{amount: "2.00"}]}, gets: {discount: "1.00"}}
)");
  const auto published = shop_.Publish(happy_hour);
  ASSERT_TRUE(published.ok()) << published.status();
  clock_.Set(TimeAt("2026-01-10 11:30"));
  const auto again = shop_.Publish(happy_hour);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->version(), published->version());
  v1::PublishRulebookRequest late = happy_hour;
  late.set_request_id("late");
  EXPECT_EQ(ReasonOf(shop_.Publish(late).status()), Reason::kRulebookInvalid);
  clock_.Set(TimeAt("2026-01-11 10:30"));
  EXPECT_EQ(ReasonOf(shop_.Publish(late).status()), Reason::kRulebookInvalid);
}

TEST_F(RulebookLifeTest, VersionsAndCandidatesAreComparedInWords) {
  ASSERT_TRUE(Publish(5, "2026-02-01").ok());
  const DiffLines change = {"rule base: earn points 1 -> 5"};
  v1::DiffRulebooksRequest to;
  to.set_to_version(2);
  EXPECT_EQ(DiffTo(1, to), change);
  EXPECT_EQ(DiffTo(0, to), change);
  to.set_yaml(RulebookRequest("", Points(5)).yaml());
  EXPECT_EQ(DiffTo(1, to), change);
  EXPECT_EQ(DiffTo(2, to), DiffLines());
  to.set_yaml("rules: 5\n");
  EXPECT_EQ(DiffTo(1, to), DiffLines{"RULEBOOK_INVALID"});
  to.set_to_version(9);
  EXPECT_EQ(DiffTo(1, to), DiffLines{"NOT_FOUND"});
  to.clear_to();
  EXPECT_EQ(DiffTo(1, to), DiffLines{"FIELD_INVALID to"});
}

TEST_F(RulebookLifeTest, APageTokenOfAnotherMethodIsRefused) {
  v1::ListRulebooksRequest request;
  request.set_program_id(std::string(kShop));
  request.set_page_token("TGlzdEVudHJpZXM6Mw");
  EXPECT_EQ(NameOf(shop_.Ask(ListRulebooks, request).status()),
            "FIELD_INVALID page_token");
}

TEST_F(RulebookLifeTest, BeforeTheFirstStartThereIsNoRulebook) {
  v1::CreateProgramRequest program;
  program.set_request_id("open-second");
  program.mutable_program()->set_program_id("second");
  program.mutable_program()->set_currency("EUR");
  program.mutable_program()->set_time_zone("Europe/Athens");
  ASSERT_TRUE(shop_.Open(program).ok());
  v1::PublishRulebookRequest request = RulebookRequest("p", "");
  request.set_program_id("second");
  request.set_yaml(
      "program: second\ncurrency: EUR\ntime_zone: Europe/Athens\n");
  *request.mutable_start_time() = ToTimestamp(TimeAt("2026-02-01"));
  ASSERT_TRUE(shop_.Publish(request).ok());
  v1::CommitOrderRequest sale = SaleRequest("o", "", {100});
  sale.set_program_id("second");
  EXPECT_EQ(NameOf(shop_.Commit(sale).status()), "NOT_FOUND");
  clock_.Set(TimeAt("2026-02-01"));
  EXPECT_TRUE(shop_.Commit(sale).ok());
}

}  // namespace
}  // namespace pistis
