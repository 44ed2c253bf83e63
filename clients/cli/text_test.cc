#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

#include "clients/cli/event_text.h"
#include "clients/cli/json_object.h"
#include "clients/cli/receipt.h"
#include "clients/cli/stats_table.h"
#include "clients/cli/table.h"

namespace pistis {
namespace {

using ::testing::HasSubstr;

template <typename Message>
Message Proto(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

ProgramFacts Shop() {
  return {"corner-shop", {"EUR", 2}, absl::UTCTimeZone()};
}

TEST(TextTest, ColumnsAlignAlsoBeyondAscii) {
  Table table(
      {{"name", Table::Align::kLeft}, {"points", Table::Align::kRight}});
  table.AddRow({"Νίκη", "7"});
  table.AddRow({"Bo", "1200"});
  EXPECT_EQ(table.Text(),
            "name  points\n"
            "Νίκη       7\n"
            "Bo      1200\n");
}

TEST(TextTest, JsonKeepsTheOrderOfItsKeysAndEscapesText) {
  JsonObject object;
  object.Add("b", 1).Add("a", "say \"hi\"\n").Add("c", {{"x", 2}});
  EXPECT_EQ(object.Text(),
            "{\"b\":1,\"a\":\"say \\\"hi\\\"\\u000a\",\"c\":{\"x\":2}}");
}

TEST(TextTest, SharesHaveTwoDecimalsAndNoWholeIsNoShare) {
  EXPECT_EQ(PercentText(1, 3), "33.33");
  EXPECT_EQ(PercentText(2, 3), "66.67");
  EXPECT_EQ(PercentText(5, 0), "0.00");
}

TEST(TextTest, AReceiptSaysWhatWasGivenAndWhatWasHeldBack) {
  const auto order = Proto<v1::CommittedOrder>(R"(
    order {
      order_id: "o1" member_id: "m1" channel: "pos" shipping_minor: 300
      lines { line_id: "1" sku: "coffee" quantity: 2 amount_minor: 1000 }
    }
    committed {
      quote {
        subtotal_minor: 1000 discount_minor: 450 total_minor: 750
        discounts { rule_id: "returning-5" amount_minor: 50 }
        discounts { rule_id: "free-shipping" amount_minor: 300
                    shipping_minor: 300 }
        discounts { code: "TY-1" amount_minor: 100 requested_minor: 200 }
        points_redeemed: 100 redeemed_minor: 100
        earned { rule_id: "base" points: 7 } points_earned: 7
        caps { cap_id: "margin.order.max_discount"
               requested_minor: 250 granted_minor: 150
               base_minor: 1000 needed_base_minor: 1667 }
        caps { cap_id: "margin.order.max_share_of_margin"
               requested_minor: 250 granted_minor: 150
               base_minor: 300 needed_base_minor: 500 }
        caps { cap_id: "budgets.may.max_points" limit_minor: 30
               requested_minor: 40 granted_minor: 30 }
      }
      account { member_id: "m1" available: 12 worth_minor: 12 }
      issued_codes { code: "TY-2" template_id: "ty" }
    }
    state: COMMITTED
    effective_time { seconds: 1735732800 }
  )");
  EXPECT_EQ(ReceiptText(order, Shop()),
            "                  corner-shop\n"
            "Order o1                        2025-01-01 12:00\n"
            "Member m1                                    pos\n"
            "------------------------------------------------\n"
            "2 x coffee                                 10.00\n"
            "------------------------------------------------\n"
            "Subtotal                                   10.00\n"
            "  returning-5                              -0.50\n"
            "  free-shipping, off shipping              -3.00\n"
            "  code TY-1                                -1.00\n"
            "  100 points redeemed                      -1.00\n"
            "Shipping                                    3.00\n"
            "TO PAY EUR                                  7.50\n"
            "------------------------------------------------\n"
            "Points earned: base                            7\n"
            "Points after this order                       12\n"
            "  worth                                     0.12\n"
            "For you: code                               TY-2\n"
            "Held back: the budget may\n"
            "  asked 40 points, granted 30 points\n"
            "Held back: the most off one order\n"
            "  asked 2.50, granted 1.50\n"
            "  buy 6.67 more for all of it\n"
            "Held back: the part of the margin given away\n"
            "  asked 2.50, granted 1.50\n");
}

TEST(TextTest, AnEventIsOneLineWithItsFactsByName) {
  const auto event = Proto<v1::Event>(R"(
    member_id: "m1" effective_time { seconds: 1735732800 }
    note_requested { note_id: "n1" channel: "email" text: "Thank you, \"Bo\"!" }
  )");
  EXPECT_EQ(EventText(event, Shop()),
            "2025-01-01 12:00  note_requested      m1            note_id=n1  "
            "channel=email  text=\"Thank you, 'Bo'!\"");
}

TEST(TextTest, AnEventOfPointsNamesTheKindOfItsEntry) {
  const auto event = Proto<v1::Event>(R"(
    member_id: "m1" effective_time { seconds: 1735732800 }
    points_posted { kind: HOLD_RELEASE entry_number: 4 available_change: 15
                    available_after: 40 reason: "changed her mind" }
  )");
  EXPECT_EQ(EventText(event, Shop()),
            "2025-01-01 12:00  points_posted       m1            "
            "kind=hold_release  entry_number=4  available_change=15  "
            "available_after=40  reason=\"changed her mind\"");
}

TEST(TextTest, AHeartbeatHasATime) {
  const auto event = Proto<v1::Event>(R"(
    commit_time { seconds: 1735732800 } heartbeat {}
  )");
  EXPECT_EQ(EventText(event, Shop()), "2025-01-01 12:00  heartbeat");
}

TEST(TextTest, CapsAreToldInWords) {
  EXPECT_THAT(CapInWords("margin.line.never_below_cost"), HasSubstr("cost"));
  EXPECT_EQ(CapInWords("some.new.cap"), "some.new.cap");
}

}  // namespace
}  // namespace pistis
