#include "server/recount_stream.h"

#include <chrono>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

#include "engine/base/refusal.h"
#include "engine/operations/verify_ledger.h"
#include "server/wire_status.h"

namespace pistis::server {
namespace {

constexpr std::chrono::milliseconds kProgressInterval{100};

// The recount writes from its thread, gRPC tells from its own what became of
// each write. At most one write is under way; the report waits for it. Whoever
// finds under the lock that all is said finishes the call, and touches nothing
// here after that: gRPC deletes it.
class RecountStream final : public StreamReactor {
 public:
  RecountStream(const EngineRoom& room, const v1::VerifyLedgerRequest& request,
                std::atomic<bool>& recounting)
      : room_(room), request_(request), recounting_(recounting) {}

  void Start(ReadPool& pool) {
    if (!pool.Run([this] { Recount(); })) {
      End(Refuse(Reason::kOverloaded,
                 "backups are under way; try again when they are done"));
    }
  }

  void OnWriteDone(bool ok) override {
    Step step = Step::kNone;
    {
      const absl::MutexLock lock(&mutex_);
      writing_ = false;
      gone_ = gone_ || !ok;
      step = NextStep();
    }
    Take(step);
  }

  void OnCancel() override {
    const absl::MutexLock lock(&mutex_);
    gone_ = true;
  }

  void OnDone() override { delete this; }

 private:
  enum class Step { kNone, kWriteReport, kFinish };

  void Recount() {
    const std::unique_ptr<Snapshot> snapshot = room_.store.GetSnapshot();
    const absl::StatusOr<v1::VerifyReport> report = VerifyLedger(
        *snapshot, request_,
        [this](const auto& progress) { return WriteProgress(progress); });
    if (report.ok()) *report_.mutable_report() = *report;
    End(report.status());
  }

  // False where nobody wants to know any more.
  bool WriteProgress(const v1::VerifyProgress& progress) {
    const auto now = std::chrono::steady_clock::now();
    {
      const absl::MutexLock lock(&mutex_);
      if (gone_ || room_.stopping) return false;
      if (writing_ || now < next_progress_) return true;
      writing_ = true;
    }
    next_progress_ = now + kProgressInterval;
    v1::VerifyLedgerResponse message;
    *message.mutable_progress() = progress;
    Write(message);
    return true;
  }

  void Write(const v1::VerifyLedgerResponse& message) {
    out_ = ToBuffer(message.SerializeAsString());
    StartWrite(&out_);
  }

  void End(const absl::Status& status) {
    recounting_ = false;
    Step step = Step::kNone;
    {
      const absl::MutexLock lock(&mutex_);
      status_ = status;
      ended_ = true;
      step = NextStep();
    }
    Take(step);
  }

  Step NextStep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!ended_ || writing_) return Step::kNone;
    if (!status_.ok() || gone_ || reported_) return Step::kFinish;
    reported_ = true;
    writing_ = true;
    return Step::kWriteReport;
  }

  void Take(Step step) {
    switch (step) {
      case Step::kNone:
        break;
      case Step::kWriteReport:
        Write(report_);
        break;
      case Step::kFinish:
        Finish(WireStatus());
        break;
    }
  }

  // A recount is cancelled by WriteProgress alone.
  grpc::Status WireStatus() {
    const absl::MutexLock lock(&mutex_);
    if (gone_) return grpc::Status::CANCELLED;
    if (absl::IsCancelled(status_)) {
      return {grpc::StatusCode::UNAVAILABLE, "the server stops"};
    }
    return ToWire(status_);
  }

  const EngineRoom& room_;
  const v1::VerifyLedgerRequest request_;
  std::atomic<bool>& recounting_;
  // What is being written.
  grpc::ByteBuffer out_;
  // The recount's own.
  v1::VerifyLedgerResponse report_;
  std::chrono::steady_clock::time_point next_progress_;

  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool reported_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

StreamReactor* StartRecount(const EngineRoom& room, ReadPool& pool,
                            const v1::VerifyLedgerRequest& request,
                            std::atomic<bool>& recounting) {
  if (recounting.exchange(true)) {
    return new RefusedStream(Refuse(
        Reason::kOverloaded, "another recount is under way; try again later"));
  }
  auto* stream = new RecountStream(room, request, recounting);
  stream->Start(pool);
  return stream;
}

}  // namespace pistis::server
