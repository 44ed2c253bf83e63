// Well-formed messages that say nonsense: each is refused by name.
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "tests/e2e/live_server.h"

namespace pistis {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kTooMuch = 1'000'000'000'001;

using BadInputTest = LiveServerTest;

// One way to spoil a message, and the reason it is refused with.
template <typename Message>
struct Spoilt {
  std::string what;
  std::function<void(Message&)> spoil;
  std::string reason = "FIELD_INVALID";
};

int64_t SecondsFromNow(absl::Duration duration) {
  return absl::ToUnixSeconds(absl::Now() + duration);
}

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
      {"a code twice",
       [](v1::Order& o) {
         o.add_codes("TY-7K3M");
         o.add_codes("ty7k3m");
       }},
      {"an unknown code",
       [](v1::Order& o) { o.add_codes("TY-7K3M-9QXA-52BD"); },
       "CODE_NOT_FOUND"},
  };
}

TEST_F(BadInputTest, AnAbsurdOrderIsRefusedByName) {
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

TEST_F(BadInputTest, TheOrderThatTheOthersSpoilIsGood) {
  v1::QuoteOrderRequest request;
  request.set_program_id(kProgram);
  *request.mutable_order() = GoodOrder("");
  const auto quote = client().QuoteOrder(request);
  ASSERT_TRUE(quote.ok()) << quote.status();
  EXPECT_EQ(quote->points_earned(), 10);
}

TEST_F(BadInputTest, ACommitNeedsAnOrderAnIdAndAProgram) {
  const std::vector<Spoilt<v1::CommitOrderRequest>> all = {
      {"no order", [](auto& r) { r.clear_order(); }},
      {"no order id", [](auto& r) { r.mutable_order()->clear_order_id(); }},
      {"no program", [](auto& r) { r.clear_program_id(); }},
      {"no such program", [](auto& r) { r.set_program_id("other"); },
       "NOT_FOUND"},
      {"a program with a slash", [](auto& r) { r.set_program_id("a/b"); }},
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

v1::RefundLine& FirstLine(v1::RefundOrderRequest& request) {
  return *request.mutable_lines(0);
}

std::vector<Spoilt<v1::RefundOrderRequest>> BadRefunds() {
  std::vector<Spoilt<v1::RefundOrderRequest>> all = {
      {"no program", [](auto& r) { r.clear_program_id(); }},
      {"no such program", [](auto& r) { r.set_program_id("other"); },
       "NOT_FOUND"},
      {"no order", [](auto& r) { r.clear_order_id(); }},
      {"no such order", [](auto& r) { r.set_order_id("none"); }, "NOT_FOUND"},
      {"no refund id", [](auto& r) { r.clear_refund_id(); }},
      {"a refund id with a space", [](auto& r) { r.set_refund_id("r 1"); }},
      {"no such line", [](auto& r) { FirstLine(r).set_line_id("9"); }},
      {"no line id", [](auto& r) { FirstLine(r).clear_line_id(); }},
      {"a line twice", [](auto& r) { *r.add_lines() = r.lines(0); }},
      {"nothing of a line", [](auto& r) { FirstLine(r).clear_part(); }},
      {"more than was bought", [](auto& r) { FirstLine(r).set_quantity(3); },
       "REFUND_EXCEEDS_ORDER"},
      {"more than was paid",
       [](auto& r) { FirstLine(r).set_amount_minor(1001); },
       "REFUND_EXCEEDS_ORDER"},
      {"10,000 lines",
       [](auto& r) {
         for (int i = 0; i < 10'000; ++i) {
           *r.add_lines() = r.lines(0);
           r.mutable_lines(i)->set_line_id(absl::StrCat(i));
         }
       }},
      {"years ahead",
       [](auto& r) {
         r.mutable_placed_time()->set_seconds(
             SecondsFromNow(absl::Hours(24 * 1000)));
       }},
      {"the end of time",
       [](auto& r) { r.mutable_placed_time()->set_seconds(kMax); }},
  };
  for (const int64_t number : {kMin, int64_t{-1}, int64_t{0}, kMax}) {
    all.push_back({absl::StrCat("quantity ", number),
                   [number](auto& r) { FirstLine(r).set_quantity(number); }});
    all.push_back({absl::StrCat("amount ", number), [number](auto& r) {
                     FirstLine(r).set_amount_minor(number);
                   }});
  }
  return all;
}

TEST_F(BadInputTest, AnAbsurdRefundIsRefusedByName) {
  int number = 0;
  for (const auto& bad : BadRefunds()) {
    v1::RefundOrderRequest request;
    request.set_program_id(kProgram);
    request.set_order_id(kSoldOrder);
    request.set_refund_id(absl::StrCat("bad-", ++number));
    v1::RefundLine& line = *request.add_lines();
    line.set_line_id("1");
    line.set_quantity(1);
    bad.spoil(request);
    EXPECT_EQ(ReasonText(client().RefundOrder(request).status()), bad.reason)
        << bad.what;
  }
}

void AddIdentifiers(v1::Member& member, int count) {
  for (int i = 0; i < count; ++i) {
    member.add_identifiers()->set_kind("card");
    member.mutable_identifiers(i)->set_value(absl::StrCat("c", i));
  }
}

std::vector<Spoilt<v1::CreateMemberRequest>> BadMembers() {
  return {
      {"no program", [](auto& r) { r.clear_program_id(); }},
      {"no such program", [](auto& r) { r.set_program_id("other"); },
       "NOT_FOUND"},
      {"no request id", [](auto& r) { r.clear_request_id(); }},
      {"no member", [](auto& r) { r.clear_member(); }},
      {"a member id with a space",
       [](auto& r) { r.mutable_member()->set_member_id("m 2"); }},
      {"a long name",
       [](auto& r) {
         r.mutable_member()->set_display_name(std::string(257, 'x'));
       }},
      {"a long language",
       [](auto& r) { r.mutable_member()->set_language(std::string(36, 'x')); }},
      {"17 identifiers",
       [](auto& r) { AddIdentifiers(*r.mutable_member(), 17); }},
      {"an identifier of no kind",
       [](auto& r) { r.mutable_member()->add_identifiers()->set_value("c"); }},
      {"an identifier without a value",
       [](auto& r) {
         r.mutable_member()->add_identifiers()->set_kind("card");
       }},
      {"a long identifier",
       [](auto& r) {
         AddIdentifiers(*r.mutable_member(), 1);
         r.mutable_member()->mutable_identifiers(0)->set_value(
             std::string(257, 'x'));
       }},
      {"years ahead",
       [](auto& r) {
         r.mutable_member()->mutable_joined_time()->set_seconds(
             SecondsFromNow(absl::Hours(24 * 1000)));
       }},
      {"an id that is taken",
       [](auto& r) { r.mutable_member()->set_member_id(kMember); },
       "ALREADY_EXISTS"},
      {"a card that is taken",
       [](auto& r) {
         AddIdentifiers(*r.mutable_member(), 1);
         r.mutable_member()->mutable_identifiers(0)->set_value(kCard);
       },
       "ALREADY_EXISTS"},
      {"a request id that was used",
       [](auto& r) { r.set_request_id("member"); }, "REQUEST_ID_REUSED"},
  };
}

TEST_F(BadInputTest, AnAbsurdMemberIsRefusedByName) {
  int number = 0;
  for (const auto& bad : BadMembers()) {
    v1::CreateMemberRequest request;
    request.set_program_id(kProgram);
    request.set_request_id(absl::StrCat("bad-", ++number));
    request.mutable_member()->set_member_id(absl::StrCat("bad-", number));
    bad.spoil(request);
    EXPECT_EQ(ReasonText(client().CreateMember(request).status()), bad.reason)
        << bad.what;
  }
}

TEST_F(BadInputTest, AnAbsurdProgramIsRefusedByNameAndNotOpened) {
  const std::vector<Spoilt<v1::CreateProgramRequest>> all = {
      {"no request id", [](auto& r) { r.clear_request_id(); }},
      {"no program", [](auto& r) { r.clear_program(); }},
      {"no id", [](auto& r) { r.mutable_program()->clear_program_id(); }},
      {"an id in capitals",
       [](auto& r) { r.mutable_program()->set_program_id("SHOP"); }},
      {"a long id",
       [](auto& r) {
         r.mutable_program()->set_program_id(std::string(65, 'x'));
       }},
      {"no currency", [](auto& r) { r.mutable_program()->clear_currency(); }},
      {"a currency of no country",
       [](auto& r) { r.mutable_program()->set_currency("ZZZ"); }},
      {"no time zone", [](auto& r) { r.mutable_program()->clear_time_zone(); }},
      {"a time zone of no country",
       [](auto& r) { r.mutable_program()->set_time_zone("Europe/Atlantis"); }},
      {"a time zone outside the zones",
       [](auto& r) {
         r.mutable_program()->set_time_zone("../../../../etc/passwd");
       }},
      {"a long name",
       [](auto& r) {
         r.mutable_program()->set_display_name(std::string(257, 'x'));
       }},
      {"an id that is taken",
       [](auto& r) { r.mutable_program()->set_program_id(kProgram); },
       "ALREADY_EXISTS"},
  };
  for (const auto& bad : all) {
    v1::CreateProgramRequest request;
    request.set_request_id("bad-program");
    request.mutable_program()->set_program_id("fresh");
    request.mutable_program()->set_currency("EUR");
    request.mutable_program()->set_time_zone("Europe/Athens");
    bad.spoil(request);
    EXPECT_EQ(ReasonText(client().CreateProgram(request).status()), bad.reason)
        << bad.what;
  }
  v1::GetProgramStatsRequest fresh;
  fresh.set_program_id("fresh");
  EXPECT_EQ(ReasonText(client().GetProgramStats(fresh).status()), "NOT_FOUND");
}

TEST_F(BadInputTest, AnAbsurdRulebookIsRefusedByName) {
  const std::string head =
      "program: shop\ncurrency: EUR\ntime_zone: Europe/Athens\n";
  const std::vector<Spoilt<v1::PublishRulebookRequest>> all = {
      {"no program", [](auto& r) { r.clear_program_id(); }},
      {"no such program", [](auto& r) { r.set_program_id("other"); },
       "NOT_FOUND"},
      {"no request id", [](auto& r) { r.clear_request_id(); }},
      {"no source", [](auto& r) { r.clear_source(); }},
      {"too long a text",
       [&](auto& r) {
         r.set_yaml(head + "#" + std::string(512 * 1024, 'x') + "\n");
       }},
      {"no YAML", [](auto& r) { r.set_yaml("a: [b\nc: }{"); },
       "RULEBOOK_INVALID"},
      {"an unknown key", [&](auto& r) { r.set_yaml(head + "ruels: []\n"); },
       "RULEBOOK_INVALID"},
      {"deep nesting", [](auto& r) { r.set_yaml(std::string(100'000, '[')); },
       "RULEBOOK_INVALID"},
      {"a condition that is none",
       [&](auto& r) {
         r.set_yaml(head + "rules: [{id: a, when: '1 +', earn: {points: 1}}]");
       },
       "RULEBOOK_INVALID"},
  };
  int number = 0;
  for (const auto& bad : all) {
    v1::PublishRulebookRequest request;
    request.set_program_id(kProgram);
    request.set_request_id(absl::StrCat("bad-rulebook-", ++number));
    request.set_yaml(head);
    bad.spoil(request);
    EXPECT_EQ(ReasonText(client().PublishRulebook(request).status()),
              bad.reason)
        << bad.what;
  }
}

TEST_F(BadInputTest, AReadOfNothingIsRefusedByName) {
  v1::GetAccountRequest account;
  account.set_program_id(kProgram);
  account.set_member_id("nobody");
  EXPECT_EQ(ReasonText(client().GetAccount(account).status()), "NOT_FOUND");

  v1::ListEntriesRequest entries;
  entries.set_program_id(kProgram);
  entries.set_member_id(kMember);
  entries.set_page_token("garbage");
  EXPECT_EQ(ReasonText(client().ListEntries(entries).status()),
            "FIELD_INVALID");
  entries.clear_page_token();
  entries.set_page_size(-1);
  EXPECT_EQ(ReasonText(client().ListEntries(entries).status()),
            "FIELD_INVALID");

  v1::GetOrderRequest order;
  order.set_program_id(kProgram);
  order.set_order_id("none");
  EXPECT_EQ(ReasonText(client().GetOrder(order).status()), "NOT_FOUND");

  v1::LookupMemberRequest lookup;
  lookup.set_program_id(kProgram);
  lookup.mutable_identifier()->set_kind("card");
  lookup.mutable_identifier()->set_value("0815");
  EXPECT_EQ(ReasonText(client().LookupMember(lookup).status()), "NOT_FOUND");

  v1::GetRulebookRequest rulebook;
  rulebook.set_program_id(kProgram);
  rulebook.set_version(-1);
  EXPECT_EQ(ReasonText(client().GetRulebook(rulebook).status()),
            "FIELD_INVALID");
  rulebook.set_version(kMax);
  EXPECT_EQ(ReasonText(client().GetRulebook(rulebook).status()), "NOT_FOUND");

  v1::StreamEventsRequest events;
  events.set_program_id(kProgram);
  events.set_cursor("garbage");
  const auto ignore = [](const v1::Event&) { return Visit::kStop; };
  EXPECT_EQ(ReasonText(client().StreamEvents(events, ignore)), "FIELD_INVALID");
  events.set_program_id("other");
  events.clear_cursor();
  EXPECT_EQ(ReasonText(client().StreamEvents(events, ignore)), "NOT_FOUND");
}

}  // namespace
}  // namespace pistis
