#include "server/code_service.h"

#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "grpcpp/alarm.h"

#include "engine/base/refusal.h"
#include "engine/operations/code_batches.h"
#include "engine/operations/codes.h"
#include "server/guarded_codes.h"
#include "server/wire_status.h"

namespace pistis::server {
namespace {

// Each keeps the writer busy between tills.
constexpr int kMostBatches = 4;

// A client with a slow disk reads so many in far less than the patience.
constexpr int64_t kMessagesPerPatience = 50;

struct BatchTerms {
  // Streams that are open.
  std::atomic<int>& open;
  absl::Duration patience;
};

// One stream of a batch. At any time exactly one thing is under way: a read on
// the pool, a step of the executor, or a write; each starts the next. What is
// issued is sent before more is, so memory holds one message. Who takes longer
// than the patience to read the next so many messages, all together, has the
// stream ended.
class BatchStream final : public StreamReactor {
 public:
  BatchStream(const EngineRoom& room, grpc::CallbackServerContext& context,
              IssueCodesInput input, BatchTerms terms)
      : room_(room),
        context_(context),
        input_(std::move(input)),
        done_(input_.after),
        terms_(terms) {
    ReadOnPool();
  }

  void OnWriteDone(bool ok) override {
    is_written_ = ok;
    left_ -= absl::Now() - write_began_;
    alarm_->Cancel();
    EndPart();
  }

  void OnCancel() override { gone_ = true; }

  void OnDone() override {
    --terms_.open;
    delete this;
  }

 private:
  // The next codes are issued.
  class Step final : public Command {
   public:
    explicit Step(BatchStream& stream) : stream_(stream) {}

    [[nodiscard]] absl::Time deadline() const override {
      return absl::InfiniteFuture();
    }
    [[nodiscard]] WriteSet Decide(const Reader& reader,
                                  const CommitContext& context) override {
      auto decided =
          IssueNextCodes(stream_.room_.env, reader, context, stream_.input_);
      if (!decided.ok()) {
        refusal_ = decided.status();
        return {};
      }
      return std::move(decided->writes);
    }
    void Acknowledge() override { Refuse(refusal_); }
    void Refuse(const absl::Status& why) override {
      if (why.ok()) {
        stream_.ReadOnPool();
      } else {
        stream_.Finish(ToWire(why));
      }
    }

   private:
    BatchStream& stream_;
    absl::Status refusal_;
  };

  void ReadOnPool() {
    if (!room_.reads.Run([this] { SendOrIssue(); })) {
      Finish(ToWire(Refuse(Reason::kOverloaded,
                           "the server has too much to read; go on after a "
                           "pause")));
    }
  }

  // A write has two parts, itself and its alarm; it is over when both are, so
  // that no alarm outlives the stream.
  void Write() {
    parts_ = 2;
    if (written_++ % kMessagesPerPatience == 0) left_ = terms_.patience;
    write_began_ = absl::Now();
    alarm_ = std::make_unique<grpc::Alarm>();
    alarm_->Set(absl::ToChronoTime(write_began_ + left_), [this](bool is_due) {
      if (is_due) context_.TryCancel();
      EndPart();
    });
    StartWrite(&out_);
  }

  void EndPart() {
    if (--parts_ > 0) return;
    if (is_written_) {
      ReadOnPool();
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }

  void SendOrIssue() {
    if (gone_) {
      Finish(grpc::Status::CANCELLED);
      return;
    }
    if (room_.stopping) {
      Finish({grpc::StatusCode::UNAVAILABLE, "the server stops"});
      return;
    }
    const std::unique_ptr<Snapshot> snapshot = room_.store.GetSnapshot();
    const absl::StatusOr<v1::IssueCodesResponse> message =
        CodesAfter(room_.env, *snapshot, input_, done_);
    if (!message.ok()) {
      Finish(ToWire(message.status()));
    } else if (message->codes_size() > 0) {
      done_ = message->done();
      out_ = ToBuffer(message->SerializeAsString());
      Write();
    } else if (done_ < input_.count) {
      room_.executor.Submit(std::make_unique<Step>(*this));
    } else {
      Finish(grpc::Status::OK);
    }
  }

  const EngineRoom& room_;
  grpc::CallbackServerContext& context_;
  const IssueCodesInput input_;
  // Codes sent, and those that the caller had.
  int64_t done_;
  const BatchTerms terms_;
  // What is being written.
  grpc::ByteBuffer out_;
  int64_t written_ = 0;
  // When that was begun, and how long it may take.
  absl::Time write_began_;
  absl::Duration left_;
  std::unique_ptr<grpc::Alarm> alarm_;
  std::atomic<int> parts_{0};
  std::atomic<bool> is_written_{false};
  std::atomic<bool> gone_{false};
};

}  // namespace

CodeService::CodeService(const EngineRoom& room, CodeThrottle& throttle,
                         absl::Duration patience)
    : MethodTable(room) {
  using IssueOne = Operation<IssueCodeInput, v1::IssueCodeResponse>;
  Serve("IssueCode", Writes(room, &ParseIssueCode,
                            static_cast<IssueOne>(&pistis::IssueCode)));
  Serve("GetCode", GuardedReads(room, throttle, &pistis::GetCode));
  Serve("CheckCode", GuardedReads(room, throttle, &pistis::CheckCode));
  Serve("VoidCode",
        GuardedWrites(room, throttle, &ParseVoidCode, &pistis::VoidCode));
  Serve("ListCodes", Reads(room, &pistis::ListCodes));
  Stream("IssueCodes",
         [this, &room, patience](const StreamCall& call) -> StreamReactor* {
           ParsedRequest<v1::IssueCodesRequest> request;
           if (absl::Status parsed = request.Parse(call.admitted.request);
               !parsed.ok()) {
             return new RefusedStream(parsed);
           }
           absl::StatusOr<IssueCodesInput> input = ParseIssueCodes(*request);
           if (!input.ok()) return new RefusedStream(input.status());
           if (++batches_ > kMostBatches) {
             --batches_;
             return new RefusedStream(
                 Refuse(Reason::kLimitReached,
                        "too many batches of codes are being issued; go "
                        "on after a pause",
                        {{"limit", "batches"}}));
           }
           return new BatchStream(room, call.context, *std::move(input),
                                  {.open = batches_, .patience = patience});
         });
}

}  // namespace pistis::server
