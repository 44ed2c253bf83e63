#include "server/sinks/webhook.h"

#include "gtest/gtest.h"

namespace pistis::server {
namespace {

constexpr char kSecret[] = "whsec_Y29ybmVyLXNob3Agd2ViaG9vayBzZWNyZXQ=";
constexpr char kSecretBefore[] =
    "whsec_dGhlIHNlY3JldCBvZiB0aGUgeWVhciBiZWZvcmU=";

// The signatures were made by `Webhook.sign` of the npm package
// standardwebhooks 1.1.1.
TEST(WebhookTest, SignsAsTheReferenceLibraryDoes) {
  const SignedParts parts{
      .id = "17-0",
      .unix_seconds = 1'800'000'000,
      .body = R"({"event_id":"17-0","note":"Ευχαριστούμε"})"};
  v1::WebhookSink webhook;
  webhook.set_secret(kSecret);
  EXPECT_EQ(SignaturesOf(webhook, parts),
            "v1,6kstTPdeQWIodIWRHWn65m93gnmQG0RTOV1CVGIAxtE=");
  webhook.set_previous_secret(kSecretBefore);
  EXPECT_EQ(SignaturesOf(webhook, parts),
            "v1,6kstTPdeQWIodIWRHWn65m93gnmQG0RTOV1CVGIAxtE= "
            "v1,YBSy0iSVbnV3uIXr5SaBs9mb/KO4p8u+/4+nLGVsoN8=");
}

}  // namespace
}  // namespace pistis::server
