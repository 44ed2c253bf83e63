#include "engine/operations/executor.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/memory/memory.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/read_cache.h"

namespace pistis {
namespace {

// Commands taken from the queue at once: enough to spare the lock, few enough
// that a batch closes near its limits. While a batch is being synced no other
// can be handed over, so the writer is not woken for fewer.
constexpr size_t kTakeAtOnce = 64;

// As times are stored: what a restart reads back is what was given.
absl::Time ToMicros(absl::Time time) {
  return absl::FromUnixMicros(absl::ToUnixMicros(time));
}

}  // namespace

absl::StatusOr<LastCommit> FindLastCommit(const Reader& reader) {
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<store::v1::SequenceRecord> sequence,
      GetRecord<store::v1::SequenceRecord>(reader, SequenceKey()));
  LastCommit last;
  if (!sequence) return last;
  last.commit_seq = sequence->commit_seq();
  if (sequence->latest_us() != 0) {
    last.time = absl::FromUnixMicros(sequence->latest_us());
  }
  return last;
}

absl::StatusOr<std::unique_ptr<Executor>> Executor::Start(
    Store& store, const Clock& clock, const ExecutorOptions& options,
    FailureHandler on_failure) {
  PISTIS_ASSIGN_OR_RETURN(const LastCommit last,
                          FindLastCommit(*store.GetSnapshot()));
  return absl::WrapUnique(
      new Executor(store, clock, options, std::move(on_failure), last));
}

Executor::Executor(Store& store, const Clock& clock,
                   const ExecutorOptions& options, FailureHandler on_failure,
                   const LastCommit& last)
    : store_(store),
      clock_(clock),
      options_(options),
      on_failure_(std::move(on_failure)),
      last_seq_(last.commit_seq),
      last_now_(last.time.value_or(absl::InfinitePast())),
      durable_seq_(last.commit_seq),
      reply_thread_([this] { ReplyLoop(); }),
      sync_thread_([this] { SyncLoop(); }),
      write_thread_([this] { WriteLoop(); }) {}

Executor::~Executor() {
  Drain();
}

void Executor::Submit(std::unique_ptr<Command> command,
                      const std::string& whose) {
  const size_t most = whose.empty()
                          ? options_.max_queue
                          : options_.max_queue - options_.max_queue / 4;
  absl::Status paused;
  {
    absl::MutexLock lock(&mutex_);
    if (!draining_ && paused_.ok() && queue_.size() < options_.max_queue &&
        queue_.Push(whose, most, std::move(command))) {
      return;
    }
    paused = paused_;
  }
  overloaded_.fetch_add(1, std::memory_order_relaxed);
  command->Refuse(!paused.ok() ? paused
                               : Refuse(Reason::kOverloaded,
                                        "the server has too much to do; try "
                                        "again after a pause, with the same "
                                        "ids"));
}

void Executor::Pause(const absl::Status& why) {
  absl::MutexLock lock(&mutex_);
  paused_ = why;
}

void Executor::Resume() {
  absl::MutexLock lock(&mutex_);
  paused_ = absl::OkStatus();
}

ExecutorFigures Executor::figures() const {
  ExecutorFigures figures{.overloaded = overloaded_,
                          .decide_us = decide_us_.Read(),
                          .batch_commands = batch_commands_.Read(),
                          .sync_us = sync_us_.Read()};
  absl::MutexLock lock(&mutex_);
  figures.waiting = queue_.size();
  return figures;
}

void Executor::Drain() {
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
  }
  if (write_thread_.joinable()) write_thread_.join();
  if (sync_thread_.joinable()) sync_thread_.join();
  if (reply_thread_.joinable()) reply_thread_.join();
}

bool Executor::IsFull(const Batch& batch) const {
  return batch.commands.size() >= options_.max_batch_commands ||
         batch.writes.size_bytes() >= options_.max_batch_bytes;
}

Executor::Commands Executor::TakeQueued(const Batch& open) {
  const bool full = IsFull(open);
  const auto ready = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    const bool idle = syncing_ == nullptr;
    const bool enough =
        idle || draining_ ? !queue_.empty() : queue_.size() >= kTakeAtOnce;
    return (!full && enough) || (idle && !open.empty()) ||
           (draining_ && queue_.empty() && open.empty());
  };
  absl::MutexLock lock(&mutex_, absl::Condition(&ready));
  Commands taken;
  if (full) return taken;
  const size_t count = std::min(queue_.size(), kTakeAtOnce);
  taken.reserve(count);
  for (size_t i = 0; i < count; ++i)
    taken.push_back(queue_.Pop());
  return taken;
}

void Executor::Apply(Commands commands, const Reader& reader, Batch& batch) {
  last_now_ = std::max(last_now_, ToMicros(clock_.Now()));
  const absl::Time wall = clock_.WallNow();
  absl::Duration begun = steady_.Elapsed();
  for (std::unique_ptr<Command>& command : commands) {
    if (command->deadline() <= wall) {
      command->Refuse(Refuse(Reason::kDeadlinePassed,
                             "the deadline passed before the work began"));
      continue;
    }
    WriteSet writes = command->Decide(
        reader, {.commit_seq = last_seq_ + 1, .now = last_now_});
    if (!writes.empty()) {
      ++last_seq_;
      batch.writes.Merge(std::move(writes));
    }
    batch.commands.push_back(std::move(command));
    const absl::Duration decided = steady_.Elapsed();
    decide_us_.Add(absl::ToInt64Microseconds(decided - begun));
    begun = decided;
  }
  batch.last_seq = last_seq_;
  batch.latest = last_now_;
}

bool Executor::HandOver(const std::shared_ptr<Batch>& batch) {
  if (batch->empty()) return false;
  absl::MutexLock lock(&mutex_);
  if (syncing_ != nullptr) return false;
  syncing_ = batch;
  return true;
}

bool Executor::IsDone(const Batch& open) {
  absl::MutexLock lock(&mutex_);
  return draining_ && queue_.empty() && open.empty();
}

void Executor::WriteLoop() {
  auto open = std::make_shared<Batch>();
  auto previous = std::make_shared<Batch>();
  // Shows all that came before `previous`; the two sets on top show the rest.
  std::unique_ptr<Snapshot> base = store_.GetSnapshot();
  ReadCache cache(options_.read_cache_bytes / 2);
  while (!IsDone(*open)) {
    Commands commands = TakeQueued(*open);
    const CachedReader cached(*base, cache);
    const OverlayReader reader(cached, {&open->writes, &previous->writes});
    Apply(std::move(commands), reader, *open);
    if (HandOver(open)) {
      // From here on the base shows what `previous` wrote, and so must the
      // cache.
      cache.Apply(previous->writes);
      previous = std::exchange(open, std::make_shared<Batch>());
      base = store_.GetSnapshot();
    }
  }
  absl::MutexLock lock(&mutex_);
  writer_done_ = true;
}

void Executor::Commit(Batch& batch) {
  if (batch.writes.empty()) return;
  store::v1::SequenceRecord sequence;
  sequence.set_commit_seq(batch.last_seq);
  sequence.set_latest_us(absl::ToUnixMicros(batch.latest));
  const absl::Duration begun = steady_.Elapsed();
  const std::unique_ptr<Txn> txn = store_.Begin();
  batch.writes.ApplyTo(*txn);
  txn->Put(SequenceKey(), sequence.SerializeAsString());
  const absl::Status committed = txn->Commit();
  // Not known to be durable, so nobody may hear of it: the handler ends the
  // process, and until then this thread acknowledges nothing more.
  if (!committed.ok()) {
    on_failure_(committed);
    absl::SleepFor(absl::InfiniteDuration());
  }
  durable_seq_ = batch.last_seq;
  batch_commands_.Add(static_cast<int64_t>(batch.commands.size()));
  sync_us_.Add(absl::ToInt64Microseconds(steady_.Elapsed() - begun));
}

void Executor::SyncLoop() {
  while (true) {
    std::shared_ptr<Batch> batch;
    {
      const auto ready = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
        return syncing_ != nullptr || writer_done_;
      };
      absl::MutexLock lock(&mutex_, absl::Condition(&ready));
      if (syncing_ == nullptr) {
        sync_done_ = true;
        return;
      }
      batch = syncing_;
    }
    Commit(*batch);
    absl::MutexLock lock(&mutex_);
    durable_.push_back(std::move(batch->commands));
    syncing_ = nullptr;
  }
}

// Replies take a while to send, and the next batch need not wait for that.
void Executor::ReplyLoop() {
  while (true) {
    Commands commands;
    {
      const auto ready = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
        return !durable_.empty() || sync_done_;
      };
      absl::MutexLock lock(&mutex_, absl::Condition(&ready));
      if (durable_.empty()) return;
      commands = std::move(durable_.front());
      durable_.pop_front();
    }
    options_.send_replies(commands.size(), [&commands] {
      for (const std::unique_ptr<Command>& command : commands)
        command->Acknowledge();
    });
  }
}

}  // namespace pistis
