#include "server/sinks/open_sink.h"

#include "gtest/gtest.h"

namespace pistis::server {
namespace {

bool Allows(const char* url, bool by_mail) {
  v1::Subscription subscription;
  if (by_mail) {
    subscription.mutable_smtp()->set_url(url);
  } else {
    subscription.mutable_webhook()->set_url(url);
  }
  return CheckAllowed(subscription, {}).ok();
}

TEST(OpenSinkTest, AddressesThatNobodyCouldGoToAreRefused) {
  EXPECT_TRUE(Allows("https://shop.example:443/hooks?a=b", false));
  EXPECT_TRUE(Allows("smtp://mail.example:25", true));
  EXPECT_TRUE(Allows("smtps://[2606:4700::1111]:465", true));
  for (const char* url : {"https://shop.example:65536/", "https://[2606::1/",
                          "https://shop.example:port/"}) {
    EXPECT_FALSE(Allows(url, false)) << url;
  }
  EXPECT_FALSE(Allows("smtp://mail.example:99999", true));
}

}  // namespace
}  // namespace pistis::server
