// Sums of margin reports that were tampered with are found.
#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/margin_records.pb.h"
#include "pistis/store/v1/records.pb.h"

#include "engine/operations/testing_margins.h"
#include "engine/operations/testing_proof.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

const ProgramId& Shop() {
  static const auto& shop = *new ProgramId(kShop);
  return shop;
}

// What is stored of a busy shop whose sums are all folded.
Contents FoldedShop() {
  const BusyShop busy;
  MemoryStore store;
  EXPECT_TRUE(CommitAll(store, busy.shop().All()).ok());
  const FakeClock clock(busy.shop().Now());
  const TestShop shop(store, clock);
  FoldAll(shop, store);
  return shop.All();
}

bool IsOfSums(const std::string& key) {
  return key[0] == 'W' || key[0] == 'N';
}

// The part of a record that is told twice.
std::string MeaningOf(const std::string& key, const std::string& value) {
  const auto name = ParseMarginRowKey(Shop(), key);
  if (key[0] != 'W' || !name) return value;
  auto stored = ParseMargins(value);
  if (!stored.ok()) return value;
  if (name->kind == "category" || name->kind == "rule" ||
      name->kind == "code" || name->kind == "cap") {
    stored->sums.Set(Measure::kRefunds, 0);
  }
  return ToBytes(*stored);
}

class VerifyMarginsTest : public testing::Test {
  // Flips make texts that are none.
  const google::protobuf::LogSilencer silence_;
};

TEST_F(VerifyMarginsTest, ABusyShopsSumsAgreeWithItsOrders) {
  const Contents contents = FoldedShop();
  int rows = 0;
  int returns = 0;
  for (const auto& [key, value] : contents) {
    rows += key[0] == 'W' ? 1 : 0;
    returns += key[0] == 'N' ? 1 : 0;
  }
  EXPECT_GT(rows, 10);
  EXPECT_GT(returns, 0);
  EXPECT_EQ(RecountOf(contents).finding_count(), 0);
}

TEST_F(VerifyMarginsTest, AFlippedBitOfASumIsFound) {
  Contents contents = FoldedShop();
  int meant = 0;
  for (auto& [key, value] : contents) {
    if (!IsOfSums(key) || key == MarginCursorKey(Shop())) continue;
    const std::string before = value;
    for (size_t bit = 0; bit < before.size() * 8; bit += 11) {
      value[bit / 8] = static_cast<char>(before[bit / 8] ^ (1U << (bit % 8)));
      if (MeaningOf(key, value) != MeaningOf(key, before)) {
        ++meant;
        EXPECT_GE(RecountOf(contents).finding_count(), 1)
            << "bit " << bit << " of " << absl::CHexEscape(key) << "\nwas "
            << absl::CHexEscape(before) << "\nis  " << absl::CHexEscape(value);
      }
      value = before;
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(meant, 300);
}

TEST_F(VerifyMarginsTest, ARowThatIsGoneIsFound) {
  const Contents contents = FoldedShop();
  for (const auto& [key, value] : contents) {
    if (!IsOfSums(key) || key == MarginCursorKey(Shop())) continue;
    Contents without = contents;
    without.erase(key);
    EXPECT_GE(RecountOf(without).finding_count(), 1) << absl::CHexEscape(key);
  }
}

TEST_F(VerifyMarginsTest, SumsThatAreFoldedTwiceAreFound) {
  Contents contents = FoldedShop();
  contents.erase(MarginCursorKey(Shop()));
  const v1::VerifyReport report = RecountOf(contents);
  ASSERT_GE(report.findings_size(), 1);
  EXPECT_EQ(report.findings(0).kind(), "total");
}

TEST_F(VerifyMarginsTest, ACursorThatCannotBeIsFound) {
  Contents contents = FoldedShop();
  contents[MarginCursorKey(Shop())] = "\x09";
  EXPECT_EQ(RecountOf(contents).finding_count(), 1);
  store::v1::MarginCursorRecord cursor;
  cursor.set_commit_seq(int64_t{1} << 40U);
  contents[MarginCursorKey(Shop())] = cursor.SerializeAsString();
  const v1::VerifyReport report = RecountOf(contents);
  ASSERT_EQ(report.finding_count(), 1);
  EXPECT_EQ(report.findings(0).where(), "how far the sums have come");
}

TEST_F(VerifyMarginsTest, AnOrderThatCannotBeIsFoundAndStopsNothing) {
  Contents contents = FoldedShop();
  const std::string key = OrderKey(Shop(), OrderId("o1"));
  store::v1::OrderRecord record;
  ASSERT_TRUE(record.ParseFromString(contents[key]));
  v1::Order order;
  ASSERT_TRUE(order.ParseFromString(record.order()));
  order.mutable_lines(0)->set_amount_minor(0);
  order.mutable_lines(0)->set_tax_minor(5);
  record.set_order(order.SerializeAsString());
  contents[key] = record.SerializeAsString();
  EXPECT_GE(RecountOf(contents).finding_count(), 1);
}

}  // namespace
}  // namespace pistis
