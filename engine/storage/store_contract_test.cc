// The promises of store.h, kept by every store.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/storage/store.h"
#include "engine/storage/test_stores.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class StoreContractTest : public testing::TestWithParam<StoreKind> {
 protected:
  Store& store() { return home_->store(); }
  Contents Committed() { return ContentsOf(*store().GetSnapshot()); }

 private:
  const std::unique_ptr<TestStore> home_ = GetParam().make();
};

INSTANTIATE_TEST_SUITE_P(Stores, StoreContractTest,
                         testing::ValuesIn(AllStoreKinds()),
                         [](const testing::TestParamInfo<StoreKind>& kind) {
                           return kind.param.name;
                         });

TEST_P(StoreContractTest, IsEmptyAtFirst) {
  EXPECT_THAT(Committed(), IsEmpty());
  EXPECT_THAT(ContentsBackward(*store().GetSnapshot()), IsEmpty());
  EXPECT_EQ(ValueOf(*store().GetSnapshot(), "k"), "<absent>");
}

TEST_P(StoreContractTest, CommittedWritesAreSeen) {
  ASSERT_TRUE(CommitAll(store(), {{"a", "1"}, {"b", "2"}}).ok());
  const auto txn = store().Begin();
  txn->Put("c", "3");
  txn->Delete("a");
  txn->Delete("never there");
  ASSERT_TRUE(txn->Commit().ok());
  EXPECT_THAT(Committed(), ElementsAre(Pair("b", "2"), Pair("c", "3")));
}

TEST_P(StoreContractTest, LastWriteToAKeyWins) {
  const auto txn = store().Begin();
  txn->Put("put", "1");
  txn->Put("put", "2");
  txn->Put("deleted", "1");
  txn->Delete("deleted");
  txn->Delete("put again");
  txn->Put("put again", "3");
  ASSERT_TRUE(txn->Commit().ok());
  EXPECT_THAT(Committed(),
              ElementsAre(Pair("put", "2"), Pair("put again", "3")));
}

TEST_P(StoreContractTest, TxnReadsItsOwnWrites) {
  ASSERT_TRUE(CommitAll(store(), {{"a", "1"}, {"c", "1"}, {"e", "1"}}).ok());
  const auto txn = store().Begin();
  txn->Put("b", "2");
  txn->Delete("c");
  EXPECT_EQ(ValueOf(*txn, "a"), "1");
  EXPECT_EQ(ValueOf(*txn, "b"), "2");
  EXPECT_EQ(ValueOf(*txn, "c"), "<absent>");
  txn->Put("e", "3");
  txn->Put("f", "3");
  const Contents expected = {{"a", "1"}, {"b", "2"}, {"e", "3"}, {"f", "3"}};
  EXPECT_EQ(ContentsOf(*txn), expected);
  EXPECT_EQ(ContentsBackward(*txn), expected);
  ASSERT_TRUE(txn->Commit().ok());
  EXPECT_EQ(Committed(), expected);
}

TEST_P(StoreContractTest, UncommittedWritesAreInvisible) {
  const auto txn = store().Begin();
  txn->Put("k", "v");
  EXPECT_THAT(Committed(), IsEmpty());
  EXPECT_EQ(ValueOf(*store().Begin(), "k"), "<absent>");
}

TEST_P(StoreContractTest, DroppedTxnChangesNothing) {
  {
    const auto txn = store().Begin();
    txn->Put("k", "v");
    EXPECT_EQ(ValueOf(*txn, "k"), "v");
  }
  EXPECT_THAT(Committed(), IsEmpty());
}

TEST_P(StoreContractTest, EmptyCommitSucceeds) {
  EXPECT_TRUE(store().Begin()->Commit().ok());
}

TEST_P(StoreContractTest, SnapshotStaysAsItWas) {
  ASSERT_TRUE(CommitAll(store(), {{"a", "1"}, {"b", "1"}}).ok());
  const auto before = store().GetSnapshot();
  const auto txn = store().Begin();
  txn->Put("a", "2");
  txn->Delete("b");
  txn->Put("c", "2");
  ASSERT_TRUE(txn->Commit().ok());
  const Contents old = {{"a", "1"}, {"b", "1"}};
  EXPECT_EQ(ContentsOf(*before), old);
  EXPECT_EQ(ContentsBackward(*before), old);
  EXPECT_EQ(ValueOf(*before, "b"), "1");
  EXPECT_EQ(ValueOf(*before, "c"), "<absent>");
  EXPECT_THAT(Committed(), ElementsAre(Pair("a", "2"), Pair("c", "2")));
}

TEST_P(StoreContractTest, TxnReadsOnePointInTime) {
  ASSERT_TRUE(CommitAll(store(), {{"a", "1"}, {"b", "1"}}).ok());
  const auto txn = store().Begin();
  EXPECT_EQ(ValueOf(*txn, "a"), "1");
  ASSERT_TRUE(CommitAll(store(), {{"a", "2"}, {"b", "2"}}).ok());
  EXPECT_EQ(ValueOf(*txn, "b"), "1");
  EXPECT_THAT(ContentsOf(*txn), ElementsAre(Pair("a", "1"), Pair("b", "1")));
}

TEST_P(StoreContractTest, ScansVisitExactlyTheRange) {
  const Contents all = {{"a", "1"}, {"b", "2"}, {"ba", "3"}, {"c", "4"}};
  ASSERT_TRUE(CommitAll(store(), all).ok());
  const auto view = store().GetSnapshot();
  const Contents middle = {{"b", "2"}, {"ba", "3"}};
  EXPECT_EQ(ContentsOf(*view, "b", "c"), middle);
  EXPECT_EQ(ContentsBackward(*view, "b", "c"), middle);
  EXPECT_EQ(ContentsOf(*view, "aa", "bb"), middle);
  EXPECT_EQ(ContentsBackward(*view, "aa", "bb"), middle);
  const Contents from_ba = {{"ba", "3"}, {"c", "4"}};
  EXPECT_EQ(ContentsOf(*view, "ba", ""), from_ba);
  EXPECT_EQ(ContentsBackward(*view, "ba", ""), from_ba);
  EXPECT_EQ(ContentsOf(*view, "", "z"), all);
  EXPECT_EQ(ContentsBackward(*view, "", "z"), all);
}

TEST_P(StoreContractTest, EmptyRangesHoldNothing) {
  ASSERT_TRUE(CommitAll(store(), {{"a", "1"}, {"b", "2"}, {"c", "3"}}).ok());
  const auto txn = store().Begin();
  txn->Put("bb", "own");
  const auto view = store().GetSnapshot();
  for (const Reader* reader : {static_cast<const Reader*>(view.get()),
                               static_cast<const Reader*>(txn.get())}) {
    EXPECT_THAT(ContentsOf(*reader, "b", "b"), IsEmpty());
    EXPECT_THAT(ContentsBackward(*reader, "b", "b"), IsEmpty());
    EXPECT_THAT(ContentsOf(*reader, "c", "a"), IsEmpty());
    EXPECT_THAT(ContentsBackward(*reader, "c", "a"), IsEmpty());
    EXPECT_THAT(ContentsOf(*reader, "d", ""), IsEmpty());
    EXPECT_THAT(ContentsBackward(*reader, "d", ""), IsEmpty());
    EXPECT_THAT(ContentsOf(*reader, "", "a"), IsEmpty());
    EXPECT_THAT(ContentsBackward(*reader, "", "a"), IsEmpty());
  }
}

TEST_P(StoreContractTest, ScansStopWhereTheVisitorSaysSo) {
  ASSERT_TRUE(CommitAll(store(), {{"a", "1"}, {"b", "2"}, {"c", "3"}}).ok());
  std::vector<std::string> seen;
  const auto two = [&seen](absl::string_view key, absl::string_view) {
    seen.emplace_back(key);
    return seen.size() == 2 ? Visit::kStop : Visit::kContinue;
  };
  const auto view = store().GetSnapshot();
  ASSERT_TRUE(view->Scan("", "", two).ok());
  EXPECT_THAT(seen, ElementsAre("a", "b"));
  seen.clear();
  ASSERT_TRUE(view->ScanBackward("", "", two).ok());
  EXPECT_THAT(seen, ElementsAre("c", "b"));
}

TEST_P(StoreContractTest, VisitorsMayReadFromWhatTheyScan) {
  ASSERT_TRUE(CommitAll(store(), {{"index/1", "row/a"},
                                  {"index/2", "row/b"},
                                  {"row/a", "A"},
                                  {"row/b", "B"}})
                  .ok());
  const auto txn = store().Begin();
  std::string rows;
  ASSERT_TRUE(txn->Scan("index/", "index0",
                        [&](absl::string_view, absl::string_view value) {
                          absl::StrAppend(&rows, ValueOf(*txn, value));
                          return Visit::kContinue;
                        })
                  .ok());
  EXPECT_EQ(rows, "AB");
}

TEST_P(StoreContractTest, KeysAreAnyBytesInUnsignedOrder) {
  const std::string zero(1, '\0');
  const std::string two_zeros(2, '\0');
  const std::string high = "\xff";
  const std::string higher = "\xff\xff";
  const std::string mixed = std::string("a\0\xff", 3);
  Contents all;
  for (const std::string& key :
       {zero, two_zeros, std::string("\x7f"), std::string("\x80"), high, higher,
        std::string("a"), mixed}) {
    all[key] = absl::StrCat("value of ", key, zero);
  }
  ASSERT_TRUE(CommitAll(store(), all).ok());
  const auto view = store().GetSnapshot();
  EXPECT_EQ(ContentsOf(*view), all);
  EXPECT_EQ(ContentsBackward(*view), all);
  for (const auto& [key, value] : all)
    EXPECT_EQ(ValueOf(*view, key), value);
  EXPECT_THAT(ContentsOf(*view, zero, two_zeros),
              ElementsAre(Pair(zero, testing::_)));
  EXPECT_THAT(ContentsBackward(*view, high, ""),
              ElementsAre(Pair(high, testing::_), Pair(higher, testing::_)));
}

TEST_P(StoreContractTest, EmptyValuesArePresent) {
  ASSERT_TRUE(CommitAll(store(), {{"k", ""}}).ok());
  EXPECT_EQ(ValueOf(*store().GetSnapshot(), "k"), "");
  EXPECT_THAT(Committed(), ElementsAre(Pair("k", "")));
}

TEST_P(StoreContractTest, LargeValuesComeBackWhole) {
  std::string large(size_t{3} << 20, '\0');
  for (size_t i = 0; i < large.size(); ++i) {
    large[i] = static_cast<char>(i * 2654435761U >> 13);
  }
  ASSERT_TRUE(CommitAll(store(), {{"large", large}, {"small", "s"}}).ok());
  const auto view = store().GetSnapshot();
  EXPECT_TRUE(ValueOf(*view, "large") == large);
  EXPECT_TRUE(ContentsOf(*view).at("large") == large);
}

TEST_P(StoreContractTest, LostUpdateIsAborted) {
  ASSERT_TRUE(CommitAll(store(), {{"points", "10"}}).ok());
  const auto slow = store().Begin();
  EXPECT_EQ(ValueOf(*slow, "points"), "10");
  const auto fast = store().Begin();
  EXPECT_EQ(ValueOf(*fast, "points"), "10");
  fast->Put("points", "11");
  ASSERT_TRUE(fast->Commit().ok());
  slow->Put("points", "12");
  EXPECT_EQ(slow->Commit().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(Committed(), ElementsAre(Pair("points", "11")));
}

TEST_P(StoreContractTest, AbsenceThatWasReadIsProtectedToo) {
  const auto slow = store().Begin();
  EXPECT_EQ(ValueOf(*slow, "code used"), "<absent>");
  ASSERT_TRUE(CommitAll(store(), {{"code used", "by another"}}).ok());
  slow->Put("code used", "by me");
  EXPECT_EQ(slow->Commit().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ValueOf(*store().GetSnapshot(), "code used"), "by another");
}

TEST_P(StoreContractTest, RangeThatWasReadIsProtectedToo) {
  for (const bool backward : {false, true}) {
    const auto slow = store().Begin();
    const Contents seen = backward ? ContentsBackward(*slow, "r/", "r0")
                                   : ContentsOf(*slow, "r/", "r0");
    EXPECT_THAT(seen, IsEmpty());
    ASSERT_TRUE(CommitAll(store(), {{"r/1", "new"}}).ok());
    slow->Put("count of r", "0");
    EXPECT_EQ(slow->Commit().code(), absl::StatusCode::kAborted);
    const auto tidy = store().Begin();
    tidy->Delete("r/1");
    ASSERT_TRUE(tidy->Commit().ok());
  }
  EXPECT_THAT(Committed(), IsEmpty());
}

TEST_P(StoreContractTest, AbortedCommandSucceedsWhenRunAgain) {
  ASSERT_TRUE(CommitAll(store(), {{"n", "1"}}).ok());
  const auto first = store().Begin();
  EXPECT_EQ(ValueOf(*first, "n"), "1");
  ASSERT_TRUE(CommitAll(store(), {{"n", "2"}}).ok());
  first->Put("n", "first+1");
  ASSERT_EQ(first->Commit().code(), absl::StatusCode::kAborted);
  const auto again = store().Begin();
  EXPECT_EQ(ValueOf(*again, "n"), "2");
  again->Put("n", "3");
  EXPECT_TRUE(again->Commit().ok());
  EXPECT_EQ(ValueOf(*store().GetSnapshot(), "n"), "3");
}

TEST_P(StoreContractTest, BlindWritesNeverConflict) {
  const auto first = store().Begin();
  const auto second = store().Begin();
  first->Put("k", "first");
  second->Put("k", "second");
  // Its own write, not the store's.
  EXPECT_EQ(ValueOf(*second, "k"), "second");
  ASSERT_TRUE(first->Commit().ok());
  ASSERT_TRUE(second->Commit().ok());
  EXPECT_THAT(Committed(), ElementsAre(Pair("k", "second")));
}

TEST_P(StoreContractTest, ReadersDoNotMakeWritersConflict) {
  ASSERT_TRUE(CommitAll(store(), {{"k", "1"}}).ok());
  const auto writer = store().Begin();
  EXPECT_EQ(ValueOf(*writer, "k"), "1");
  const auto reader = store().Begin();
  EXPECT_EQ(ValueOf(*reader, "k"), "1");
  EXPECT_TRUE(reader->Commit().ok());
  writer->Put("k", "2");
  EXPECT_TRUE(writer->Commit().ok());
}

// Each commit sets every key to one number, so a view with two is torn.
TEST_P(StoreContractTest, ConcurrentReadersSeeWholeCommits) {
  constexpr int kKeys = 20;
  constexpr int kCommits = 150;
  const auto write = [this](int number) {
    Contents all;
    for (int i = 0; i < kKeys; ++i) {
      all[absl::StrCat("key/", i)] = absl::StrCat(number);
    }
    return CommitAll(store(), all);
  };
  ASSERT_TRUE(write(0).ok());
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  const auto shared = store().GetSnapshot();
  const auto read = [&] {
    while (!done.load()) {
      const auto view = store().GetSnapshot();
      const std::string number = ValueOf(*view, "key/0");
      for (const auto& [key, value] : ContentsOf(*view)) {
        if (value != number) ++torn;
      }
      if (ValueOf(*shared, "key/7") != "0") ++torn;
    }
  };
  std::thread first(read);
  std::thread second(read);
  int failed = 0;
  for (int number = 1; number <= kCommits; ++number) {
    if (!write(number).ok()) ++failed;
  }
  done = true;
  first.join();
  second.join();
  EXPECT_EQ(torn.load(), 0);
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(ValueOf(*store().GetSnapshot(), "key/3"), absl::StrCat(kCommits));
}

TEST_P(StoreContractTest, ConcurrentCountersLoseNoIncrement) {
  constexpr int kThreads = 4;
  constexpr int kIncrements = 40;
  ASSERT_TRUE(CommitAll(store(), {{"n", "0"}}).ok());
  std::atomic<int> unexpected = 0;
  const auto increment_once = [&] {
    const auto txn = store().Begin();
    txn->Put("n", absl::StrCat(std::stoi(ValueOf(*txn, "n")) + 1));
    return txn->Commit();
  };
  const auto work = [&] {
    for (int done = 0; done < kIncrements;) {
      const absl::Status committed = increment_once();
      if (committed.ok()) {
        ++done;
      } else if (!absl::IsAborted(committed)) {
        ++unexpected;
        return;
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back(work);
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(unexpected.load(), 0);
  EXPECT_EQ(ValueOf(*store().GetSnapshot(), "n"),
            absl::StrCat(kThreads * kIncrements));
}

}  // namespace
}  // namespace pistis
