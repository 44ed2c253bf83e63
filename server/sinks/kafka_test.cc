// Against the cluster that librdkafka brings for tests.
#include "server/sinks/kafka.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "librdkafka/rdkafka_mock.h"

namespace pistis::server {
namespace {

using testing::ElementsAre;

constexpr int kPollMs = 200;
constexpr int kBrokers = 3;
constexpr int kPartitions = 4;

class KafkaSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);
    keeper_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    ASSERT_NE(keeper_, nullptr);
    cluster_ = rd_kafka_mock_cluster_new(keeper_, kBrokers);
    ASSERT_NE(cluster_, nullptr);
    rd_kafka_mock_topic_create(cluster_, "events", kPartitions, kBrokers);
    target_.set_brokers(rd_kafka_mock_cluster_bootstraps(cluster_));
    target_.set_topic("events");
  }
  void TearDown() override {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(keeper_);
  }

  static v1::Event EventOf(int number, const std::string& member) {
    v1::Event event;
    event.set_event_id(absl::StrCat(number, "-1"));
    event.set_member_id(member);
    return event;
  }

  // What a consumer of the whole topic sees: event ids by key, in order.
  std::map<std::string, std::vector<std::string>> Consume(size_t count) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", target_.brokers().c_str(),
                      nullptr, 0);
    rd_kafka_conf_set(conf, "group.id", "reader", nullptr, 0);
    rd_kafka_conf_set_log_cb(conf, nullptr);
    rd_kafka_t* consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
    rd_kafka_topic_partition_list_t* all =
        rd_kafka_topic_partition_list_new(kPartitions);
    for (int i = 0; i < kPartitions; ++i) {
      rd_kafka_topic_partition_list_add(all, "events", i)->offset =
          RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_assign(consumer, all);
    rd_kafka_topic_partition_list_destroy(all);
    std::map<std::string, std::vector<std::string>> seen;
    size_t read = 0;
    for (int polls = 0; read < count && polls < 100; ++polls) {
      rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer, kPollMs);
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++read;
        seen[{static_cast<char*>(message->key), message->key_len}].push_back(
            HeaderOf(*message));
      }
      rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return seen;
  }

  static std::string HeaderOf(const rd_kafka_message_t& message) {
    rd_kafka_headers_t* headers = nullptr;
    rd_kafka_message_headers(&message, &headers);
    const void* value = nullptr;
    size_t size = 0;
    if (headers == nullptr ||
        rd_kafka_header_get_last(headers, "event-id", &value, &size) !=
            RD_KAFKA_RESP_ERR_NO_ERROR) {
      return "";
    }
    return {static_cast<const char*>(value), size};
  }

  rd_kafka_t* keeper_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  v1::KafkaSink target_;
  Ending ending_;
};

TEST_F(KafkaSinkTest, WhatIsFlushedIsThereByMemberInOrder) {
  KafkaSink sink(target_, ProgramId("shop"), ending_);
  for (int i = 1; i <= 6; ++i) {
    EXPECT_EQ(sink.Deliver(EventOf(i, i % 2 == 0 ? "ann" : "ben")).outcome,
              Outcome::kDelivered);
  }
  EXPECT_EQ(sink.Deliver(EventOf(7, "")).outcome, Outcome::kDelivered);
  ASSERT_EQ(sink.Flush().outcome, Outcome::kDelivered);
  const auto seen = Consume(7);
  EXPECT_THAT(seen.at("ann"), ElementsAre("2-1", "4-1", "6-1"));
  EXPECT_THAT(seen.at("ben"), ElementsAre("1-1", "3-1", "5-1"));
  EXPECT_THAT(seen.at("shop"), ElementsAre("7-1"));
}

TEST_F(KafkaSinkTest, WhatABrokerRefusesForAWhileIsThereOnce) {
  rd_kafka_mock_push_request_errors(cluster_, 0 /* Produce */, 2,
                                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
  KafkaSink sink(target_, ProgramId("shop"), ending_);
  for (int i = 1; i <= 3; ++i)
    static_cast<void>(sink.Deliver(EventOf(i, "ann")));
  ASSERT_EQ(sink.Flush().outcome, Outcome::kDelivered);
  EXPECT_THAT(Consume(3).at("ann"), ElementsAre("1-1", "2-1", "3-1"));
}

TEST_F(KafkaSinkTest, AMessageThatIsTooLargeIsRejectedAlone) {
  KafkaSink sink(target_, ProgramId("shop"), ending_);
  v1::Event large = EventOf(1, "ann");
  large.mutable_points_posted()->set_reason(std::string(2 << 20, 'x'));
  EXPECT_EQ(sink.Deliver(large).outcome, Outcome::kRejected);
  EXPECT_EQ(sink.Deliver(EventOf(2, "ann")).outcome, Outcome::kDelivered);
  EXPECT_EQ(sink.Flush().outcome, Outcome::kDelivered);
}

TEST_F(KafkaSinkTest, TheEndingBreaksOffAWaitForBrokers) {
  target_.set_brokers("127.0.0.1:1");
  KafkaSink sink(target_, ProgramId("shop"), ending_);
  EXPECT_EQ(sink.Deliver(EventOf(1, "ann")).outcome, Outcome::kDelivered);
  ending_.End();
  EXPECT_EQ(sink.Flush().outcome, Outcome::kBrokenOff);
}

}  // namespace
}  // namespace pistis::server
