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

// A client with a slow disk reads so many in far less than the patience.
constexpr int64_t kMessagesPerPatience = 50;

// One stream of a batch: reads on the pool what is to be sent, and has the
// executor issue more where there is none.
class BatchStream final : public PatientStream {
 public:
  BatchStream(const EngineRoom& room, const StreamCall& call,
              IssueCodesInput input, StreamPlaces::PlacePtr place,
              Patience patience)
      : PatientStream(room, call, patience),
        input_(std::move(input)),
        done_(input_.after),
        place_(std::move(place)) {
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
      room().executor.Submit(std::make_unique<Step>(*this), caller().TurnsAs());
    } else {
      End(grpc::Status::OK);
    }
  }

  void GiveBack() override { place_.reset(); }

  const IssueCodesInput input_;
  // Codes sent, and those that the caller had.
  int64_t done_;
  StreamPlaces::PlacePtr place_;
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
               StreamPlaces::PlacePtr place =
                   batches_.Take(*call.admitted.caller, request.program_id());
               if (place == nullptr) {
                 return new RefusedStream(Refuse(
                     Reason::kLimitReached,
                     "too many batches of codes are being issued, of all, of "
                     "this key or certificate or of this program; go on after "
                     "a pause",
                     {{"limit", "batches"}}));
               }
               return new BatchStream(
                   room, call, *std::move(input), std::move(place),
                   {.time = patience, .messages = kMessagesPerPatience});
             }));
}

}  // namespace pistis::server
