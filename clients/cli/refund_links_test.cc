#include "clients/cli/refund_links.h"

#include <cstdlib>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "clients/cli/csv.h"

namespace pistis {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// Invoices in the order they are added, one day apart.
class LinksTest : public testing::Test {
 protected:
  void Add(const std::string& number, const std::string& member,
           std::vector<InvoiceLine> lines) {
    Invoice invoice;
    invoice.kind =
        number[0] == 'C' ? Invoice::Kind::kCancellation : Invoice::Kind::kSale;
    invoice.number = number;
    invoice.member_id = member;
    invoice.lines = std::move(lines);
    invoices_.push_back(std::move(invoice));
  }

  // "C1<-S1 a:2 b:1; ..." and "C1 x3 unlinked".
  [[nodiscard]] std::vector<std::string> Link() const {
    const RefundLinks links = LinkCancellations(invoices_);
    std::vector<std::string> text;
    for (const LinkedRefund& refund : links.refunds) {
      std::string line = absl::StrCat(invoices_[refund.cancellation].number,
                                      "<-", invoices_[refund.sale].number);
      for (const LinkedLine& linked : refund.lines) {
        absl::StrAppend(&line, " ", linked.line_id, ":", linked.quantity);
      }
      text.push_back(line);
    }
    for (const UnlinkedLine& unlinked : links.unlinked) {
      text.push_back(absl::StrCat(invoices_[unlinked.cancellation].number, " x",
                                  unlinked.line.quantity, " unlinked"));
    }
    return text;
  }

  std::vector<Invoice> invoices_;
};

using ::testing::ElementsAre;

TEST_F(LinksTest, TheMostRecentSaleComesBackFirst) {
  Add("1", "m", {{"a", "A", 5, 100}});
  Add("2", "m", {{"b", "A", 5, 100}});
  Add("C3", "m", {{"c", "A", 7, 100}});
  EXPECT_THAT(Link(), ElementsAre("C3<-2 b:5", "C3<-1 a:2"));
}

TEST_F(LinksTest, TheSamePriceComesBeforeAMoreRecentSale) {
  Add("1", "m", {{"a", "A", 5, 100}});
  Add("2", "m", {{"b", "A", 5, 90}});
  Add("C3", "m", {{"c", "A", 6, 100}});
  EXPECT_THAT(Link(), ElementsAre("C3<-1 a:5", "C3<-2 b:1"));
}

TEST_F(LinksTest, UnitsComeBackOnce) {
  Add("1", "m", {{"a", "A", 5, 100}});
  Add("C2", "m", {{"c", "A", 4, 100}});
  Add("C3", "m", {{"d", "A", 4, 100}});
  EXPECT_THAT(Link(), ElementsAre("C2<-1 a:4", "C3<-1 a:1", "C3 x3 unlinked"));
}

TEST_F(LinksTest, LinesOfOneCancellationMeetInOneRefund) {
  Add("1", "m", {{"a", "A", 5, 100}, {"b", "B", 5, 100}});
  Add("C2", "m", {{"c", "A", 1, 100}, {"d", "B", 2, 100}, {"e", "A", 1, 100}});
  EXPECT_THAT(Link(), ElementsAre("C2<-1 a:2 b:2"));
}

TEST_F(LinksTest, NothingIsTakenFromOthersFromGuestsOrFromLaterSales) {
  Add("1", "m", {{"a", "A", 5, 100}});
  Add("2", "", {{"b", "A", 5, 100}});
  Add("C3", "n", {{"c", "A", 1, 100}});
  Add("C4", "", {{"d", "A", 1, 100}});
  Add("C5", "m", {{"e", "B", 1, 100}});
  Add("6", "m", {{"f", "B", 1, 100}});
  EXPECT_THAT(Link(), ElementsAre("C3 x1 unlinked", "C4 x1 unlinked",
                                  "C5 x1 unlinked"));
}

// Units by cancellation, sale, and line of the sale.
using Units =
    std::map<std::tuple<std::string, std::string, std::string>, int64_t>;

// The links of another program, made by the same rule from the same file.
TEST_F(LinksTest, TheWholeRetailFileLinksAsItDidElsewhere) {
  const char* shared = std::getenv("PISTIS_SHARED_DATA");
  const std::string folder = absl::StrCat(
      shared == nullptr ? "../shared/data" : shared, "/uci_online_retail/");
  const auto sales = ReadTextFile(folder + "online_retail_dev.csv.gz");
  const auto expected = ReadTextFile(folder + "cancellation_links_dev.csv.gz");
  if (!sales.ok() || !expected.ok()) GTEST_SKIP() << "no shared data";
  const auto file = ParseSalesFile(*sales);
  ASSERT_TRUE(file.ok()) << file.status();
  Units ours;
  for (const auto& refund : LinkCancellations(file->invoices).refunds) {
    for (const LinkedLine& line : refund.lines) {
      ours[{file->invoices[refund.cancellation].number,
            file->invoices[refund.sale].number, line.line_id}] += line.quantity;
    }
  }
  Units theirs;
  CsvReader reader(*expected);
  ASSERT_TRUE(reader.Next());
  while (reader.Next()) {
    const auto& row = reader.fields();
    int64_t units = 0;
    ASSERT_TRUE(absl::SimpleAtoi(row[4], &units));
    theirs[{row[1], row[3], row[2]}] += units;
  }
  EXPECT_THAT(ours, SizeIs(theirs.size()));
  EXPECT_TRUE(ours == theirs);
}

}  // namespace
}  // namespace pistis
