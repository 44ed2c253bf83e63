#include "engine/order/order.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/builders.h"

namespace pistis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// An order that uses every field, well within all bounds.
v1::Order WellFormed() {
  v1::Order order;
  order.set_order_id("S1/2027-0042");
  order.set_member_id("m1");
  order.set_channel("pos");
  order.set_store_id("athens-1");
  order.set_terminal_id("till 4");
  order.mutable_placed_time()->set_seconds(1'700'000'000);
  for (const char* line_id : {"1", "2"}) {
    v1::OrderLine* line = order.add_lines();
    line->set_line_id(line_id);
    line->set_sku("latte");
    line->set_category("drinks/coffee");
    line->add_tags("hot");
    line->set_quantity(2);
    line->set_amount_minor(700);
    line->set_tax_minor(135);
    line->set_cost_minor(200);
    (*line->mutable_attributes())["size"] = "large";
  }
  order.add_codes("TY-7K3M");
  order.mutable_redeem()->set_points(100);
  order.set_shipping_minor(350);
  (*order.mutable_attributes())["campaign"] = "spring";
  order.set_currency("EUR");
  return order;
}

std::string RefusalOfOrder(const v1::Order& order,
                           OrderUse use = OrderUse::kCommit) {
  return RefusalOf(ParseOrder(order, use, kNow).status());
}

// One mistake, and the field that the refusal must name.
struct Mistake {
  std::string name;
  std::string field;
  std::function<void(v1::Order&)> make;
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

const std::string kTooLongId(kMaxIdLength + 1, 'x');
// A lone continuation byte.
const std::string kNoUtf8 = "\x80";

std::vector<Mistake> OrderMistakes() {
  return {
      {"NoId", "order.order_id", [](auto& o) { o.clear_order_id(); }},
      {"IdWithSpace", "order.order_id", [](auto& o) { o.set_order_id("a b"); }},
      {"IdTooLong", "order.order_id",
       [](auto& o) { o.set_order_id(kTooLongId); }},
      {"MemberIdMalformed", "order.member_id",
       [](auto& o) { o.set_member_id("\n"); }},
      {"MemberAndIdentifier", "order.identifier",
       [](auto& o) { o.mutable_identifier()->set_kind("card"); }},
      {"ChannelTooLong", "order.channel",
       [](auto& o) { o.set_channel(std::string(65, 'c')); }},
      {"ChannelNoUtf8", "order.channel",
       [](auto& o) { o.set_channel(kNoUtf8); }},
      {"StoreTooLong", "order.store_id",
       [](auto& o) { o.set_store_id(std::string(129, 's')); }},
      {"TerminalTooLong", "order.terminal_id",
       [](auto& o) { o.set_terminal_id(std::string(129, 't')); }},
      {"PlacedBefore1970", "order.placed_time",
       [](auto& o) { o.mutable_placed_time()->set_seconds(-1); }},
      {"PlacedAfterTheYear9999", "order.placed_time",
       [](auto& o) { o.mutable_placed_time()->set_seconds(253'402'300'800); }},
      {"PlacedAtTheEndOfNumbers", "order.placed_time",
       [](auto& o) { o.mutable_placed_time()->set_seconds(INT64_MAX); }},
      {"PlacedWithNegativeNanos", "order.placed_time",
       [](auto& o) { o.mutable_placed_time()->set_nanos(-1); }},
      {"PlacedWithABillionNanos", "order.placed_time",
       [](auto& o) { o.mutable_placed_time()->set_nanos(1'000'000'000); }},
      {"PlacedAhead", "order.placed_time",
       [](auto& o) {
         *o.mutable_placed_time() =
             ToTimestamp(kNow + kMaxClockAhead + absl::Microseconds(1));
       }},
      {"NoLines", "order.lines", [](auto& o) { o.clear_lines(); }},
  };
}

std::vector<Mistake> PaymentMistakes() {
  return {
      {"EmptyCode", "order.codes[1]", [](auto& o) { o.add_codes(""); }},
      {"CodeTooLong", "order.codes[1]",
       [](auto& o) { o.add_codes(std::string(65, 'C')); }},
      {"CodeNoUtf8", "order.codes[1]", [](auto& o) { o.add_codes(kNoUtf8); }},
      {"ElevenCodes", "order.codes",
       [](auto& o) {
         for (int i = 0; i < kMaxOrderCodes; ++i)
           o.add_codes("C");
       }},
      {"RedeemOfNothing", "order.redeem",
       [](auto& o) { o.mutable_redeem()->clear_amount(); }},
      {"RedeemZero", "order.redeem.points",
       [](auto& o) { o.mutable_redeem()->set_points(0); }},
      {"RedeemNegative", "order.redeem.points",
       [](auto& o) { o.mutable_redeem()->set_points(INT64_MIN); }},
      {"RedeemTooMany", "order.redeem.points",
       [](auto& o) {
         o.mutable_redeem()->set_points(kMaxCommandPoints.value() + 1);
       }},
      {"RedeemNotAll", "order.redeem.all",
       [](auto& o) { o.mutable_redeem()->set_all(false); }},
      {"RedeemByNobody", "order.redeem", [](auto& o) { o.clear_member_id(); }},
      {"ShippingNegative", "order.shipping_minor",
       [](auto& o) { o.set_shipping_minor(-1); }},
      {"ShippingTooLarge", "order.shipping_minor",
       [](auto& o) { o.set_shipping_minor(INT64_MAX); }},
      {"TooManyAttributes", "order.attributes",
       [](auto& o) {
         for (int i = 0; i < 64; ++i) {
           (*o.mutable_attributes())[absl::StrCat(i)] = "";
         }
       }},
      {"AttributeKeyTooLong", "order.attributes",
       [](auto& o) { (*o.mutable_attributes())[std::string(65, 'k')] = ""; }},
      {"AttributeValueTooLong", "order.attributes[\"k\"]",
       [](auto& o) { (*o.mutable_attributes())["k"] = std::string(257, 'v'); }},
  };
}

std::vector<Mistake> LineMistakes() {
  const std::string line = "order.lines[1]";
  return {
      {"NoLineId", line + ".line_id",
       [](auto& o) { o.mutable_lines(1)->clear_line_id(); }},
      {"LineIdMalformed", line + ".line_id",
       [](auto& o) { o.mutable_lines(1)->set_line_id("\xce\xb1"); }},
      {"LineIdTwice", line + ".line_id",
       [](auto& o) { o.mutable_lines(1)->set_line_id("1"); }},
      {"SkuTooLong", line + ".sku",
       [](auto& o) { o.mutable_lines(1)->set_sku(std::string(129, 's')); }},
      {"CategoryTooLong", line + ".category",
       [](auto& o) {
         o.mutable_lines(1)->set_category(std::string(257, 'c'));
       }},
      {"TagTooLong", line + ".tags",
       [](auto& o) { o.mutable_lines(1)->add_tags(std::string(65, 't')); }},
      {"TooManyTags", line + ".tags",
       [](auto& o) {
         for (int i = 0; i < 32; ++i)
           o.mutable_lines(1)->add_tags("t");
       }},
      {"NoQuantity", line + ".quantity",
       [](auto& o) { o.mutable_lines(1)->clear_quantity(); }},
      {"QuantityNegative", line + ".quantity",
       [](auto& o) { o.mutable_lines(1)->set_quantity(-1); }},
      {"QuantityTooLarge", line + ".quantity",
       [](auto& o) { o.mutable_lines(1)->set_quantity(kMaxLineQuantity + 1); }},
      {"AmountNegative", line + ".amount_minor",
       [](auto& o) { o.mutable_lines(1)->set_amount_minor(-1); }},
      {"AmountTooLarge", line + ".amount_minor",
       [](auto& o) {
         o.mutable_lines(1)->set_amount_minor(kMaxLineMoney.value() + 1);
       }},
      {"TaxNegative", line + ".tax_minor",
       [](auto& o) { o.mutable_lines(1)->set_tax_minor(-1); }},
      {"TaxTooLarge", line + ".tax_minor",
       [](auto& o) { o.mutable_lines(1)->set_tax_minor(INT64_MAX); }},
      {"CostNegative", line + ".cost_minor",
       [](auto& o) { o.mutable_lines(1)->set_cost_minor(-1); }},
      {"CostTooLarge", line + ".cost_minor",
       [](auto& o) { o.mutable_lines(1)->set_cost_minor(INT64_MAX); }},
      {"LineAttributeNoUtf8", line + ".attributes[\"k\"]",
       [](auto& o) {
         (*o.mutable_lines(1)->mutable_attributes())["k"] = kNoUtf8;
       }},
      {"LineTooManyAttributes", line + ".attributes",
       [](auto& o) {
         for (int i = 0; i < 64; ++i) {
           (*o.mutable_lines(1)->mutable_attributes())[absl::StrCat(i)] = "";
         }
       }},
  };
}

class OneMistake : public testing::TestWithParam<Mistake> {};

TEST_P(OneMistake, IsRefusedByTheNameOfItsField) {
  v1::Order order = WellFormed();
  GetParam().make(order);
  EXPECT_EQ(RefusalOfOrder(order), "FIELD_INVALID " + GetParam().field);
}

std::string NameOf(const testing::TestParamInfo<Mistake>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Order, OneMistake, testing::ValuesIn(OrderMistakes()),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Payment, OneMistake,
                         testing::ValuesIn(PaymentMistakes()), NameOf);
INSTANTIATE_TEST_SUITE_P(Line, OneMistake, testing::ValuesIn(LineMistakes()),
                         NameOf);

TEST(OrderTest, EveryFieldIsReadAsItWasWritten) {
  const absl::StatusOr<Order> order =
      ParseOrder(WellFormed(), OrderUse::kCommit, kNow);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->order_id, OrderId("S1/2027-0042"));
  EXPECT_EQ(order->member_id, MemberId("m1"));
  EXPECT_EQ(order->identifier.has_value(), false);
  EXPECT_EQ(order->channel, "pos");
  EXPECT_EQ(order->store_id, "athens-1");
  EXPECT_EQ(order->terminal_id, "till 4");
  EXPECT_EQ(order->placed, absl::FromUnixSeconds(1'700'000'000));
  EXPECT_THAT(order->codes, ElementsAre("TY-7K3M"));
  ASSERT_TRUE(order->redeem.has_value());
  EXPECT_EQ(order->redeem->points, Points(100));
  EXPECT_EQ(order->shipping, Money(350));
  EXPECT_THAT(order->attributes, ElementsAre(Pair("campaign", "spring")));
  EXPECT_EQ(order->currency, "EUR");
  EXPECT_EQ(order->Subtotal(), Money(1400));
  ASSERT_EQ(order->lines.size(), 2U);
  const OrderLine& line = order->lines[1];
  EXPECT_EQ(line.line_id, "2");
  EXPECT_EQ(line.sku, "latte");
  EXPECT_EQ(line.category, "drinks/coffee");
  EXPECT_THAT(line.tags, ElementsAre("hot"));
  EXPECT_EQ(line.quantity, 2);
  EXPECT_EQ(line.amount, Money(700));
  EXPECT_EQ(line.tax, Money(135));
  EXPECT_EQ(line.cost, Money(200));
  EXPECT_THAT(line.attributes, ElementsAre(Pair("size", "large")));
}

TEST(OrderTest, WhatIsAbsentStaysUnknownRatherThanZero) {
  v1::Order order;
  order.set_order_id("o1");
  order.add_lines()->set_line_id("1");
  order.mutable_lines(0)->set_quantity(1);
  const absl::StatusOr<Order> parsed =
      ParseOrder(order, OrderUse::kCommit, kNow);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->lines[0].cost, std::nullopt);
  EXPECT_EQ(parsed->placed, std::nullopt);
  EXPECT_FALSE(parsed->redeem.has_value());
  EXPECT_TRUE(parsed->member_id.empty());
}

TEST(OrderTest, TheLargestOfEverythingIsAccepted) {
  v1::Order order = WellFormed();
  order.set_order_id(std::string(kMaxIdLength, 'x'));
  order.set_channel(std::string(64, 'c'));
  order.set_shipping_minor(kMaxLineMoney.value());
  order.mutable_redeem()->set_points(kMaxCommandPoints.value());
  *order.mutable_placed_time() = ToTimestamp(kNow + kMaxClockAhead);
  while (order.codes_size() < kMaxOrderCodes) {
    order.add_codes(std::string(64, 'C'));
  }
  v1::OrderLine* line = order.mutable_lines(0);
  line->set_quantity(kMaxLineQuantity);
  line->set_amount_minor(kMaxLineMoney.value());
  line->set_tax_minor(kMaxLineMoney.value());
  line->set_cost_minor(kMaxLineMoney.value());
  while (line->tags_size() < 32)
    line->add_tags(std::string(64, 't'));
  for (int i = 1; i < 64; ++i) {
    (*line->mutable_attributes())[absl::StrCat(i)] = std::string(256, 'v');
  }
  EXPECT_EQ(RefusalOfOrder(order), "OK");
}

v1::Order OrderOfLines(int count, Money amount) {
  v1::Order order;
  order.set_order_id("o1");
  for (int i = 0; i < count; ++i) {
    v1::OrderLine* line = order.add_lines();
    line->set_line_id(absl::StrCat(i));
    line->set_quantity(1);
    line->set_amount_minor(amount.value());
  }
  return order;
}

TEST(OrderTest, TwoThousandLinesAreAcceptedAndOneMoreIsNot) {
  EXPECT_EQ(RefusalOfOrder(OrderOfLines(kMaxOrderLines, Money(1))), "OK");
  EXPECT_EQ(RefusalOfOrder(OrderOfLines(kMaxOrderLines + 1, Money(1))),
            "FIELD_INVALID order.lines");
}

TEST(OrderTest, LinesThatComeToMoreThanAnOrderMayAreRefused) {
  EXPECT_EQ(RefusalOfOrder(OrderOfLines(10, kMaxLineMoney)), "OK");
  EXPECT_EQ(RefusalOfOrder(OrderOfLines(11, kMaxLineMoney)),
            "FIELD_INVALID order.lines");
  EXPECT_EQ(RefusalOfOrder(OrderOfLines(kMaxOrderLines, kMaxLineMoney)),
            "FIELD_INVALID order.lines");
}

TEST(OrderTest, AQuoteNeedsNoIdButAMalformedOneIsRefused) {
  v1::Order order = WellFormed();
  order.clear_order_id();
  EXPECT_EQ(RefusalOfOrder(order, OrderUse::kQuote), "OK");
  order.set_order_id(" ");
  EXPECT_EQ(RefusalOfOrder(order, OrderUse::kQuote),
            "FIELD_INVALID order.order_id");
}

TEST(OrderTest, AMemberMayBeNamedByIdentifierAndRedeemAll) {
  v1::Order order = WellFormed();
  order.clear_member_id();
  order.mutable_identifier()->set_kind("card");
  order.mutable_identifier()->set_value("123");
  order.mutable_redeem()->set_all(true);
  const absl::StatusOr<Order> parsed =
      ParseOrder(order, OrderUse::kCommit, kNow);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->identifier->value(), "123");
  ASSERT_TRUE(parsed->redeem.has_value());
  EXPECT_EQ(parsed->redeem->points, std::nullopt);
}

TEST(OrderTest, ARefusalSaysTheValueAndWhatIsAllowed) {
  v1::Order order = WellFormed();
  order.mutable_lines(1)->set_quantity(0);
  EXPECT_THAT(
      std::string(
          ParseOrder(order, OrderUse::kCommit, kNow).status().message()),
      HasSubstr("is 0; 1 to 1000000 are allowed"));
}

TEST(TimestampTest, ATimeSurvivesItsTimestampToTheMicrosecond) {
  const absl::Time time = kNow + absl::Microseconds(123'456);
  const absl::StatusOr<absl::Time> parsed =
      ParsePastTime("f", ToTimestamp(time), kNow);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, time);
}

TEST(TimestampTest, WhatLiesBelowAMicrosecondIsDropped) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(1);
  timestamp.set_nanos(1'999);
  EXPECT_EQ(*ParsePastTime("f", timestamp, kNow),
            absl::FromUnixSeconds(1) + absl::Microseconds(1));
}

TEST(TimestampTest, ATimeBefore1970KeepsItsNanosPositive) {
  const google::protobuf::Timestamp timestamp =
      ToTimestamp(absl::FromUnixMicros(-1));
  EXPECT_EQ(timestamp.seconds(), -1);
  EXPECT_EQ(timestamp.nanos(), 999'999'000);
}

}  // namespace
}  // namespace pistis
