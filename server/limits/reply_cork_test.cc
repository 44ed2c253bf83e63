#include "server/limits/reply_cork.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/limits/open_connections.h"
#include <arpa/inet.h>
#include <unistd.h>

namespace pistis::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Both ends of a connection over loopback.
class Pair {
 public:
  Pair() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener, any, size), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    EXPECT_EQ(getsockname(listener, any, &size), 0);
    client_ = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(connect(client_, any, size), 0);
    server_ = accept(listener, nullptr, nullptr);
    close(listener);
    const int on = 1;
    setsockopt(server_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    close(client_);
    CloseServer();
  }

  [[nodiscard]] int server() const { return server_; }
  void CloseServer() {
    if (server_ >= 0) close(std::exchange(server_, -1));
  }

  void Write(const std::string& text) const {
    EXPECT_EQ(send(server_, text.data(), text.size(), 0),
              static_cast<ssize_t>(text.size()));
  }
  // What has arrived; empty where nothing has.
  [[nodiscard]] std::string Arrived() const {
    std::string text(100, 0);
    const ssize_t got = recv(client_, text.data(), text.size(), MSG_DONTWAIT);
    text.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return text;
  }

 private:
  int client_ = -1;
  int server_ = -1;
};

TEST(ReplyCorkTest, RepliesOfABatchArriveTogetherWhenItIsThrough) {
  const Pair pair;
  OpenConnections open;
  open.Add(pair.server(), "till");
  ReplyCork(open).Send(8, [&pair] {
    pair.Write("one ");
    pair.Write("two");
    EXPECT_EQ(pair.Arrived(), "");
  });
  EXPECT_EQ(pair.Arrived(), "one two");
}

TEST(ReplyCorkTest, AFewRepliesLeaveAtOnce) {
  const Pair pair;
  OpenConnections open;
  open.Add(pair.server(), "till");
  ReplyCork(open).Send(2, [&pair] {
    pair.Write("one");
    EXPECT_EQ(pair.Arrived(), "one");
  });
}

TEST(ReplyCorkTest, ManyConnectionsAreLeftAlone) {
  const Pair first;
  const Pair second;
  OpenConnections open;
  open.Add(first.server(), "till");
  open.Add(second.server(), "till");
  ReplyCork(open).Send(7, [&first] {
    first.Write("one");
    EXPECT_EQ(first.Arrived(), "one");
  });
}

TEST(OpenConnectionsTest, WhatWasClosedIsTakenOnce) {
  const Pair stays;
  Pair goes;
  OpenConnections open;
  open.Add(stays.server(), "a");
  open.Add(goes.server(), "b");
  EXPECT_THAT(open.TakeClosed(), IsEmpty());
  goes.CloseServer();
  EXPECT_THAT(open.AtMost(2), ElementsAre(stays.server()));
  EXPECT_THAT(open.TakeClosed(), ElementsAre("b"));
  EXPECT_THAT(open.TakeClosed(), IsEmpty());
}

TEST(OpenConnectionsTest, ADescriptorThatIsUsedAgainIsAnother) {
  Pair goes;
  OpenConnections open;
  const int descriptor = goes.server();
  open.Add(descriptor, "a");
  goes.CloseServer();
  const Pair other;
  ASSERT_EQ(dup2(other.server(), descriptor), descriptor);
  EXPECT_THAT(open.AtMost(4), IsEmpty());
  EXPECT_THAT(open.TakeClosed(), ElementsAre("a"));
  close(descriptor);
}

TEST(OpenConnectionsTest, AllThatAreOpenAreShutAndAnothersSocketIsNot) {
  const Pair stays;
  Pair goes;
  // Before the descriptor is free: it takes that itself else.
  const Pair other;
  OpenConnections open;
  open.Add(stays.server(), "a");
  const int descriptor = goes.server();
  open.Add(descriptor, "b");
  goes.CloseServer();
  ASSERT_EQ(dup2(other.server(), descriptor), descriptor);
  open.ShutAll();
  char byte = 0;
  EXPECT_EQ(send(stays.server(), "x", 1, MSG_NOSIGNAL), -1);
  EXPECT_EQ(recv(stays.server(), &byte, 1, MSG_DONTWAIT), 0);
  other.Write("still there");
  EXPECT_EQ(other.Arrived(), "still there");
  // Whoever had it closes it.
  EXPECT_THAT(open.AtMost(4), ElementsAre(stays.server()));
  close(descriptor);
}

}  // namespace
}  // namespace pistis::server
