#include "server/code_service.h"

#include <memory>
#include <utility>

#include "engine/base/refusal.h"
#include "engine/operations/code_batches.h"
#include "engine/operations/codes.h"
#include "server/guarded_codes.h"
#include "server/patient_stream.h"
#include "server/wire_status.h"

namespace pistis::server {
namespace {

// Each keeps the writer busy between tills.
constexpr int kMostBatches = 4;

// A client with a slow disk reads so many in far less than the patience.
constexpr int64_t kMessagesPerPatience = 50;

// One stream of a batch: reads on the pool what is to be sent, and has the
// executor issue more where there is none.
class BatchStream final : public PatientStream {
 public:
  // `open` counts the streams that there are.
  BatchStream(const EngineRoom& room, const StreamCall& call,
              IssueCodesInput input, Patience patience, std::atomic<int>& open)
      : PatientStream(room, call, patience),
        input_(std::move(input)),
        done_(input_.after),
        open_(open) {
    GoOn();
  }
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

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
          IssueNextCodes(stream_.room().env, reader, context, stream_.input_);
      if (!decided.ok()) {
        refusal_ = decided.status();
        return {};
      }
      return std::move(decided->writes);
    }
    void Acknowledge() override { Refuse(refusal_); }
    void Refuse(const absl::Status& why) override {
      if (why.ok()) {
        stream_.GoOn();
      } else {
        stream_.End(ToWire(why));
      }
    }

   private:
    BatchStream& stream_;
    absl::Status refusal_;
  };

  void Next() override {
    const std::unique_ptr<Snapshot> snapshot = room().store.GetSnapshot();
    const absl::StatusOr<v1::IssueCodesResponse> message =
        CodesAfter(room().env, *snapshot, input_, done_);
    if (!message.ok()) {
      End(ToWire(message.status()));
    } else if (message->codes_size() > 0) {
      done_ = message->done();
      Write(message->SerializeAsString());
    } else if (done_ < input_.count) {
      room().executor.Submit(std::make_unique<Step>(*this));
    } else {
      End(grpc::Status::OK);
    }
  }

  void GiveBack() override { --open_; }

  const IssueCodesInput input_;
  // Codes sent, and those that the caller had.
  int64_t done_;
  std::atomic<int>& open_;
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
         Streams<v1::IssueCodesRequest>(
             [this, &room, patience](
                 const StreamCall& call,
                 const v1::IssueCodesRequest& request) -> StreamReactor* {
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
               return new BatchStream(
                   room, call, *std::move(input),
                   {.time = patience, .messages = kMessagesPerPatience},
                   batches_);
             }));
}

}  // namespace pistis::server
