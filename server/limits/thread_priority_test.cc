#include "server/limits/thread_priority.h"

#include <sys/resource.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include <unistd.h>

namespace pistis::server {
namespace {

// As the kernel tells it of the calling thread: the 17th field after its name.
int Nice() {
  constexpr int kBefore = 16;
  std::ifstream stat(absl::StrCat("/proc/self/task/", gettid(), "/stat"));
  const std::string text{std::istreambuf_iterator<char>(stat), {}};
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < kBefore; ++i)
    fields >> skipped;
  int nice = -1;
  fields >> nice;
  return nice;
}

TEST(ThreadPriorityTest, TheCallingThreadAloneGivesWay) {
  const int before = Nice();
  int after = before;
  std::thread([&after] {
    GiveWay();
    after = Nice();
  }).join();
  EXPECT_EQ(after, 5);
  EXPECT_EQ(before, 0);
  EXPECT_EQ(Nice(), before);
}

}  // namespace
}  // namespace pistis::server
