// A year of a busy member against a naive model: never too many notes, none at
// night, none lost, none twice.
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"

#include "engine/operations/note_queries.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_proof.h"
#include "engine/order/order.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kRulebook = R"(
rules:
  - {id: a, on: ask.mail, note: mail}
  - {id: b, on: ask.text, note: text}
  - {id: c, on: ask.card, note: card}
  - {id: d, on: ask.sorry, note: sorry}
  - {id: e, on: ask.twice, note: mail}
  - {id: f, on: ask.twice, note: more-mail}
notes:
  - {id: mail, channel: email, kind: thank-you, text: {en: "Mail"}}
  - {id: more-mail, channel: email, kind: thank-you, priority: 50, text: {en: "More mail"}}
  - {id: text, channel: sms, kind: follow-up, priority: 200, text: {en: "Text"}}
  - {id: card, channel: print, text: {en: "Card"}}
  - {id: sorry, channel: email, kind: apology, beyond_cap: true, text: {en: "Sorry"}}
contact: {max: 3, window: 7d, quiet: "21:00-08:30"}
)";
constexpr int kMost = 3;
constexpr absl::Duration kWindow = absl::Hours(7 * 24);

enum class Fate { kWaits, kSent, kHeldBack };

struct NaiveNote {
  std::string id;
  std::string of_template;
  int64_t number = 0;
  Fate fate = Fate::kWaits;
  // When it was sent, or is due.
  absl::Time at;
  std::string reason;
};

// What the rulebook says, told once more without haste.
class NaiveMember {
 public:
  explicit NaiveMember(absl::TimeZone zone) : zone_(zone) {}

  void Ask(const std::vector<std::string>& ids, absl::Time now) {
    std::vector<NaiveNote> asked;
    for (const std::string& id : ids) {
      asked.push_back({.id = id,
                       .of_template = id.substr(id.find('/') + 1),
                       .number = static_cast<int64_t>(notes_.size()) +
                                 static_cast<int64_t>(asked.size())});
    }
    std::stable_sort(asked.begin(), asked.end(), ByPriority);
    bool thanked = false;
    for (NaiveNote& note : asked) {
      const bool thanks =
          note.of_template == "mail" || note.of_template == "more-mail";
      if (thanks && thanked) {
        HoldBack("already_told", note);
      } else {
        Decide(now, note);
        thanked = thanked || (thanks && note.fate != Fate::kHeldBack);
      }
      notes_.push_back(note);
    }
  }

  void WorkOff(absl::Time now) {
    std::vector<NaiveNote*> due;
    for (NaiveNote& note : notes_) {
      if (note.fate == Fate::kWaits && note.at <= now) due.push_back(&note);
    }
    std::sort(due.begin(), due.end(), [](const auto* a, const auto* b) {
      return std::make_tuple(-Priority(*a), a->at, a->id) <
             std::make_tuple(-Priority(*b), b->at, b->id);
    });
    for (NaiveNote* note : due) {
      if (suspended) {
        HoldBack("suspended", *note);
      } else {
        Decide(now, *note);
      }
    }
  }

  [[nodiscard]] const std::vector<NaiveNote>& notes() const { return notes_; }
  [[nodiscard]] bool IsQuiet(absl::Time at) const {
    const absl::CivilSecond local = absl::ToCivilSecond(at, zone_);
    const int minute = local.hour() * 60 + local.minute();
    return minute >= 21 * 60 || minute < 8 * 60 + 30;
  }

  bool suspended = false;
  bool declined_mail = false;
  bool declined_text = false;

 private:
  static int Priority(const NaiveNote& note) {
    if (note.of_template == "text") return 200;
    return note.of_template == "more-mail" ? 50 : 100;
  }
  static bool ByPriority(const NaiveNote& a, const NaiveNote& b) {
    return Priority(a) > Priority(b);
  }
  static void HoldBack(const char* reason, NaiveNote& note) {
    note.fate = Fate::kHeldBack;
    note.reason = reason;
  }

  void Decide(absl::Time now, NaiveNote& note) {
    note.fate = Fate::kSent;
    note.at = now;
    if (note.of_template == "card") return;
    if (note.of_template == "text" ? declined_text : declined_mail) {
      return HoldBack("no_consent", note);
    }
    if (IsQuiet(now)) {
      note.fate = Fate::kWaits;
      // To the next minute that is not.
      note.at = absl::FromUnixSeconds(absl::ToUnixSeconds(now) / 60 * 60);
      while (IsQuiet(note.at))
        note.at += absl::Minutes(1);
      return;
    }
    const auto lately =
        std::count_if(sent_.begin(), sent_.end(),
                      [&](absl::Time at) { return at > now - kWindow; });
    if (lately >= kMost && note.of_template != "sorry") {
      return HoldBack("contact_cap", note);
    }
    sent_.push_back(now);
  }

  absl::TimeZone zone_;
  std::vector<NaiveNote> notes_;
  std::vector<absl::Time> sent_;
};

class NotesYearTest : public testing::Test {
 protected:
  void SetUp() override {
    shop_.emplace(store_, clock_);
    OpenWith(kRulebook, *shop_);
    for (const auto& [id, zone] : std::map<std::string, std::string>{
             {"ann", ""}, {"bob", "America/New_York"}}) {
      v1::CreateMemberRequest request = MemberRequest(id);
      request.mutable_member()->set_time_zone(zone);
      ASSERT_TRUE(shop_->Enrol(request).ok());
      absl::TimeZone known = Athens();
      ASSERT_TRUE(zone.empty() || absl::LoadTimeZone(zone, &known));
      members_.emplace(id, NaiveMember(known));
    }
  }

  [[nodiscard]] size_t Draw(size_t below) { return random_() % below; }

  void Ask(const std::string& id, NaiveMember& member) {
    static const std::vector<std::string> kAsks = {
        "ask.mail", "ask.text", "ask.card", "ask.sorry", "ask.twice"};
    v1::RecordActivityRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id(absl::StrCat("ask-", ++requests_));
    request.set_member_id(id);
    request.set_name(kAsks[Draw(kAsks.size())]);
    const auto reply = shop_->Act(request);
    if (member.suspended) {
      EXPECT_EQ(NameOf(reply.status()), "MEMBER_SUSPENDED");
      return;
    }
    ASSERT_TRUE(reply.ok()) << reply.status();
    member.Ask({reply->note_ids().begin(), reply->note_ids().end()},
               clock_.Now());
  }

  void Update(const std::string& id, NaiveMember& member) {
    v1::UpdateMemberRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id(absl::StrCat("update-", ++requests_));
    request.mutable_member()->set_member_id(id);
    if (Draw(3) == 0) {
      member.suspended = Draw(4) == 0;
      request.mutable_member()->set_state(
          member.suspended ? v1::Member::SUSPENDED : v1::Member::ACTIVE);
      request.add_update_fields("state");
    } else {
      member.declined_mail = Draw(4) == 0;
      member.declined_text = Draw(4) == 0;
      auto& consents = *request.mutable_member()->mutable_consents();
      consents["email"] = !member.declined_mail;
      consents["sms"] = !member.declined_text;
      request.add_update_fields("consents");
    }
    ASSERT_TRUE(shop_->Update(request).ok());
  }

  void WorkOff() {
    ASSERT_TRUE(shop_->ExpireAll(ProgramId(kShop)).ok());
    for (auto& [id, member] : members_)
      member.WorkOff(clock_.Now());
  }

  [[nodiscard]] std::vector<v1::Note> NotesOfMember(
      const std::string& id) const {
    v1::ListNotesRequest request;
    request.set_program_id(std::string(kShop));
    request.set_member_id(id);
    request.set_page_size(1000);
    std::vector<v1::Note> notes;
    do {
      const auto page = shop_->Ask(ListNotes, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      notes.insert(notes.end(), page->notes().begin(), page->notes().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return notes;
  }

  const uint64_t seed_ = TestSeed();
  std::mt19937_64 random_{seed_};
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-01 10:00")};
  std::optional<TestShop> shop_;
  std::map<std::string, NaiveMember> members_;
  int requests_ = 0;
};

std::string Describe(const NaiveNote& note) {
  const char* fate = note.fate == Fate::kWaits  ? "waits"
                     : note.fate == Fate::kSent ? "sent"
                                                : "held back";
  return absl::StrCat(
      note.id, " ", fate, " ", note.reason, " ",
      note.fate == Fate::kHeldBack ? "" : absl::FormatTime(note.at));
}

std::string Describe(const v1::Note& note) {
  NaiveNote told{.id = note.note_id(), .reason = note.reason()};
  told.fate = note.state() == v1::Note::REQUESTED  ? Fate::kSent
              : note.state() == v1::Note::DEFERRED ? Fate::kWaits
                                                   : Fate::kHeldBack;
  if (told.fate == Fate::kWaits) told.reason.clear();
  told.at = absl::FromUnixSeconds(note.send_time().seconds()) +
            absl::Nanoseconds(note.send_time().nanos());
  return Describe(told);
}

TEST_F(NotesYearTest, NeverTooManyNoneAtNightNoneLostNoneTwice) {
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed_));
  const absl::Time end = TimeAt("2027-01-01 12:00");
  while (clock_.Now() < end && !HasFailure()) {
    clock_.Advance(absl::Minutes(20 + static_cast<int>(Draw(240))));
    // Sometimes the server stands still for a while, or starts anew.
    if (Draw(200) == 0) clock_.Advance(absl::Hours(30));
    if (Draw(50) == 0) shop_.emplace(store_, clock_);
    if (Draw(4) != 0) WorkOff();
    for (auto& [id, member] : members_) {
      if (Draw(25) == 0) Update(id, member);
      if (Draw(2) == 0) Ask(id, member);
    }
  }
  // By day, in both zones.
  clock_.Set(TimeAt("2027-01-05 18:00"));
  WorkOff();
  std::map<std::string, int> told;
  const auto events = shop_->Events(ProgramId(kShop), "");
  ASSERT_TRUE(events.ok()) << events.status();
  for (const v1::Event& event : *events) {
    if (event.has_note_requested()) ++told[event.note_requested().note_id()];
    if (event.has_note_held_back()) ++told[event.note_held_back().note_id()];
  }
  for (const auto& [id, member] : members_) {
    std::vector<std::string> expected;
    for (const NaiveNote& note : member.notes())
      expected.push_back(Describe(note));
    std::vector<std::string> found;
    int waits = 0;
    for (const v1::Note& note : NotesOfMember(id)) {
      found.push_back(Describe(note));
      EXPECT_EQ(told[note.note_id()],
                note.state() == v1::Note::DEFERRED ? 0 : 1)
          << note.note_id();
      waits += note.state() == v1::Note::DEFERRED ? 1 : 0;
    }
    EXPECT_GT(found.size(), 500U);
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, expected);
    EXPECT_EQ(waits, 0);
    for (const NaiveNote& note : member.notes()) {
      if (note.fate != Fate::kSent || note.of_template == "card") continue;
      EXPECT_FALSE(member.IsQuiet(note.at)) << Describe(note);
    }
  }
  EXPECT_EQ(FindingsOf(RecountOf(shop_->All())), std::vector<std::string>());
}

}  // namespace
}  // namespace pistis
