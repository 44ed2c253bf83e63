#include "engine/storage/overlay.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/storage/memory/memory_store.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<std::pair<std::string, std::optional<std::string>>> WritesOf(
    const WriteSet& set) {
  std::vector<std::pair<std::string, std::optional<std::string>>> writes;
  for (const WriteSet::Entry* write : set.Sorted())
    writes.emplace_back(write->key, write->value);
  return writes;
}

TEST(WriteSetTest, SortsARangeOfItsWrites) {
  WriteSet set;
  for (const char* key : {"d", "a", "c", "e", "b"})
    set.Put(key, "");
  std::vector<std::string> keys;
  for (const WriteSet::Entry* write : set.Sorted("b", "e"))
    keys.push_back(write->key);
  EXPECT_THAT(keys, ElementsAre("b", "c", "d"));
}

// With and without an index: sets of every size around the one that gets it.
TEST(WriteSetTest, FindsItsWritesHoweverManyThereAre) {
  for (int count = 1; count < 40; ++count) {
    WriteSet set;
    for (int i = 0; i < count; ++i)
      set.Put(absl::StrCat("k", i), "old");
    WriteSet newer;
    for (int i = 0; i < count + 5; i += 2)
      newer.Put(absl::StrCat("k", i), "new");
    set.Merge(std::move(newer));
    for (int i = 0; i < count + 5; ++i) {
      const auto* found = set.Find(absl::StrCat("k", i));
      if (i % 2 == 0) {
        ASSERT_NE(found, nullptr) << count << " " << i;
        EXPECT_EQ(*found, "new");
      } else if (i < count) {
        ASSERT_NE(found, nullptr) << count << " " << i;
        EXPECT_EQ(*found, "old");
      } else {
        EXPECT_EQ(found, nullptr);
      }
    }
  }
}

TEST(WriteSetTest, LastWriteToAKeyWins) {
  WriteSet set;
  set.Put("k", "one");
  set.Put("k", "two");
  ASSERT_NE(set.Find("k"), nullptr);
  EXPECT_EQ(*set.Find("k"), "two");
  set.Delete("k");
  ASSERT_NE(set.Find("k"), nullptr);
  EXPECT_EQ(*set.Find("k"), std::nullopt);
  set.Put("k", "three");
  EXPECT_EQ(*set.Find("k"), "three");
  EXPECT_EQ(set.count(), 1);
}

TEST(WriteSetTest, LeavesOtherKeysAlone) {
  WriteSet set;
  set.Put("k", "v");
  EXPECT_EQ(set.Find("kk"), nullptr);
  EXPECT_EQ(set.Find(""), nullptr);
}

TEST(WriteSetTest, CountsTheBytesItHolds) {
  WriteSet set;
  EXPECT_EQ(set.size_bytes(), 0);
  set.Put("key", "value");
  EXPECT_EQ(set.size_bytes(), 8);
  set.Put("key", "v");
  EXPECT_EQ(set.size_bytes(), 4);
  set.Delete("key");
  EXPECT_EQ(set.size_bytes(), 3);
  set.Clear();
  EXPECT_EQ(set.size_bytes(), 0);
  EXPECT_TRUE(set.empty());
}

TEST(WriteSetTest, MergeLetsTheNewerWinAndEmptiesIt) {
  WriteSet older;
  older.Put("a", "old");
  older.Put("b", "old");
  older.Put("d", "old");
  WriteSet newer;
  newer.Put("a", "new");
  newer.Delete("b");
  newer.Put("c", "new");
  older.Merge(std::move(newer));
  EXPECT_THAT(WritesOf(older),
              ElementsAre(Pair("a", "new"), Pair("b", std::nullopt),
                          Pair("c", "new"), Pair("d", "old")));
  EXPECT_EQ(older.size_bytes(), 4 + 9);
  EXPECT_EQ(*older.Find("c"), "new");
  newer.Put("again", "1");  // NOLINT(bugprone-use-after-move)
  EXPECT_THAT(WritesOf(newer), ElementsAre(Pair("again", "1")));
  EXPECT_EQ(newer.size_bytes(), 6);
}

TEST(WriteSetTest, KeepsFindingAfterAMove) {
  WriteSet first;
  first.Put("short", "v");
  first.Put("a key longer than a small string holds", "w");
  const WriteSet second = std::move(first);
  ASSERT_NE(second.Find("short"), nullptr);
  EXPECT_EQ(*second.Find("short"), "v");
  EXPECT_EQ(*second.Find("a key longer than a small string holds"), "w");
}

TEST(WriteSetTest, AppliesPutsAndDeletes) {
  MemoryStore store;
  ASSERT_TRUE(CommitAll(store, {{"gone", "1"}, {"kept", "1"}}).ok());
  WriteSet set;
  set.Put("new", "2");
  set.Delete("gone");
  const auto txn = store.Begin();
  set.ApplyTo(*txn);
  ASSERT_TRUE(txn->Commit().ok());
  EXPECT_THAT(ContentsOf(*store.GetSnapshot()),
              ElementsAre(Pair("kept", "1"), Pair("new", "2")));
}

class OverlayReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(
        CommitAll(store_, {{"b", "base"}, {"d", "base"}, {"f", "base"}}).ok());
    base_ = store_.GetSnapshot();
    syncing_.Put("a", "syncing");
    syncing_.Put("d", "syncing");
    syncing_.Delete("f");
    open_.Put("d", "open");
    open_.Put("f", "open");
    open_.Put("g", "open");
    open_.Delete("a");
  }

  MemoryStore store_;
  std::unique_ptr<Snapshot> base_;
  WriteSet syncing_;
  WriteSet open_;
};

TEST_F(OverlayReaderTest, GetSeesTheNewestWrite) {
  const OverlayReader reader(*base_, {&open_, &syncing_});
  EXPECT_EQ(ValueOf(reader, "a"), "<absent>");
  EXPECT_EQ(ValueOf(reader, "b"), "base");
  EXPECT_EQ(ValueOf(reader, "d"), "open");
  EXPECT_EQ(ValueOf(reader, "f"), "open");
  EXPECT_EQ(ValueOf(reader, "g"), "open");
  EXPECT_EQ(ValueOf(reader, "h"), "<absent>");
}

TEST_F(OverlayReaderTest, ScansSeeTheMergedView) {
  const OverlayReader reader(*base_, {&open_, &syncing_});
  const Contents all = {
      {"b", "base"}, {"d", "open"}, {"f", "open"}, {"g", "open"}};
  EXPECT_EQ(ContentsOf(reader), all);
  EXPECT_EQ(ContentsBackward(reader), all);
}

TEST_F(OverlayReaderTest, ScansKeepToTheirRange) {
  const OverlayReader reader(*base_, {&open_, &syncing_});
  const Contents middle = {{"d", "open"}, {"f", "open"}};
  EXPECT_EQ(ContentsOf(reader, "c", "g"), middle);
  EXPECT_EQ(ContentsBackward(reader, "c", "g"), middle);
  EXPECT_THAT(ContentsOf(reader, "g", "c"), IsEmpty());
  EXPECT_THAT(ContentsBackward(reader, "g", "c"), IsEmpty());
  EXPECT_THAT(ContentsOf(reader, "d", "d"), IsEmpty());
  EXPECT_THAT(ContentsBackward(reader, "d", "d"), IsEmpty());
}

TEST_F(OverlayReaderTest, ScansStopWhereTheVisitorSaysSo) {
  const OverlayReader reader(*base_, {&open_, &syncing_});
  for (size_t wanted = 1; wanted <= 4; ++wanted) {
    size_t visited = 0;
    const auto stop_at_wanted = [&](absl::string_view, absl::string_view) {
      return ++visited == wanted ? Visit::kStop : Visit::kContinue;
    };
    ASSERT_TRUE(reader.Scan("", "", stop_at_wanted).ok());
    EXPECT_EQ(visited, wanted);
    visited = 0;
    ASSERT_TRUE(reader.ScanBackward("", "", stop_at_wanted).ok());
    EXPECT_EQ(visited, wanted);
  }
}

TEST_F(OverlayReaderTest, PassesOverAbsentSets) {
  const OverlayReader reader(*base_, {nullptr, &syncing_, nullptr});
  EXPECT_THAT(ContentsOf(reader),
              ElementsAre(Pair("a", "syncing"), Pair("b", "base"),
                          Pair("d", "syncing")));
  const OverlayReader bare(*base_, {});
  EXPECT_EQ(ContentsOf(bare), ContentsOf(*base_));
}

TEST_F(OverlayReaderTest, FollowsASetThatGrows) {
  const OverlayReader reader(*base_, {&open_});
  open_.Put("c", "later");
  EXPECT_EQ(ValueOf(reader, "c"), "later");
  open_.Clear();
  EXPECT_EQ(ContentsOf(reader), ContentsOf(*base_));
}

}  // namespace
}  // namespace pistis
