#include "engine/operations/update_subscription.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/operations/deliveries.h"
#include "engine/operations/subscriptions.h"
#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

using store::v1::DeliveryRecord;
using testing::ElementsAre;

constexpr absl::string_view kRulebook = R"(
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
)";

class UpdateSubscriptionTest : public testing::Test {
 protected:
  void SetUp() override {
    OpenWith(kRulebook, shop_);
    for (const char* member : {"ann", "ben", "cat"})
      ASSERT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
    v1::CreateSubscriptionRequest hooks = SubscriptionRequest("hooks");
    hooks.mutable_subscription()->mutable_webhook()->set_url(
        "https://shop.example/hooks");
    hooks.mutable_subscription()->add_kinds("order_committed");
    ASSERT_TRUE(shop_.Subscribe(hooks).ok());
    v1::CreateSubscriptionRequest mail = SubscriptionRequest("mail");
    v1::SmtpSink& smtp = *mail.mutable_subscription()->mutable_smtp();
    smtp.set_url("smtp://mail.example");
    smtp.set_from("shop@mail.example");
    smtp.set_user("shop");
    smtp.set_password("open sesame");
    ASSERT_TRUE(shop_.Subscribe(mail).ok());
    ASSERT_TRUE(shop_.Subscribe(FileRequest("one")).ok());
    ASSERT_TRUE(shop_.Subscribe(FileRequest("two")).ok());
  }

  static v1::CreateSubscriptionRequest FileRequest(const std::string& id) {
    v1::CreateSubscriptionRequest request = SubscriptionRequest(id);
    request.mutable_subscription()->mutable_file()->set_name(id);
    return request;
  }
  v1::UpdateSubscriptionRequest About(absl::string_view id) {
    v1::UpdateSubscriptionRequest request;
    request.set_program_id(program_.text());
    request.set_request_id(absl::StrCat("update-", ++requests_));
    request.mutable_subscription()->set_subscription_id(std::string(id));
    return request;
  }
  v1::UpdateSubscriptionRequest ToWebhook(absl::string_view url) {
    v1::UpdateSubscriptionRequest request = About("hooks");
    request.mutable_subscription()->mutable_webhook()->set_url(
        std::string(url));
    return request;
  }
  v1::UpdateSubscriptionRequest ToMail(absl::string_view url,
                                       absl::string_view user) {
    v1::UpdateSubscriptionRequest request = About("mail");
    v1::SmtpSink& smtp = *request.mutable_subscription()->mutable_smtp();
    smtp.set_url(std::string(url));
    smtp.set_from("new@mail.example");
    smtp.set_user(std::string(user));
    return request;
  }
  absl::StatusOr<v1::Subscription> Update(
      const v1::UpdateSubscriptionRequest& request) {
    PISTIS_ASSIGN_OR_RETURN(const UpdateSubscriptionInput input,
                            ParseUpdateSubscription(request, clock_.Now()));
    PISTIS_ASSIGN_OR_RETURN(
        const DecidedReply<v1::Subscription> decided,
        UpdateSubscription(shop_.env(), *store_.GetSnapshot(),
                           {.commit_seq = 1'000, .now = clock_.Now()}, input));
    const std::unique_ptr<Txn> txn = store_.Begin();
    decided.writes.ApplyTo(*txn);
    PISTIS_RETURN_IF_ERROR(txn->Commit());
    PISTIS_RETURN_IF_ERROR(decided.reply.status());
    v1::Subscription updated;
    EXPECT_TRUE(updated.ParseFromString(decided.reply->bytes));
    return updated;
  }
  [[nodiscard]] StoredSubscription Stored(absl::string_view id) const {
    return *LoadSubscription(*store_.GetSnapshot(), program_, id);
  }
  // One of the first events was given up, two wait for a day.
  void Fail(DeliveryProgress::Sink sink) {
    const int64_t now_us = absl::ToUnixMicros(clock_.Now());
    DeliveryProgress progress{.program = program_,
                              .subscription = "hooks",
                              .create_us = now_us,
                              .delivered = 7,
                              .trouble = "it answered 400",
                              .failing_since_us = now_us,
                              .sink = sink};
    const auto events = shop_.Events(program_, "");
    for (size_t i = 0; i < 3; ++i) {
      const EventCursor cursor = *ParseCursor((*events)[i].cursor());
      DeliveryRecord& kept = progress.kept.emplace_back();
      kept.set_commit_seq(cursor.commit_seq);
      kept.set_event(cursor.index);
      kept.set_member_id((*events)[i].member_id());
      kept.set_attempts(5);
      kept.set_first_us(now_us);
      if (i > 0) kept.set_next_us(now_us + 86'400'000'000);
    }
    ASSERT_TRUE(shop_.Record(progress).ok());
  }

  const ProgramId program_{kShop};
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  int requests_ = 0;
};

TEST_F(UpdateSubscriptionTest, KindsAndSinkChangeAndTheSecretAndTheRestStay) {
  const StoredSubscription before = Stored("hooks");
  Fail(DeliveryProgress::Sink::kGoesOn);
  v1::UpdateSubscriptionRequest request = ToWebhook("https://new.example");
  request.mutable_subscription()->add_kinds("member_joined");
  const auto updated = Update(request);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->webhook().url(), "https://new.example");
  EXPECT_EQ(updated->webhook().secret(), "");
  EXPECT_EQ(updated->delivered(), 7);
  EXPECT_EQ(updated->waiting(), 2);
  EXPECT_EQ(updated->dead_letters(), 1);
  const StoredSubscription after = Stored("hooks");
  EXPECT_THAT(after.subscription.kinds(), ElementsAre("member_joined"));
  EXPECT_EQ(after.subscription.webhook().secret(),
            before.subscription.webhook().secret());
  EXPECT_EQ(CursorOf(after.record), CursorOf(before.record));
  EXPECT_EQ(after.record.create_us(), before.record.create_us());
}

TEST_F(UpdateSubscriptionTest, OneThatWasDisabledIsToldAgainAndWhatWaitsNow) {
  Fail(DeliveryProgress::Sink::kIsGone);
  ASSERT_EQ(Stored("hooks").record.state(), v1::Subscription::DISABLED);
  clock_.Advance(absl::Minutes(1));
  const auto updated = Update(ToWebhook("https://new.example"));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->state(), v1::Subscription::ACTIVE);
  EXPECT_EQ(updated->trouble(), "");
  EXPECT_EQ(Stored("hooks").record.failing_since_us(), 0);
  const auto waiting = LoadDeliveries(*store_.GetSnapshot(), program_, "hooks",
                                      DeliveryState::kWaiting, 10);
  ASSERT_EQ(waiting->size(), 2U);
  for (const DeliveryRecord& delivery : *waiting) {
    EXPECT_EQ(delivery.next_us(), absl::ToUnixMicros(clock_.Now()));
    EXPECT_EQ(delivery.attempts(), 0);
    EXPECT_EQ(delivery.first_us(), 0);
  }
}

TEST_F(UpdateSubscriptionTest, ARequestIsDoneOnce) {
  const v1::UpdateSubscriptionRequest first = ToWebhook("https://one.example");
  ASSERT_TRUE(Update(first).ok());
  ASSERT_TRUE(Update(ToWebhook("https://two.example")).ok());
  EXPECT_EQ(Update(first)->webhook().url(), "https://one.example");
  EXPECT_EQ(Stored("hooks").subscription.webhook().url(),
            "https://two.example");
  v1::UpdateSubscriptionRequest other = ToWebhook("https://three.example");
  other.set_request_id(first.request_id());
  EXPECT_EQ(NameOf(Update(other).status()), "REQUEST_ID_REUSED");
}

TEST_F(UpdateSubscriptionTest, APasswordStaysWhereUrlAndUserStay) {
  const auto updated = Update(ToMail("smtp://mail.example", "shop"));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->smtp().from(), "new@mail.example");
  EXPECT_EQ(updated->smtp().password(), "");
  EXPECT_EQ(Stored("mail").subscription.smtp().password(), "open sesame");
}

TEST_F(UpdateSubscriptionTest, APasswordIsToldToNoOtherServerOrUser) {
  for (const auto& [url, user] :
       std::vector<std::pair<std::string, std::string>>{
           {"smtp://other.example", "shop"}, {"smtp://mail.example", "bea"}}) {
    EXPECT_EQ(NameOf(Update(ToMail(url, user)).status()),
              "FIELD_INVALID subscription.smtp.password");
    EXPECT_EQ(Stored("mail").subscription.smtp().from(), "shop@mail.example");
  }
  v1::UpdateSubscriptionRequest told = ToMail("smtp://other.example", "shop");
  told.mutable_subscription()->mutable_smtp()->set_password("open mustard");
  ASSERT_TRUE(Update(told).ok());
  EXPECT_EQ(Stored("mail").subscription.smtp().password(), "open mustard");
  ASSERT_TRUE(Update(ToMail("smtp://open.example", "")).ok());
  EXPECT_EQ(Stored("mail").subscription.smtp().password(), "");
}

TEST_F(UpdateSubscriptionTest, ASinkKeepsItsKind) {
  v1::UpdateSubscriptionRequest request = About("hooks");
  EXPECT_EQ(NameOf(Update(request).status()), "FIELD_INVALID subscription");
  request = About("hooks");
  request.mutable_subscription()->mutable_file()->set_name("three");
  EXPECT_EQ(NameOf(Update(request).status()), "FIELD_INVALID subscription");
  EXPECT_TRUE(Stored("hooks").subscription.has_webhook());
}

TEST_F(UpdateSubscriptionTest, TwoNeverWriteToOneFile) {
  v1::UpdateSubscriptionRequest request = About("two");
  request.mutable_subscription()->mutable_file()->set_name("one");
  EXPECT_EQ(NameOf(Update(request).status()),
            "FIELD_INVALID subscription.file.name");
  request = About("two");
  request.mutable_subscription()->mutable_file()->set_name("two");
  request.mutable_subscription()->mutable_file()->set_keep(3);
  EXPECT_TRUE(Update(request).ok());
  EXPECT_EQ(Stored("two").subscription.file().keep(), 3);
}

TEST_F(UpdateSubscriptionTest, WhatCannotBeChangedIsRefusedByName) {
  using Change = std::function<void(v1::Subscription&)>;
  const std::string secret = Stored("hooks").subscription.webhook().secret();
  const std::vector<std::pair<std::string, Change>> cases = {
      {"webhook.secret",
       [&](auto& s) { s.mutable_webhook()->set_secret(secret); }},
      {"webhook.previous_secret",
       [&](auto& s) { s.mutable_webhook()->set_previous_secret(secret); }},
      {"webhook.url", [](auto& s) { s.mutable_webhook()->set_url("ftp://a"); }},
      {"from_time", [](auto& s) { s.mutable_from_time(); }},
      {"cursor", [](auto& s) { s.set_cursor("1-1"); }},
      {"state", [](auto& s) { s.set_state(v1::Subscription::DISABLED); }},
      {"delivered", [](auto& s) { s.set_delivered(1); }},
      {"create_time", [](auto& s) { s.mutable_create_time(); }},
      {"subscription_id", [](auto& s) { s.clear_subscription_id(); }},
      {"kinds[0]", [](auto& s) { s.add_kinds("order"); }}};
  const std::string before = Stored("hooks").record.SerializeAsString();
  for (const auto& [field, change] : cases) {
    v1::UpdateSubscriptionRequest request = ToWebhook("https://new.example");
    change(*request.mutable_subscription());
    EXPECT_EQ(NameOf(Update(request).status()),
              absl::StrCat("FIELD_INVALID subscription.", field));
  }
  EXPECT_EQ(Stored("hooks").record.SerializeAsString(), before);
  v1::UpdateSubscriptionRequest unknown = ToWebhook("https://new.example");
  unknown.mutable_subscription()->set_subscription_id("none");
  EXPECT_EQ(NameOf(Update(unknown).status()), "NOT_FOUND");
}

}  // namespace
}  // namespace pistis
