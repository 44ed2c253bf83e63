// The one writer: commands in order, batches that share one sync, replies after
// it.
#ifndef PISTIS_ENGINE_OPERATIONS_EXECUTOR_H_
#define PISTIS_ENGINE_OPERATIONS_EXECUTOR_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#include "engine/base/clock.h"
#include "engine/base/histogram.h"
#include "engine/base/turn_queue.h"
#include "engine/operations/command.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// How far a store's commits have come.
struct LastCommit {
  // 0 before the first.
  int64_t commit_seq = 0;
  // The latest time a command was given; nothing before the first commit.
  std::optional<absl::Time> time;
};
// RECORD_CORRUPT where that cannot be read.
absl::StatusOr<LastCommit> FindLastCommit(const Reader& reader);

struct ExecutorOptions {
  // Commands that may wait, of which three quarters may be of one caller; more
  // are refused with OVERLOADED.
  size_t max_queue = 4096;
  // A batch is closed when it has this many commands or bytes.
  size_t max_batch_commands = 2048;
  size_t max_batch_bytes = size_t{8} << 20U;
  // Records that were read lately are kept in this much memory.
  size_t read_cache_bytes = size_t{64} << 20U;
  // Sends the replies of a batch: calls `send`, once, which acknowledges its
  // `count` commands. On the thread that replies.
  std::function<void(size_t count, absl::FunctionRef<void()> send)>
      send_replies =
          [](size_t /*count*/, absl::FunctionRef<void()> send) { send(); };
};

// What an executor has before it, and what it has done since it started.
struct ExecutorFigures {
  size_t waiting = 0;
  // Commands that were refused because too many waited or it was paused.
  int64_t overloaded = 0;
  // One each command, in microseconds.
  HistogramCounts decide_us;
  // One each batch with writes: its commands, and how long it took to be
  // durable in microseconds.
  HistogramCounts batch_commands;
  HistogramCounts sync_us;
};

// Applies commands one after another, callers in turn, each on the state that
// the ones before it left, to one open batch. While a batch is being written
// and synced the next one fills; a command is acknowledged after the sync of
// its batch. So there are no locks between commands, and any number of them
// shares one sync.
//
// A failed write or sync is final: `on_failure` is called with the cause, and
// nothing is acknowledged after that. It must end the process; the state on
// disk is found again by opening it anew.
//
// Threads: Submit, Pause, Resume, last_commit_seq and figures may be called
// from any thread.
class Executor {
 public:
  using FailureHandler = std::function<void(const absl::Status& cause)>;

  // Goes on from the last commit in `store`: its commit_seq, and no earlier
  // than its time. The store and the clock must outlive the executor. Nothing
  // else may write to the store.
  static absl::StatusOr<std::unique_ptr<Executor>> Start(
      Store& store, const Clock& clock, const ExecutorOptions& options,
      FailureHandler on_failure);

  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  // Drains.
  ~Executor();

  // Queues the command, or refuses it at once: OVERLOADED where the queue is
  // full or the executor drains. Never blocks on storage. `whose` tells those
  // who bring commands from one another, who have their turns: the commands of
  // one are run in the order they came. Empty: nobody's, who has a turn like
  // anybody, and may fill the queue.
  void Submit(std::unique_ptr<Command> command, const std::string& whose = "");

  // From here on commands are refused with `why`, which is not OK, until
  // Resume; those that wait are run.
  void Pause(const absl::Status& why);
  void Resume();

  // Takes no more commands and returns once all that were taken are
  // acknowledged.
  void Drain();

  // The last commit that is durable.
  [[nodiscard]] int64_t last_commit_seq() const { return durable_seq_; }

  [[nodiscard]] ExecutorFigures figures() const;

 private:
  using Commands = std::vector<std::unique_ptr<Command>>;

  // Commands that are committed together.
  struct Batch {
    WriteSet writes;
    Commands commands;
    int64_t last_seq = 0;
    absl::Time latest;

    [[nodiscard]] bool empty() const { return commands.empty(); }
  };

  Executor(Store& store, const Clock& clock, const ExecutorOptions& options,
           FailureHandler on_failure, const LastCommit& last);

  void WriteLoop();
  void SyncLoop();
  void ReplyLoop();
  // Waits until commands are queued that `open` can take (while a batch is
  // being synced, a handful), `open` can be handed over, or all is done;
  // returns the commands, at most a handful.
  Commands TakeQueued(const Batch& open);
  void Apply(Commands commands, const Reader& reader, Batch& batch);
  // True where the sync thread was idle and has the batch now.
  bool HandOver(const std::shared_ptr<Batch>& batch);
  // True once nothing is left to do, `open` being empty.
  [[nodiscard]] bool IsDone(const Batch& open);
  [[nodiscard]] bool IsFull(const Batch& batch) const;
  void Commit(Batch& batch);

  Store& store_;
  const Clock& clock_;
  const ExecutorOptions options_;
  const FailureHandler on_failure_;

  mutable absl::Mutex mutex_;
  TurnQueue<std::unique_ptr<Command>> queue_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  // Why nothing is taken now; OK where it is.
  absl::Status paused_ ABSL_GUARDED_BY(mutex_);
  bool writer_done_ ABSL_GUARDED_BY(mutex_) = false;
  // The batch that is being synced; null where the sync thread is idle. Its
  // writes do not change any more, so that both threads may read them.
  std::shared_ptr<Batch> syncing_ ABSL_GUARDED_BY(mutex_);

  // Batches that are durable and not acknowledged yet, in order.
  std::deque<Commands> durable_ ABSL_GUARDED_BY(mutex_);
  bool sync_done_ ABSL_GUARDED_BY(mutex_) = false;

  // The writer's own.
  int64_t last_seq_;
  absl::Time last_now_;

  std::atomic<int64_t> durable_seq_;
  const BootClock steady_;
  std::atomic<int64_t> overloaded_ = 0;
  Histogram decide_us_;
  Histogram batch_commands_;
  Histogram sync_us_;
  std::thread reply_thread_;
  std::thread sync_thread_;
  std::thread write_thread_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_EXECUTOR_H_
