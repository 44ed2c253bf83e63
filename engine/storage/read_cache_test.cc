#include "engine/storage/read_cache.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/storage/memory/memory_store.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

constexpr size_t kRoomy = 1 << 20;

std::string Read(const Reader& reader, absl::string_view key) {
  const auto value = reader.Get(key);
  EXPECT_TRUE(value.ok());
  return value->value_or("absent");
}

TEST(ReadCacheTest, KeepsWhatWasReadAndAsksForItOnce) {
  MemoryStore store;
  ASSERT_TRUE(CommitAll(store, {{"ann", "1"}}).ok());
  ReadCache cache(kRoomy);
  const auto before = store.GetSnapshot();
  EXPECT_EQ(Read(CachedReader(*before, cache), "ann"), "1");
  ASSERT_TRUE(CommitAll(store, {{"ann", "2"}}).ok());
  // Not told of the write: the value of before shows that the store was not
  // asked.
  const auto after = store.GetSnapshot();
  EXPECT_EQ(Read(CachedReader(*after, cache), "ann"), "1");
}

TEST(ReadCacheTest, FollowsTheWritesItIsHanded) {
  MemoryStore store;
  ASSERT_TRUE(CommitAll(store, {{"ann", "1"}, {"ben", "1"}}).ok());
  ReadCache cache(kRoomy);
  const auto before = store.GetSnapshot();
  EXPECT_EQ(Read(CachedReader(*before, cache), "ann"), "1");
  EXPECT_EQ(Read(CachedReader(*before, cache), "ben"), "1");
  WriteSet writes;
  writes.Put("ann", "2");
  writes.Delete("ben");
  writes.Put("cleo", "1");
  cache.Apply(writes);
  const auto txn = store.Begin();
  writes.ApplyTo(*txn);
  ASSERT_TRUE(txn->Commit().ok());
  const auto after = store.GetSnapshot();
  EXPECT_EQ(Read(CachedReader(*after, cache), "ann"), "2");
  EXPECT_EQ(Read(CachedReader(*after, cache), "ben"), "absent");
  EXPECT_EQ(Read(CachedReader(*after, cache), "cleo"), "1");
}

TEST(ReadCacheTest, DoesNotKeepWhatIsAbsent) {
  MemoryStore store;
  ReadCache cache(kRoomy);
  EXPECT_EQ(Read(CachedReader(*store.GetSnapshot(), cache), "ann"), "absent");
  ASSERT_TRUE(CommitAll(store, {{"ann", "1"}}).ok());
  EXPECT_EQ(Read(CachedReader(*store.GetSnapshot(), cache), "ann"), "1");
}

TEST(ReadCacheTest, StaysBoundedAndKeepsWhatIsAskedFor) {
  ReadCache cache(1000);
  cache.Keep("hot", "x");
  for (int i = 0; i < 10'000; ++i) {
    cache.Keep(absl::StrCat("cold", i), std::string(20, 'v'));
    ASSERT_NE(cache.Find("hot"), nullptr) << i;
    ASSERT_LT(cache.count(), 100U);
  }
  EXPECT_EQ(cache.Find("cold0"), nullptr);
}

// A value in the elder generation follows writes too.
TEST(ReadCacheTest, FollowsWritesToWhatWasNotReadForAWhile) {
  ReadCache cache(100);
  cache.Keep("ann", "1");
  cache.Keep("filler", std::string(100, 'v'));
  cache.Keep("next", "1");
  WriteSet writes;
  writes.Put("ann", "2");
  cache.Apply(writes);
  ASSERT_NE(cache.Find("ann"), nullptr);
  EXPECT_EQ(*cache.Find("ann"), "2");
}

}  // namespace
}  // namespace pistis
