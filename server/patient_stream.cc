#include "server/patient_stream.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpc/support/time.h"
#include "grpcpp/alarm.h"

#include "engine/base/refusal.h"
#include "server/wire_status.h"

namespace pistis::server {

// Gives back what the stream holds, and cancels its call, where a write takes
// too long. gRPC ends a write that was cancelled only when the connection takes
// or loses what was written before it, so nobody waits for that. One alarm goes
// on from write to write, since to set and to stop one for each would cost more
// than a small write does. It is not stopped before the stream is over, and
// what it finds then is this, without a stream.
class PatientStream::Watch : public std::enable_shared_from_this<Watch> {
 public:
  Watch(PatientStream& stream, Patience patience)
      : stream_(&stream), patience_(patience) {}

  // A write begins.
  void Begin() {
    const absl::MutexLock lock(&mutex_);
    if (written_++ % patience_.messages == 0) left_ = patience_.time;
    began_ = steady_.Elapsed();
    is_writing_ = true;
    if (alarm_ == nullptr) {
      alarm_ = std::make_unique<grpc::Alarm>();
      Set(left_);
    }
  }

  // The write is over. True where the stream goes on from here: not while its
  // call is being cancelled, which needs the stream and ends the write itself.
  [[nodiscard]] bool End(bool ok) {
    const absl::MutexLock lock(&mutex_);
    is_writing_ = false;
    left_ -= steady_.Elapsed() - began_;
    if (is_cancelling_) ended_meanwhile_ = ok;
    return !is_cancelling_;
  }

  // The stream is over.
  void Close() {
    const absl::MutexLock lock(&mutex_);
    stream_ = nullptr;
    if (alarm_ != nullptr) alarm_->Cancel();
  }

 private:
  // Looks again after so long, but not all the time where little is left.
  void Set(absl::Duration after) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    after = std::max(after, patience_.time / 16);
    alarm_->Set(
        gpr_time_from_micros(absl::ToInt64Microseconds(after), GPR_TIMESPAN),
        [self = shared_from_this()](bool /*is_due*/) {
          // A copy: to set the alarm again replaces what runs here.
          std::shared_ptr<Watch>(self)->Look();
        });
  }

  // The stream to be cancelled; null where there is nothing to do.
  PatientStream* Overdue() {
    const absl::MutexLock lock(&mutex_);
    if (stream_ == nullptr) {
      // The alarm holds this, and this the alarm.
      alarm_.reset();
      return nullptr;
    }
    const absl::Duration left =
        is_writing_ ? left_ - (steady_.Elapsed() - began_) : left_;
    if (!is_writing_ || left > absl::ZeroDuration()) {
      Set(left);
      return nullptr;
    }
    is_cancelling_ = true;
    alarm_.reset();
    return stream_;
  }

  // As the alarm rings. Cancelling may call back from within, so no lock is
  // held meanwhile.
  void Look() {
    PatientStream* const stream = Overdue();
    if (stream == nullptr) return;
    // The write alone is under way, and its end waits for this.
    stream->LetGo();
    stream->context_.TryCancel();
    std::optional<bool> ended;
    {
      const absl::MutexLock lock(&mutex_);
      is_cancelling_ = false;
      ended = std::exchange(ended_meanwhile_, std::nullopt);
    }
    if (ended) stream->EndWrite(*ended);
  }

  absl::Mutex mutex_;
  // Null once it is over.
  PatientStream* stream_ ABSL_GUARDED_BY(mutex_);
  const Patience patience_;
  const BootClock steady_;
  int64_t written_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  // When the last write was begun, and how long it might take.
  absl::Duration began_ ABSL_GUARDED_BY(mutex_);
  absl::Duration left_ ABSL_GUARDED_BY(mutex_);
  bool is_cancelling_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<bool> ended_meanwhile_ ABSL_GUARDED_BY(mutex_);
  // Null while none is set.
  std::unique_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);
};

PatientStream::PatientStream(const EngineRoom& room, const StreamCall& call,
                             Patience patience)
    : room_(room),
      context_(call.context),
      caller_(call.admitted.caller),
      watch_(std::make_shared<Watch>(*this, patience)) {}

PatientStream::~PatientStream() {
  watch_->Close();
}

grpc::Status PatientStream::WhyOver() const {
  return gone_ ? grpc::Status::CANCELLED : MayGoOn(room_, *caller_);
}

void PatientStream::GoOn() {
  const auto next = [this] {
    const grpc::Status over = WhyOver();
    if (over.ok()) {
      Next();
    } else {
      End(over);
    }
  };
  const bool is_queued = room_.reads.Run(next, caller_->TurnsAs());
  if (is_queued) return;
  End(ToWire(
      Refuse(Reason::kOverloaded,
             "the server has too much to read; try again after a pause")));
}

void PatientStream::End(const grpc::Status& status) {
  LetGo();
  Finish(status);
}

void PatientStream::LetGo() {
  if (!std::exchange(is_given_back_, true)) GiveBack();
}

void PatientStream::Write(std::string message) {
  out_ = ToBuffer(std::move(message));
  watch_->Begin();
  StartWrite(&out_);
}

void PatientStream::OnWriteDone(bool ok) {
  if (watch_->End(ok)) EndWrite(ok);
}

void PatientStream::EndWrite(bool ok) {
  if (ok && !is_given_back_) {
    Written();
  } else {
    End(grpc::Status::CANCELLED);
  }
}

}  // namespace pistis::server
