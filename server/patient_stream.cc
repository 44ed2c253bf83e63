#include "server/patient_stream.h"

#include <utility>

#include "grpc/support/time.h"

#include "engine/base/refusal.h"
#include "server/wire_status.h"

namespace pistis::server {

void PatientStream::GoOn() {
  const bool is_queued = room_.reads.Run([this] {
    const grpc::Status allowed =
        gone_ ? grpc::Status::CANCELLED : MayGoOn(room_, *caller_);
    if (allowed.ok()) {
      Next();
    } else {
      Finish(allowed);
    }
  });
  if (is_queued) return;
  Finish(ToWire(
      Refuse(Reason::kOverloaded,
             "the server has too much to read; try again after a pause")));
}

// A write has two parts, itself and its alarm; it is over when both are, so
// that no alarm outlives the stream.
void PatientStream::Write(std::string message) {
  out_ = ToBuffer(std::move(message));
  parts_ = 2;
  if (written_++ % patience_.messages == 0) left_ = patience_.time;
  write_began_ = steady_.Elapsed();
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(
      gpr_time_from_micros(absl::ToInt64Microseconds(left_), GPR_TIMESPAN),
      [this](bool is_due) {
        if (is_due) context_.TryCancel();
        EndPart();
      });
  StartWrite(&out_);
}

void PatientStream::OnWriteDone(bool ok) {
  is_written_ = ok;
  left_ -= steady_.Elapsed() - write_began_;
  alarm_->Cancel();
  EndPart();
}

void PatientStream::EndPart() {
  if (--parts_ > 0) return;
  if (is_written_) {
    GoOn();
  } else {
    Finish(grpc::Status::CANCELLED);
  }
}

}  // namespace pistis::server
