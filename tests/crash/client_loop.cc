#include "tests/crash/client_loop.h"

#include <optional>
#include <random>
#include <utility>

#include "absl/time/clock.h"

namespace pistis::crash {
namespace {

class ClientLoop {
 public:
  ClientLoop(Client& client, uint64_t seed, const LoopId& id,
             Findings& findings)
      : client_(client), seed_(seed), id_(id), findings_(findings) {
    std::seed_seq words{
        static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32),
        static_cast<uint32_t>(id.cycle), static_cast<uint32_t>(id.loop)};
    random_.seed(words);
  }

  Journal Run() {
    bool there = true;
    while (there) {
      const int draw = Below(10);
      if (draw == 0 && !journal_.empty()) {
        there = Refund(AnyRecord());
      } else if (draw == 1 && !journal_.empty()) {
        there = Repeat(AnyRecord());
      } else {
        there = CommitNext();
      }
    }
    return std::move(journal_);
  }

 private:
  int Below(size_t bound) { return static_cast<int>(random_() % bound); }
  OrderRecord& AnyRecord() { return journal_[Below(journal_.size())]; }

  // The bytes of the reply, or nothing where the server is gone.
  template <typename Method, typename Request>
  std::optional<std::string> Send(Method method, const Request& request) {
    while (true) {
      const auto reply = Call(*client_.checkout, method, request);
      if (reply.ok()) return reply.value.SerializeAsString();
      const bool unavailable =
          reply.status.error_code() == grpc::StatusCode::UNAVAILABLE;
      // A refusal comes with details, a broken connection without.
      if (unavailable && !reply.status.error_details().empty()) {
        absl::SleepFor(absl::Milliseconds(1));
        continue;
      }
      if (!unavailable) {
        findings_.Add("refused with ", reply.status.error_message(), ": ",
                      request.ShortDebugString());
      }
      return std::nullopt;
    }
  }

  bool CommitNext() {
    OrderRecord& record = journal_.emplace_back();
    record.key = {.cycle = id_.cycle,
                  .loop = id_.loop,
                  .number = static_cast<int>(journal_.size())};
    auto reply = Send(&v1::CheckoutService::Stub::CommitOrder,
                      MakeCommit(seed_, record.key));
    if (!reply.has_value()) return false;
    record.acknowledged = true;
    record.reply = *std::move(reply);
    return true;
  }

  bool Refund(OrderRecord& record) {
    const bool first = !record.refund_sent;
    record.refund_sent = true;
    auto reply = Send(&v1::CheckoutService::Stub::RefundOrder,
                      MakeRefund(seed_, record.key));
    if (!reply.has_value()) return false;
    if (first) {
      record.refund_acknowledged = true;
      record.refund_reply = *std::move(reply);
    } else if (*reply != record.refund_reply) {
      findings_.Add("another reply to the repeated refund of ",
                    OrderName(record.key));
    }
    return true;
  }

  bool Repeat(const OrderRecord& record) {
    const auto reply = Send(&v1::CheckoutService::Stub::CommitOrder,
                            MakeCommit(seed_, record.key));
    if (!reply.has_value()) return false;
    if (*reply != record.reply) {
      findings_.Add("another reply to the repeated ", OrderName(record.key));
    }
    return true;
  }

  Client& client_;
  const uint64_t seed_;
  const LoopId id_;
  Findings& findings_;
  std::minstd_rand random_;
  Journal journal_;
};

}  // namespace

Journal RunClientLoop(Client& client, uint64_t seed, const LoopId& id,
                      Findings& findings) {
  return ClientLoop(client, seed, id, findings).Run();
}

}  // namespace pistis::crash
