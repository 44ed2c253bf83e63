// Well-formed messages that say nonsense: each is refused by name.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "tests/e2e/live_server.h"
#include "tests/e2e/spoilt.h"

namespace pistis {
namespace {

using BadInputTest = LiveServerTest;

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
         r.set_yaml(head + "#" + std::string(4 * 1024 * 1024, 'x') + "\n");
       },
       "RULEBOOK_INVALID"},
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
