// Orders that say nonsense: each is refused by name, quoted or committed.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "tests/e2e/live_server.h"
#include "tests/e2e/spoilt.h"

namespace pistis {
namespace {

constexpr int64_t kTooMuch = 1'000'000'000'001;

using BadOrderTest = LiveServerTest;

// Numbers that no amount may be.
std::vector<Spoilt<v1::Order>> BadAmounts() {
  std::vector<Spoilt<v1::Order>> bad;
  for (const int64_t number : {kMin, int64_t{-1}, kTooMuch, kMax}) {
    const auto add = [&](const char* field, auto set) {
      bad.push_back({absl::StrCat(field, " ", number),
                     [set, number](v1::Order& o) { set(o, number); }});
    };
    add("amount", [](v1::Order& o, int64_t n) {
      o.mutable_lines(0)->set_amount_minor(n);
    });
    add("tax",
        [](v1::Order& o, int64_t n) { o.mutable_lines(0)->set_tax_minor(n); });
    add("cost",
        [](v1::Order& o, int64_t n) { o.mutable_lines(0)->set_cost_minor(n); });
    add("shipping", [](v1::Order& o, int64_t n) { o.set_shipping_minor(n); });
    add("quantity",
        [](v1::Order& o, int64_t n) { o.mutable_lines(0)->set_quantity(n); });
  }
  bad.push_back({"no quantity",
                 [](v1::Order& o) { o.mutable_lines(0)->clear_quantity(); }});
  bad.push_back({"a million and one units", [](v1::Order& o) {
                   o.mutable_lines(0)->set_quantity(1'000'001);
                 }});
  bad.push_back({"more tax than price", [](v1::Order& o) {
                   o.mutable_lines(0)->set_tax_minor(1001);
                 }});
  return bad;
}

void AddLines(v1::Order& order, int count) {
  for (int i = 0; i < count; ++i) {
    v1::OrderLine& line = *order.add_lines();
    line = order.lines(0);
    line.set_line_id(absl::StrCat("more-", i));
  }
}

std::vector<Spoilt<v1::Order>> BadLines() {
  return {
      {"no lines", [](v1::Order& o) { o.clear_lines(); }},
      {"2,001 lines", [](v1::Order& o) { AddLines(o, 2'000); }},
      {"10,000 lines", [](v1::Order& o) { AddLines(o, 9'999); }},
      {"a line id twice", [](v1::Order& o) { *o.add_lines() = o.lines(0); }},
      {"no line id", [](v1::Order& o) { o.mutable_lines(0)->clear_line_id(); }},
      {"a long line id",
       [](v1::Order& o) {
         o.mutable_lines(0)->set_line_id(std::string(129, 'x'));
       }},
      {"a long sku",
       [](v1::Order& o) {
         o.mutable_lines(0)->set_sku(std::string(129, 'x'));
       }},
      {"a long category",
       [](v1::Order& o) {
         o.mutable_lines(0)->set_category(std::string(257, 'x'));
       }},
      {"33 tags",
       [](v1::Order& o) {
         for (int i = 0; i < 33; ++i) {
           o.mutable_lines(0)->add_tags(absl::StrCat("t", i));
         }
       }},
      {"a long tag",
       [](v1::Order& o) {
         o.mutable_lines(0)->add_tags(std::string(65, 'x'));
       }},
      {"a long attribute of a line",
       [](v1::Order& o) {
         (*o.mutable_lines(0)->mutable_attributes())["k"] =
             std::string(257, 'x');
       }},
  };
}

std::vector<Spoilt<v1::Order>> BadBuyers() {
  return {
      {"a member and an identifier",
       [](v1::Order& o) {
         o.mutable_identifier()->set_kind("card");
         o.mutable_identifier()->set_value(kCard);
       }},
      {"an unknown member", [](v1::Order& o) { o.set_member_id("nobody"); },
       "NOT_FOUND"},
      {"a member id with a space",
       [](v1::Order& o) { o.set_member_id("m 1"); }},
      {"an unknown card",
       [](v1::Order& o) {
         o.clear_member_id();
         o.mutable_identifier()->set_kind("card");
         o.mutable_identifier()->set_value("0815");
       },
       "NOT_FOUND"},
      {"an identifier of no kind",
       [](v1::Order& o) {
         o.clear_member_id();
         o.mutable_identifier()->set_value(kCard);
       }},
      {"an identifier without a value",
       [](v1::Order& o) {
         o.clear_member_id();
         o.mutable_identifier()->set_kind("card");
       }},
      {"an identifier of a kind in capitals",
       [](v1::Order& o) {
         o.clear_member_id();
         o.mutable_identifier()->set_kind("CARD!");
         o.mutable_identifier()->set_value(kCard);
       }},
      {"points of nobody",
       [](v1::Order& o) {
         o.clear_member_id();
         o.mutable_redeem()->set_points(1);
       }},
      {"a redemption of nothing", [](v1::Order& o) { o.mutable_redeem(); }},
      {"no points", [](v1::Order& o) { o.mutable_redeem()->set_points(0); }},
      {"negative points",
       [](v1::Order& o) { o.mutable_redeem()->set_points(kMin); }},
      {"more points than there are",
       [](v1::Order& o) { o.mutable_redeem()->set_points(11); },
       "INSUFFICIENT_POINTS"},
  };
}

std::vector<Spoilt<v1::Order>> BadHeads() {
  return {
      {"an order id with a space", [](v1::Order& o) { o.set_order_id("o 1"); }},
      {"a long order id",
       [](v1::Order& o) { o.set_order_id(std::string(129, 'x')); }},
      {"an order id that is not ASCII",
       [](v1::Order& o) { o.set_order_id("παραγγελία"); }},
      {"a long channel",
       [](v1::Order& o) { o.set_channel(std::string(65, 'x')); }},
      {"a long store",
       [](v1::Order& o) { o.set_store_id(std::string(129, 'x')); }},
      {"a long terminal",
       [](v1::Order& o) { o.set_terminal_id(std::string(129, 'x')); }},
      {"another currency", [](v1::Order& o) { o.set_currency("USD"); }},
      {"no currency of this world",
       [](v1::Order& o) { o.set_currency("euro"); }},
      {"65 attributes",
       [](v1::Order& o) {
         for (int i = 0; i < 65; ++i) {
           (*o.mutable_attributes())[absl::StrCat("k", i)] = "v";
         }
       }},
      {"a long attribute name",
       [](v1::Order& o) {
         (*o.mutable_attributes())[std::string(65, 'k')] = "v";
       }},
      {"six minutes ahead",
       [](v1::Order& o) {
         o.mutable_placed_time()->set_seconds(SecondsFromNow(absl::Minutes(6)));
       }},
      {"years ahead",
       [](v1::Order& o) {
         o.mutable_placed_time()->set_seconds(
             SecondsFromNow(absl::Hours(24 * 1000)));
       }},
      {"the end of time",
       [](v1::Order& o) { o.mutable_placed_time()->set_seconds(kMax); }},
      {"before all time",
       [](v1::Order& o) { o.mutable_placed_time()->set_seconds(kMin); }},
      {"negative nanoseconds",
       [](v1::Order& o) { o.mutable_placed_time()->set_nanos(-1); }},
      {"11 codes",
       [](v1::Order& o) {
         for (int i = 0; i < 11; ++i)
           o.add_codes(absl::StrCat("CODE-", i));
       }},
      {"an unknown code",
       [](v1::Order& o) { o.add_codes("TY-7K3M-9QXA-52BD"); },
       "CODE_NOT_FOUND"},
  };
}

TEST_F(BadOrderTest, AnAbsurdOrderIsRefusedByName) {
  int number = 0;
  for (const auto& group :
       {BadAmounts(), BadLines(), BadBuyers(), BadHeads()}) {
    for (const auto& bad : group) {
      v1::CommitOrderRequest commit;
      commit.set_program_id(kProgram);
      *commit.mutable_order() = GoodOrder(absl::StrCat("bad-", ++number));
      bad.spoil(*commit.mutable_order());
      v1::QuoteOrderRequest quote;
      quote.set_program_id(kProgram);
      *quote.mutable_order() = commit.order();
      EXPECT_EQ(ReasonText(client().CommitOrder(commit).status()), bad.reason)
          << "commit with " << bad.what;
      EXPECT_EQ(ReasonText(client().QuoteOrder(quote).status()), bad.reason)
          << "quote with " << bad.what;
    }
  }
}

TEST_F(BadOrderTest, TheOrderThatTheOthersSpoilIsGood) {
  v1::QuoteOrderRequest request;
  request.set_program_id(kProgram);
  *request.mutable_order() = GoodOrder("");
  const auto quote = client().QuoteOrder(request);
  ASSERT_TRUE(quote.ok()) << quote.status();
  EXPECT_EQ(quote->points_earned(), 10);
}

TEST_F(BadOrderTest, ACommitNeedsAnOrderAnIdAndAProgram) {
  const std::vector<Spoilt<v1::CommitOrderRequest>> all = {
      {"no order", [](auto& r) { r.clear_order(); }},
      {"no order id", [](auto& r) { r.mutable_order()->clear_order_id(); }},
      {"no program", [](auto& r) { r.clear_program_id(); }},
      {"no such program", [](auto& r) { r.set_program_id("other"); },
       "NOT_FOUND"},
      {"a program with a space", [](auto& r) { r.set_program_id("a b"); }},
      {"an id that was used",
       [](auto& r) {
         r.mutable_order()->set_order_id(kSoldOrder);
         r.mutable_order()->set_channel("web");
       },
       "REQUEST_ID_REUSED"},
  };
  for (const auto& bad : all) {
    v1::CommitOrderRequest request;
    request.set_program_id(kProgram);
    *request.mutable_order() = GoodOrder("new");
    bad.spoil(request);
    EXPECT_EQ(ReasonText(client().CommitOrder(request).status()), bad.reason)
        << bad.what;
  }
}

}  // namespace
}  // namespace pistis
