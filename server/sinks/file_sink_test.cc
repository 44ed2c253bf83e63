#include "server/sinks/file_sink.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pistis::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FileSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "pistis_file_sink";
    std::filesystem::remove_all(folder_);
    file_.set_name("events");
    file_.set_max_bytes(4096);
    file_.set_keep(2);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static v1::Event EventOf(int number) {
    v1::Event event;
    event.set_event_id(absl::StrCat(number, "-1"));
    return event;
  }
  // The ids in a file, in order.
  [[nodiscard]] std::vector<std::string> IdsIn(const std::string& name) const {
    std::ifstream in(folder_ + "/shop/" + name);
    std::vector<std::string> ids;
    for (std::string line; std::getline(in, line);) {
      const size_t begin = line.find("\"event_id\":\"") + 12;
      ids.push_back(line.substr(begin, line.find('"', begin) - begin));
    }
    return ids;
  }
  [[nodiscard]] std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder_ + "/shop"))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string folder_;
  v1::FileSink file_;
  const ProgramId program_{"shop"};
};

TEST_F(FileSinkTest, EachEventIsALineOnceFlushed) {
  FileSink sink(file_, program_, folder_);
  for (int i = 1; i <= 3; ++i)
    EXPECT_EQ(sink.Deliver(EventOf(i)).outcome, Outcome::kDelivered);
  EXPECT_EQ(sink.Flush().outcome, Outcome::kDelivered);
  EXPECT_THAT(IdsIn("events.jsonl"), ElementsAre("1-1", "2-1", "3-1"));
}

TEST_F(FileSinkTest, ATornLastLineIsCutOffBeforeTheNext) {
  {
    FileSink sink(file_, program_, folder_);
    static_cast<void>(sink.Deliver(EventOf(1)));
    ASSERT_EQ(sink.Flush().outcome, Outcome::kDelivered);
  }
  std::ofstream(folder_ + "/shop/events.jsonl", std::ios::app)
      << "{\"event_id\":\"2-";
  FileSink sink(file_, program_, folder_);
  static_cast<void>(sink.Deliver(EventOf(2)));
  ASSERT_EQ(sink.Flush().outcome, Outcome::kDelivered);
  EXPECT_THAT(IdsIn("events.jsonl"), ElementsAre("1-1", "2-1"));
}

TEST_F(FileSinkTest, AFullFileIsLeftForTheNextAndSoManyAreKept) {
  FileSink sink(file_, program_, folder_);
  v1::Event event = EventOf(0);
  event.set_member_id(std::string(4096, 'm'));
  for (int i = 1; i <= 5; ++i) {
    event.set_event_id(absl::StrCat(i, "-1"));
    static_cast<void>(sink.Deliver(event));
    ASSERT_EQ(sink.Flush().outcome, Outcome::kDelivered);
  }
  static_cast<void>(sink.Deliver(EventOf(6)));
  ASSERT_EQ(sink.Flush().outcome, Outcome::kDelivered);
  EXPECT_THAT(Names(), ElementsAre("events.000004.jsonl", "events.000005.jsonl",
                                   "events.jsonl"));
  EXPECT_THAT(IdsIn("events.000004.jsonl"), ElementsAre("4-1"));
  EXPECT_THAT(IdsIn("events.jsonl"), ElementsAre("6-1"));
}

TEST_F(FileSinkTest, WhatComesAfterAFileWasTakenAwayGoesToANewOne) {
  FileSink sink(file_, program_, folder_);
  const std::filesystem::path file = folder_ + "/shop/events.jsonl";
  const auto tell = [&](int number) {
    static_cast<void>(sink.Deliver(EventOf(number)));
    EXPECT_EQ(sink.Flush().outcome, Outcome::kDelivered);
  };
  tell(1);
  std::filesystem::rename(file, folder_ + "/shop/moved");
  tell(2);
  EXPECT_THAT(IdsIn("moved"), ElementsAre("1-1"));
  EXPECT_THAT(IdsIn("events.jsonl"), ElementsAre("2-1"));
  std::filesystem::remove(file);
  tell(3);
  EXPECT_THAT(IdsIn("events.jsonl"), ElementsAre("3-1"));
  std::filesystem::resize_file(file, 0);
  tell(4);
  EXPECT_THAT(IdsIn("events.jsonl"), ElementsAre("4-1"));
}

TEST_F(FileSinkTest, WithoutAFolderTheSubscriptionWaits) {
  FileSink sink(file_, program_, "");
  static_cast<void>(sink.Deliver(EventOf(1)));
  const Delivery delivery = sink.Flush();
  EXPECT_EQ(delivery.outcome, Outcome::kUnreachable);
  EXPECT_NE(delivery.trouble.find("--events_dir"), std::string::npos);
}

TEST_F(FileSinkTest, AFolderThatCannotBeWrittenMakesItWaitAndGoOn) {
  std::ofstream(folder_) << "in the way";
  FileSink sink(file_, program_, folder_);
  static_cast<void>(sink.Deliver(EventOf(1)));
  EXPECT_EQ(sink.Flush().outcome, Outcome::kUnreachable);
  std::filesystem::remove(folder_);
  static_cast<void>(sink.Deliver(EventOf(1)));
  EXPECT_EQ(sink.Flush().outcome, Outcome::kDelivered);
  EXPECT_THAT(IdsIn("events.jsonl"), ElementsAre("1-1"));
}

}  // namespace
}  // namespace pistis::server
