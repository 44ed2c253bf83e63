#include "server/progress_stream.h"

namespace pistis::server {
namespace {

constexpr std::chrono::milliseconds kProgressInterval{100};

absl::Status TooMuch() {
  return Refuse(Reason::kOverloaded,
                "another one of this program is under way or waits for its "
                "turn, or too many do; try again when one is done");
}

// The work writes from its thread, gRPC tells from its own what became of each
// write. At most one write is under way; the report waits for it. Whoever finds
// under the lock that all is said finishes the call, and touches nothing here
// after that: gRPC deletes it.
class ProgressStream final : public StreamReactor {
 public:
  ProgressStream(const LongWorkTerms& terms, StreamPlaces::PlacePtr place,
                 LongWork work)
      : terms_(terms), place_(std::move(place)), work_(std::move(work)) {}

  void Start() {
    if (!terms_.pool.Run([this] { Work(); })) End(TooMuch());
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

  void Work() {
    if (!MayBegin()) {
      End(absl::CancelledError());
      return;
    }
    absl::StatusOr<std::string> report =
        work_([this](const EncodedStep& progress) { return Tell(progress); });
    // Holds the request, which nobody needs while the report is not read.
    work_ = nullptr;
    if (report.ok() && !Holds(*report)) report = TooMuchUnread();
    if (report.ok()) report_ = *std::move(report);
    End(report.status());
  }

  bool Holds(const std::string& report) {
    UnreadReplies* const replies = terms_.room.replies;
    return replies == nullptr || replies->Hold(terms_.context, *terms_.caller,
                                               report.size(), unread_);
  }

  bool MayBegin() {
    const absl::MutexLock lock(&mutex_);
    return !IsOver();
  }

  bool IsOver() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    why_over_ =
        gone_ ? grpc::Status::CANCELLED : MayGoOn(terms_.room, *terms_.caller);
    return !why_over_.ok();
  }

  // False where nobody wants to know any more.
  bool Tell(const EncodedStep& progress) {
    const auto now = std::chrono::steady_clock::now();
    {
      const absl::MutexLock lock(&mutex_);
      if (IsOver()) return false;
      if (writing_ || now < next_progress_) return true;
      writing_ = true;
    }
    next_progress_ = now + kProgressInterval;
    Write(progress());
    return true;
  }

  void Write(std::string message) {
    out_ = ToBuffer(std::move(message));
    StartWrite(&out_);
  }

  void End(const absl::Status& status) {
    place_.reset();
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
        Write(std::move(report_));
        break;
      case Step::kFinish:
        Finish(WireStatus());
        break;
    }
  }

  // Such work is cancelled where it is over alone.
  grpc::Status WireStatus() {
    const absl::MutexLock lock(&mutex_);
    if (gone_) return grpc::Status::CANCELLED;
    return absl::IsCancelled(status_) ? why_over_ : ToWire(status_);
  }

  const LongWorkTerms terms_;
  StreamPlaces::PlacePtr place_;
  LongWork work_;
  // What is being written.
  grpc::ByteBuffer out_;
  // The work's own.
  std::string report_;
  UnreadReplies::Part unread_;
  std::chrono::steady_clock::time_point next_progress_;

  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool reported_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  // OK where nothing ended the work before its end.
  grpc::Status why_over_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

StreamReactor* StartLongWork(const LongWorkTerms& terms,
                             StreamPlaces::PlacePtr place, LongWork work) {
  if (place == nullptr) return new RefusedStream(TooMuch());
  auto* stream = new ProgressStream(terms, std::move(place), std::move(work));
  stream->Start();
  return stream;
}

}  // namespace pistis::server
