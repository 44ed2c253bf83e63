#include "server/code_service.h"

#include <memory>
#include <utility>

#include "engine/base/refusal.h"
#include "engine/operations/code_batches.h"
#include "engine/operations/codes.h"
#include "server/guarded_codes.h"
#include "server/wire_status.h"

namespace pistis::server {
namespace {

// Each keeps the writer busy between tills.
constexpr int kMostBatches = 4;

// One stream of a batch. At any time exactly one thing is under way: a read on
// the pool, a step of the executor, or a write; each starts the next. What is
// issued is sent before more is, so memory holds one message.
class BatchStream final : public StreamReactor {
 public:
  BatchStream(const EngineRoom& room, IssueCodesInput input,
              std::atomic<int>& batches)
      : room_(room),
        input_(std::move(input)),
        done_(input_.after),
        batches_(batches) {
    ReadOnPool();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      ReadOnPool();
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }

  void OnCancel() override { gone_ = true; }

  void OnDone() override {
    --batches_;
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
      StartWrite(&out_);
    } else if (done_ < input_.count) {
      room_.executor.Submit(std::make_unique<Step>(*this));
    } else {
      Finish(grpc::Status::OK);
    }
  }

  const EngineRoom& room_;
  const IssueCodesInput input_;
  // Codes sent, and those that the caller had.
  int64_t done_;
  std::atomic<int>& batches_;
  // What is being written.
  grpc::ByteBuffer out_;
  std::atomic<bool> gone_{false};
};

}  // namespace

CodeService::CodeService(const EngineRoom& room, CodeThrottle& throttle) {
  using IssueOne = Operation<IssueCodeInput, v1::IssueCodeResponse>;
  Serve("IssueCode", Writes(room, &ParseIssueCode,
                            static_cast<IssueOne>(&pistis::IssueCode)));
  Serve("GetCode", GuardedReads(room, throttle, &pistis::GetCode));
  Serve("CheckCode", GuardedReads(room, throttle, &pistis::CheckCode));
  Serve("VoidCode",
        GuardedWrites(room, throttle, &ParseVoidCode, &pistis::VoidCode));
  Serve("ListCodes", Reads(room, &pistis::ListCodes));
  Stream("IssueCodes",
         Streams<v1::IssueCodesRequest>(
             [this,
              &room](const v1::IssueCodesRequest& request) -> StreamReactor* {
               absl::StatusOr<IssueCodesInput> input = ParseIssueCodes(request);
               if (!input.ok()) return new RefusedStream(input.status());
               if (++batches_ > kMostBatches) {
                 --batches_;
                 return new RefusedStream(
                     Refuse(Reason::kLimitReached,
                            "too many batches of codes are being issued; go "
                            "on after a pause",
                            {{"limit", "batches"}}));
               }
               return new BatchStream(room, *std::move(input), batches_);
             }));
}

}  // namespace pistis::server
