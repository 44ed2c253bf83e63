// The log of erased members outside of the store.
#include "server/erasure_log.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/clock.h"
#include "engine/base/trusted_clock.h"
#include "engine/operations/clean_erased.h"
#include "engine/operations/erase_member.h"
#include "engine/operations/testing.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/memory/memory_store.h"
#include "engine/storage/testing.h"
#include "server/erasure_job.h"
#include "server/jobs.h"
#include "server/run_command.h"

namespace pistis::server {
namespace {

using testing::HasSubstr;

// A shop in memory with a server's executor, and folders on disk.
struct Shop {
  // With a member "ann" of the program `second`, too, where it is named.
  explicit Shop(const std::string& second = "") {
    OpenWith("rules:\n  - {id: base, earn: {points: 1, per: \"1.00\"}}\n",
             shop);
    EXPECT_TRUE(shop.Enrol(MemberRequest("ann")).ok());
    EXPECT_TRUE(shop.Enrol(MemberRequest("ben")).ok());
    if (!second.empty()) OpenSecond(second);
    executor = *Executor::Start(
        store, clock, {},
        [](const absl::Status& cause) { ADD_FAILURE() << cause; });
    room = std::make_unique<EngineRoom>(EngineRoom{.store = store,
                                                   .clock = clock,
                                                   .env = shop.env(),
                                                   .executor = *executor,
                                                   .reads = reads,
                                                   .stopping = stopping});
  }

  void OpenSecond(const std::string& program) {
    v1::CreateProgramRequest open;
    open.set_request_id("open-" + program);
    open.mutable_program()->set_program_id(program);
    open.mutable_program()->set_currency("EUR");
    open.mutable_program()->set_time_zone("Europe/Athens");
    EXPECT_TRUE(shop.Open(open).ok());
    v1::PublishRulebookRequest publish = RulebookRequest("publish-2", "");
    publish.set_program_id(program);
    publish.set_yaml("program: " + program +
                     "\ncurrency: EUR\ntime_zone: Europe/Athens\n"
                     "rules:\n  - {id: base, earn: {points: 1, per: "
                     "\"1.00\"}}\n");
    EXPECT_TRUE(shop.Publish(publish).ok());
    v1::CreateMemberRequest enrol = MemberRequest("ann");
    enrol.set_program_id(program);
    EXPECT_TRUE(shop.Enrol(enrol).ok());
  }

  [[nodiscard]] bool Knows(const std::string& member) const {
    v1::GetMemberRequest get;
    get.set_program_id(std::string(kShop));
    get.set_member_id(member);
    return shop.Ask(GetMember, get).ok();
  }

  void Erase(const std::string& member,
             const std::string& program = std::string(kShop)) {
    v1::EraseMemberRequest request;
    request.set_program_id(program);
    request.set_request_id("erase-" + member);
    request.set_member_id(member);
    const auto input = ParseEraseMember(request, clock.Now());
    ASSERT_TRUE(input.ok());
    const auto reply = RunCommand<Encoded<v1::EraseMemberResponse>>(
        *executor, [&](const Reader& reader, const CommitContext& context) {
          return EraseMember(shop.env(), reader, context, *input);
        });
    ASSERT_TRUE(reply.ok()) << reply.status();
  }

  // Who is not marked as clean.
  [[nodiscard]] std::set<MemberId> Unclean(
      const std::string& program = std::string(kShop)) const {
    return FindUnclean(*store.GetSnapshot(), ProgramId(program), {}, 100)
        ->members;
  }

  // True where the member's request to be enrolled still has its reply.
  [[nodiscard]] bool RemembersEnrolling(const std::string& member) const {
    return !GetExpectedRecord<store::v1::RequestRecord>(
                *store.GetSnapshot(),
                RequestKey(ProgramId(kShop), RequestId("enrol-" + member)))
                ->reply()
                .empty();
  }

  // Edits the member's profile behind the server's back.
  template <typename Edit>
  void EditProfile(const std::string& member, Edit edit) {
    const std::string key = ProfileKey(ProgramId(kShop), MemberId(member));
    auto profile =
        *GetExpectedRecord<store::v1::ProfileRecord>(*store.GetSnapshot(), key);
    edit(profile);
    ASSERT_TRUE(CommitAll(store, {{key, profile.SerializeAsString()}}).ok());
  }

  FakeClock clock{TimeAt("2026-01-10 10:00")};
  MemoryStore store;
  TestShop shop{store, clock};
  ReadPool reads{1, 16};
  std::atomic<bool> stopping{false};
  std::unique_ptr<Executor> executor;
  std::unique_ptr<EngineRoom> room;
};

class ErasureLogTest : public testing::Test {
 protected:
  ~ErasureLogTest() override { std::filesystem::remove_all(root_); }

  [[nodiscard]] std::vector<std::string> Folders() const {
    return {root_ + "/data", root_ + "/backups"};
  }
  [[nodiscard]] std::string FileIn(const std::string& folder) const {
    return root_ + "/" + folder + "/" + kErasureLogName;
  }
  [[nodiscard]] std::string TextIn(const std::string& folder) const {
    std::stringstream text;
    text << std::ifstream(FileIn(folder)).rdbuf();
    return text.str();
  }
  void EraseAndClean(Shop& shop, const std::string& member) const {
    shop.Erase(member);
    ErasureJob job(*shop.room, Folders());
    EXPECT_TRUE(WalksToTheEnd(job));
  }
  static bool WalksToTheEnd(ErasureJob& job) {
    int steps = 0;
    while (steps < 100 && job.Step())
      ++steps;
    return steps < 100;
  }
  // Of an erasure half an hour after the shop opened.
  void NoteByHand(const std::string& member) const {
    std::filesystem::create_directories(root_ + "/data");
    std::ofstream(FileIn("data"), std::ios::app)
        << R"({"program":"shop","member":")" << member
        << R"(","time":"2026-01-10T10:30:00Z"})"
        << "\n";
  }

  const std::string root_ =
      testing::TempDir() + "pistis_erasures_" + std::to_string(getpid());
};

TEST_F(ErasureLogTest, TheJobNotesAnErasureInEachFolderOnce) {
  Shop shop;
  EraseAndClean(shop, "ann");
  const std::string line =
      R"({"program":"shop","member":"ann","time":"2026-01-10T10:00:00Z"})"
      "\n";
  EXPECT_EQ(TextIn("data"), line);
  EXPECT_EQ(TextIn("backups"), line);
  EXPECT_TRUE(
      ErasureLog(Folders())
          .Note(*shop.store.GetSnapshot(), ProgramId(kShop), {MemberId("ann")})
          .ok());
  EXPECT_EQ(TextIn("backups"), line);
}

TEST_F(ErasureLogTest, ListsThatAreLostAreMadeAnewFromTheStore) {
  Shop shop("second");
  EraseAndClean(shop, "ann");
  EraseAndClean(shop, "ben");
  shop.Erase("ann", "second");
  const std::string lines =
      R"({"program":"second","member":"ann","time":"2026-01-10T10:00:00Z"})"
      "\n"
      R"({"program":"shop","member":"ann","time":"2026-01-10T10:00:00Z"})"
      "\n"
      R"({"program":"shop","member":"ben","time":"2026-01-10T10:00:00Z"})"
      "\n";
  const auto snapshot = shop.store.GetSnapshot();
  ErasureLog whole(Folders());
  const std::string before = TextIn("data");
  ASSERT_TRUE(whole.NoteWhereNoneIs(*snapshot).ok());
  EXPECT_EQ(TextIn("data"), before) << "no file was missing";
  for (const char* folder : {"data", "backups"})
    std::filesystem::remove(FileIn(folder));
  ErasureLog lost(Folders());
  ASSERT_TRUE(lost.NoteWhereNoneIs(*snapshot).ok());
  for (const char* folder : {"data", "backups"})
    EXPECT_EQ(TextIn(folder), lines);
}

TEST_F(ErasureLogTest, AnOlderCopyIsCleanedAtItsStart) {
  Shop shop;
  EraseAndClean(shop, "ann");
  Shop older;
  ASSERT_TRUE(older.Knows("ann"));
  ASSERT_TRUE(ErasureLog(Folders()).ApplyTo(*older.room).ok());
  EXPECT_FALSE(older.Knows("ann"));
  EXPECT_TRUE(older.Knows("ben"));
}

TEST_F(ErasureLogTest, WhoJoinedLaterWithTheSameIdStays) {
  Shop shop;
  EraseAndClean(shop, "ann");
  Shop other;
  other.clock.Advance(absl::Hours(1));
  v1::CreateMemberRequest late = MemberRequest("late");
  ASSERT_TRUE(other.shop.Enrol(late).ok());
  NoteByHand("late");
  ASSERT_TRUE(ErasureLog(Folders()).ApplyTo(*other.room).ok());
  EXPECT_TRUE(other.Knows("late"));
}

TEST_F(ErasureLogTest, WhatTheCallerSaidOfJoiningErasesNobodyElse) {
  Shop shop;
  shop.clock.Advance(absl::Hours(1));
  v1::CreateMemberRequest late = MemberRequest("late");
  late.mutable_member()->mutable_joined_time()->set_seconds(1'500'000'000);
  ASSERT_TRUE(shop.shop.Enrol(late).ok());
  NoteByHand("late");
  ASSERT_TRUE(ErasureLog(Folders()).ApplyTo(*shop.room).ok());
  EXPECT_TRUE(shop.Knows("late"));
}

TEST_F(ErasureLogTest, OfAnOlderVersionsMembersTheTimeOfJoiningCounts) {
  Shop shop;
  shop.clock.Advance(absl::Hours(1));
  ASSERT_TRUE(shop.shop.Enrol(MemberRequest("late")).ok());
  for (const char* member : {"ann", "late"}) {
    shop.EditProfile(member,
                     [](auto& profile) { profile.clear_enrolled_us(); });
    NoteByHand(member);
  }
  ASSERT_TRUE(ErasureLog(Folders()).ApplyTo(*shop.room).ok());
  EXPECT_FALSE(shop.Knows("ann"));
  EXPECT_TRUE(shop.Knows("late"));
}

TEST_F(ErasureLogTest, AMemberWhoCannotBeReadKeepsUpNoOther) {
  Shop shop;
  NoteByHand("ann");
  NoteByHand("ben");
  ASSERT_TRUE(
      CommitAll(shop.store,
                {{AccountKey(ProgramId(kShop), MemberId("ann")), "\xff"}})
          .ok());
  EXPECT_TRUE(ErasureLog(Folders()).ApplyTo(*shop.room).ok());
  EXPECT_FALSE(shop.Knows("ben"));
}

TEST_F(ErasureLogTest, AnErasureIsNotedBeforeTheStoreIsWalked) {
  Shop shop;
  shop.Erase("ann");
  ErasureJob job(*shop.room, Folders());
  ASSERT_TRUE(job.Step());
  EXPECT_NE(TextIn("backups"), "");
  EXPECT_EQ(shop.Unclean(), std::set<MemberId>{MemberId("ann")});
  EXPECT_TRUE(shop.RemembersEnrolling("ann"));
  ASSERT_TRUE(WalksToTheEnd(job));
  EXPECT_EQ(shop.Unclean(), std::set<MemberId>());
  EXPECT_FALSE(shop.RemembersEnrolling("ann"));
  EXPECT_TRUE(shop.RemembersEnrolling("ben"));
}

TEST_F(ErasureLogTest, AJobThatEndsHasNotedWhatItHasNotCleaned) {
  Shop shop;
  shop.Erase("ann");
  { const ErasureJob job(*shop.room, Folders()); }
  EXPECT_NE(TextIn("data"), "");
}

TEST_F(ErasureLogTest, AFolderThatCannotBeWrittenKeepsUpTheMarkAlone) {
  Shop shop;
  std::filesystem::create_directories(root_);
  std::ofstream(root_ + "/backups") << "no folder";
  shop.Erase("ann");
  ErasureJob job(*shop.room, Folders(), absl::ZeroDuration());
  ASSERT_TRUE(WalksToTheEnd(job));
  EXPECT_NE(TextIn("data"), "");
  EXPECT_FALSE(shop.RemembersEnrolling("ann"));
  EXPECT_EQ(shop.Unclean().size(), 1U);
  // What was walked is not walked again.
  EXPECT_FALSE(job.Step());
  shop.Erase("ben");
  ASSERT_TRUE(WalksToTheEnd(job));
  EXPECT_FALSE(shop.RemembersEnrolling("ben"));
  EXPECT_EQ(shop.Unclean().size(), 2U);
  std::filesystem::remove(root_ + "/backups");
  EXPECT_FALSE(job.Step());
  EXPECT_EQ(shop.Unclean(), std::set<MemberId>());
  EXPECT_EQ(TextIn("backups"), TextIn("data"));
}

TEST_F(ErasureLogTest, AFolderThatCannotBeWrittenKeepsNoErasureOutOfTheOther) {
  Shop shop;
  std::filesystem::create_directories(root_);
  std::ofstream(root_ + "/backups") << "no folder";
  shop.Erase("ann");
  ErasureJob job(*shop.room, Folders(), absl::Hours(1));
  ASSERT_TRUE(WalksToTheEnd(job));
  EXPECT_THAT(TextIn("data"), HasSubstr("ann"));
  shop.Erase("ben");
  for (int i = 0; i < 600 && !absl::StrContains(TextIn("data"), "ben"); ++i) {
    absl::SleepFor(absl::Milliseconds(50));
    job.Step();
  }
  EXPECT_THAT(TextIn("data"), HasSubstr("ben"));
}

TEST_F(ErasureLogTest, AFolderThatCannotBeWrittenIsEveryProgramsTrouble) {
  Shop shop("kiosk");
  std::filesystem::create_directories(root_);
  std::ofstream(root_ + "/backups") << "no folder";
  shop.Erase("ann");
  shop.Erase("ann", "kiosk");
  ErasureJob job(*shop.room, Folders(), absl::ZeroDuration());
  ASSERT_TRUE(WalksToTheEnd(job));
  EXPECT_THAT(TextIn("data"), HasSubstr(R"("program":"shop")"));
  EXPECT_THAT(TextIn("data"), HasSubstr(R"("program":"kiosk")"));
  EXPECT_FALSE(shop.RemembersEnrolling("ann"));
  EXPECT_FALSE(job.Step());
  EXPECT_EQ(shop.Unclean().size(), 1U);
  EXPECT_EQ(shop.Unclean("kiosk").size(), 1U);
  std::filesystem::remove(root_ + "/backups");
  EXPECT_FALSE(job.Step());
  EXPECT_EQ(shop.Unclean(), std::set<MemberId>());
  EXPECT_EQ(shop.Unclean("kiosk"), std::set<MemberId>());
  const std::string noted = TextIn("backups");
  EXPECT_EQ(std::count(noted.begin(), noted.end(), '\n'), 2);
}

TEST_F(ErasureLogTest, WhatIsErasedWhileTheServerStopsIsNoted) {
  Shop shop;
  const BootClock steady;
  const TrustedClock clock(shop.clock, steady, {});
  {
    Jobs jobs(*shop.room, clock, {.erasure_folders = Folders()});
    jobs.End();
    shop.Erase("ann");
    shop.executor->Drain();
  }
  EXPECT_THAT(TextIn("data"), HasSubstr("ann"));
  EXPECT_EQ(TextIn("data"), TextIn("backups"));
}

TEST_F(ErasureLogTest, AnErasureThatCannotBeReadKeepsUpNoOther) {
  Shop shop;
  shop.Erase("ann");
  shop.Erase("ben");
  ASSERT_TRUE(
      CommitAll(shop.store,
                {{ErasureKey(ProgramId(kShop), MemberId("ann")), "\xff"}})
          .ok());
  ErasureJob job(*shop.room, Folders(), absl::ZeroDuration());
  ASSERT_TRUE(WalksToTheEnd(job));
  EXPECT_FALSE(shop.RemembersEnrolling("ben"));
  EXPECT_EQ(
      FindErasure(*shop.store.GetSnapshot(), ProgramId(kShop), MemberId("ben"))
          ->value()
          .clean(),
      true);
  EXPECT_FALSE(job.Step());
}

TEST_F(ErasureLogTest, HalfALineOfAPowerCutIsPassedOver) {
  Shop shop;
  EraseAndClean(shop, "ann");
  const std::string whole = TextIn("data");
  std::ofstream(FileIn("data"), std::ios::app) << R"({"program":"sh)";
  EXPECT_TRUE(ErasureLog(Folders()).ApplyTo(*shop.room).ok());
  EXPECT_TRUE(shop.Knows("ben"));
}

TEST_F(ErasureLogTest, ALineThatIsNoneStopsTheStart) {
  Shop shop;
  std::filesystem::create_directories(root_ + "/data");
  std::ofstream(FileIn("data")) << "ann\n";
  EXPECT_TRUE(absl::IsDataLoss(ErasureLog(Folders()).ApplyTo(*shop.room)));
}

}  // namespace
}  // namespace pistis::server
