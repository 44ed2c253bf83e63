// What counts of a file that changes.
#include "server/auth/settled_file.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace pistis::server {
namespace {

class SettledFileTest : public testing::Test {
 protected:
  SettledFileTest() { Write("old"); }
  ~SettledFileTest() override { std::filesystem::remove(path_); }

  void Write(const std::string& content) const {
    std::ofstream(path_, std::ios::binary) << content;
  }

  const std::string path_ =
      testing::TempDir() + "pistis_settled_" + std::to_string(getpid());
};

TEST_F(SettledFileTest, ContentCountsThatTwoLooksFound) {
  SettledFile file(path_);
  EXPECT_EQ(file.content(), "old");
  EXPECT_FALSE(file.Look());
  Write("new");
  EXPECT_FALSE(file.Look());
  EXPECT_EQ(file.content(), "old");
  EXPECT_TRUE(file.Look());
  EXPECT_EQ(file.content(), "new");
  EXPECT_FALSE(file.Look());
}

TEST_F(SettledFileTest, WhatIsStillBeingWrittenIsNoContent) {
  SettledFile file(path_);
  for (const char* part : {"n", "ne", "new"}) {
    Write(part);
    EXPECT_FALSE(file.Look()) << part;
    EXPECT_EQ(file.content(), "old");
  }
  // As it was: the next change is seen twice, too.
  Write("old");
  EXPECT_FALSE(file.Look());
  Write("new");
  EXPECT_FALSE(file.Look());
  EXPECT_TRUE(file.Look());
}

TEST_F(SettledFileTest, AFileThatIsGoneIsEmpty) {
  SettledFile file(path_);
  std::filesystem::remove(path_);
  EXPECT_FALSE(file.Look());
  EXPECT_EQ(file.content(), "old");
  EXPECT_TRUE(file.Look());
  EXPECT_EQ(file.content(), "");
  EXPECT_EQ(SettledFile("").content(), "");
}

}  // namespace
}  // namespace pistis::server
