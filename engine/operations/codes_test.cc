// Codes in a shop: batches that break off, and the race for a last use.
#include "engine/operations/codes.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

#include "engine/operations/code_batches.h"
#include "engine/operations/commit_order.h"
#include "engine/operations/executor.h"
#include "engine/operations/find_code.h"
#include "engine/operations/prune_requests.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kRulebook = R"(
rules: []
codes:
  - {id: once, discount: {amount: "1.00"}}
  - {id: thrice, discount: {amount: "1.00"}, uses: 3}
  - {id: flyer, discount: {percent: "10%"}, expires: 30d, format: {prefix: FLY}}
)";

class CodesTest : public testing::Test {
 protected:
  void SetUp() override { OpenWith(kRulebook, shop_); }

  [[nodiscard]] std::string Issued(const std::string& of) {
    v1::IssueCodeRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id("issue-" + of);
    request.set_template_id(of);
    const auto reply = shop_.Issue(request);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? reply->code().code() : "";
  }

  [[nodiscard]] static v1::IssueCodesRequest Batch(int64_t count) {
    v1::IssueCodesRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id("leaflets");
    request.set_template_id("flyer");
    request.set_count(count);
    return request;
  }

  absl::StatusOr<v1::CommitOrderResponse> UseUp(const std::string& code,
                                                const std::string& order) {
    v1::CommitOrderRequest sale = SaleRequest(order, "", {1000});
    sale.mutable_order()->add_codes(code);
    return shop_.Commit(sale);
  }

  // All that is remembered of requests until now.
  void ForgetRequests() {
    const std::unique_ptr<Snapshot> snapshot = shop_.GetSnapshot();
    const auto old = FindOldRequests(
        *snapshot, {.program = program_, .before = clock_.Now()});
    ASSERT_TRUE(old.ok()) << old.status();
    const auto decided =
        PruneRequests(shop_.env(), *snapshot, {.now = clock_.Now()},
                      {.program = program_,
                       .requests = old->requests,
                       .before = clock_.Now()});
    ASSERT_TRUE(decided.ok()) << decided.status();
    const std::unique_ptr<Txn> txn = store_.Begin();
    decided->writes.ApplyTo(*txn);
    ASSERT_TRUE(txn->Commit().ok());
  }

  // Those that are issued so far.
  [[nodiscard]] std::vector<std::string> CodesOf(
      const v1::IssueCodesRequest& request, const TestShop& shop) {
    std::vector<std::string> codes;
    const IssueCodesInput input = *ParseIssueCodes(request);
    while (true) {
      const auto message = CodesAfter(shop.env(), *shop.GetSnapshot(), input,
                                      static_cast<int64_t>(codes.size()));
      EXPECT_TRUE(message.ok()) << message.status();
      if (!message.ok() || message->codes_size() == 0) return codes;
      codes.insert(codes.end(), message->codes().begin(),
                   message->codes().end());
    }
  }

  const ProgramId program_{kShop};
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
};

TEST_F(CodesTest, AWordThatIsAnIssuedCodeIsFoundBeforeItIsPublished) {
  const std::string code = Issued("once");
  const v1::PublishRulebookRequest publish =
      RulebookRequest("p2", absl::StrCat("codes: [{id: spring, word: ", code,
                                         ", discount: {amount: \"1.00\"}}]\n"));
  EXPECT_EQ(NameOf(shop_.Publish(publish).status()), "RULEBOOK_INVALID");
  v1::ValidateRulebookRequest validate;
  validate.set_program_id(publish.program_id());
  validate.set_yaml(publish.yaml());
  const auto report = shop_.Ask(ValidateRulebook, validate);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->valid());
  ASSERT_EQ(report->errors_size(), 1);
  EXPECT_EQ(report->errors(0).path(), "codes[0].word");
  EXPECT_GT(report->errors(0).line(), 1);
}

TEST_F(CodesTest, AStateThatIsNoneIsRefused) {
  v1::ListCodesRequest request;
  request.set_program_id(std::string(kShop));
  request.set_template_id("once");
  request.set_state(static_cast<v1::Code::State>(77));
  EXPECT_EQ(NameOf(shop_.Ask(ListCodes, request).status()),
            "FIELD_INVALID state");
}

TEST_F(CodesTest, ABatchGoesOnAfterARestartAndIssuesNothingTwice) {
  const v1::IssueCodesRequest request = Batch(2 * kCodesOfStep + 1);
  ASSERT_EQ(*shop_.IssueNext(request), kCodesOfStep);
  const std::vector<std::string> before = CodesOf(request, shop_);
  ASSERT_EQ(before.size(), static_cast<size_t>(kCodesOfStep));
  // Whatever was in memory is gone.
  TestShop again(store_, clock_);
  while (*again.IssueNext(request) < request.count())
    continue;
  const std::vector<std::string> all = CodesOf(request, again);
  ASSERT_EQ(all.size(), static_cast<size_t>(request.count()));
  EXPECT_TRUE(std::equal(before.begin(), before.end(), all.begin()));
  EXPECT_EQ(Audit(again, ProgramId(std::string(kShop))),
            std::vector<std::string>());
  const Contents whole = again.All();
  EXPECT_EQ(*again.IssueNext(request), request.count());
  EXPECT_EQ(again.All(), whole);
}

TEST_F(CodesTest, TenThousandCodesAreIssuedAndAddUp) {
  const v1::IssueCodesRequest request = Batch(10'000);
  int64_t issued = 0;
  int steps = 0;
  for (; issued < request.count(); ++steps)
    issued = *shop_.IssueNext(request);
  EXPECT_EQ(steps, request.count() / kCodesOfStep);
  std::vector<std::string> codes = CodesOf(request, shop_);
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(std::unique(codes.begin(), codes.end()), codes.end());
  EXPECT_EQ(Audit(shop_, ProgramId(std::string(kShop))),
            std::vector<std::string>());
}

TEST_F(CodesTest, ABatchIsTheSameOnlyWithTheSameContent) {
  ASSERT_TRUE(shop_.IssueNext(Batch(10)).ok());
  const Contents before = shop_.All();
  EXPECT_EQ(ReasonOf(shop_.IssueNext(Batch(11)).status()),
            Reason::kRequestIdReused);
  v1::IssueCodesRequest ahead = Batch(10);
  ahead.set_after(10);
  EXPECT_EQ(*shop_.IssueNext(ahead), 10);
  v1::IssueCodesRequest other = Batch(10);
  other.set_request_id("others");
  other.set_after(1);
  EXPECT_EQ(ReasonOf(shop_.IssueNext(other).status()), Reason::kFieldInvalid);
  EXPECT_EQ(shop_.All(), before);
}

TEST_F(CodesTest, NoMoreCodesAreSentOfABatchThanItHas) {
  const auto after = [&](int64_t codes) {
    return CodesAfter(shop_.env(), *shop_.GetSnapshot(),
                      *ParseIssueCodes(Batch(10)), codes);
  };
  EXPECT_EQ(NameOf(after(10).status()), "FIELD_INVALID after");
  ASSERT_EQ(*shop_.IssueNext(Batch(10)), 10);
  EXPECT_EQ(after(10)->codes_size(), 0);
  EXPECT_EQ(NameOf(after(11).status()), "FIELD_INVALID after");
}

TEST_F(CodesTest, ARequestIdThatWasForgottenIssuesAnotherCode) {
  const std::string first = Issued("once");
  ASSERT_TRUE(UseUp(first, "o1").ok());
  EXPECT_EQ(Issued("once"), first);
  clock_.Advance(absl::Hours(24));
  ForgetRequests();
  const std::string second = Issued("once");
  EXPECT_NE(second, first);
  EXPECT_EQ(ReasonOf(UseUp(first, "o2").status()), Reason::kCodeUsed);
  EXPECT_TRUE(UseUp(second, "o3").ok());
  EXPECT_EQ(Audit(shop_, program_), std::vector<std::string>());
}

TEST_F(CodesTest, AWordThatReadsLikeAnIssuedCodeIsRefused) {
  const std::string code = Issued("once");
  const auto published = shop_.Publish(RulebookRequest(
      "words", absl::StrCat("rules: []\ncodes:\n  - {id: word, word: ", code,
                            ", discount: {amount: \"9.00\"}}\n")));
  EXPECT_EQ(ReasonOf(published.status()), Reason::kRulebookInvalid);
  EXPECT_NE(published.status().message().find("codes[0].word"),
            absl::string_view::npos)
      << published.status();
}

TEST_F(CodesTest, AnIssuedCodeStaysItselfWhereALaterRulebookHasItAsAWord) {
  const std::string code = Issued("thrice");
  Rulebook words =
      **shop_.env().rulebooks.Get(*shop_.GetSnapshot(), program_, 1);
  words.version = 2;
  words.codes = {CodeTemplate()};
  words.codes[0].id = "word";
  words.codes[0].word = code;
  const auto later = std::make_shared<const Rulebook>(std::move(words));
  const std::unique_ptr<Snapshot> snapshot = shop_.GetSnapshot();
  const CodeLookup lookup{.env = shop_.env(),
                          .reader = *snapshot,
                          .program = program_,
                          .rulebook = later};
  const auto found = FindCode(lookup, code);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_FALSE(found->record.is_word());
  EXPECT_EQ(found->apply.code_template->id, "thrice");
  const auto by_hash = FindCodeByHash(lookup, found->hash);
  ASSERT_TRUE(by_hash.ok()) << by_hash.status();
  EXPECT_EQ(by_hash->record.SerializeAsString(),
            found->record.SerializeAsString());
}

TEST_F(CodesTest, APageOfOneShowsTheWordAndThenWhatTheTemplateIssuedBefore) {
  const std::string code = Issued("once");
  ASSERT_TRUE(shop_
                  .Publish(RulebookRequest("words", R"(
rules: []
codes:
  - {id: once, word: ONLY, discount: {amount: "1.00"}}
)"))
                  .ok());
  v1::ListCodesRequest request;
  request.set_program_id(std::string(kShop));
  request.set_template_id("once");
  request.set_page_size(1);
  std::vector<bool> words;
  do {
    const auto page = shop_.Ask(ListCodes, request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::Code& listed : page->codes())
      words.push_back(listed.is_word());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(words, (std::vector<bool>{true, false}));
}

// A sale by one of many tills, decided by the executor.
class RacingSale final : public Command {
 public:
  RacingSale(const OperationEnv& env, CommitOrderInput input,
             std::atomic<int>& won, absl::BlockingCounter& left)
      : env_(env), input_(std::move(input)), won_(won), left_(left) {}

  [[nodiscard]] absl::Time deadline() const override {
    return absl::InfiniteFuture();
  }
  [[nodiscard]] WriteSet Decide(const Reader& reader,
                                const CommitContext& context) override {
    auto decided = CommitOrder(env_, reader, context, input_);
    refusal_ = decided.status();
    return decided.ok() ? std::move(decided->writes) : WriteSet();
  }
  void Acknowledge() override {
    if (refusal_.ok()) {
      ++won_;
    } else {
      EXPECT_EQ(ReasonOf(refusal_), Reason::kCodeUsed);
    }
    left_.DecrementCount();
  }
  void Refuse(const absl::Status& why) override {
    ADD_FAILURE() << why;
    left_.DecrementCount();
  }

 private:
  const OperationEnv& env_;
  const CommitOrderInput input_;
  std::atomic<int>& won_;
  absl::BlockingCounter& left_;
  absl::Status refusal_;
};

class CodeRaceTest : public CodesTest {
 protected:
  static constexpr int kTills = 256;

  // How many of the tills get the code's discount.
  int Race(const std::string& code) {
    auto executor = Executor::Start(
        store_, clock_, {},
        [](const absl::Status& cause) { ADD_FAILURE() << cause; });
    EXPECT_TRUE(executor.ok()) << executor.status();
    std::atomic<int> won = 0;
    absl::BlockingCounter left(kTills);
    absl::Notification go;
    std::vector<std::thread> tills;
    for (int i = 0; i < kTills; ++i) {
      v1::CommitOrderRequest sale =
          SaleRequest(absl::StrCat("race-", i), "", {1000});
      sale.mutable_order()->add_codes(code);
      tills.emplace_back([&, sale] {
        auto input = ParseCommitOrder(sale, clock_.Now());
        go.WaitForNotification();
        (*executor)->Submit(std::make_unique<RacingSale>(
            shop_.env(), *std::move(input), won, left));
      });
    }
    go.Notify();
    left.Wait();
    for (std::thread& till : tills)
      till.join();
    return won;
  }
};

TEST_F(CodeRaceTest, OneOf256TillsUsesACodeForOneUse) {
  EXPECT_EQ(Race(Issued("once")), 1);
  EXPECT_EQ(Audit(shop_, ProgramId(std::string(kShop))),
            std::vector<std::string>());
}

TEST_F(CodeRaceTest, ThreeOf256TillsUseACodeForThreeUses) {
  EXPECT_EQ(Race(Issued("thrice")), 3);
  EXPECT_EQ(Audit(shop_, ProgramId(std::string(kShop))),
            std::vector<std::string>());
}

}  // namespace
}  // namespace pistis
