#include "engine/operations/stream_events.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/operations/testing.h"
#include "engine/order/order.h"
#include "engine/storage/keys.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

using testing::ElementsAre;

constexpr absl::string_view kStreamedRulebook = R"(
points: {value: "0.01", expire: {after: 30d}}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: first, when: member.orders == 1, issue_code: next, note: thanks}
codes:
  - {id: next, discount: {amount: "1.00"}, format: {prefix: TY}}
notes:
  - id: thanks
    channel: email
    text:
      en: "Thanks, {{name}}! Order {{order}}, {{points}} points, {{code}}"
      el: "Ευχαριστούμε, {{name}}! {{code}}"
)";

class StreamEventsTest : public testing::Test {
 protected:
  void SetUp() override {
    OpenWith(kStreamedRulebook, shop_);
    v1::CreateMemberRequest ann = MemberRequest("ann");
    ann.mutable_member()->set_display_name("Ann");
    v1::CreateMemberRequest nikos = MemberRequest("nikos");
    nikos.mutable_member()->set_display_name("Νίκος");
    nikos.mutable_member()->set_language("el-GR");
    ASSERT_TRUE(shop_.Enrol(ann).ok());
    ASSERT_TRUE(shop_.Enrol(nikos).ok());
    for (int i = 0; i < 3; ++i) {
      for (const char* member : {"ann", "nikos"}) {
        const auto sold =
            shop_.Commit(SaleRequest(absl::StrCat(member, i), member, {1000}));
        ASSERT_TRUE(sold.ok()) << sold.status();
        if (i == 0) codes_.push_back(sold->issued_codes(0).code());
      }
    }
  }

  [[nodiscard]] std::vector<v1::Event> After(const std::string& cursor) const {
    const auto events = shop_.Events(program_, cursor);
    EXPECT_TRUE(events.ok()) << events.status();
    return events.value_or(std::vector<v1::Event>());
  }
  [[nodiscard]] std::vector<std::string> IdsAfter(
      const std::string& cursor) const {
    std::vector<std::string> ids;
    for (const v1::Event& event : After(cursor))
      ids.push_back(event.event_id());
    return ids;
  }
  [[nodiscard]] EventPage Page(const EventCursor& after, size_t max) const {
    const std::unique_ptr<Snapshot> snapshot = store_.GetSnapshot();
    const auto page =
        ReadEvents({shop_.env(), *snapshot, shop_.Now()},
                   {.program = program_, .after = after, .max_events = max});
    EXPECT_TRUE(page.ok()) << page.status();
    return page.value_or(EventPage());
  }
  // What a request is told, and where it ends.
  [[nodiscard]] std::vector<std::string> Told(
      v1::StreamEventsRequest request) const {
    request.set_program_id(program_.text());
    auto next = shop_.Ask(StartOfStream, request);
    EXPECT_TRUE(next.ok()) << next.status();
    std::vector<std::string> told;
    bool more = next.ok();
    while (more) {
      const std::unique_ptr<Snapshot> snapshot = store_.GetSnapshot();
      const auto page =
          ReadEvents({shop_.env(), *snapshot, shop_.Now()}, *next);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const v1::Event& event : page->events)
        told.push_back(absl::StrCat(event.event_id(), " ", event.member_id()));
      next->after = page->next;
      more = page->more;
    }
    return told;
  }
  // The name of why a request is refused.
  [[nodiscard]] std::string Refusal(v1::StreamEventsRequest request) const {
    request.set_program_id(program_.text());
    return NameOf(shop_.Ask(StartOfStream, request).status());
  }
  [[nodiscard]] std::vector<v1::NoteRequested> Notes() const {
    std::vector<v1::NoteRequested> notes;
    for (const v1::Event& event : After("")) {
      if (event.has_note_requested()) notes.push_back(event.note_requested());
    }
    return notes;
  }

  const ProgramId program_{kShop};
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  std::vector<std::string> codes_;
};

TEST_F(StreamEventsTest, EventsComeInCommitOrderWithUniqueIds) {
  const std::vector<v1::Event> events = After("");
  std::vector<v1::Event::PayloadCase> kinds;
  std::set<std::string> ids;
  int64_t last_seq = 0;
  for (const v1::Event& event : events) {
    kinds.push_back(event.payload_case());
    ids.insert(event.event_id());
    EXPECT_GE(event.commit_seq(), last_seq);
    last_seq = event.commit_seq();
  }
  EXPECT_EQ(ids.size(), events.size());
  using Event = v1::Event;
  EXPECT_THAT(kinds,
              ElementsAre(Event::kProgramCreated, Event::kRulebookPublished,
                          Event::kMemberJoined, Event::kMemberJoined,
                          Event::kOrderCommitted, Event::kCodeIssued,
                          Event::kNoteRequested, Event::kOrderCommitted,
                          Event::kCodeIssued, Event::kNoteRequested,
                          Event::kOrderCommitted, Event::kOrderCommitted,
                          Event::kOrderCommitted, Event::kOrderCommitted));
}

TEST_F(StreamEventsTest, AnyCursorGoesOnRightAfterItsEvent) {
  const std::vector<v1::Event> events = After("");
  const std::vector<std::string> ids = IdsAfter("");
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(IdsAfter(events[i].cursor()),
              std::vector<std::string>(
                  ids.begin() + static_cast<ptrdiff_t>(i) + 1, ids.end()))
        << "after " << ids[i];
  }
}

TEST_F(StreamEventsTest, PagesOfAnySizeTogetherAreTheWholeStream) {
  const std::vector<std::string> ids = IdsAfter("");
  for (const size_t max : {1, 2, 3, 5, 13, 14, 15, 100}) {
    std::vector<std::string> paged;
    EventPage page;
    do {
      page = Page(page.next, max);
      for (const v1::Event& event : page.events)
        paged.push_back(event.event_id());
      ASSERT_LE(paged.size(), ids.size());
    } while (page.more);
    EXPECT_EQ(paged, ids) << "in pages of " << max;
  }
}

TEST_F(StreamEventsTest, TheEndStaysTheEndUntilSomethingHappens) {
  const std::string end = After("").back().cursor();
  EXPECT_THAT(IdsAfter(end), ElementsAre());
  const EventCursor cursor = ParseCursor(end).value();
  const EventPage page = Page(cursor, 10);
  EXPECT_FALSE(page.more);
  EXPECT_EQ(ToText(page.next), end);
  ASSERT_TRUE(shop_.Commit(SaleRequest("late", "ann", {100})).ok());
  EXPECT_EQ(After(end).size(), 1U);
}

TEST_F(StreamEventsTest, IdsAndCursorsStayTheSameAcrossARestart) {
  const std::vector<v1::Event> before = After("");
  TestShop restarted(store_, clock_);
  const auto after = restarted.Events(program_, "");
  ASSERT_TRUE(after.ok()) << after.status();
  ASSERT_EQ(after->size(), before.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ((*after)[i].SerializeAsString(), before[i].SerializeAsString());
  }
}

TEST_F(StreamEventsTest, ARetryAndARefusalEmitNothing) {
  const std::vector<std::string> before = IdsAfter("");
  ASSERT_TRUE(shop_.Commit(SaleRequest("ann1", "ann", {1000})).ok());
  EXPECT_FALSE(shop_.Commit(SaleRequest("ann1", "ann", {1})).ok());
  EXPECT_FALSE(shop_.Enrol(MemberRequest("ann")).status().ok() &&
               shop_.last_one_wrote());
  EXPECT_FALSE(shop_.Refund(RefundRequest("none", "r1")).ok());
  EXPECT_EQ(IdsAfter(""), before);
}

TEST_F(StreamEventsTest, NotesAreRenderedInTheMembersLanguage) {
  const std::vector<v1::NoteRequested> notes = Notes();
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0].channel(), "email");
  EXPECT_EQ(notes[0].language(), "en");
  EXPECT_EQ(notes[0].text(),
            absl::StrCat("Thanks, Ann! Order ann0, 10 points, ", codes_[0]));
  EXPECT_EQ(notes[1].language(), "el");
  EXPECT_EQ(notes[1].text(), absl::StrCat("Ευχαριστούμε, Νίκος! ", codes_[1]));
}

TEST_F(StreamEventsTest, ANoteKeepsTheTextOfTheRulebookThatAskedForIt) {
  const std::string before = Notes()[0].text();
  ASSERT_TRUE(shop_
                  .Publish(RulebookRequest("publish-2", R"(
rules:
  - {id: first, when: member.orders == 1, note: thanks}
notes:
  - {id: thanks, channel: print, text: {en: "Other words"}}
)"))
                  .ok());
  EXPECT_EQ(Notes()[0].text(), before);
}

TEST_F(StreamEventsTest, NoNameAndNoIdentifierLiesAmongTheEvents) {
  const Contents commits = ContentsOf(
      *store_.GetSnapshot(), CommitKey(program_, 0), CommitKey(program_, -1));
  ASSERT_FALSE(commits.empty());
  for (const auto& [key, value] : commits) {
    EXPECT_EQ(value.find("Ann"), std::string::npos);
    EXPECT_EQ(value.find("Νίκος"), std::string::npos);
    EXPECT_EQ(value.find("Thanks"), std::string::npos);
  }
}

TEST_F(StreamEventsTest, OnlyKindsAndMembersThatWereAskedForAreTold) {
  v1::StreamEventsRequest request;
  request.add_kinds("code_issued");
  request.add_kinds("note_requested");
  EXPECT_EQ(Told(request).size(), 4U);
  request.set_member_id("nikos");
  EXPECT_THAT(Told(request), ElementsAre("6-2 nikos", "6-3 nikos"));
  request.clear_kinds();
  EXPECT_EQ(Told(request).size(), 6U);
  request.set_member_id("nobody");
  EXPECT_THAT(Told(request), ElementsAre());
}

TEST_F(StreamEventsTest, APageLooksAtSoManyCommitsAndTheCursorMovesOn) {
  const std::unique_ptr<Snapshot> snapshot = store_.GetSnapshot();
  EventsToRead wanted{
      .program = program_, .filter = {.member_id = "nobody"}, .max_commits = 3};
  int pages = 0;
  bool more = true;
  while (more && pages < 100) {
    const auto page = ReadEvents({shop_.env(), *snapshot, shop_.Now()}, wanted);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_TRUE(page->events.empty());
    EXPECT_TRUE(!page->more || page->next > wanted.after);
    wanted.after = page->next;
    more = page->more;
    ++pages;
  }
  EXPECT_GT(pages, 3);
  EXPECT_LT(pages, 100);
  EXPECT_EQ(ToText(wanted.after), After("").back().cursor());
}

TEST_F(StreamEventsTest, AnUnknownKindIsRefusedWithTheNearestOne) {
  v1::StreamEventsRequest request;
  request.add_kinds("order_commited");
  request.set_program_id(program_.text());
  const absl::Status status = shop_.Ask(StartOfStream, request).status();
  EXPECT_EQ(NameOf(status), "FIELD_INVALID kinds[0]");
  EXPECT_NE(status.message().find("order_committed"), std::string::npos)
      << status;
  request.set_kinds(0, "heartbeat");
  EXPECT_EQ(Refusal(request), "FIELD_INVALID kinds[0]");
}

TEST_F(StreamEventsTest, AStreamStartsAtTheFirstEventCommittedNoEarlier) {
  const size_t before = After("").size();
  const absl::Time between = clock_.Now() + absl::Hours(1);
  clock_.Advance(absl::Hours(2));
  // Sold long ago, committed now.
  v1::CommitOrderRequest late = SaleRequest("late", "ann", {100});
  *late.mutable_order()->mutable_placed_time() =
      ToTimestamp(clock_.Now() - absl::Hours(48));
  ASSERT_TRUE(shop_.Commit(late).ok());
  v1::StreamEventsRequest request;
  *request.mutable_from_time() = ToTimestamp(between);
  const std::vector<std::string> told = Told(request);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.size() + before, After("").size());
  *request.mutable_from_time() = ToTimestamp(absl::UnixEpoch());
  EXPECT_EQ(Told(request).size(), After("").size());
  clock_.Advance(absl::Hours(1));
  *request.mutable_from_time() = ToTimestamp(clock_.Now());
  EXPECT_THAT(Told(request), ElementsAre());
  request.set_cursor(After("").front().cursor());
  EXPECT_EQ(Refusal(request), "FIELD_INVALID from_time");
}

TEST_F(StreamEventsTest, AnEventTellsItsFormAndWhenItWasCommitted) {
  const absl::Time committed = clock_.Now();
  clock_.Advance(absl::Hours(1));
  for (const v1::Event& event : After("")) {
    EXPECT_EQ(event.schema_version(), 1);
    EXPECT_EQ(event.commit_time().seconds(), absl::ToUnixSeconds(committed));
  }
}

TEST_F(StreamEventsTest, HeartbeatsGoWithFollowAlone) {
  v1::StreamEventsRequest request;
  request.set_heartbeat_s(30);
  EXPECT_EQ(Refusal(request), "FIELD_INVALID heartbeat_s");
  request.set_follow(true);
  EXPECT_EQ(Refusal(request), "OK");
  for (const int32_t seconds : {-1, 1, 4, 3601}) {
    request.set_heartbeat_s(seconds);
    EXPECT_EQ(Refusal(request), "FIELD_INVALID heartbeat_s");
  }
}

TEST_F(StreamEventsTest, ACursorFromElsewhereIsRefused) {
  const auto escaped = [](const std::string& text) {
    return absl::WebSafeBase64Escape(text);
  };
  for (const std::string& cursor :
       {std::string("?"), std::string("1"), escaped("x"), escaped("0.1"),
        escaped("1.1.1"), escaped("0.-1.1"), escaped("0.1.-1"),
        escaped("0.x.1"), escaped("0.1.1.1"),
        escaped("0.9223372036854775808.1")}) {
    EXPECT_EQ(NameOf(ParseCursor(cursor).status()), "FIELD_INVALID cursor")
        << cursor;
  }
  EXPECT_EQ(ParseCursor("").value().commit_seq, 0);
  const EventCursor far{.commit_seq = 9223372036854775807, .index = 1};
  EXPECT_TRUE(Page(ParseCursor(ToText(far)).value(), 10).events.empty());
}

TEST_F(StreamEventsTest, ProgramsStreamApart) {
  v1::CreateProgramRequest open;
  open.set_request_id("open-other");
  // Its id begins with this one's.
  open.mutable_program()->set_program_id("shop2");
  open.mutable_program()->set_currency("EUR");
  open.mutable_program()->set_time_zone("UTC");
  const size_t before = After("").size();
  ASSERT_TRUE(shop_.Open(open).ok());
  EXPECT_EQ(After("").size(), before);
  EXPECT_EQ(shop_.Events(ProgramId("shop2"), "")->size(), 1U);
  EXPECT_EQ(NameOf(shop_.Events(ProgramId("none"), "").status()), "NOT_FOUND");
}

}  // namespace
}  // namespace pistis
