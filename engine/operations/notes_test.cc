// What is asked of notes, what an import and a case mean for them, and what a
// broken one does to the others.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/note_records.pb.h"

#include "engine/operations/ask_note.h"
#include "engine/operations/note_queries.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_proof.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/memory/memory_store.h"
#include "engine/storage/note_keys.h"

namespace pistis {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr absl::string_view kRulebook = R"(
points: {value: "0.01"}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: thanks, note: thanks, issue_code: ten}
  - {id: sorry, on: complaint, note: sorry}
  - {id: happy, on: member.birthday, note: happy}
  - {id: mail, on: visit, note: mail}
  - {id: text, on: visit, note: text}
  - {id: back, on: order.refunded, note: back}
notes:
  - id: thanks
    channel: email
    kind: thank-you
    subject: {en: "{{program}} thanks {{name}}"}
    text: {en: "{{name}}: {{code}}, {{points}} for {{order}}", el: "Ω {{name}}"}
    html: {en: "<b>{{name}}</b>"}
  - {id: sorry, channel: sms, kind: apology, text: {en: "Sorry, {{name}} {{case}}"}, max_parts: 1}
  - {id: happy, channel: email, kind: birthday, text: {en: "Happy birthday"}}
  - {id: mail, channel: email, kind: years-with-us, priority: 200, text: {en: "Mail"}}
  - {id: text, channel: sms, kind: years-with-us, text: {en: "Text"}}
  - {id: back, channel: print, text: {en: "{{order}} came back"}}
  - {id: how, channel: print, kind: follow-up, text: {en: "How is it now?"}}
codes:
  - {id: ten, discount: {percent: "10%"}}
contact: {max: 2, window: 7d, quiet: "21:00-09:00"}
)";

class NotesTest : public testing::Test {
 protected:
  void SetUp() override {
    OpenWith(kRulebook, shop_);
    v1::CreateMemberRequest request = MemberRequest("ann");
    v1::Member& ann = *request.mutable_member();
    ann.set_display_name("Ann & Co");
    ann.set_language("en");
    (*ann.mutable_addresses())["email"] = "ann@example.org";
    (*ann.mutable_addresses())["sms"] = "+35799000001";
    ASSERT_TRUE(shop_.Enrol(request).ok());
    ASSERT_TRUE(shop_.Enrol(MemberRequest("bob")).ok());
  }

  void Sell(absl::string_view order, absl::string_view member) {
    const auto sold = shop_.Commit(SaleRequest(order, member, {1000}));
    ASSERT_TRUE(sold.ok()) << sold.status();
  }

  // Sold at `placed`, told now.
  void SellLate(absl::string_view order, absl::Time placed) {
    auto request = SaleRequest(order, "ann", {1000});
    *request.mutable_order()->mutable_placed_time() = ToTimestamp(placed);
    ASSERT_TRUE(shop_.Commit(request).ok());
  }

  [[nodiscard]] v1::Event LastEvent() {
    const auto events = shop_.Events(ProgramId(kShop), "");
    EXPECT_TRUE(events.ok()) << events.status();
    return events.ok() ? events->back() : v1::Event();
  }

  [[nodiscard]] std::vector<std::string> StatesOf(
      const std::string& member) const {
    v1::ListNotesRequest request;
    request.set_program_id(std::string(kShop));
    request.set_member_id(member);
    const auto page = shop_.Ask(ListNotes, request);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> states;
    if (!page.ok()) return states;
    for (const v1::Note& note : page->notes()) {
      states.push_back(absl::StrCat(note.note_id(), " ",
                                    v1::Note::State_Name(note.state()), " ",
                                    note.reason()));
    }
    return states;
  }

  [[nodiscard]] absl::StatusOr<v1::Note> Get(const std::string& id) const {
    v1::GetNoteRequest request;
    request.set_program_id(std::string(kShop));
    request.set_note_id(id);
    return shop_.Ask(GetNote, request);
  }

  // Asks for a note about a case of ann's, as a rule on it does.
  void AskAbout(const std::string& case_id, const std::string& id) {
    NoteAsk ask{.member = MemberId("ann"),
                .at = clock_.Now(),
                .rulebook_version = 1,
                .note = {}};
    ask.note.set_note_id(id);
    ask.note.set_template_id("how");
    ask.note.set_case_id(case_id);
    ask.note.set_occasion(seq_);
    const auto snapshot = shop_.GetSnapshot();
    auto journal = Journal::Open(*snapshot, ProgramId(kShop),
                                 {.commit_seq = ++seq_, .now = clock_.Now()});
    ASSERT_TRUE(journal.ok());
    AskForNote(std::move(ask), *journal);
    const auto writes = std::move(*journal).Take(shop_.env(), *snapshot);
    ASSERT_TRUE(writes.ok()) << writes.status();
    const auto txn = store_.Begin();
    writes->ApplyTo(*txn);
    ASSERT_TRUE(txn->Commit().ok());
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 12:00", Athens())};
  TestShop shop_{store_, clock_};
  int64_t seq_ = 1000;
};

TEST_F(NotesTest, ANoteIsReadInTheMembersLanguageAsItIsNow) {
  Sell("o1", "ann");
  const auto note = Get("o1/thanks");
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->member_id(), "ann");
  EXPECT_EQ(note->kind(), "thank-you");
  EXPECT_EQ(note->text().subject(), "shop thanks Ann & Co");
  EXPECT_EQ(note->text().html(), "<b>Ann &amp; Co</b>");
  EXPECT_EQ(note->text().text(),
            absl::StrCat("Ann & Co: ", note->text().code(), ", 10 for o1"));
  const auto events = shop_.Events(ProgramId(kShop), "");
  ASSERT_TRUE(events.ok());
  const v1::NoteRequested& asked = events->back().note_requested();
  EXPECT_EQ(asked.text(), note->text().text());
  EXPECT_EQ(asked.subject(), note->text().subject());
  EXPECT_EQ(asked.html(), note->text().html());
  EXPECT_EQ(asked.address(), "ann@example.org");
  EXPECT_EQ(NameOf(Get("o2/thanks").status()), "NOT_FOUND");
  EXPECT_EQ(NameOf(Get("").status()), "FIELD_INVALID note_id");
}

TEST_F(NotesTest, ANoteOnARefundNamesTheOrder) {
  Sell("o1", "ann");
  ASSERT_TRUE(shop_.Refund(RefundRequest("o1", "r1")).ok());
  const auto note = Get("ann 1/back");
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->text().text(), "o1 came back");
}

TEST_F(NotesTest, NoNameAndNoAddressLieInTheEventStore) {
  Sell("o1", "ann");
  for (const auto& [key, value] : shop_.All()) {
    if (key[0] == 'F' || key[0] == 'Q') continue;
    EXPECT_FALSE(absl::StrContains(value, "Ann & Co")) << key;
    EXPECT_FALSE(absl::StrContains(value, "ann@example.org")) << key;
  }
}

TEST_F(NotesTest, APreviewShowsExamplesAndRefusesUnknownValues) {
  v1::PreviewNoteRequest request;
  request.set_program_id(std::string(kShop));
  request.set_template_id("thanks");
  auto note = shop_.Ask(PreviewNote, request);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->code(), "TY-7K3M-9QXA-52BD");
  EXPECT_EQ(note->text(), "Ann: TY-7K3M-9QXA-52BD, 250 for 1001");
  request.set_member_id("ann");
  request.set_language("el");
  note = shop_.Ask(PreviewNote, request);
  EXPECT_EQ(note->text(), "Ω Ann & Co");
  EXPECT_EQ(note->warnings_size(), 2);
  (*request.mutable_values())["nmae"] = "X";
  EXPECT_EQ(NameOf(shop_.Ask(PreviewNote, request).status()),
            "FIELD_INVALID values");
  request.clear_values();
  request.set_template_id("none");
  EXPECT_EQ(NameOf(shop_.Ask(PreviewNote, request).status()), "NOT_FOUND");
}

TEST_F(NotesTest, AListGoesOnWhereThePageBeforeEnded) {
  for (int i = 0; i < 5; ++i) {
    Sell(absl::StrCat("a", i), "ann");
    Sell(absl::StrCat("b", i), "bob");
    clock_.Advance(absl::Minutes(1));
  }
  v1::ListNotesRequest request;
  request.set_program_id(std::string(kShop));
  request.set_page_size(3);
  request.set_state(v1::Note::HELD_BACK);
  std::vector<std::string> found;
  do {
    const auto page = shop_.Ask(ListNotes, request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::Note& note : page->notes())
      found.push_back(note.order_id());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(found, ElementsAre("a2", "a3", "a4", "b2", "b3", "b4"));
  request.set_page_token("nonsense");
  EXPECT_EQ(NameOf(shop_.Ask(ListNotes, request).status()),
            "FIELD_INVALID page_token");
}

TEST_F(NotesTest, AnImportCountsAtItsOwnTimeAndWaitsForNoHour) {
  for (int week = 0; week < 3; ++week) {
    for (int i = 0; i < 3; ++i) {
      SellLate(
          absl::StrCat("o", week, "-", i),
          TimeAt("2025-03-01 23:00", Athens()) + absl::Hours(week * 24 * 8));
    }
  }
  EXPECT_THAT(
      StatesOf("ann"),
      ElementsAre("o0-0/thanks REQUESTED ", "o0-1/thanks REQUESTED ",
                  "o0-2/thanks HELD_BACK contact_cap", "o1-0/thanks REQUESTED ",
                  "o1-1/thanks REQUESTED ", "o1-2/thanks HELD_BACK contact_cap",
                  "o2-0/thanks REQUESTED ", "o2-1/thanks REQUESTED ",
                  "o2-2/thanks HELD_BACK contact_cap"));
}

TEST_F(NotesTest, AnOldSaleOfAMemberWhoWentOnCountsForNothing) {
  clock_.Set(TimeAt("2026-01-14 12:00", Athens()));
  Sell("o1", "ann");
  clock_.Set(TimeAt("2026-01-16 22:00", Athens()));
  const absl::Time placed = TimeAt("2026-01-12 22:00", Athens());
  for (int i = 0; i < 4; ++i)
    SellLate(absl::StrCat("old", i), placed);
  const v1::Event event = LastEvent();
  EXPECT_EQ(event.note_requested().note_id(), "old3/thanks");
  EXPECT_EQ(event.effective_time().seconds(), absl::ToUnixSeconds(placed));
  EXPECT_EQ(event.commit_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  clock_.Set(TimeAt("2026-01-17 11:00", Athens()));
  Sell("o2", "ann");
  EXPECT_THAT(StatesOf("ann"),
              ElementsAre("old0/thanks REQUESTED ", "old1/thanks REQUESTED ",
                          "old2/thanks REQUESTED ", "old3/thanks REQUESTED ",
                          "o1/thanks REQUESTED ", "o2/thanks REQUESTED "));
  EXPECT_EQ(RecountOf(shop_.All()).finding_count(), 0);
}

TEST_F(NotesTest, AnOldSaleWithNoContactSinceHoldsNoNoteBack) {
  v1::RecordActivityRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id("seen");
  request.set_member_id("ann");
  request.set_name("seen");
  clock_.Set(TimeAt("2026-01-14 12:00", Athens()));
  Sell("o1", "ann");
  clock_.Set(TimeAt("2026-01-30 12:00", Athens()));
  ASSERT_TRUE(shop_.Act(request).ok());
  for (int i = 0; i < 3; ++i) {
    SellLate(absl::StrCat("old", i), TimeAt("2026-01-26 12:00", Athens()));
  }
  Sell("o2", "ann");
  EXPECT_EQ(StatesOf("ann").back(), "o2/thanks REQUESTED ");
}

TEST_F(NotesTest, WhatTimeSetsOffIsANoteOfNowHoweverLateItIsNoticed) {
  v1::CreateMemberRequest request = MemberRequest("eve");
  request.mutable_member()->set_birthday("1990-02-01");
  ASSERT_TRUE(shop_.Enrol(request).ok());
  clock_.Set(TimeAt("2026-02-05 22:00", Athens()));
  const ProgramId program{std::string(kShop)};
  ASSERT_TRUE(shop_.ExpireAll(program).ok());
  EXPECT_THAT(StatesOf("eve"), ElementsAre("eve 1/happy DEFERRED quiet_hours"));
  clock_.Set(TimeAt("2026-02-06 09:00", Athens()));
  ASSERT_TRUE(shop_.ExpireAll(program).ok());
  EXPECT_THAT(StatesOf("eve"), ElementsAre("eve 1/happy REQUESTED "));
  EXPECT_EQ(LastEvent().effective_time().seconds(),
            absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(NotesTest, ANoteWithoutAnAddressLeavesRoomForOneWithOne) {
  v1::CreateMemberRequest request = MemberRequest("eve");
  (*request.mutable_member()->mutable_addresses())["sms"] = "+35799000000";
  ASSERT_TRUE(shop_.Enrol(request).ok());
  v1::RecordActivityRequest visit;
  visit.set_program_id(std::string(kShop));
  visit.set_name("visit");
  for (const char* member : {"eve", "bob"}) {
    visit.set_request_id(member);
    visit.set_member_id(member);
    ASSERT_TRUE(shop_.Act(visit).ok());
  }
  EXPECT_THAT(StatesOf("eve"),
              UnorderedElementsAre("eve 1/mail HELD_BACK no_address",
                                   "eve 1/text REQUESTED "));
  EXPECT_THAT(StatesOf("bob"),
              UnorderedElementsAre("bob 1/mail REQUESTED ",
                                   "bob 1/text HELD_BACK already_told"));
}

TEST_F(NotesTest, WhoWasSuspendedIsNotFollowedUp) {
  v1::UpdateMemberRequest request;
  request.set_program_id(std::string(kShop));
  request.set_request_id("suspend");
  request.mutable_member()->set_member_id("ann");
  request.mutable_member()->set_state(v1::Member::SUSPENDED);
  request.add_update_fields("state");
  const auto updated = shop_.Update(request);
  ASSERT_TRUE(updated.ok()) << updated.status();
  AskAbout("c1", "c1/1");
  EXPECT_THAT(StatesOf("ann"), ElementsAre("c1/1 HELD_BACK suspended"));
}

TEST_F(NotesTest, ACaseThatIsResolvedAgainIsFollowedUpAgain) {
  AskAbout("c1", "c1/1");
  AskAbout("c1", "c1/2");
  EXPECT_THAT(StatesOf("ann"),
              ElementsAre("c1/1 REQUESTED ", "c1/2 REQUESTED "));
}

TEST_F(NotesTest, ABrokenNoteHoldsUpNoOther) {
  clock_.Set(TimeAt("2026-01-10 22:00", Athens()));
  Sell("o1", "ann");
  Sell("o2", "bob");
  const ProgramId program{std::string(kShop)};
  const std::string key = NoteKey(
      program,
      {.member = MemberId("ann"), .time = clock_.Now(), .note = "o1/thanks"});
  ASSERT_TRUE(shop_.All().contains(key));
  ASSERT_TRUE(CommitAll(store_, {{key, "\xff"}}).ok());
  clock_.Set(TimeAt("2026-01-11 09:00", Athens()));
  ASSERT_TRUE(shop_.ExpireAll(program).ok());
  EXPECT_THAT(StatesOf("bob"), ElementsAre("o2/thanks REQUESTED "));
  EXPECT_GE(RecountOf(shop_.All()).finding_count(), 1);
}

TEST_F(NotesTest, TheQueueIsEmptyOnceAllIsDecided) {
  clock_.Set(TimeAt("2026-01-10 22:00", Athens()));
  Sell("o1", "ann");
  EXPECT_EQ(KeysOf(shop_.All(), 'n').size(), 1U);
  clock_.Set(TimeAt("2026-01-11 09:00", Athens()));
  const ProgramId program{std::string(kShop)};
  ASSERT_TRUE(shop_.ExpireAll(program).ok());
  EXPECT_TRUE(KeysOf(shop_.All(), 'n').empty());
  ASSERT_TRUE(shop_.ExpireAll(program).ok());
  EXPECT_FALSE(shop_.last_one_wrote());
}

}  // namespace
}  // namespace pistis
