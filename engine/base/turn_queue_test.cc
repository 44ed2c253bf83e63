#include "engine/base/turn_queue.h"

#include <algorithm>
#include <deque>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pistis {
namespace {

using ::testing::ElementsAre;

constexpr size_t kAny = 1000;

std::vector<std::string> All(TurnQueue<std::string>& queue) {
  std::vector<std::string> taken;
  while (!queue.empty())
    taken.push_back(queue.Pop());
  return taken;
}

TEST(TurnQueueTest, WhoBringsMuchWaitsForItAndNobodyElse) {
  TurnQueue<std::string> queue;
  for (const char* item : {"a1", "a2", "a3", "b1", "c1", "b2"})
    EXPECT_TRUE(queue.Push(std::string(item, 1), kAny, item));
  EXPECT_EQ(queue.size(), 6U);
  EXPECT_THAT(All(queue), ElementsAre("a1", "b1", "c1", "a2", "b2", "a3"));
  EXPECT_EQ(queue.size(), 0U);
}

TEST(TurnQueueTest, ATurnThatIsOverComesAfterThoseThatWait) {
  TurnQueue<std::string> queue;
  for (const char* item : {"a1", "a2", "b1"})
    EXPECT_TRUE(queue.Push(std::string(item, 1), kAny, item));
  EXPECT_EQ(queue.Pop(), "a1");
  EXPECT_TRUE(queue.Push("c", kAny, "c1"));
  EXPECT_THAT(All(queue), ElementsAre("b1", "a2", "c1"));
}

TEST(TurnQueueTest, NobodyHasMoreWaitingThanTheyMay) {
  TurnQueue<std::string> queue;
  std::string kept = "a3";
  EXPECT_TRUE(queue.Push("a", 2, "a1"));
  EXPECT_TRUE(queue.Push("a", 2, "a2"));
  EXPECT_FALSE(queue.Push("a", 2, std::move(kept)));
  EXPECT_EQ(kept, "a3");
  EXPECT_TRUE(queue.Push("b", 2, "b1"));
  EXPECT_FALSE(queue.Push("c", 0, "c1"));
  EXPECT_THAT(All(queue), ElementsAre("a1", "b1", "a2"));
}

// Beside a queue that looks through all of them for who is next.
TEST(TurnQueueTest, ItDoesWhatANaiveOneDoes) {
  const unsigned seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  TurnQueue<int> queue;
  std::map<std::string, std::deque<int>> naive;
  std::deque<std::string> order;
  // More callers than lists that stay.
  constexpr unsigned kCallers = 150;
  for (int step = 0; step < 20'000; ++step) {
    // Fills and empties by turns.
    const bool is_full_time = step / 1000 % 2 == 0;
    if (random() % 5 < (is_full_time ? 3 : 1)) {
      const std::string whose = absl::StrCat("c", random() % kCallers);
      const bool may = naive[whose].size() < 3;
      ASSERT_EQ(queue.Push(whose, 3, int{step}), may);
      if (!may) continue;
      naive[whose].push_back(step);
      if (naive[whose].size() == 1) order.push_back(whose);
    } else if (!queue.empty()) {
      const std::string whose = order.front();
      order.pop_front();
      ASSERT_EQ(queue.Pop(), naive[whose].front());
      naive[whose].pop_front();
      if (!naive[whose].empty()) order.push_back(whose);
    }
    size_t all = 0;
    for (const auto& [whose, items] : naive)
      all += items.size();
    ASSERT_EQ(queue.size(), all);
  }
}

}  // namespace
}  // namespace pistis
