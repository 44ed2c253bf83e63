#include "clients/cli/csv.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <zlib.h>

namespace pistis {
namespace {

using ::testing::ElementsAre;

using Records = std::vector<std::vector<std::string>>;

Records ReadAll(absl::string_view text) {
  CsvReader reader(text);
  Records records;
  while (reader.Next())
    records.push_back(reader.fields());
  EXPECT_TRUE(reader.status().ok()) << reader.status();
  return records;
}

TEST(CsvTest, QuotedFieldsHoldCommasQuotesAndLineEnds) {
  EXPECT_THAT(ReadAll("a,\"b, \"\"c\"\"\nd\",e\n"),
              ElementsAre(ElementsAre("a", "b, \"c\"\nd", "e")));
}

TEST(CsvTest, EmptyFieldsCountAndEmptyLinesDoNot) {
  EXPECT_THAT(ReadAll("a,,\n\n,\"\",b\n"),
              ElementsAre(ElementsAre("a", "", ""), ElementsAre("", "", "b")));
}

TEST(CsvTest, LinesMayEndWithCarriageReturnsOrWithTheFile) {
  EXPECT_THAT(ReadAll("a,b\r\nc,d"),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("c", "d")));
}

TEST(CsvTest, ARecordKnowsTheLineItBeginsOn) {
  CsvReader reader("a\n\"b\nb\"\nc\n");
  ASSERT_TRUE(reader.Next());
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.line(), 2);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.line(), 4);
}

TEST(CsvTest, AQuoteThatIsNeverClosedIsAnErrorWithItsLine) {
  CsvReader reader("a\n\"b\n");
  ASSERT_TRUE(reader.Next());
  EXPECT_FALSE(reader.Next());
  EXPECT_EQ(reader.status().message(), "line 2: a quote is never closed");
}

TEST(CsvTest, TextBehindAClosingQuoteIsAnError) {
  CsvReader reader("\"a\"b,c\n");
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(absl::IsInvalidArgument(reader.status()));
}

TEST(CsvTest, AFileIsReadPlainAndPacked) {
  const std::string path = testing::TempDir() + "/csv_test.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(gzputs(file, "a,b\n"), 4);
  ASSERT_EQ(gzclose(file), Z_OK);
  EXPECT_EQ(*ReadTextFile(path), "a,b\n");
}

TEST(CsvTest, AFileThatIsNotThereIsNotFound) {
  EXPECT_TRUE(
      absl::IsNotFound(ReadTextFile(testing::TempDir() + "/none").status()));
}

}  // namespace
}  // namespace pistis
