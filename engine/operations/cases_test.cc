// Grants that race for one cap, follow-ups over restarts, and what a recount
// finds of complaints.
#include "engine/operations/cases.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/blocking_counter.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/operations/care_shop_test.h"
#include "engine/operations/complaint_weeks.h"
#include "engine/operations/executor.h"
#include "engine/operations/follow_ups.h"
#include "engine/operations/remedies.h"
#include "engine/operations/testing_audit.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kRulebook = R"(
points: {value: "0.01"}
notes:
  - {id: ask, kind: follow-up, channel: email, text: {en: "How is it now, {{name}}?"}}
care:
  roles: [{id: till, grant_up_to: "5.00"}]
  remedies: [{id: small, points: 300}]
  cap: {worth: "20.00", window: 30d}
  follow_up: {note: ask, after: 5d, close_after: 10d}
)";

const std::string kLongWords(4096, 'x');

constexpr Clerk kTill{.actor = "kim", .role = "till"};

class CasesTest : public testing::Test {
 protected:
  CasesTest() {
    OpenWith(kRulebook, shop_);
    EXPECT_TRUE(shop_.Enrol(MemberRequest("ann")).ok());
  }

  template <typename Request>
  void Do(const Request& request) {
    const auto reply = shop_.Post(request);
    EXPECT_TRUE(reply.ok()) << reply.status();
  }

  // Resolves the case and answers so often, and resolves it once more.
  void AnswerOften(const std::string& id, int times, const std::string& words) {
    v1::FollowUp left = NotContent();
    left.set_words(words);
    for (int i = 0; i < times; ++i) {
      Do(ResolveRequest(absl::StrCat(id, "r", i), id));
      Do(AnswerRequest(absl::StrCat(id, "a", i), id, left));
    }
    Do(ResolveRequest(absl::StrCat(id, "r"), id));
  }

  static void ExpireAll(TestShop& shop) {
    EXPECT_TRUE(shop.ExpireAll(ProgramId(kShop)).ok());
  }

  [[nodiscard]] v1::Case Shown(const std::string& case_id) const {
    v1::GetCaseRequest request;
    request.set_program_id(std::string(kShop));
    request.set_case_id(case_id);
    const auto shown = shop_.Ask(GetCase, request);
    EXPECT_TRUE(shown.ok()) << shown.status();
    return shown.value_or(v1::Case());
  }

  [[nodiscard]] int CountEvents(v1::Event::PayloadCase kind) const {
    const auto events = shop_.Events(ProgramId(kShop), "");
    EXPECT_TRUE(events.ok()) << events.status();
    return static_cast<int>(std::count_if(
        events->begin(), events->end(),
        [&](const v1::Event& event) { return event.payload_case() == kind; }));
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
};

// A grant on its way through the executor.
class GrantCommand final : public Command {
 public:
  GrantCommand(const OperationEnv& env, GrantRemedyInput input,
               std::atomic<int>& granted, absl::BlockingCounter& left)
      : env_(env), input_(std::move(input)), granted_(granted), left_(left) {}

  [[nodiscard]] absl::Time deadline() const override {
    return absl::InfiniteFuture();
  }
  [[nodiscard]] WriteSet Decide(const Reader& reader,
                                const CommitContext& context) override {
    auto decided = GrantRemedy(env_, reader, context, input_);
    EXPECT_TRUE(decided.ok()) << decided.status();
    if (!decided.ok()) return {};
    is_granted_ = decided->reply.ok();
    if (!is_granted_) {
      EXPECT_EQ(NameOf(decided->reply.status()), "REMEDY_REFUSED");
    }
    return std::move(decided->writes);
  }
  void Acknowledge() override {
    if (is_granted_) ++granted_;
    left_.DecrementCount();
  }
  void Refuse(const absl::Status& why) override {
    ADD_FAILURE() << why;
    left_.DecrementCount();
  }

 private:
  const OperationEnv& env_;
  const GrantRemedyInput input_;
  std::atomic<int>& granted_;
  absl::BlockingCounter& left_;
  bool is_granted_ = false;
};

// Grants one remedy to each of the first cases, from eight tills at once; how
// many were granted.
int GrantAtOnce(int grants, MemoryStore& store, const FakeClock& clock,
                const TestShop& shop) {
  std::atomic<int> granted = 0;
  absl::BlockingCounter left(grants);
  auto executor = Executor::Start(
      store, clock, {},
      [](const absl::Status& cause) { ADD_FAILURE() << cause; });
  if (!executor.ok()) return 0;
  const auto grant = [&](int number) {
    const auto input = ParseGrantRemedy(
        GrantRequest(absl::StrCat("g", number), absl::StrCat("c", number),
                     "small", kTill),
        clock.Now());
    (*executor)->Submit(
        std::make_unique<GrantCommand>(shop.env(), *input, granted, left));
  };
  constexpr int kTills = 8;
  std::vector<std::thread> tills;
  tills.reserve(kTills);
  for (int till = 0; till < kTills; ++till) {
    tills.emplace_back([&grant, till, grants] {
      for (int i = till; i < grants; i += kTills)
        grant(i);
    });
  }
  for (std::thread& till : tills)
    till.join();
  left.Wait();
  return granted;
}

TEST_F(CasesTest, SixtyFourGrantsAtOnceGiveExactlyWhatTheCapLeaves) {
  for (int i = 0; i < 64; ++i)
    Do(OpenRequest(absl::StrCat("c", i), "ann"));
  // Six times 3.00 of 20.00.
  EXPECT_EQ(GrantAtOnce(64, store_, clock_, shop_), 6);
  EXPECT_EQ(CountEvents(v1::Event::kRemedyGranted), 6);
  v1::GetAccountRequest account;
  account.set_program_id(std::string(kShop));
  account.set_member_id("ann");
  EXPECT_EQ(shop_.Ask(GetAccount, account)->available(), 6 * 300);
  EXPECT_EQ(Audit(shop_, ProgramId(kShop)), std::vector<std::string>());
}

TEST_F(CasesTest, AFollowUpIsAskedForOnceOverRestarts) {
  Do(OpenRequest("c1", "ann"));
  Do(ResolveRequest("r1", "c1"));
  clock_.Advance(absl::Hours(24 * 5));
  for (int start = 0; start < 3; ++start) {
    TestShop again(store_, clock_);
    ExpireAll(again);
  }
  EXPECT_EQ(CountEvents(v1::Event::kNoteRequested) +
                CountEvents(v1::Event::kNoteDeferred) +
                CountEvents(v1::Event::kNoteHeldBack),
            1);
  EXPECT_EQ(Shown("c1").state(), v1::Case::RESOLVED);
  clock_.Advance(absl::Hours(24 * 10));
  for (int start = 0; start < 3; ++start) {
    TestShop again(store_, clock_);
    ExpireAll(again);
  }
  EXPECT_EQ(CountEvents(v1::Event::kCaseFollowedUp), 1);
  EXPECT_EQ(Shown("c1").state(), v1::Case::CLOSED);
  EXPECT_EQ(Audit(shop_, ProgramId(kShop)), std::vector<std::string>());
}

// However long the server stood still, the member has as long to answer.
TEST_F(CasesTest, AServerThatStoodStillClosesNothingUnasked) {
  Do(OpenRequest("c1", "ann"));
  Do(ResolveRequest("r1", "c1"));
  clock_.Advance(absl::Hours(24 * 100));
  ExpireAll(shop_);
  EXPECT_EQ(Shown("c1").state(), v1::Case::RESOLVED);
  Do(AnswerRequest("a1", "c1", NotContent()));
  EXPECT_EQ(Shown("c1").state(), v1::Case::OPEN);
}

TEST_F(CasesTest, MoreCasesThanAStepTakesAreAllWorkedOff) {
  for (int i = 0; i < 150; ++i) {
    const std::string id = absl::StrCat("c", i);
    Do(OpenRequest(id, "ann"));
    Do(ResolveRequest(absl::StrCat("r", i), id));
  }
  clock_.Advance(absl::Hours(24 * 5));
  ExpireAll(shop_);
  clock_.Advance(absl::Hours(24 * 10));
  ExpireAll(shop_);
  EXPECT_EQ(CountEvents(v1::Event::kCaseFollowedUp), 150);
  EXPECT_EQ(Audit(shop_, ProgramId(kShop)), std::vector<std::string>());
}

TEST_F(CasesTest, AWaitingRemedyGivesWhatWasAskedForByTheLimitsOfNow) {
  ASSERT_TRUE(shop_
                  .Publish(RulebookRequest("p2", R"(
points: {value: "0.01"}
care:
  roles: [{id: till, approve_up_to: "9.00"}]
  remedies: [{id: small, points: 300}]
)"))
                  .ok());
  Do(OpenRequest("c1", "ann"));
  Do(GrantRequest("g1", "c1", "small", kTill));
  ASSERT_TRUE(shop_
                  .Publish(RulebookRequest("p3", R"(
points: {value: "0.05"}
care:
  roles: [{id: boss, approve_up_to: "3.00"}]
  remedies: [{id: other, points: 1}]
)"))
                  .ok());
  const auto by_till = shop_.Post(
      DecideRequest("d1", "c1", Decision::kApprove, {"lee", "till"}));
  EXPECT_EQ(NameOf(by_till.status()), "PERMISSION_DENIED");
  const auto by_boss = shop_.Post(
      DecideRequest("d2", "c1", Decision::kApprove, {"lee", "boss"}));
  ASSERT_TRUE(by_boss.ok()) << by_boss.status();
  EXPECT_EQ(by_boss->remedy().points(), 300);
  EXPECT_EQ(by_boss->remedy().worth_minor(), 300);
  EXPECT_EQ(by_boss->account().available(), 300);
  EXPECT_EQ(Audit(shop_, ProgramId(kShop)), std::vector<std::string>());
}

TEST_F(CasesTest, WhoAskedTakesARemedyBackUnderAnyRulebook) {
  constexpr absl::string_view kAsks = R"(
points: {value: "0.01"}
care:
  roles: [{id: till}, {id: boss, approve_up_to: "9.00"}]
  remedies: [{id: small, points: 300}]
)";
  ASSERT_TRUE(shop_.Publish(RulebookRequest("p2", kAsks)).ok());
  for (const char* id : {"c1", "c2"}) {
    Do(OpenRequest(id, "ann"));
    Do(GrantRequest(absl::StrCat("g-", id), id, "small", kTill));
  }
  ASSERT_TRUE(
      shop_.Publish(RulebookRequest("p3", "points: {value: \"0.01\"}\n")).ok());
  const auto by_lee = shop_.Post(
      DecideRequest("d1", "c1", Decision::kDecline, {"lee", "till"}));
  EXPECT_EQ(NameOf(by_lee.status()), "PERMISSION_DENIED");
  Do(DecideRequest("d2", "c1", Decision::kDecline, kTill));
  Do(DecideRequest("d3", "c2", Decision::kDecline, {"mia", "boss"}));
  Do(ResolveRequest("r1", "c1"));
  Do(ResolveRequest("r2", "c2"));
  EXPECT_EQ(Audit(shop_, ProgramId(kShop)), std::vector<std::string>());
}

TEST_F(CasesTest, EachRemedyOfACaseIsToldOf) {
  ASSERT_TRUE(shop_
                  .Publish(RulebookRequest("p2", R"(
points: {value: "0.01"}
codes: [{id: gift, discount: {amount: "1.00"}, expires: 60d}]
notes: [{id: sorry, kind: apology, channel: print, text: {en: "{{code}}"}}]
care:
  roles: [{id: till, grant_up_to: "9.00"}]
  remedies:
    - {id: one, issue_code: gift, note: sorry, worth: "1.00"}
    - {id: two, issue_code: gift, note: sorry, worth: "1.00"}
)"))
                  .ok());
  Do(OpenRequest("c1", "ann"));
  Do(GrantRequest("g1", "c1", "one", kTill));
  Do(GrantRequest("g2", "c1", "two", kTill));
  EXPECT_EQ(CountEvents(v1::Event::kNoteRequested), 2);
  EXPECT_EQ(CountEvents(v1::Event::kNoteHeldBack), 0);
  EXPECT_EQ(Audit(shop_, ProgramId(kShop)), std::vector<std::string>());
}

TEST_F(CasesTest, ACaseThatIsResolvedAgainPaysAndTellsNothingAgain) {
  ASSERT_TRUE(shop_
                  .Publish(RulebookRequest("p2", R"(
notes: [{id: sorry, kind: apology, channel: print, text: {en: "Sorry."}}]
rules: [{id: heard, on: case.resolved, earn: {points: 3}, note: sorry}]
)"))
                  .ok());
  Do(OpenRequest("c1", "ann"));
  for (int i = 0; i < 3; ++i) {
    Do(ResolveRequest(absl::StrCat("r", i), "c1"));
    Do(AnswerRequest(absl::StrCat("a", i), "c1", NotContent()));
  }
  v1::GetAccountRequest account;
  account.set_program_id(std::string(kShop));
  account.set_member_id("ann");
  EXPECT_EQ(shop_.Ask(GetAccount, account)->available(), 3);
  EXPECT_EQ(CountEvents(v1::Event::kNoteRequested), 1);
}

TEST_F(CasesTest, ACaseTakesSoManyAnswersAndWordsAndCanStillClose) {
  const std::pair<int, std::string> most[] = {{50, "No."}, {8, kLongWords}};
  for (const auto& [times, words] : most) {
    const std::string id = absl::StrCat("c", times);
    Do(OpenRequest(id, "ann"));
    AnswerOften(id, times, words);
    const auto more =
        shop_.Post(AnswerRequest(absl::StrCat(id, "more"), id, NotContent()));
    EXPECT_EQ(ReasonOf(more.status()), Reason::kLimitReached) << more.status();
    v1::FollowUp content = Content();
    content.set_words(kLongWords);
    Do(AnswerRequest(absl::StrCat(id, "content"), id, content));
    EXPECT_EQ(Shown(id).state(), v1::Case::CLOSED);
  }
}

TEST_F(CasesTest, APageOfCasesEndsWithWhatWasLookedAt) {
  constexpr int kCases = 40;
  for (int i = 0; i < kCases; ++i) {
    const std::string id = absl::StrCat("c", i);
    Do(OpenRequest(id, "ann"));
    AnswerOften(id, 8, kLongWords);
    clock_.Advance(absl::Seconds(1));
  }
  Do(AnswerRequest("content", "c39", Content()));
  v1::ListCasesRequest request;
  request.set_program_id(std::string(kShop));
  request.set_page_size(kCases);
  const auto all = shop_.Ask(ListCases, request);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_LT(all->cases_size(), kCases);
  request.set_state(v1::Case::CLOSED);
  const auto first = shop_.Ask(ListCases, request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->cases_size(), 0);
  EXPECT_EQ(first->next_page_token(), all->next_page_token());
  request.set_page_token(first->next_page_token());
  const auto second = shop_.Ask(ListCases, request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->cases_size(), 1);
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(CasesTest, AStateThatIsNoneIsRefused) {
  v1::ListCasesRequest request;
  request.set_program_id(std::string(kShop));
  request.set_state(static_cast<v1::Case::State>(77));
  EXPECT_EQ(NameOf(shop_.Ask(ListCases, request).status()),
            "FIELD_INVALID state");
}

// What is declined makes room for the same once more, but not for ever.
TEST_F(CasesTest, ACaseTakesSoManyRemedies) {
  ASSERT_TRUE(shop_
                  .Publish(RulebookRequest("p2", R"(
points: {value: "0.01"}
care:
  roles: [{id: till}, {id: boss, approve_up_to: "9.00"}]
  remedies: [{id: small, points: 300}]
)"))
                  .ok());
  Do(OpenRequest("c1", "ann"));
  for (int i = 1; i <= 50; ++i) {
    Do(GrantRequest(absl::StrCat("g", i), "c1", "small", kTill));
    auto back =
        DecideRequest(absl::StrCat("d", i), "c1", Decision::kDecline, kTill);
    back.set_number(i);
    Do(back);
  }
  const auto more = shop_.Post(GrantRequest("g", "c1", "small", kTill));
  EXPECT_EQ(ReasonOf(more.status()), Reason::kLimitReached) << more.status();
  v1::ListRemediesRequest offers;
  offers.set_program_id(std::string(kShop));
  offers.set_case_id("c1");
  offers.set_role("till");
  const auto offered = shop_.Ask(ListRemedies, offers);
  ASSERT_TRUE(offered.ok()) << offered.status();
  ASSERT_EQ(offered->remedies_size(), 1);
  EXPECT_FALSE(offered->remedies(0).allowed());
  EXPECT_EQ(offered->remedies(0).why(), more.status().message());
}

TEST_F(CasesTest, ACaseGetsAnIdThatNoCallerChose) {
  auto request = OpenRequest("", "ann");
  const auto first = shop_.Post(request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_NE(first->case_id(), "");
  const auto again = shop_.Post(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->case_id(), first->case_id());
  request.set_request_id("open-2");
  const auto second = shop_.Post(request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(second->case_id(), first->case_id());
}

TEST_F(CasesTest, ACaseIsAboutAnOrderOfTheMember) {
  ASSERT_TRUE(shop_.Enrol(MemberRequest("ben")).ok());
  auto sale = SaleRequest("o1", "ann", {1000});
  sale.mutable_order()->set_store_id("north");
  sale.mutable_order()->mutable_lines(0)->set_sku("tea");
  ASSERT_TRUE(shop_.Commit(sale).ok());
  const auto open = [&](const char* member, const char* sku,
                        const char* store) {
    auto request = OpenRequest("c1", member);
    request.set_request_id(absl::StrCat(member, sku, store));
    request.mutable_case_()->set_order_id("o1");
    request.mutable_case_()->add_skus(sku);
    request.mutable_case_()->set_store_id(store);
    const auto reply = shop_.Post(request);
    return reply.ok() ? absl::StrCat("at ", reply->store_id())
                      : NameOf(reply.status());
  };
  EXPECT_EQ(open("ben", "tea", ""), "FIELD_INVALID case.order_id");
  EXPECT_EQ(open("ann", "hat", ""), "FIELD_INVALID case.skus[0]");
  EXPECT_EQ(open("ann", "tea", "south"), "FIELD_INVALID case.store_id");
  EXPECT_EQ(open("ann", "tea", ""), "at north");
}

// A week of three orders and a complaint in each of two stores.
class PatternsOfWeeksTest : public CasesTest {
 protected:
  void Complain(const char* category, const char* store) {
    auto request = OpenRequest(absl::StrCat("c", ++cases_), "ann");
    request.mutable_case_()->set_category(category);
    request.mutable_case_()->set_store_id(store);
    Do(request);
  }

  void Week(int late_in_north) {
    for (const char* store :
         {"north", "south", "north", "south", "north", "south"}) {
      auto sale = SaleRequest(absl::StrCat("o", ++orders_), "ann", {1000});
      sale.mutable_order()->set_store_id(store);
      EXPECT_TRUE(shop_.Commit(sale).ok());
    }
    Complain("taste", "north");
    Complain("taste", "south");
    for (int i = 0; i < late_in_north; ++i)
      Complain("delivery/late", "north");
    clock_.Advance(absl::Hours(24 * 7));
  }

  int cases_ = 0;
  int orders_ = 0;
};

// Twelve quiet weeks; then one store is late, and late again. In exact
// fractions nine or more of 15 come by a chance of 3.07e-7, and four things
// could have stood out.
TEST_F(PatternsOfWeeksTest, AMadeUpOneIsFoundWithItsCounts) {
  for (int i = 0; i < 12; ++i)
    Week(i % 2);
  v1::ListPatternsRequest request;
  request.set_program_id(std::string(kShop));
  *request.mutable_to_time() = ToTimestamp(clock_.Now());
  Week(9);
  const auto reply = shop_.Ask(ListPatterns, request);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->cases(), 11);
  EXPECT_EQ(reply->orders(), 6);
  ASSERT_EQ(reply->patterns_size(), 2) << reply->DebugString();
  v1::Pattern late = reply->patterns(0);
  EXPECT_EQ(late.case_ids_size(), 5);
  EXPECT_EQ(late.case_ids(4), absl::StrCat("c", cases_));
  late.clear_case_ids();
  EXPECT_EQ(late.ShortDebugString(),
            R"(by: "category" value: "delivery/late" cases: 9 orders: 6 )"
            R"(baseline_cases: 6 baseline_orders: 72 expected: "0.50" )"
            R"(p_value: "0.000001")");
  const v1::Pattern& north = reply->patterns(1);
  EXPECT_EQ(north.by(), "store");
  EXPECT_EQ(north.value(), "north");
  EXPECT_EQ(north.orders(), 3);
  EXPECT_EQ(north.baseline_orders(), 36);
}

}  // namespace
}  // namespace pistis
