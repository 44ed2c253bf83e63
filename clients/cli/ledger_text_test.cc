#include "clients/cli/ledger_text.h"

#include <string>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

#include "clients/cli/order_text.h"

namespace pistis {
namespace {

template <typename Message>
Message Proto(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

ProgramFacts Shop() {
  return {"corner-shop", {"EUR", 2}, absl::UTCTimeZone()};
}

TEST(LedgerTextTest, AnEntrySaysWherePointsMovedAndWhy) {
  Table table = EntryTable();
  AddEntry(Proto<v1::LedgerEntry>(R"(
    entry_number: 1 kind: EARN effective_time { seconds: 1735732800 }
    postings { account: MEMBER_PENDING points: 40 }
    postings { account: PROGRAM_ISSUED points: -40 }
    order_id: "o1"
  )"),
           Shop(), table);
  AddEntry(Proto<v1::LedgerEntry>(R"(
    entry_number: 2 kind: RELEASE effective_time { seconds: 1735819200 }
    postings { account: MEMBER_PENDING points: -40 }
    postings { account: MEMBER_AVAILABLE points: 40 }
    available_after: 40
  )"),
           Shop(), table);
  AddEntry(Proto<v1::LedgerEntry>(R"(
    entry_number: 3 kind: HOLD effective_time { seconds: 1735905600 }
    postings { account: MEMBER_AVAILABLE points: -15 }
    postings { account: MEMBER_HELD points: 15 }
    available_after: 25 reason: "at the till" hold { hold_id: "h1" }
  )"),
           Shop(), table);
  EXPECT_EQ(
      table.Text(),
      "no  time              kind     available  pending  held  after  about"
      "     reason\n"
      " 1  2025-01-01 12:00  earn                    +40            0  order "
      "o1\n"
      " 2  2025-01-02 12:00  release        +40      -40           40\n"
      " 3  2025-01-03 12:00  hold           -15            +15     25  hold "
      "h1   at the till\n");
}

TEST(LedgerTextTest, AnEntryNamesWhatItIsAbout) {
  const auto about = [](const std::string& text) {
    Table table = EntryTable();
    AddEntry(Proto<v1::LedgerEntry>(text), Shop(), table);
    const std::string line = table.Text();
    const std::string after = "  7  ";
    return line.substr(line.rfind(after) + after.size());
  };
  const std::string base =
      "entry_number: 1 effective_time { seconds: 0 } available_after: 7 ";
  EXPECT_EQ(about(base + R"(kind: TRANSFER_OUT
                  transfer { other_member_id: "bo" other_entry_number: 4 })"),
            "to bo\n");
  EXPECT_EQ(about(base + R"(kind: TRANSFER_IN
                  transfer { other_member_id: "ann" other_entry_number: 4 })"),
            "from ann\n");
  EXPECT_EQ(about(base + "kind: REVERSE reverse { entry_number: 3 }"),
            "undoes no 3\n");
  EXPECT_EQ(about(base + R"(kind: HOLD_RELEASE
                  hold { hold_id: "h1" expired: true })"),
            "hold h1, its time was over\n");
  EXPECT_EQ(about(base + R"(kind: CLAW_BACK order_id: "o1" refund_id: "r1"
                  claw_back { forgiven_points: 5 } deficit_change: 20)"),
            "order o1, refund r1, forgiven 5, owed +20\n");
}

TEST(LedgerTextTest, KindsAreTypedAsTablesHaveThem) {
  EXPECT_EQ(KindText(v1::LedgerEntry::CLAW_BACK), "claw_back");
  EXPECT_EQ(ParseKind("claw_back"), v1::LedgerEntry::CLAW_BACK);
  EXPECT_EQ(ParseKind("EARN"), v1::LedgerEntry::EARN);
  EXPECT_EQ(ParseKind("nonsense"), std::nullopt);
  EXPECT_EQ(ParseKind("kind_unspecified"), std::nullopt);
}

TEST(LedgerTextTest, LotsSayWherePointsAreAndUntilWhen) {
  EXPECT_EQ(LotsText(Proto<v1::ListLotsResponse>(R"(
    lots { points: 30 expire_time { seconds: 1767225600 } }
    lots { points: 1200 }
    lots { points: 7 expire_time { seconds: 1767225600 } idle: true
           release_time { seconds: 1736942400 } }
    holds { hold_id: "h1" points: 15 create_time { seconds: 1735732800 }
            expire_time { seconds: 1735736400 } }
  )"),
                     Shop()),
            "points  where       from              until\n"
            "    30  available                     2026-01-01 00:00\n"
            "  1200  available                     never\n"
            "     7  pending     2025-01-15 12:00  2026-01-01 00:00 without "
            "activity\n"
            "    15  held by h1  2025-01-01 12:00  2025-01-01 13:00\n");
  EXPECT_EQ(LotsText(Proto<v1::ListLotsResponse>("deficit: 20"), Shop()),
            "points  where  from  until\n"
            "   -20  owed\n");
}

TEST(LedgerTextTest, AHoldSaysWhatBecameOfIt) {
  EXPECT_EQ(HoldText(Proto<v1::Hold>(R"(
    hold_id: "h1" member_id: "ann" points: 15 state: CAPTURED
    captured_points: 10 create_time { seconds: 1735732800 }
    expire_time { seconds: 1735736400 }
  )"),
                     Shop()),
            "hold    h1\n"
            "member  ann\n"
            "points  15\n"
            "state   captured\n"
            "spent   10\n"
            "made    2025-01-01 12:00\n"
            "until   2025-01-01 13:00\n");
}

TEST(LedgerTextTest, AnAccountShowsPendingAndHeldPointsWhereThereAreAny) {
  EXPECT_EQ(AccountText(Proto<v1::Account>(R"(
    member_id: "ann" available: 25 worth_minor: 25 pending: 40
    next_release_time { seconds: 1735819200 } next_release_points: 30 held: 15
  )"),
                        Shop()),
            "member                                   ann\n"
            "points                                    25\n"
            "worth, EUR                              0.25\n"
            "pending                                   40\n"
            "  next to become available                30\n"
            "  at                        2025-01-02 12:00\n"
            "held                                      15\n");
}

}  // namespace
}  // namespace pistis
