#include "server/sinks/kafka.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "server/sinks/event_json.h"

namespace pistis::server {
namespace {

// Of librdkafka's, less than the half minute that a call may take.
constexpr const char* kMessageTimeoutMs = "20000";
constexpr absl::Duration kFlushTimeout = absl::Seconds(25);
constexpr int kPollMs = 50;
constexpr size_t kWordsBytes = 512;

// Of one message, whatever the cluster thinks of others.
bool IsOfMessage(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
         error == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE ||
         error == RD_KAFKA_RESP_ERR_INVALID_RECORD;
}

}  // namespace

void KafkaSink::Closes::operator()(rd_kafka_t* producer) const {
  rd_kafka_purge(producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(producer, kPollMs);
  rd_kafka_destroy(producer);
}

KafkaSink::KafkaSink(v1::KafkaSink kafka, ProgramId program, Ending& ending)
    : kafka_(std::move(kafka)), program_(std::move(program)), ending_(ending) {}

Delivery KafkaSink::GiveUp(std::string trouble) {
  producer_.reset();
  handed_over_ = 0;
  acknowledged_ = 0;
  failure_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  return {.outcome = Outcome::kUnreachable, .trouble = std::move(trouble)};
}

Delivery KafkaSink::Open() {
  std::array<char, kWordsBytes> words{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const std::pair<const char*, const char*> options[] = {
      {"bootstrap.servers", kafka_.brokers().c_str()},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"message.timeout.ms", kMessageTimeoutMs},
      {"linger.ms", "2"},
      {"client.id", "pistis"}};
  for (const auto& [name, value] : options) {
    if (rd_kafka_conf_set(conf, name, value, words.data(), words.size()) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return GiveUp(words.data());
    }
  }
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_dr_msg_cb(conf, &KafkaSink::Acknowledged);
  // Troubles are told by what comes of messages; librdkafka writes to stderr.
  rd_kafka_conf_set_log_cb(conf, nullptr);
  rd_kafka_t* producer =
      rd_kafka_new(RD_KAFKA_PRODUCER, conf, words.data(), words.size());
  if (producer == nullptr) {
    rd_kafka_conf_destroy(conf);
    return GiveUp(words.data());
  }
  producer_.reset(producer);
  return {};
}

void KafkaSink::Acknowledged(rd_kafka_t* /*producer*/,
                             const rd_kafka_message_t* message, void* sink) {
  auto* self = static_cast<KafkaSink*>(sink);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++self->acknowledged_;
  } else {
    self->failure_ = message->err;
  }
}

Delivery KafkaSink::Deliver(const v1::Event& event) {
  if (producer_ == nullptr) {
    Delivery opened = Open();
    if (opened.outcome != Outcome::kDelivered) return opened;
  }
  const std::string body = EventJson(event);
  const std::string& key =
      event.member_id().empty() ? program_.text() : event.member_id();
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      producer_.get(), RD_KAFKA_V_TOPIC(kafka_.topic().c_str()),
      RD_KAFKA_V_KEY(key.data(), key.size()),
      RD_KAFKA_V_VALUE(const_cast<char*>(body.data()), body.size()),
      RD_KAFKA_V_HEADER("event-id", event.event_id().data(),
                        static_cast<ssize_t>(event.event_id().size())),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++handed_over_;
    return {};
  }
  if (IsOfMessage(error)) {
    return {.outcome = Outcome::kRejected, .trouble = rd_kafka_err2str(error)};
  }
  // What was handed over before is lost with it.
  failure_ = error;
  return {.outcome = Outcome::kUnreachable, .trouble = rd_kafka_err2str(error)};
}

Delivery KafkaSink::Flush() {
  const absl::Duration end = steady_.Elapsed() + kFlushTimeout;
  while (acknowledged_ < handed_over_ &&
         failure_ == RD_KAFKA_RESP_ERR_NO_ERROR && steady_.Elapsed() < end &&
         !ending_.EndsWithin(absl::ZeroDuration())) {
    rd_kafka_poll(producer_.get(), kPollMs);
  }
  if (acknowledged_ == handed_over_ && failure_ == RD_KAFKA_RESP_ERR_NO_ERROR) {
    acknowledged_ = 0;
    handed_over_ = 0;
    return {};
  }
  const bool is_broken_off = ending_.EndsWithin(absl::ZeroDuration());
  const rd_kafka_resp_err_t failure = failure_;
  Delivery delivery = GiveUp(failure == RD_KAFKA_RESP_ERR_NO_ERROR
                                 ? "no broker acknowledged in time"
                                 : rd_kafka_err2str(failure));
  if (IsOfMessage(failure)) delivery.outcome = Outcome::kRejected;
  if (is_broken_off) delivery.outcome = Outcome::kBrokenOff;
  return delivery;
}

}  // namespace pistis::server
