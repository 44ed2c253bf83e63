#include "server/unread_replies.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace pistis::server {
namespace {

constexpr size_t kLarge = UnreadReplies::kPageBytes;

Caller Key(const std::string& name) {
  return {.name = name, .access = {}, .key_hash = "hash of " + name};
}

class UnreadRepliesTest : public testing::Test {
 protected:
  // Whether one more is held.
  bool Hold(const Caller& caller, size_t bytes) {
    auto part = std::make_unique<UnreadReplies::Part>();
    if (!replies_.Hold(context_, caller, bytes, *part)) return false;
    parts_.push_back(std::move(part));
    return true;
  }
  void ReadFirst() { parts_.erase(parts_.begin()); }

  // Never sent anywhere.
  grpc::CallbackServerContext context_;
  UnreadReplies replies_{
      {.bytes_in_all = 10 * kLarge, .bytes_of_a_caller = 4 * kLarge}};
  std::vector<std::unique_ptr<UnreadReplies::Part>> parts_;
};

TEST_F(UnreadRepliesTest, ACallerHasItsShareAndGetsBackWhatIsRead) {
  EXPECT_TRUE(Hold(Key("a"), 3 * kLarge));
  EXPECT_FALSE(Hold(Key("a"), 2 * kLarge));
  EXPECT_TRUE(Hold(Key("a"), kLarge));
  EXPECT_FALSE(Hold(Key("a"), kLarge));
  EXPECT_TRUE(Hold(Key("b"), 4 * kLarge)) << "of another caller";
  ReadFirst();
  EXPECT_TRUE(Hold(Key("a"), 3 * kLarge));
  EXPECT_FALSE(Hold(Key("a"), kLarge));
}

TEST_F(UnreadRepliesTest, AllTogetherHaveTheirs) {
  EXPECT_TRUE(Hold(Key("a"), 4 * kLarge));
  EXPECT_TRUE(Hold(Key("b"), 4 * kLarge));
  EXPECT_FALSE(Hold(Key("c"), 3 * kLarge));
  EXPECT_TRUE(Hold(Key("c"), 2 * kLarge));
  ReadFirst();
  EXPECT_TRUE(Hold(Key("d"), 4 * kLarge));
}

TEST_F(UnreadRepliesTest, TheOnlyOneOfACallerMayPassItsShare) {
  EXPECT_TRUE(Hold(Key("a"), 6 * kLarge));
  EXPECT_FALSE(Hold(Key("a"), kLarge));
  EXPECT_FALSE(Hold(Key("b"), 11 * kLarge)) << "more than there is";
}

TEST_F(UnreadRepliesTest, PagesKeepNoSaleFromItsReply) {
  constexpr size_t kSale = UnreadReplies::kCountedBytes;
  EXPECT_TRUE(Hold(Key("a"), 4 * kLarge));
  EXPECT_TRUE(Hold(Key("b"), 4 * kLarge));
  EXPECT_TRUE(Hold(Key("c"), 2 * kLarge));
  EXPECT_FALSE(Hold(Key("d"), kLarge));
  EXPECT_TRUE(Hold(Key("d"), kSale));
  // A quarter of its own four.
  for (int i = 0; i < 16; ++i)
    EXPECT_TRUE(Hold(Key("a"), kSale)) << i;
  EXPECT_FALSE(Hold(Key("a"), kSale));
}

TEST_F(UnreadRepliesTest, TheSmallestAreNotCounted) {
  for (int i = 0; i < 500; ++i)
    EXPECT_TRUE(Hold(Key("a"), UnreadReplies::kCountedBytes - 1));
  EXPECT_TRUE(Hold(Key("a"), 4 * kLarge));
}

}  // namespace
}  // namespace pistis::server
