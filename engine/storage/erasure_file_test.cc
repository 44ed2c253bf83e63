#include "engine/storage/erasure_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/storage/erasure_keys.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

Erasure Of(const std::string& member) {
  return {.program = ProgramId("shop"),
          .member = MemberId(member),
          .time = absl::FromUnixMicros(1'768'039'200'000'001)};
}

class ErasureFileTest : public testing::Test {
 protected:
  [[nodiscard]] std::string Text() const {
    std::stringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  void Write(const std::string& text) const {
    std::filesystem::create_directories(folder_);
    std::ofstream(path_) << text;
  }
  [[nodiscard]] ino_t Inode() const {
    struct stat found = {};
    EXPECT_EQ(stat(path_.c_str(), &found), 0);
    return found.st_ino;
  }

  TemporaryDirectory directory_;
  const std::string folder_ = absl::StrCat(directory_.path(), "/new/data");
  const std::string path_ = absl::StrCat(folder_, "/", kErasureLogName);
  ErasureFile file_{folder_};
};

TEST_F(ErasureFileTest, WhatWasAddedIsRead) {
  ASSERT_TRUE(file_.Add({Of("ann"), Of("a \"\\ b")}).ok());
  ASSERT_TRUE(file_.Add({Of("ben"), Of("ann")}).ok());
  EXPECT_EQ(Text(), absl::StrCat(TextOf(Of("a \"\\ b")), TextOf(Of("ann")),
                                 TextOf(Of("ben"))));
  const auto read = ReadErasures(path_);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->erasures.size(), 3U);
  EXPECT_TRUE(read->erasures.contains(Of("a \"\\ b")));
  EXPECT_FALSE(read->is_torn);
}

TEST_F(ErasureFileTest, ANewLineIsAddedToTheFileAndNothingElseIsWritten) {
  ASSERT_TRUE(file_.Add({Of("ann")}).ok());
  const ino_t inode = Inode();
  ASSERT_TRUE(file_.Add({Of("ben")}).ok());
  EXPECT_EQ(Inode(), inode);
  // Of the same size, so that only who reads the file sees it.
  std::fstream(path_).put('[');
  EXPECT_TRUE(file_.Add({Of("cleo")}).ok());
}

TEST_F(ErasureFileTest, AFileThatCannotBeReadIsAddedToByNobody) {
  Write("ann\n");
  EXPECT_TRUE(absl::IsDataLoss(file_.Add({Of("ann")})));
  EXPECT_TRUE(absl::IsDataLoss(file_.Add({Of("ann")})));
  EXPECT_EQ(Text(), "ann\n");
}

TEST_F(ErasureFileTest, AFileCutAtAnyByteLosesTheLastLineAloneAndIsMended) {
  const std::string ann = TextOf(Of("ann"));
  const std::string ben = TextOf(Of("ben"));
  for (size_t left = 0; left + 1 < ben.size(); ++left) {
    Write(ann + ben.substr(0, left));
    const auto read = ReadErasures(path_);
    ASSERT_TRUE(read.ok()) << left;
    EXPECT_EQ(read->erasures.size(), 1U) << left;
    EXPECT_EQ(read->is_torn, left > 0) << left;
    ErasureFile after(folder_);
    ASSERT_TRUE(after.Add({Of("cleo")}).ok()) << left;
    EXPECT_EQ(Text(), ann + TextOf(Of("cleo"))) << left;
  }
}

TEST_F(ErasureFileTest, AWholeLastLineWithoutItsEndCountsAndGetsOne) {
  const std::string ann = TextOf(Of("ann"));
  const std::string ben = TextOf(Of("ben"));
  Write(ann + ben.substr(0, ben.size() - 1));
  const auto read = ReadErasures(path_);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->erasures.size(), 2U);
  EXPECT_FALSE(read->is_torn);
  EXPECT_TRUE(read->lacks_end);
  ASSERT_TRUE(file_.Add({Of("cleo")}).ok());
  EXPECT_EQ(Text(), ann + ben + TextOf(Of("cleo")));
}

TEST_F(ErasureFileTest, ZerosThatTheDiskLeftInsideAreMended) {
  const std::string ann = TextOf(Of("ann"));
  const std::string ben = TextOf(Of("ben"));
  Write(ann + ben.substr(0, 9) + std::string(40, '\0') + ben.substr(20) + ben);
  const auto read = ReadErasures(path_);
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->is_torn);
  EXPECT_EQ(read->erasures.size(), 2U);
  ASSERT_TRUE(file_.Add({Of("cleo")}).ok());
  EXPECT_EQ(Text(), ann + ben + TextOf(Of("cleo")));
}

TEST_F(ErasureFileTest, WhatAnotherWritesToItIsSeen) {
  ASSERT_TRUE(file_.Add({Of("ann")}).ok());
  ErasureFile other(folder_);
  ASSERT_TRUE(other.Add({Of("ben")}).ok());
  const std::string both = Text();
  ASSERT_TRUE(file_.Add({Of("ann"), Of("ben")}).ok());
  EXPECT_EQ(Text(), both);
  std::filesystem::remove(path_);
  ASSERT_TRUE(file_.Add({Of("ann"), Of("ben")}).ok());
  EXPECT_EQ(Text(), both);
}

TEST_F(ErasureFileTest, WhatCouldNotBeWrittenIsWrittenTheNextTime) {
  std::filesystem::create_directories(directory_.path());
  std::ofstream(absl::StrCat(directory_.path(), "/new")) << "no folder";
  EXPECT_FALSE(file_.Add({Of("ann")}).ok());
  std::filesystem::remove(absl::StrCat(directory_.path(), "/new"));
  ASSERT_TRUE(file_.Add({Of("ann")}).ok());
  EXPECT_EQ(Text(), TextOf(Of("ann")));
}

TEST_F(ErasureFileTest, EachFolderComesToNameWhomAnyNames) {
  ErasureFile other(absl::StrCat(directory_.path(), "/other"));
  ASSERT_TRUE(file_.Add({Of("ann")}).ok());
  ASSERT_TRUE(other.Add({Of("ben")}).ok());
  const std::vector<std::string> folders = {
      absl::StrCat(directory_.path(), "/other"), folder_,
      absl::StrCat(directory_.path(), "/none-yet")};
  ASSERT_TRUE(ShareErasures(folders).ok());
  for (const std::string& folder : folders) {
    const auto read = ReadErasures(absl::StrCat(folder, "/", kErasureLogName));
    ASSERT_TRUE(read.ok()) << folder;
    EXPECT_EQ(read->erasures.size(), 2U) << folder;
  }
}

TEST_F(ErasureFileTest, AFolderThatCannotBeWrittenKeepsUpNoOther) {
  ASSERT_TRUE(file_.Add({Of("ann")}).ok());
  const std::string blocked = absl::StrCat(directory_.path(), "/blocked");
  const std::string empty = absl::StrCat(directory_.path(), "/empty");
  std::ofstream(blocked) << "no folder";
  EXPECT_FALSE(ShareErasures({blocked, folder_, empty}).ok());
  EXPECT_EQ(
      ReadErasures(absl::StrCat(empty, "/", kErasureLogName))->erasures.size(),
      1U);
}

TEST_F(ErasureFileTest, WhereNobodyWasErasedNoFolderIsMade) {
  EXPECT_TRUE(ShareErasures({folder_}).ok());
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

}  // namespace
}  // namespace pistis
