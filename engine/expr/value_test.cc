#include "engine/expr/value.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace pistis::expr {
namespace {

constexpr auto kIntMax = std::numeric_limits<int64_t>::max();

TEST(ValueTest, NumbersOfDifferentKindsAreEqualByTheirWorth) {
  EXPECT_EQ(Value::Int(3), Value::Uint(3));
  EXPECT_EQ(Value::Uint(3), Value::Double(3.0));
  EXPECT_FALSE(Value::Int(-1) ==
               Value::Uint(std::numeric_limits<uint64_t>::max()));
  EXPECT_FALSE(Value::Int(3) == Value::Double(3.5));
  EXPECT_FALSE(Value::Int(1) == Value::Bool(true));
}

TEST(ValueTest, NotANumberEqualsNothingAndHasNoOrder) {
  const Value nan = Value::Double(std::nan(""));
  EXPECT_FALSE(nan == nan);
  EXPECT_EQ(Compare(nan, Value::Int(1)), std::partial_ordering::unordered);
}

TEST(ValueTest, OrdersNumbersAcrossKindsAtTheirLimits) {
  EXPECT_EQ(Compare(Value::Int(-1), Value::Uint(0)),
            std::partial_ordering::less);
  EXPECT_EQ(Compare(Value::Uint(uint64_t{1} << 63U), Value::Int(kIntMax)),
            std::partial_ordering::greater);
  EXPECT_EQ(Compare(Value::Double(0.5), Value::Int(1)),
            std::partial_ordering::less);
}

TEST(ValueTest, OrdersTextByCodePointsAndNotWhatHasNoOrder) {
  EXPECT_EQ(Compare(Value::StringView("a"), Value::StringView("α")),
            std::partial_ordering::less);
  EXPECT_EQ(Compare(Value::Bool(false), Value::Bool(true)),
            std::partial_ordering::less);
  EXPECT_EQ(Compare(Value(), Value()), std::nullopt);
  EXPECT_EQ(Compare(Value::StringView("a"), Value::BytesView("a")),
            std::nullopt);
  EXPECT_EQ(Compare(Value::List({}), Value::List({})), std::nullopt);
}

TEST(ValueTest, CopiesShareWhatTheyOwn) {
  Value copy;
  {
    const Value original = Value::String(std::string(100, 'x'));
    copy = original;
  }
  EXPECT_EQ(copy.text(), std::string(100, 'x'));
}

TEST(ValueTest, ViewsReferToTheTextTheyWereGiven) {
  const std::string text = "drinks/coffee";
  EXPECT_EQ(Value::StringView(text).text().data(), text.data());
  const Value owner = Value::String("tea");
  EXPECT_EQ(owner.Borrowed().text().data(), owner.text().data());
}

TEST(ValueTest, MapsFindNumericKeysOfAnyKind) {
  const Value map = Value::Map({{Value::Int(1), Value::StringView("one")},
                                {Value::Uint(uint64_t{1} << 63U), Value()},
                                {Value::StringView("k"), Value::Bool(true)}});
  ASSERT_EQ(map.kind(), ValueKind::kMap);
  EXPECT_TRUE(map.map().Find(Value::Uint(1)).has_value());
  EXPECT_TRUE(map.map().Find(Value::Double(1.0)).has_value());
  EXPECT_TRUE(map.map().Find(Value::Double(9223372036854775808.0)).has_value());
  EXPECT_FALSE(map.map().Find(Value::Double(1.5)).has_value());
  EXPECT_FALSE(map.map().Find(Value::Double(1e300)).has_value());
  EXPECT_FALSE(map.map().Find(Value::Bool(true)).has_value());
  EXPECT_TRUE(map.map().Find(Value::StringView("k")).has_value());
  EXPECT_FALSE(map.map().Find(Value()).has_value());
}

TEST(ValueTest, MapsRefuseKeysTheyCannotKeepApart) {
  const Value twice =
      Value::Map({{Value::Int(1), Value()}, {Value::Uint(1), Value()}});
  ASSERT_TRUE(twice.is_error());
  EXPECT_EQ(twice.error_code(), ErrorCode::kDuplicateKey);
  const Value strange = Value::Map({{Value::Double(1), Value()}});
  ASSERT_TRUE(strange.is_error());
  EXPECT_EQ(strange.error_code(), ErrorCode::kInvalidKey);
}

TEST(ValueTest, ListsAndMapsAreEqualByTheirParts) {
  const auto list = [](std::vector<Value> items) {
    return Value::List(std::move(items));
  };
  EXPECT_EQ(list({Value::Int(1), Value()}), list({Value::Uint(1), Value()}));
  EXPECT_FALSE(list({Value::Int(1)}) == list({Value::Int(1), Value()}));
  EXPECT_EQ(Value::Map({{Value::Int(1), Value::Int(2)}}),
            Value::Map({{Value::Uint(1), Value::Double(2)}}));
  EXPECT_FALSE(Value::Map({{Value::Int(1), Value::Int(2)}}) ==
               Value::Map({{Value::Int(2), Value::Int(2)}}));
}

TEST(ValueTest, AnErrorKeepsTheNodeItAroseAt) {
  const Value error = Value::Failure("no such amount").AtNode(3).AtNode(7);
  EXPECT_EQ(error.error_node(), 3);
  EXPECT_EQ(error.error_message(), "no such amount");
  EXPECT_EQ(error.error_code(), ErrorCode::kFunctionFailed);
}

TEST(ValueTest, DebugTextReadsAsCel) {
  const Value value = Value::List(
      {Value(), Value::Bool(true), Value::Int(-1), Value::Uint(2),
       Value::Double(1.5), Value::StringView("é\""), Value::BytesView("\xff"),
       Value::Map({{Value::StringView("k"), Value::Int(1)}})});
  EXPECT_EQ(value.DebugText(),
            "[null, true, -1, 2u, 1.5, \"é\\\"\", b\"\\xff\", {\"k\": 1}]");
}

TEST(ValueDeathTest, AnAccessorOfAnotherKindStopsTheProcess) {
  EXPECT_DEATH((void)Value::Int(1).text(), "");
}

}  // namespace
}  // namespace pistis::expr
