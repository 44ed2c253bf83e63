// Random complaints, grants, approvals and answers, and time between them: a
// naive book of them must agree with each reply, no window of any member ever
// holds more than the cap, and each remedy that was granted has its entry, its
// code and its note, once.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/care_shop_test.h"
#include "engine/operations/case_records.h"
#include "engine/operations/cases.h"
#include "engine/operations/testing_audit.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kRulebook = R"(
points: {value: "0.01", expire: {after: 20d}}
codes:
  - {id: next, discount: {amount: "6.00"}, expires: 40d}
notes:
  - {id: sorry, kind: apology, channel: print, text: {en: "Sorry, {{name}}. {{code}}"}}
  - {id: card, kind: apology, channel: print, text: {en: "Sorry, {{name}}."}}
  - {id: ask, kind: follow-up, channel: email, text: {en: "How is it now, {{name}}?"}}
care:
  roles:
    - {id: till, grant_up_to: "5.00"}
    - {id: shift, grant_up_to: "10.00", approve_up_to: "7.00"}
    - {id: manager, grant_up_to: "10.00", approve_up_to: "30.00"}
  remedies:
    - {id: small, points: 300}
    - {id: parcel, issue_code: next, note: sorry, worth: "6.00"}
    - {id: large, points: 1200, note: card}
    - {id: letter, note: card}
  cap: {worth: "20.00", window: 30d}
  follow_up: {note: ask, after: 5d, close_after: 10d}
)";

// By the rulebook, in cents: roles, and remedies.
struct NaiveRole {
  const char* id;
  int64_t grants;
  int64_t approves;
};
constexpr NaiveRole kRoles[] = {
    {"till", 500, 0}, {"shift", 1000, 700}, {"manager", 1000, 3000}};
struct NaiveRemedy {
  const char* id;
  int64_t worth;
};
constexpr NaiveRemedy kRemedies[] = {
    {"small", 300}, {"parcel", 600}, {"large", 1200}, {"letter", 0}};
constexpr int64_t kCap = 2000;
constexpr absl::Duration kWindow = absl::Hours(24 * 30);

struct NaiveGift {
  absl::Time at;
  int64_t worth = 0;
};

struct NaiveCase {
  std::string member;
  std::string state = "OPEN";
  absl::Time due;
  bool asked = false;
  struct Remedy {
    std::string id;
    int64_t worth = 0;
    std::string actor;
    std::string state;
  };
  std::vector<Remedy> remedies;
};

class CareDesk {
 public:
  explicit CareDesk(uint64_t seed) : random_(seed) {
    OpenWith(kRulebook, shop_);
    for (const char* member : {"ann", "ben"}) {
      EXPECT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
    }
  }

  // One random step; what it was.
  std::string Step() {
    clock_.Advance(absl::Hours(Below(30)));
    const int kind = Below(100);
    if (cases_.empty() || kind < 15) return Open();
    if (kind < 55) return Grant();
    if (kind < 75) return Decide();
    if (kind < 85) return Resolve();
    if (kind < 92) return Answered();
    return Expire();
  }

  void CheckAll() {
    EXPECT_EQ(Audit(shop_, ProgramId(kShop)), std::vector<std::string>());
    CheckCases();
    CheckWindows();
    CheckGifts();
  }

 private:
  int Below(int end) { return static_cast<int>(random_() % end); }
  std::string NextId() { return absl::StrCat("s", ++steps_); }
  std::string AnyCase() {
    auto found = cases_.begin();
    std::advance(found, Below(static_cast<int>(cases_.size())));
    return found->first;
  }
  Clerk AnyClerk() {
    const char* const actors[] = {"kim", "lee"};
    return {actors[Below(2)], kRoles[Below(3)].id};
  }
  static const NaiveRole& RoleOf(const Clerk& clerk) {
    return *std::find_if(
        std::begin(kRoles), std::end(kRoles),
        [&](const NaiveRole& role) { return clerk.role == role.id; });
  }

  [[nodiscard]] bool FitsCap(const std::string& member, int64_t worth) const {
    if (worth == 0) return true;
    const auto gifts = gifts_.find(member);
    if (gifts == gifts_.end()) return worth <= kCap;
    int64_t sum = worth;
    for (const NaiveGift& gift : gifts->second) {
      if (gift.at > clock_.Now() - kWindow) sum += gift.worth;
    }
    return sum <= kCap;
  }

  void Give(NaiveCase& of, int64_t worth) {
    gifts_[of.member].push_back({clock_.Now(), worth});
  }

  std::string Open() {
    const std::string id = absl::StrCat("c", cases_.size() + 1);
    const std::string member = Below(2) == 0 ? "ann" : "ben";
    EXPECT_TRUE(shop_.Post(OpenRequest(id, member)).ok());
    cases_[id].member = member;
    return absl::StrCat("open ", id, " of ", member);
  }

  std::string Grant() {
    const std::string id = AnyCase();
    NaiveCase& of = cases_[id];
    const NaiveRemedy& remedy = kRemedies[Below(4)];
    const Clerk clerk = AnyClerk();
    const auto reply = shop_.Post(GrantRequest(NextId(), id, remedy.id, clerk));
    const bool taken = std::any_of(
        of.remedies.begin(), of.remedies.end(), [&](const auto& other) {
          return other.id == remedy.id && other.state != "DECLINED";
        });
    std::string expected;
    if (of.state != "OPEN") {
      expected = "CASE_NOT_OPEN";
    } else if (taken || !FitsCap(of.member, remedy.worth)) {
      expected = "REMEDY_REFUSED";
    } else {
      const bool alone = remedy.worth <= RoleOf(clerk).grants;
      expected = alone ? "GRANTED" : "WAITING";
      of.remedies.push_back(
          {remedy.id, remedy.worth, std::string(clerk.actor), expected});
      if (alone) Give(of, remedy.worth);
    }
    EXPECT_EQ(StateOf(reply), expected);
    return absl::StrCat("grant ", id, " ", remedy.id, " by ", clerk.actor,
                        " as ", clerk.role, ": ", expected);
  }

  std::string Decide() {
    const std::string id = AnyCase();
    NaiveCase& of = cases_[id];
    const int number = 1 + Below(3);
    const Clerk clerk = AnyClerk();
    const auto decision =
        Below(4) == 0 ? Decision::kDecline : Decision::kApprove;
    auto request = DecideRequest(NextId(), id, decision, clerk);
    request.set_number(number);
    const auto reply = shop_.Post(request);
    const std::string expected = Decided(of, number, decision, clerk);
    EXPECT_EQ(StateOf(reply), expected);
    return absl::StrCat("decide ", id, " ", number, " by ", clerk.actor, " as ",
                        clerk.role, ": ", expected);
  }

  std::string Decided(NaiveCase& of, int number, Decision decision,
                      const Clerk& clerk) {
    if (number > static_cast<int>(of.remedies.size())) return "NOT_FOUND";
    NaiveCase::Remedy& remedy = of.remedies[static_cast<size_t>(number) - 1];
    if (remedy.state != "WAITING") return "REMEDY_REFUSED";
    const bool is_own = remedy.actor == clerk.actor;
    const int64_t approves = RoleOf(clerk).approves;
    const bool may = decision == Decision::kDecline
                         ? is_own || approves > 0
                         : !is_own && approves >= remedy.worth;
    if (!may) return "PERMISSION_DENIED";
    if (decision == Decision::kDecline) {
      remedy.state = "DECLINED";
    } else if (FitsCap(of.member, remedy.worth)) {
      remedy.state = "GRANTED";
      Give(of, remedy.worth);
    } else {
      return "REMEDY_REFUSED";
    }
    return remedy.state;
  }

  std::string Resolve() {
    const std::string id = AnyCase();
    NaiveCase& of = cases_[id];
    const auto reply = shop_.Post(ResolveRequest(NextId(), id));
    const bool waits = std::any_of(
        of.remedies.begin(), of.remedies.end(),
        [](const auto& remedy) { return remedy.state == "WAITING"; });
    const bool may = of.state == "OPEN" && !waits;
    EXPECT_EQ(reply.ok(), may);
    if (may) {
      of.state = "RESOLVED";
      of.asked = false;
      of.due = absl::FromUnixMicros(
          absl::ToUnixMicros(DaysAfter(clock_.Now(), 5, Athens())));
    }
    return absl::StrCat("resolve ", id);
  }

  std::string Answered() {
    const std::string id = AnyCase();
    NaiveCase& of = cases_[id];
    const bool content = Below(2) == 0;
    const auto reply = shop_.Post(
        AnswerRequest(NextId(), id, content ? Content() : NotContent()));
    EXPECT_EQ(reply.ok(), of.state == "RESOLVED");
    if (of.state == "RESOLVED") of.state = content ? "CLOSED" : "OPEN";
    return absl::StrCat("answer ", id);
  }

  std::string Expire() {
    EXPECT_TRUE(shop_.ExpireAll(ProgramId(kShop)).ok());
    for (auto& [id, of] : cases_) {
      if (of.state != "RESOLVED" || of.due > clock_.Now()) continue;
      if (of.asked) {
        of.state = "CLOSED";
      } else {
        of.asked = true;
        of.due = DaysAfter(clock_.Now(), 10, Athens());
      }
    }
    return "expire";
  }

  static std::string StateOf(
      const absl::StatusOr<v1::GrantRemedyResponse>& reply) {
    return reply.ok() ? v1::Remedy::State_Name(reply->remedy().state())
                      : NameOf(reply.status());
  }

  void CheckCases() {
    for (const auto& [id, of] : cases_) {
      v1::GetCaseRequest request;
      request.set_program_id(std::string(kShop));
      request.set_case_id(id);
      const auto shown = shop_.Ask(GetCase, request);
      EXPECT_TRUE(shown.ok()) << shown.status();
      if (shown.ok()) CheckCase(*shown, of);
    }
  }

  void CheckCase(const v1::Case& shown, const NaiveCase& of) {
    EXPECT_EQ(v1::Case::State_Name(shown.state()), of.state);
    EXPECT_EQ(static_cast<size_t>(shown.remedies_size()), of.remedies.size());
    for (const v1::Remedy& remedy : shown.remedies()) {
      if (remedy.state() == v1::Remedy::GRANTED) {
        granted_.emplace_back(shown, remedy);
      }
    }
  }

  // Each gift is the last of a window that may hold no more than the cap.
  void CheckWindows() const {
    for (const auto& [member, gifts] : gifts_) {
      for (const NaiveGift& last : gifts) {
        int64_t sum = 0;
        for (const NaiveGift& gift : gifts) {
          if (gift.at <= last.at && gift.at > last.at - kWindow) {
            sum += gift.worth;
          }
        }
        EXPECT_LE(sum, kCap) << member;
      }
    }
  }

  // How often there is what remedies give: entries by their reason, codes by
  // case and last symbols, notes by their id.
  struct Gifts {
    std::map<std::string, int> entries;
    std::map<std::string, int> codes;
    std::map<std::string, int> notes;
  };

  static std::string CodeOf(absl::string_view case_id,
                            absl::string_view last_symbols) {
    return absl::StrCat(case_id, " ", last_symbols);
  }

  static void CountGift(const v1::Event& event, Gifts& gifts) {
    if (event.has_code_issued()) {
      ++gifts.codes[CodeOf(event.code_issued().case_id(),
                           event.code_issued().last_symbols())];
    } else if (event.has_note_requested()) {
      ++gifts.notes[event.note_requested().note_id()];
    } else if (event.has_note_held_back()) {
      ++gifts.notes[event.note_held_back().note_id()];
    }
  }

  void CheckGifts() {
    Gifts gifts;
    CountEntries("ann", gifts.entries);
    CountEntries("ben", gifts.entries);
    const auto events = shop_.Events(ProgramId(kShop), "");
    ASSERT_TRUE(events.ok()) << events.status();
    for (const v1::Event& event : *events)
      CountGift(event, gifts);
    size_t codes = 0;
    for (const auto& [of, remedy] : granted_) {
      CheckGift(of, remedy, gifts);
      if (!remedy.code_last_symbols().empty()) ++codes;
    }
    EXPECT_EQ(gifts.codes.size(), codes);
  }

  static void CheckGift(const v1::Case& of, const v1::Remedy& remedy,
                        Gifts& gifts) {
    const std::string name = RemedyName(of.case_id(), remedy.number());
    EXPECT_EQ(gifts.entries[name], remedy.points() > 0 ? 1 : 0) << name;
    EXPECT_EQ(!remedy.code_last_symbols().empty(),
              remedy.template_id() == "parcel");
    EXPECT_EQ(!remedy.note_id().empty(), remedy.template_id() != "small");
    if (!remedy.code_last_symbols().empty()) {
      const std::string code = CodeOf(of.case_id(), remedy.code_last_symbols());
      EXPECT_EQ(gifts.codes[code], 1) << name;
    }
    if (!remedy.note_id().empty()) {
      EXPECT_EQ(gifts.notes[remedy.note_id()], 1) << name;
    }
  }

  void CountEntries(const char* member, std::map<std::string, int>& entries) {
    v1::ListEntriesRequest request;
    request.set_program_id(std::string(kShop));
    request.set_member_id(member);
    request.set_page_size(1000);
    const auto page = shop_.Ask(ListEntries, request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_TRUE(page->next_page_token().empty());
    for (const v1::LedgerEntry& entry : page->entries())
      ++entries[entry.reason()];
  }

  std::mt19937_64 random_;
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  int steps_ = 0;
  std::map<std::string, NaiveCase> cases_;
  std::map<std::string, std::vector<NaiveGift>> gifts_;
  std::vector<std::pair<v1::Case, v1::Remedy>> granted_;
};

TEST(CasesRandomTest, RemediesKeepTheirLimitsWhateverHappens) {
  const uint64_t seed = TestSeed();
  for (uint64_t run = 0; run < 8; ++run) {
    CareDesk desk(seed + run);
    std::vector<std::string> steps;
    for (int i = 0; i < 120 && !testing::Test::HasFailure(); ++i) {
      steps.push_back(desk.Step());
    }
    desk.CheckAll();
    if (!testing::Test::HasFailure()) continue;
    for (const std::string& step : steps)
      ADD_FAILURE() << step;
    FAIL() << "PISTIS_TEST_SEED=" << seed << ", run " << run;
  }
}

}  // namespace
}  // namespace pistis
