#include "server/limits/peer_network.h"

#include "gtest/gtest.h"

namespace pistis::server {
namespace {

TEST(PeerNetworkTest, AnIpv4AddressIsOneByItself) {
  EXPECT_EQ(NetworkOf("10.0.0.7"), "10.0.0.7");
  EXPECT_EQ(NetworkOf("::ffff:10.0.0.7"), "10.0.0.7");
  EXPECT_EQ(NetworkOfPeer("ipv4:10.0.0.7:4711"), "10.0.0.7");
  EXPECT_EQ(NetworkOfPeer("ipv6:%5B::ffff:10.0.0.7%5D:4711"), "10.0.0.7");
}

TEST(PeerNetworkTest, OfIpv6AddressesThoseOfOneCustomerAreOne) {
  EXPECT_EQ(NetworkOf("2001:db8:0:7:1:2:3:4"), "2001:db8:0:7::");
  EXPECT_EQ(NetworkOfPeer("ipv6:%5B2001:db8:0:7::99%5D:4711"),
            "2001:db8:0:7::");
  EXPECT_EQ(NetworkOfPeer("ipv6:[2001:db8:0:7:ff::]:4711"), "2001:db8:0:7::");
  EXPECT_NE(NetworkOf("2001:db8:0:8::1"), NetworkOf("2001:db8:0:7::1"));
  EXPECT_EQ(NetworkOfPeer("ipv6:%5Bfe80::1%25eth0%5D:4711"), "fe80::");
  EXPECT_EQ(NetworkOf("::1"), "::");
}

TEST(PeerNetworkTest, WhatIsNoAddressIsOneByItself) {
  EXPECT_EQ(NetworkOfPeer("unix:/run/a"), "unix:/run/a");
  EXPECT_EQ(NetworkOfPeer("unknown"), "unknown");
  EXPECT_EQ(NetworkOfPeer(""), "");
  EXPECT_EQ(NetworkOf("nowhere"), "nowhere");
}

}  // namespace
}  // namespace pistis::server
