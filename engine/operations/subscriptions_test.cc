#include "engine/operations/subscriptions.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/operations/deliveries.h"
#include "engine/operations/testing_proof.h"
#include "engine/order/order.h"
#include "engine/storage/delivery_keys.h"

namespace pistis {
namespace {

using store::v1::DeliveryRecord;
using store::v1::SubscriptionRecord;
using testing::ElementsAre;

constexpr absl::string_view kRulebook = R"(
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
)";

class SubscriptionsTest : public testing::Test {
 protected:
  void SetUp() override {
    OpenWith(kRulebook, shop_);
    for (const char* member : {"ann", "ben"})
      ASSERT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
  }

  v1::Subscription Subscribe(const v1::CreateSubscriptionRequest& request) {
    const auto made = shop_.Subscribe(request);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.value_or(v1::Subscription());
  }
  v1::Subscription Webhook(absl::string_view id) {
    v1::CreateSubscriptionRequest request = SubscriptionRequest(id);
    request.mutable_subscription()->mutable_webhook()->set_url(
        "https://shop.example/hooks");
    return Subscribe(request);
  }
  [[nodiscard]] std::vector<v1::Subscription> List() const {
    v1::ListSubscriptionsRequest request;
    request.set_program_id(program_.text());
    const auto list = shop_.Ask(ListSubscriptions, request);
    EXPECT_TRUE(list.ok()) << list.status();
    if (!list.ok()) return {};
    return {list->subscriptions().begin(), list->subscriptions().end()};
  }
  // The orders that it would be told of now.
  [[nodiscard]] std::vector<std::string> OrdersFor(
      absl::string_view subscription) const {
    v1::StreamEventsRequest request;
    request.set_program_id(program_.text());
    request.set_subscription_id(std::string(subscription));
    const auto start = shop_.Ask(StartOfStream, request);
    EXPECT_TRUE(start.ok()) << start.status();
    std::vector<std::string> orders;
    if (!start.ok()) return orders;
    const std::unique_ptr<Snapshot> snapshot = store_.GetSnapshot();
    const auto page = ReadEvents({shop_.env(), *snapshot, shop_.Now()}, *start);
    for (const v1::Event& event : page->events) {
      if (event.has_order_committed()) {
        orders.push_back(event.order_committed().order_id());
      }
    }
    return orders;
  }
  // Of the first events of the program, as many as that; given up or waiting.
  DeliveryProgress Kept(const v1::Subscription& subscription, size_t count,
                        int64_t next_us) {
    DeliveryProgress progress{.program = program_,
                              .subscription = subscription.subscription_id(),
                              .create_us = absl::ToUnixMicros(clock_.Now()),
                              .trouble = "it answered 400"};
    const auto events = shop_.Events(program_, "");
    for (size_t i = 0; i < count; ++i) {
      const EventCursor cursor = *ParseCursor((*events)[i].cursor());
      DeliveryRecord& kept = progress.kept.emplace_back();
      kept.set_commit_seq(cursor.commit_seq);
      kept.set_event(cursor.index);
      kept.set_member_id((*events)[i].member_id());
      kept.set_next_us(next_us);
    }
    return progress;
  }
  template <typename Request>
  Request About(absl::string_view subscription) {
    Request request;
    request.set_program_id(program_.text());
    request.set_request_id(absl::StrCat("about-", ++requests_));
    request.set_subscription_id(std::string(subscription));
    return request;
  }
  void Sell(absl::string_view order) {
    const auto sold = shop_.Commit(SaleRequest(order, "ann", {1000}));
    ASSERT_TRUE(sold.ok()) << sold.status();
  }

  const ProgramId program_{kShop};
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  int requests_ = 0;
};

TEST_F(SubscriptionsTest, TheReplyOfCreationAloneHasTheSecret) {
  const v1::Subscription made = Webhook("hooks");
  EXPECT_TRUE(absl::StartsWith(made.webhook().secret(), "whsec_"));
  std::string key;
  EXPECT_TRUE(absl::Base64Unescape(made.webhook().secret().substr(6), &key));
  EXPECT_EQ(key.size(), 32U);
  EXPECT_EQ(Webhook("hooks").webhook().secret(), made.webhook().secret())
      << "a retry gets the first reply";
  const std::vector<v1::Subscription> list = List();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].webhook().secret(), "");
  EXPECT_EQ(list[0].state(), v1::Subscription::ACTIVE);
}

TEST_F(SubscriptionsTest, ThePasswordOfAMailServerIsNeverTold) {
  v1::CreateSubscriptionRequest request = SubscriptionRequest("mail");
  v1::SmtpSink& smtp = *request.mutable_subscription()->mutable_smtp();
  smtp.set_url("smtp://mail.example:25");
  smtp.set_from("Corner shop <shop@mail.example>");
  smtp.set_user("shop");
  smtp.set_password("open sesame");
  EXPECT_EQ(Subscribe(request).smtp().password(), "");
  EXPECT_EQ(List()[0].smtp().password(), "");
}

TEST_F(SubscriptionsTest, ItIsToldFromNowOnOrFromATime) {
  Sell("o1");
  clock_.Advance(absl::Hours(1));
  const absl::Time between = clock_.Now();
  clock_.Advance(absl::Hours(1));
  Sell("o2");
  Subscribe(SubscriptionRequest("now"));
  v1::CreateSubscriptionRequest request = SubscriptionRequest("since");
  *request.mutable_subscription()->mutable_from_time() = ToTimestamp(between);
  Subscribe(request);
  Sell("o3");
  EXPECT_THAT(OrdersFor("now"), ElementsAre("o3"));
  EXPECT_THAT(OrdersFor("since"), ElementsAre("o2", "o3"));
}

TEST_F(SubscriptionsTest, ItIsToldOfItsKinds) {
  v1::CreateSubscriptionRequest request = SubscriptionRequest("joins");
  request.mutable_subscription()->add_kinds("member_joined");
  Subscribe(request);
  Sell("o1");
  EXPECT_THAT(OrdersFor("joins"), ElementsAre());
}

TEST_F(SubscriptionsTest, WhatIsOutOfShapeIsRefusedByName) {
  using Change = std::function<void(v1::Subscription&)>;
  const std::vector<std::pair<std::string, Change>> cases = {
      {"subscription_id", [](auto& s) { s.set_subscription_id("Hooks"); }},
      {"subscription_id",
       [](auto& s) { s.set_subscription_id(std::string(65, 'a')); }},
      {"kinds[0]", [](auto& s) { s.add_kinds("order"); }},
      {"kinds",
       [](auto& s) {
         s.add_kinds("tier_changed"), s.add_kinds("tier_changed");
       }},
      {"webhook.url", [](auto& s) { s.mutable_webhook()->set_url(""); }},
      {"webhook.url",
       [](auto& s) { s.mutable_webhook()->set_url("ftp://shop.example"); }},
      {"webhook.url",
       [](auto& s) { s.mutable_webhook()->set_url("https://"); }},
      {"webhook.url",
       [](auto& s) { s.mutable_webhook()->set_url("https://a b"); }},
      {"webhook.url",
       [](auto& s) {
         s.mutable_webhook()->set_url("http://u:p@shop.example");
       }},
      {"webhook.url",
       [](auto& s) { s.mutable_webhook()->set_url("http://a\r\nx: y"); }},
      {"webhook.secret",
       [](auto& s) {
         s.mutable_webhook()->set_url("https://shop.example");
         s.mutable_webhook()->set_secret("whsec_short");
       }},
      {"webhook.timeout",
       [](auto& s) {
         s.mutable_webhook()->set_url("https://shop.example");
         s.mutable_webhook()->mutable_timeout()->set_seconds(31);
       }},
      {"smtp.url", [](auto& s) { s.mutable_smtp()->set_url("http://mail"); }},
      {"smtp.from",
       [](auto& s) {
         s.mutable_smtp()->set_url("smtp://mail");
         s.mutable_smtp()->set_from("shop\r\nBcc: all@mail.example");
       }},
      {"kafka.brokers", [](auto& s) { s.mutable_kafka()->set_topic("t"); }},
      {"kafka.topic",
       [](auto& s) {
         s.mutable_kafka()->set_brokers("broker:9092");
         s.mutable_kafka()->set_topic("no topic");
       }},
      {"file.name", [](auto& s) { s.mutable_file()->set_name("../etc"); }},
      {"file.max_bytes",
       [](auto& s) {
         s.mutable_file()->set_name("events");
         s.mutable_file()->set_max_bytes(1);
       }},
      {"from_time", [](auto& s) { s.mutable_from_time()->set_seconds(-1); }}};
  for (const auto& [field, change] : cases) {
    v1::CreateSubscriptionRequest request = SubscriptionRequest("hooks");
    change(*request.mutable_subscription());
    EXPECT_EQ(NameOf(shop_.Subscribe(request).status()),
              absl::StrCat("FIELD_INVALID subscription.", field));
  }
  EXPECT_TRUE(List().empty());
}

TEST_F(SubscriptionsTest, ATimeoutIsFromATenthOfASecondToThirtySeconds) {
  v1::CreateSubscriptionRequest request = SubscriptionRequest("hooks");
  v1::WebhookSink& webhook = *request.mutable_subscription()->mutable_webhook();
  webhook.set_url("https://shop.example");
  const std::vector<std::pair<int64_t, int32_t>> refused = {
      {0, 0}, {0, 99'999'999}, {2, -1}, {1, 1'000'000'000}, {30, 1}};
  for (const auto& [seconds, nanos] : refused) {
    webhook.mutable_timeout()->set_seconds(seconds);
    webhook.mutable_timeout()->set_nanos(nanos);
    EXPECT_EQ(NameOf(shop_.Subscribe(request).status()),
              "FIELD_INVALID subscription.webhook.timeout");
  }
  webhook.mutable_timeout()->set_seconds(0);
  webhook.mutable_timeout()->set_nanos(100'000'000);
  EXPECT_TRUE(shop_.Subscribe(request).ok());
}

TEST_F(SubscriptionsTest, AMailServerIsToldOfNotesAlone) {
  v1::CreateSubscriptionRequest request = SubscriptionRequest("mail");
  v1::Subscription& mail = *request.mutable_subscription();
  mail.mutable_smtp()->set_url("smtp://mail");
  mail.mutable_smtp()->set_from("shop@mail.example");
  mail.add_kinds("order_committed");
  EXPECT_EQ(NameOf(shop_.Subscribe(request).status()),
            "FIELD_INVALID subscription.kinds");
  mail.add_kinds("note_requested");
  EXPECT_TRUE(shop_.Subscribe(request).ok());
}

TEST_F(SubscriptionsTest, ThereAreSoManyAndEachIsThereOnce) {
  for (size_t i = 0; i < kMaxSubscriptions; ++i)
    Subscribe(SubscriptionRequest(absl::StrCat("s", i)));
  EXPECT_EQ(NameOf(shop_.Subscribe(SubscriptionRequest("more")).status()),
            "LIMIT_REACHED");
  v1::CreateSubscriptionRequest again = SubscriptionRequest("s1");
  again.set_request_id("another");
  EXPECT_EQ(NameOf(shop_.Subscribe(again).status()), "ALREADY_EXISTS");
  EXPECT_EQ(List().size(), kMaxSubscriptions);
}

TEST_F(SubscriptionsTest, TwoNeverWriteToOneFile) {
  v1::CreateSubscriptionRequest request = SubscriptionRequest("one");
  request.mutable_subscription()->mutable_file()->set_name("events");
  Subscribe(request);
  request.set_request_id("two");
  request.mutable_subscription()->set_subscription_id("two");
  EXPECT_EQ(NameOf(shop_.Subscribe(request).status()), "ALREADY_EXISTS");
}

TEST_F(SubscriptionsTest, OneOfAProgramSendsMailWhateverItsServerIsCalled) {
  v1::CreateSubscriptionRequest request = SubscriptionRequest("one");
  v1::SmtpSink& smtp = *request.mutable_subscription()->mutable_smtp();
  smtp.set_url("smtp://mail.example:25");
  smtp.set_from("shop@mail.example");
  Subscribe(request);
  request.set_request_id("two");
  request.mutable_subscription()->set_subscription_id("two");
  EXPECT_EQ(NameOf(shop_.Subscribe(request).status()), "ALREADY_EXISTS");
  smtp.set_url("smtp://mail.example");
  smtp.set_from("other@mail.example");
  request.set_request_id("three");
  EXPECT_EQ(NameOf(shop_.Subscribe(request).status()), "ALREADY_EXISTS");
}

TEST_F(SubscriptionsTest, OneThatCannotBeReadHidesNoOther) {
  Subscribe(SubscriptionRequest("a"));
  Subscribe(SubscriptionRequest("b"));
  const auto txn = store_.Begin();
  txn->Put(SubscriptionKey(program_, "a"), "ÿ");
  ASSERT_TRUE(txn->Commit().ok());
  std::vector<std::string> read;
  const auto visited = VisitSubscriptions(
      *store_.GetSnapshot(), program_,
      [&](absl::StatusOr<StoredSubscription> stored) {
        read.push_back(stored.ok() ? stored->subscription.subscription_id()
                                   : "unreadable");
        return Visit::kContinue;
      });
  EXPECT_TRUE(visited.ok()) << visited;
  EXPECT_THAT(read, ElementsAre("unreadable", "b"));
}

TEST_F(SubscriptionsTest, AckMovesForwardAlone) {
  Subscribe(SubscriptionRequest("reader"));
  Sell("o1");
  Sell("o2");
  const auto events = shop_.Events(program_, "");
  v1::AckEventsRequest request;
  request.set_program_id(program_.text());
  request.set_subscription_id("reader");
  request.set_cursor(events->back().cursor());
  ASSERT_TRUE(shop_.Acknowledge(request).ok());
  EXPECT_THAT(OrdersFor("reader"), ElementsAre());
  request.set_cursor(events->front().cursor());
  const auto back = shop_.Acknowledge(request);
  EXPECT_EQ(back->cursor(), events->back().cursor());
  EXPECT_FALSE(shop_.last_one_wrote());
  request.set_cursor(ToText({.commit_seq = 1'000'000, .index = 1}));
  EXPECT_EQ(NameOf(shop_.Acknowledge(request).status()),
            "FIELD_INVALID cursor");
  Webhook("hooks");
  request.set_subscription_id("hooks");
  EXPECT_EQ(NameOf(shop_.Acknowledge(request).status()),
            "FIELD_INVALID subscription_id");
}

TEST_F(SubscriptionsTest, TheSecretBeforeSignsUntilItIsRetired) {
  const std::string first = Webhook("hooks").webhook().secret();
  const auto rotate = About<v1::RotateSecretRequest>("hooks");
  const auto rotated = shop_.Rotate(rotate);
  ASSERT_TRUE(rotated.ok()) << rotated.status();
  const std::string second = rotated->webhook().secret();
  EXPECT_NE(second, first);
  EXPECT_EQ(rotated->webhook().previous_secret(), "");
  EXPECT_EQ(shop_.Rotate(rotate)->webhook().secret(), second);
  const auto stored =
      LoadSubscription(*store_.GetSnapshot(), program_, "hooks");
  EXPECT_EQ(stored->subscription.webhook().secret(), second);
  EXPECT_EQ(stored->subscription.webhook().previous_secret(), first);
  auto retire = About<v1::RotateSecretRequest>("hooks");
  retire.set_retire_previous(true);
  ASSERT_TRUE(shop_.Rotate(retire).ok());
  const auto after = LoadSubscription(*store_.GetSnapshot(), program_, "hooks");
  EXPECT_EQ(after->subscription.webhook().secret(), second);
  EXPECT_EQ(after->subscription.webhook().previous_secret(), "");
  Subscribe(SubscriptionRequest("reader"));
  EXPECT_EQ(
      NameOf(shop_.Rotate(About<v1::RotateSecretRequest>("reader")).status()),
      "FIELD_INVALID subscription_id");
}

TEST_F(SubscriptionsTest, WhatWasGivenUpIsReplayedAndTheSubscriptionGoesOn) {
  const v1::Subscription hooks = Webhook("hooks");
  DeliveryProgress progress = Kept(hooks, 3, 0);
  progress.sink = DeliveryProgress::Sink::kIsGone;
  const auto recorded = shop_.Record(progress);
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  EXPECT_EQ(recorded->dead_letters(), 3);
  EXPECT_EQ(List()[0].state(), v1::Subscription::DISABLED);
  EXPECT_EQ(List()[0].trouble(), "it answered 400");
  const auto replayed =
      shop_.Replay(About<v1::ReplayDeadLettersRequest>("hooks"));
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(replayed->replayed(), 3);
  EXPECT_EQ(replayed->subscription().waiting(), 3);
  EXPECT_EQ(replayed->subscription().dead_letters(), 0);
  EXPECT_EQ(replayed->subscription().state(), v1::Subscription::ACTIVE);
  EXPECT_EQ(LoadDeliveries(*store_.GetSnapshot(), program_, "hooks",
                           DeliveryState::kWaiting, 100)
                ->size(),
            3U);
}

TEST_F(SubscriptionsTest, WhatWaitsIsTriedAtOnceWhereItIsReplayed) {
  const v1::Subscription hooks = Webhook("hooks");
  const int64_t later = absl::ToUnixMicros(clock_.Now() + absl::Hours(24));
  ASSERT_TRUE(shop_.Record(Kept(hooks, 2, later)).ok());
  const auto replayed =
      shop_.Replay(About<v1::ReplayDeadLettersRequest>("hooks"));
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(replayed->replayed(), 0);
  EXPECT_EQ(replayed->subscription().waiting(), 2);
  const auto waiting = LoadDeliveries(*store_.GetSnapshot(), program_, "hooks",
                                      DeliveryState::kWaiting, 100);
  ASSERT_EQ(waiting->size(), 2U);
  for (const DeliveryRecord& delivery : *waiting)
    EXPECT_LE(delivery.next_us(), absl::ToUnixMicros(clock_.Now()));
}

TEST_F(SubscriptionsTest, ManyDeadLettersDisableItOnceMoreAreGivenUpAlone) {
  const v1::Subscription hooks = Webhook("hooks");
  const std::string key = SubscriptionKey(program_, "hooks");
  SubscriptionRecord record;
  ASSERT_TRUE(record.ParseFromString(**store_.GetSnapshot()->Get(key)));
  record.set_dead_letters(kMaxDeadLetters);
  const auto txn = store_.Begin();
  txn->Put(key, record.SerializeAsString());
  ASSERT_TRUE(txn->Commit().ok());
  DeliveryProgress progress = Kept(hooks, 0, 0);
  progress.delivered = 1;
  EXPECT_EQ(shop_.Record(progress)->state(), v1::Subscription::ACTIVE);
  EXPECT_EQ(shop_.Record(Kept(hooks, 1, 0))->state(),
            v1::Subscription::DISABLED);
}

TEST_F(SubscriptionsTest, CountsFollowWhatWaitsAndWhatWasGivenUp) {
  const v1::Subscription hooks = Webhook("hooks");
  DeliveryProgress progress = Kept(hooks, 3, 1);
  progress.delivered = 5;
  EXPECT_EQ(shop_.Record(progress)->waiting(), 3);
  // One is given up, one was delivered.
  DeliveryProgress next = Kept(hooks, 1, 0);
  next.done.push_back({.commit_seq = progress.kept[1].commit_seq(),
                       .index = progress.kept[1].event()});
  const auto after = shop_.Record(next);
  EXPECT_EQ(after->waiting(), 1);
  EXPECT_EQ(after->dead_letters(), 1);
  EXPECT_EQ(after->delivered(), 5);
  next.create_us += 1;
  EXPECT_EQ(NameOf(shop_.Record(next).status()), "NOT_FOUND")
      << "another subscription of that id";
}

TEST_F(SubscriptionsTest, NothingIsLeftOfADeletedOne) {
  const v1::Subscription hooks = Webhook("hooks");
  ASSERT_TRUE(shop_.Record(Kept(hooks, 3, 1)).ok());
  const auto request = About<v1::DeleteSubscriptionRequest>("hooks");
  EXPECT_EQ(shop_.Unsubscribe(request)->subscription_id(), "hooks");
  EXPECT_TRUE(List().empty());
  EXPECT_TRUE(LoadDeliveries(*store_.GetSnapshot(), program_, "hooks",
                             DeliveryState::kWaiting, 100)
                  ->empty());
  EXPECT_TRUE(shop_.Unsubscribe(request).ok())
      << "a retry gets the first reply";
  EXPECT_EQ(
      NameOf(shop_.Unsubscribe(About<v1::DeleteSubscriptionRequest>("hooks"))
                 .status()),
      "NOT_FOUND");
}

class DeliveriesTamperTest : public TamperTest {
 protected:
  const ProgramId program_{kShop};
  const std::string hooks_ = SubscriptionKey(program_, "hooks");
};

TEST_F(DeliveriesTamperTest, CountsThatDisagreeAreFound) {
  Tamper<SubscriptionRecord>(
      hooks_, [](auto& record) { record.set_waiting(record.waiting() + 1); });
  ExpectFound("record", "subscription hooks");
}

TEST_F(DeliveriesTamperTest, ALostDeliveryIsFound) {
  contents_.erase(KeysOf(contents_, 'd').front());
  ExpectFound("record", "subscription hooks");
}

TEST_F(DeliveriesTamperTest, ADeliveryOfNoEventIsFound) {
  const std::string key = KeysOf(contents_, 'd').front();
  Tamper<DeliveryRecord>(key,
                         [](auto& record) { record.set_member_id("zoe"); });
  ExpectFound("record", "subscription hooks, event");
}

TEST_F(DeliveriesTamperTest, ACursorBehindTheLastCommitIsFound) {
  Tamper<SubscriptionRecord>(
      hooks_, [](auto& record) { record.set_commit_seq(1'000'000); });
  ExpectFound("record", "subscription hooks");
}

TEST_F(DeliveriesTamperTest, ADeliveryAheadOfItsSubscriptionIsFound) {
  Tamper<SubscriptionRecord>(hooks_, [](auto& record) {
    record.set_commit_seq(1);
    record.set_event(0);
  });
  ExpectFound("record", "subscription hooks, event");
}

TEST_F(DeliveriesTamperTest, ALostSecretIsFound) {
  Tamper<SubscriptionRecord>(hooks_, [](auto& record) {
    v1::Subscription subscription;
    ASSERT_TRUE(subscription.ParseFromString(record.subscription()));
    subscription.mutable_webhook()->clear_secret();
    record.set_subscription(subscription.SerializeAsString());
  });
  ExpectFound("record", "subscription hooks");
}

TEST_F(DeliveriesTamperTest, ADeliveryOfNoSubscriptionIsFound) {
  contents_.erase(hooks_);
  ExpectFound("record", "subscription hooks");
}

}  // namespace
}  // namespace pistis
