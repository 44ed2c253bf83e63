#include "engine/base/nearest.h"

#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace pistis {
namespace {

const std::vector<std::string>& Known() {
  static const auto& known = *new std::vector<std::string>{
      "category", "quantity", "amount", "sku", "tags"};
  return known;
}

TEST(EditDistanceTest, CountsSingleEditsAndSwapsOfNeighbours) {
  EXPECT_EQ(EditDistance("", ""), 0);
  EXPECT_EQ(EditDistance("", "abc"), 3);
  EXPECT_EQ(EditDistance("abc", ""), 3);
  EXPECT_EQ(EditDistance("catgory", "category"), 1);
  EXPECT_EQ(EditDistance("sku", "suk"), 1);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
}

TEST(NearestNameTest, FindsTheNameBehindATypingError) {
  EXPECT_EQ(NearestName("catgory", Known()), "category");
  EXPECT_EQ(NearestName("qauntity", Known()), "quantity");
  EXPECT_EQ(NearestName("amounts", Known()), "amount");
  EXPECT_EQ(NearestName("skus", Known()), "sku");
}

TEST(NearestNameTest, ForgivesTheWrongCase) {
  EXPECT_EQ(NearestName("Category", Known()), "category");
  EXPECT_EQ(NearestName("SKU", Known()), "sku");
}

TEST(NearestNameTest, SuggestsNothingWhereNothingIsNear) {
  EXPECT_EQ(NearestName("colour", Known()), std::nullopt);
  EXPECT_EQ(NearestName("", Known()), std::nullopt);
  EXPECT_EQ(NearestName("sku", {}), std::nullopt);
  EXPECT_EQ(NearestName(std::string(65, 'a'), {std::string(65, 'a')}),
            std::nullopt);
}

TEST(NearestNameTest, PrefersTheEarlierOfTwoEquallyNear) {
  EXPECT_EQ(NearestName("lane", {"line", "lame"}), "line");
  EXPECT_EQ(NearestName("lane", {"lame", "line"}), "lame");
}

}  // namespace
}  // namespace pistis
