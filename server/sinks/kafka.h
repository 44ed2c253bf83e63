// Events to a topic of a Kafka cluster.
#ifndef PISTIS_SERVER_SINKS_KAFKA_H_
#define PISTIS_SERVER_SINKS_KAFKA_H_

#include <memory>
#include <string>

#include "pistis/v1/subscription.pb.h"

#include "engine/base/clock.h"
#include "engine/base/ids.h"
#include "librdkafka/rdkafka.h"
#include "server/ending.h"
#include "server/sinks/sink.h"

namespace pistis::server {

// One message for each event: its JSON, keyed by the member (by the program
// where no member is concerned), with the header "event-id". An idempotent
// producer, acknowledged by all replicas. What is not acknowledged is thrown
// away with its producer, so that a later try never stands behind it.
class KafkaSink final : public Sink {
 public:
  // The ending outlives the sink.
  KafkaSink(v1::KafkaSink kafka, ProgramId program, Ending& ending);

  [[nodiscard]] Delivery Deliver(const v1::Event& event) override;
  [[nodiscard]] Delivery Flush() override;
  [[nodiscard]] size_t most_at_once() const override { return 500; }

 private:
  struct Closes {
    void operator()(rd_kafka_t* producer) const;
  };

  // Throws the producer away, and with it what was not acknowledged.
  [[nodiscard]] Delivery GiveUp(std::string trouble);
  [[nodiscard]] Delivery Open();
  static void Acknowledged(rd_kafka_t* producer,
                           const rd_kafka_message_t* message, void* sink);

  const v1::KafkaSink kafka_;
  const ProgramId program_;
  Ending& ending_;
  const BootClock steady_;
  std::unique_ptr<rd_kafka_t, Closes> producer_;
  // Since the last Flush.
  size_t handed_over_ = 0;
  size_t acknowledged_ = 0;
  rd_kafka_resp_err_t failure_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_KAFKA_H_
