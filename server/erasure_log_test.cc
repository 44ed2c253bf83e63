// The log of erased members outside of the store.
#include "server/erasure_log.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "engine/operations/erase_member.h"
#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"
#include "server/erasure_job.h"
#include "server/run_command.h"

namespace pistis::server {
namespace {

// A shop in memory with a server's executor, and folders on disk.
struct Shop {
  Shop() {
    OpenWith("rules:\n  - {id: base, earn: {points: 1, per: \"1.00\"}}\n",
             shop);
    EXPECT_TRUE(shop.Enrol(MemberRequest("ann")).ok());
    EXPECT_TRUE(shop.Enrol(MemberRequest("ben")).ok());
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

  [[nodiscard]] bool Knows(const std::string& member) const {
    v1::GetMemberRequest get;
    get.set_program_id(std::string(kShop));
    get.set_member_id(member);
    return shop.Ask(GetMember, get).ok();
  }

  void Erase(const std::string& member) {
    v1::EraseMemberRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id("erase");
    request.set_member_id(member);
    const auto input = ParseEraseMember(request, clock.Now());
    ASSERT_TRUE(input.ok());
    const auto reply = RunCommand<Encoded<v1::EraseMemberResponse>>(
        *executor, [&](const Reader& reader, const CommitContext& context) {
          return EraseMember(shop.env(), reader, context, *input);
        });
    ASSERT_TRUE(reply.ok()) << reply.status();
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
    for (int step = 0; step < 100 && job.Step(); ++step) {
    }
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
  std::ofstream(FileIn("data"), std::ios::app)
      << R"({"program":"shop","member":"late","time":"2026-01-10T10:30:00Z"})"
      << "\n";
  ASSERT_TRUE(ErasureLog(Folders()).ApplyTo(*other.room).ok());
  EXPECT_TRUE(other.Knows("late"));
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
