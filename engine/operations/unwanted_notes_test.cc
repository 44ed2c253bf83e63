// Who is not written to: what the member says to a channel, before a note is
// asked for and until it goes out.
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/operations/note_queries.h"
#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

using testing::UnorderedElementsAre;
using Consents = std::map<std::string, bool>;

constexpr absl::string_view kRulebook = R"(
rules:
  - {id: mail, note: mail}
  - {id: text, note: text}
notes:
  - {id: mail, channel: email, kind: thank-you, priority: 200, text: {en: "Mail"}}
  - {id: text, channel: sms, kind: thank-you, text: {en: "Text"}}
)";

class UnwantedNotesTest : public testing::Test {
 protected:
  void Open(absl::string_view contact, const Consents& consents) {
    OpenWith(absl::StrCat(kRulebook, contact), shop_);
    v1::CreateMemberRequest request = MemberRequest("ann");
    v1::Member& ann = *request.mutable_member();
    (*ann.mutable_addresses())["email"] = "ann@example.org";
    (*ann.mutable_addresses())["sms"] = "+35799000001";
    ann.mutable_consents()->insert(consents.begin(), consents.end());
    ASSERT_TRUE(shop_.Enrol(request).ok());
    const auto sold = shop_.Commit(SaleRequest("o1", "ann", {1000}));
    ASSERT_TRUE(sold.ok()) << sold.status();
  }

  void Update(absl::string_view field, const v1::Member& changes) {
    v1::UpdateMemberRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id(absl::StrCat("update-", ++updates_));
    *request.mutable_member() = changes;
    request.mutable_member()->set_member_id("ann");
    request.add_update_fields(std::string(field));
    const auto updated = shop_.Update(request);
    ASSERT_TRUE(updated.ok()) << updated.status();
  }

  void Say(const Consents& consents) {
    v1::Member changes;
    changes.mutable_consents()->insert(consents.begin(), consents.end());
    Update("consents", changes);
  }

  // "address, not_wanted" of the mail that was asked for.
  [[nodiscard]] std::string Mail() {
    const auto events = shop_.Events(ProgramId(kShop), "");
    EXPECT_TRUE(events.ok()) << events.status();
    for (const v1::Event& event : *events) {
      const v1::NoteRequested& note = event.note_requested();
      if (note.template_id() == "mail") {
        return absl::StrCat(note.address(), ", ", note.not_wanted());
      }
    }
    return "none";
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 12:00", Athens())};
  TestShop shop_{store_, clock_};
  int updates_ = 0;
};

TEST_F(UnwantedNotesTest, WhoDeclinedAChannelIsToldByTheNextWithoutContactToo) {
  Open("", {{"email", false}});
  v1::ListNotesRequest request;
  request.set_program_id(std::string(kShop));
  const auto page = shop_.Ask(ListNotes, request);
  ASSERT_TRUE(page.ok()) << page.status();
  std::vector<std::string> notes;
  for (const v1::Note& note : page->notes())
    notes.push_back(absl::StrCat(note.note_id(), " ", note.reason()));
  EXPECT_THAT(notes, UnorderedElementsAre("o1/mail no_consent", "o1/text "));
  EXPECT_EQ(Mail(), "none");
}

TEST_F(UnwantedNotesTest, WhoNoLongerAgreesIsNotWrittenToWhereThatIsRequired) {
  Open("contact: {max: 9, window: 7d, consent: required}", {{"email", true}});
  EXPECT_EQ(Mail(), "ann@example.org, ");
  Say({});
  EXPECT_EQ(Mail(), ", no_consent");
  Say({{"email", true}});
  EXPECT_EQ(Mail(), "ann@example.org, ");
}

TEST_F(UnwantedNotesTest, WhereConsentIsAssumedADeclineAloneCounts) {
  Open("", {{"email", true}});
  Say({});
  EXPECT_EQ(Mail(), "ann@example.org, ");
  Say({{"email", false}});
  EXPECT_EQ(Mail(), ", no_consent");
}

TEST_F(UnwantedNotesTest, WhoWasSuspendedIsNotWrittenTo) {
  Open("", {});
  v1::Member changes;
  changes.set_state(v1::Member::SUSPENDED);
  Update("state", changes);
  EXPECT_EQ(Mail(), ", suspended");
}

}  // namespace
}  // namespace pistis
