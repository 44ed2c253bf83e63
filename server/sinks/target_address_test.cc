#include "server/sinks/target_address.h"

#include <string>

#include "gtest/gtest.h"

#include <netdb.h>

namespace pistis::server {
namespace {

bool IsPublic(const std::string& text) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  EXPECT_EQ(getaddrinfo(text.c_str(), nullptr, &hints, &found), 0) << text;
  if (found == nullptr) return false;
  const bool is_public = IsPublicAddress(*found->ai_addr);
  freeaddrinfo(found);
  return is_public;
}

TEST(TargetAddressTest, NoAddressOfAPrivateNetworkIsPublic) {
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "10.255.255.255",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.254",
                           "169.254.0.1",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.168.0.1",
                           "192.168.255.255",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.7",
                           "203.0.113.9",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fe80::1",
                           "febf::1",
                           "fc00::1",
                           "fd12:3456::1",
                           "fd00:ec2::254",
                           "fec0::1",
                           "ff02::1",
                           "100::1",
                           "2001:db8::1",
                           "2001::1",
                           "2002:0a00::",
                           "2002:7f00:1::",
                           "3fff::1",
                           "5f00::1",
                           "4000::1"}) {
    EXPECT_FALSE(IsPublic(text)) << text;
  }
}

TEST(TargetAddressTest, AnIpv4AddressInsideAnIpv6OneIsLookedAt) {
  for (const char* text :
       {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "::ffff:192.168.1.1", "::ffff:0:127.0.0.1", "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254", "64:ff9b:1::10.0.0.1", "::127.0.0.1",
        "::10.0.0.1"}) {
    EXPECT_FALSE(IsPublic(text)) << text;
  }
  EXPECT_TRUE(IsPublic("::ffff:8.8.8.8"));
  EXPECT_TRUE(IsPublic("64:ff9b::8.8.8.8"));
}

TEST(TargetAddressTest, AddressesOfTheInternetArePublic) {
  for (const char* text :
       {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255",
        "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
        "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
        "2606:4700:4700::1111", "2a00:1450:4001:801::200e"}) {
    EXPECT_TRUE(IsPublic(text)) << text;
  }
}

TEST(TargetAddressTest, AHostInAnySpellingOfAPrivateAddressIsNot) {
  for (const char* host :
       {"localhost", "LOCALHOST", "localhost.", "db.localhost", "127.1",
        "0x7f000001", "2130706433", "017700000001", "10.1", "::1",
        "::ffff:7f00:1", "fe80::1", "169.254.169.254", "0"}) {
    EXPECT_FALSE(MayBePublicHost(host)) << host;
  }
  for (const char* host : {"shop.example", "8.8.8.8", "localhost.example"}) {
    EXPECT_TRUE(MayBePublicHost(host)) << host;
  }
}

TEST(TargetAddressTest, TheHostOfAUrlIsFound) {
  EXPECT_EQ(HostOf("https://shop.example/hooks"), "shop.example");
  EXPECT_EQ(HostOf("https://shop.example:8443?x=http://y"), "shop.example");
  EXPECT_EQ(HostOf("http://[::1]:80/"), "::1");
  EXPECT_EQ(HostOf("http://127.0.0.1#x"), "127.0.0.1");
  EXPECT_EQ(HostOf("nothing"), "");
}

}  // namespace
}  // namespace pistis::server
