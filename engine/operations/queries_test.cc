#include "engine/operations/queries.h"

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/testing.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kShortLived = R"(
points: {value: "0.01", expire: {after: 30d}}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
)";

class QueriesTest : public testing::Test {
 protected:
  void SetUp() override {
    OpenWith(kShortLived, shop_);
    ASSERT_TRUE(shop_.Enrol(MemberRequest("ann")).ok());
  }

  [[nodiscard]] absl::StatusOr<v1::ListEntriesResponse> Entries(
      int page_size, const std::string& token) const {
    v1::ListEntriesRequest request;
    request.set_program_id(std::string(kShop));
    request.set_member_id("ann");
    request.set_page_size(page_size);
    request.set_page_token(token);
    return shop_.Ask(ListEntries, request);
  }
  [[nodiscard]] absl::StatusOr<v1::Account> AskAccount() const {
    v1::GetAccountRequest request;
    request.set_program_id(std::string(kShop));
    request.set_member_id("ann");
    return shop_.Ask(GetAccount, request);
  }
  [[nodiscard]] v1::Account Account() const { return AskAccount().value(); }
  void Sell(int count) {
    for (int i = 0; i < count; ++i) {
      const auto sold =
          shop_.Commit(SaleRequest(absl::StrCat("o", i), "ann", {100}));
      ASSERT_TRUE(sold.ok()) << sold.status();
    }
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
};

TEST_F(QueriesTest, EntriesComeInPagesOldestFirst) {
  Sell(120);
  std::vector<int64_t> numbers;
  std::vector<int> sizes;
  std::string token;
  do {
    const auto page = Entries(0, token);
    ASSERT_TRUE(page.ok()) << page.status();
    sizes.push_back(page->entries_size());
    for (const v1::LedgerEntry& entry : page->entries())
      numbers.push_back(entry.entry_number());
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_EQ(sizes, (std::vector<int>{50, 50, 20}));
  ASSERT_EQ(numbers.size(), 120U);
  for (size_t i = 0; i < numbers.size(); ++i)
    EXPECT_EQ(numbers[i], static_cast<int64_t>(i + 1));
}

TEST_F(QueriesTest, APageThatEndsWithTheLastEntryIsTheLastPage) {
  Sell(4);
  const auto page = Entries(2, Entries(2, "")->next_page_token());
  EXPECT_EQ(page->entries_size(), 2);
  EXPECT_EQ(page->next_page_token(), "");
}

TEST_F(QueriesTest, APageTokenFromElsewhereIsRefused) {
  Sell(1);
  const auto escaped = [](const std::string& text) {
    return absl::WebSafeBase64Escape(text);
  };
  for (const std::string& token :
       {std::string("?"), std::string("e1"), escaped("e"), escaped("e0"),
        escaped("e-1"), escaped("x1"), escaped("0.1.1"),
        escaped(absl::StrCat("e", std::numeric_limits<int64_t>::max())),
        escaped("e9223372036854775808")}) {
    EXPECT_EQ(NameOf(Entries(10, token).status()), "FIELD_INVALID page_token")
        << token;
  }
  EXPECT_EQ(NameOf(Entries(-1, "").status()), "FIELD_INVALID page_size");
  EXPECT_EQ(NameOf(Entries(1001, "").status()), "FIELD_INVALID page_size");
}

TEST_F(QueriesTest, AnAccountLeavesOutWhatHasExpiredWithoutPostingIt) {
  Sell(3);
  EXPECT_EQ(Account().available(), 3);
  EXPECT_EQ(Account().next_expiry_points(), 3);
  const absl::Time expiry = TimeAt("2026-02-10", Athens());
  EXPECT_EQ(Account().next_expiry_time().seconds(),
            absl::ToUnixSeconds(expiry));
  const Contents before = shop_.All();
  clock_.Set(expiry - absl::Microseconds(1));
  EXPECT_EQ(Account().available(), 3);
  clock_.Set(expiry);
  EXPECT_EQ(Account().available(), 0);
  EXPECT_FALSE(Account().has_next_expiry_time());
  EXPECT_EQ(shop_.All(), before);
}

TEST_F(QueriesTest, AQuoteChangesNothingAndNeedsNoOrderId) {
  const Contents before = shop_.All();
  v1::QuoteOrderRequest request;
  request.set_program_id(std::string(kShop));
  *request.mutable_order() = SaleRequest("", "ann", {1250}).order();
  const auto quote = shop_.Ask(QuoteOrder, request);
  ASSERT_TRUE(quote.ok()) << quote.status();
  EXPECT_EQ(quote->points_earned(), 12);
  EXPECT_EQ(shop_.All(), before);
}

TEST_F(QueriesTest, ACommittedOrderShowsItsMemberAndWhereItStands) {
  v1::CreateMemberRequest member = MemberRequest("ben");
  v1::Identifier* card = member.mutable_member()->add_identifiers();
  card->set_kind("card");
  card->set_value("4711");
  ASSERT_TRUE(shop_.Enrol(member).ok());
  v1::CommitOrderRequest sale = SaleRequest("o1", "", {1000, 500});
  *sale.mutable_order()->mutable_identifier() = *card;
  const auto committed = shop_.Commit(sale);
  ASSERT_TRUE(committed.ok()) << committed.status();
  v1::RefundOrderRequest refund = RefundRequest("o1", "r1");
  refund.add_lines()->set_line_id("l2");
  refund.mutable_lines(0)->set_quantity(1);
  ASSERT_TRUE(shop_.Refund(refund).ok());

  v1::GetOrderRequest request;
  request.set_program_id(std::string(kShop));
  request.set_order_id("o1");
  const auto order = shop_.Ask(GetOrder, request);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->order().member_id(), "ben");
  EXPECT_FALSE(order->order().has_identifier());
  EXPECT_EQ(order->order().lines_size(), 2);
  EXPECT_EQ(order->committed().SerializeAsString(),
            committed->SerializeAsString());
  EXPECT_EQ(order->state(), v1::CommittedOrder::PARTLY_REFUNDED);
  EXPECT_EQ(order->refunded_minor(), 500);
  EXPECT_EQ(order->points_clawed_back(), 5);
  ASSERT_EQ(order->refunded_lines_size(), 1);
  EXPECT_EQ(order->refunded_lines(0).line_id(), "l2");
  EXPECT_EQ(order->refunded_lines(0).quantity(), 1);
  EXPECT_EQ(order->refunded_lines(0).amount_minor(), 500);
}

TEST_F(QueriesTest, TheAccountAfterARefundIsTheOneThatIsAskedFor) {
  Sell(2);
  ASSERT_TRUE(shop_
                  .Publish(RulebookRequest("publish-2", R"(
points: {value: "0.02"}
rules: []
)"))
                  .ok());
  const auto refunded = shop_.Refund(RefundRequest("o0", "r1"));
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(refunded->account().worth_minor(), 2);
  EXPECT_EQ(refunded->account().SerializeAsString(),
            Account().SerializeAsString());
}

TEST_F(QueriesTest, WhatIsNotThereIsNotFound) {
  v1::GetOrderRequest order;
  order.set_program_id(std::string(kShop));
  order.set_order_id("o9");
  EXPECT_EQ(NameOf(shop_.Ask(GetOrder, order).status()), "NOT_FOUND");
  v1::GetRulebookRequest rulebook;
  rulebook.set_program_id(std::string(kShop));
  rulebook.set_version(2);
  EXPECT_EQ(NameOf(shop_.Ask(GetRulebook, rulebook).status()), "NOT_FOUND");
  v1::GetProgramStatsRequest stats;
  stats.set_program_id("elsewhere");
  EXPECT_EQ(NameOf(shop_.Ask(GetProgramStats, stats).status()), "NOT_FOUND");
  v1::LookupMemberRequest member;
  member.set_program_id(std::string(kShop));
  member.mutable_identifier()->set_kind("card");
  member.mutable_identifier()->set_value("1");
  const absl::Status status = shop_.Ask(LookupMember, member).status();
  EXPECT_EQ(NameOf(status), "NOT_FOUND");
  EXPECT_EQ(status.message().find("1"), absl::string_view::npos)
      << "an identifier may be personal: " << status;
}

TEST_F(QueriesTest, ADamagedAccountIsRefusedAndNotWorkedOn) {
  Sell(1);
  const std::string key =
      AccountKey(ProgramId(std::string(kShop)), MemberId("ann"));
  store::v1::AccountRecord record;
  ASSERT_TRUE(record.ParseFromString(shop_.All().at(key)));
  ASSERT_EQ(record.lots_size(), 1);
  // Time would expire it again and again.
  record.mutable_lots(0)->set_points(0);
  WriteSet writes;
  PutRecord(key, record, writes);
  const std::unique_ptr<Txn> txn = store_.Begin();
  writes.ApplyTo(*txn);
  ASSERT_TRUE(txn->Commit().ok());
  clock_.Advance(absl::Hours(24 * 60));
  EXPECT_EQ(NameOf(AskAccount().status()), "RECORD_CORRUPT");
  const auto sold = shop_.Commit(SaleRequest("o2", "ann", {100}));
  EXPECT_EQ(NameOf(sold.status()), "RECORD_CORRUPT");
}

}  // namespace
}  // namespace pistis
