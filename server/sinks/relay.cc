#include "server/sinks/relay.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "server/run_command.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

using store::v1::DeliveryRecord;
using store::v1::SubscriptionRecord;

constexpr absl::Duration kAfterFailure = absl::Seconds(1);
constexpr size_t kMostRetriesAtOnce = 100;
// So many tries of what waits may fail before something new is tried.
constexpr size_t kMostDoubts = 3;
// So many new events are looked at for one that a failing sink may take.
constexpr size_t kMostLookedAt = 100;
// So many times over, where all of them wait behind one that is in doubt.
constexpr int kMostPages = 10;
// So many commits may be read again after a restart.
constexpr int64_t kPassedUnrecorded = 10'000;

// What the subscription is told. A mail server is told of notes alone.
EventFilter FilterOf(const v1::Subscription& subscription) {
  EventFilter filter;
  absl::StatusOr<std::vector<v1::Event::PayloadCase>> kinds =
      ParseKinds("kinds", subscription.kinds());
  if (kinds.ok()) filter.kinds = *std::move(kinds);
  if (subscription.has_smtp() && filter.kinds.empty()) {
    filter.kinds = {v1::Event::kNoteRequested};
  }
  return filter;
}

DeliveryRecord FreshDelivery(const v1::Event& event,
                             const EventCursor& cursor) {
  DeliveryRecord record;
  record.set_commit_seq(cursor.commit_seq);
  record.set_event(cursor.index);
  record.set_member_id(event.member_id());
  return record;
}

// True of one that is stored: a fresh one waits for nothing yet.
bool IsParked(const DeliveryRecord& record) {
  return record.next_us() != 0;
}

EventCursor Before(const EventCursor& cursor) {
  return {.commit_seq = cursor.commit_seq, .index = cursor.index - 1};
}

}  // namespace

Relay::Relay(const EngineRoom& room, ProgramId program,
             StoredSubscription stored, std::unique_ptr<Sink> sink,
             const RelayOptions& options)
    : room_(room),
      program_(std::move(program)),
      stored_(std::move(stored)),
      filter_(FilterOf(stored_.subscription)),
      sink_(std::move(sink)),
      options_(options) {}

absl::StatusOr<SubscriptionRecord> Relay::Find(const Reader& reader) const {
  const std::string& id = stored_.subscription.subscription_id();
  PISTIS_ASSIGN_OR_RETURN(StoredSubscription found,
                          LoadSubscription(reader, program_, id));
  SubscriptionRecord& record = found.record;
  const bool is_same = record.create_us() == stored_.record.create_us() &&
                       record.subscription() == stored_.record.subscription() &&
                       record.state() == v1::Subscription::ACTIVE;
  if (!is_same) return RefuseNotFound("subscription", id);
  return std::move(record);
}

std::optional<absl::Duration> Relay::Round() {
  // Read before the snapshot, so that no commit after it is slept over.
  const int64_t seq = room_.executor.last_commit_seq();
  if (steady_.Elapsed() < wake_at_ && seq == seen_seq_) return options_.poll;
  seen_seq_ = seq;
  const absl::StatusOr<absl::Duration> wait = Tell();
  if (wait.ok()) return *wait;
  if (absl::IsNotFound(wait.status())) return std::nullopt;
  spdlog::warn("subscription {} of program {} is put off: {}",
               stored_.subscription.subscription_id(), program_.text(),
               wait.status().ToString());
  wake_at_ = absl::ZeroDuration();
  return kAfterFailure;
}

absl::StatusOr<absl::Duration> Relay::Tell() {
  PISTIS_RETURN_IF_ERROR(Record());
  const std::unique_ptr<Snapshot> snapshot = room_.store.GetSnapshot();
  return TellFrom(*snapshot);
}

absl::Status Relay::Record() {
  if (!unrecorded_) return absl::OkStatus();
  PISTIS_RETURN_IF_ERROR(
      RunCommand<SubscriptionRecord>(
          room_.executor,
          [&](const Reader& current, const CommitContext& context) {
            return RecordDeliveries(room_.env, current, context,
                                    Counting(current, context.now));
          })
          .status());
  unrecorded_.reset();
  return absl::OkStatus();
}

DeliveryProgress Relay::Counting(const Reader& current, absl::Time now) const {
  DeliveryProgress progress = *unrecorded_;
  const absl::StatusOr<StoredSubscription> found =
      LoadSubscription(current, program_, progress.subscription);
  if (!found.ok() ||
      found->record.subscription() == stored_.record.subscription()) {
    return progress;
  }
  progress.sink = DeliveryProgress::Sink::kGoesOn;
  progress.trouble = found->record.trouble();
  progress.failing_since_us = found->record.failing_since_us();
  for (DeliveryRecord& delivery : progress.kept)
    delivery = Anew(std::move(delivery), now);
  return progress;
}

DeliveryProgress Relay::Begun(const SubscriptionRecord& record) const {
  return {.program = program_,
          .subscription = stored_.subscription.subscription_id(),
          .create_us = record.create_us(),
          .reached = std::max(passed_, CursorOf(record)),
          .trouble = record.trouble(),
          .failing_since_us = record.failing_since_us()};
}

Delivery Relay::Proved(const SubscriptionRecord& record, Delivery stop,
                       Work& work) {
  if (!work.was_answered && work.doubts > 0) {
    if (stop.outcome == Outcome::kDelivered && work.suspicion) {
      stop = *work.suspicion;
    } else if (stop.outcome == Outcome::kDelivered && IsFull(work) &&
               !work.more) {
      // Nothing new can show that the sink takes another.
      stop = work.doubt;
    }
    // It was not seen to take another: none of them is to blame.
    if (stop.outcome != Outcome::kDelivered) work.progress = Begun(record);
  }
  Delivery flushed = sink_->Flush();
  if (flushed.outcome == Outcome::kDelivered) return stop;
  // Nothing of it counts; the next round finds out which event it is.
  work.progress = Begun(record);
  work.was_answered = false;
  if (flushed.outcome != Outcome::kBrokenOff) {
    flushed.outcome = Outcome::kUnreachable;
  }
  return flushed;
}

absl::StatusOr<absl::Duration> Relay::TellFrom(const Reader& reader) {
  PISTIS_ASSIGN_OR_RETURN(const SubscriptionRecord record, Find(reader));
  const absl::Duration begin = steady_.Elapsed();
  // Somebody who has it told again has taken that back.
  const bool is_failing = failures_ > 0 && record.failing_since_us() != 0;
  if (is_failing && begin < wake_at_) return options_.poll;
  if (doubtful_ > 0 && record.trouble().empty()) {
    doubtful_ = 0;
    retry_at_ = absl::InfinitePast();
  }
  const std::string& id = stored_.subscription.subscription_id();
  std::vector<DeliveryRecord> waiting;
  if (record.waiting() > 0) {
    PISTIS_ASSIGN_OR_RETURN(
        waiting, LoadDeliveries(reader, program_, id, DeliveryState::kWaiting,
                                static_cast<size_t>(record.waiting())));
  }
  Work work{
      .progress = Begun(record),
      .parking = Parking(std::move(waiting)),
      .context = {.env = room_.env, .reader = reader, .now = room_.clock.Now()},
      .end = begin + options_.round};
  Delivery stop = TellWaiting(work);
  if (stop.outcome == Outcome::kDelivered && !IsFull(work)) {
    stop = TellNew(work);
  }
  stop = Proved(record, std::move(stop), work);
  PauseTries(work);
  const absl::Duration wait = Conclude(stop, work);
  passed_ = work.progress.reached;
  if (IsWorthSaving(record, work.progress)) {
    unrecorded_ = std::move(work.progress);
  }
  PISTIS_RETURN_IF_ERROR(Record());
  return wait;
}

bool Relay::IsFull(const Work& work) {
  // The one that the sink may be to blame for is not among those that wait yet.
  const size_t doubted = work.suspicion && !work.was_answered ? 1 : 0;
  return work.parking.size() - doubted >=
         static_cast<size_t>(kMaxWaitingDeliveries);
}

size_t Relay::MostAtOnce() const {
  return failures_ > 0 ? 1 : sink_->most_at_once();
}

bool Relay::IsSpent(const Work& work) const {
  const bool is_in_doubt = work.doubts > 0 && !work.was_answered;
  return !is_in_doubt &&
         (work.handed_over >= MostAtOnce() || steady_.Elapsed() >= work.end);
}

Delivery Relay::HandOver(const v1::Event& event, Work& work) {
  ++work.handed_over;
  Delivery delivery = sink_->Deliver(event);
  // One at a time, so that what fails is known by name.
  if (delivery.outcome == Outcome::kDelivered && MostAtOnce() == 1) {
    delivery = sink_->Flush();
  }
  return delivery;
}

Delivery Relay::TellWaiting(Work& work) {
  if (work.context.now < retry_at_) return {};
  Delivery stop = TellDue(work);
  const absl::Time now = room_.clock.Now();
  retry_at_ = now + std::min(now - work.context.now, options_.backoff.max);
  return stop;
}

void Relay::PauseTries(const Work& work) {
  if (work.was_answered) doubtful_ = 0;
  if (work.was_answered || work.doubts < kMostDoubts) return;
  const absl::Duration wait = std::max(Wait(++doubtful_), Asked(work.doubt));
  retry_at_ = std::max(retry_at_, room_.clock.Now() + wait);
}

Delivery Relay::TellDue(Work& work) {
  std::vector<DeliveryRecord> due = work.parking.Due(work.context.now);
  if (due.size() > kMostRetriesAtOnce) due.resize(kMostRetriesAtOnce);
  for (const DeliveryRecord& record : due) {
    if (work.doubts >= kMostDoubts || (work.handed_over > 0 && IsSpent(work))) {
      work.more = true;
      return {};
    }
    absl::StatusOr<EventPage> page =
        ReadEvents(work.context, {.program = program_,
                                  .after = Before(EventOf(record)),
                                  .max_events = 1});
    if (!page.ok() || page->events.empty() ||
        *ParseCursor(page->events.front().cursor()) != EventOf(record)) {
      return {.outcome = Outcome::kUnreachable,
              .trouble = absl::StrCat("an event cannot be read: ",
                                      page.status().message())};
    }
    Delivery delivery = HandOver(page->events.front(), work);
    if (!Settle(record, delivery, work)) return delivery;
  }
  return {};
}

Delivery Relay::TellNew(Work& work) {
  for (int i = 0; i < kMostPages; ++i) {
    const EventCursor before = work.progress.reached;
    Delivery stop = TellPage(work);
    const bool is_proven = !work.suspicion || work.was_answered;
    if (stop.outcome != Outcome::kDelivered || is_proven || IsFull(work) ||
        work.progress.reached == before) {
      return stop;
    }
  }
  return {};
}

Delivery Relay::TellPage(Work& work) {
  absl::StatusOr<EventPage> page =
      ReadEvents(work.context,
                 {.program = program_,
                  .after = work.progress.reached,
                  .filter = filter_,
                  .max_events = failures_ > 0 ? kMostLookedAt : MostAtOnce()});
  if (!page.ok()) {
    return {.outcome = Outcome::kUnreachable,
            .trouble = absl::StrCat("the events cannot be read: ",
                                    page.status().message())};
  }
  for (const v1::Event& event : page->events) {
    if (IsSpent(work) || IsFull(work)) {
      work.more = true;
      return {};
    }
    const EventCursor cursor = *ParseCursor(event.cursor());
    const DeliveryRecord record = FreshDelivery(event, cursor);
    if (work.parking.HasRowOf(event.member_id())) {
      Keep(record, work.context.now, work);
    } else {
      Delivery delivery = HandOver(event, work);
      if (!Settle(record, delivery, work)) return delivery;
    }
    work.progress.reached = cursor;
  }
  work.progress.reached = page->next;
  work.more = work.more || page->more;
  return {};
}

void Relay::Keep(DeliveryRecord record, std::optional<absl::Time> next,
                 Work& work) {
  if (next) {
    record.set_next_us(absl::ToUnixMicros(*next));
    work.parking.Put(record);
  } else {
    if (IsParked(record)) work.parking.Remove(record);
    record.clear_next_us();
  }
  work.progress.kept.push_back(std::move(record));
}

absl::Duration Relay::Wait(int64_t failures) {
  return WaitAfter(
      options_.backoff, failures,
      absl::Uniform<uint32_t>(absl::IntervalClosed, chance_, 0, UINT32_MAX));
}

absl::Duration Relay::Asked(const Delivery& delivery) const {
  return std::min(delivery.retry_after, options_.backoff.max);
}

void Relay::Refuse(DeliveryRecord record, const Delivery& delivery,
                   Work& work) {
  // Later than the round's, where the sink took its time to say so.
  const absl::Time now = room_.clock.Now();
  record.set_attempts(record.attempts() + 1);
  if (record.first_us() == 0) record.set_first_us(absl::ToUnixMicros(now));
  record.set_trouble(delivery.trouble);
  const absl::Time first = absl::FromUnixMicros(record.first_us());
  // A sink that took nothing since may be down.
  const absl::Time last =
      delivery.outcome == Outcome::kUnreachable ? answered_at_ : now;
  std::optional<absl::Time> next;
  if (delivery.outcome != Outcome::kRejected &&
      last - first < options_.backoff.give_up_after) {
    next = now + std::max(Wait(record.attempts()), Asked(delivery));
  }
  Keep(std::move(record), next, work);
  work.progress.trouble = delivery.trouble;
}

absl::Duration Relay::Suspected(const EventCursor& event, absl::Time now) {
  if (suspect_ != event) {
    suspect_ = event;
    suspect_since_ = now;
  }
  return now - suspect_since_;
}

bool Relay::PassOver(DeliveryRecord record, const Delivery& delivery,
                     Work& work) {
  const bool is_parked = IsParked(record);
  const int64_t since_us = work.progress.failing_since_us;
  const absl::Duration failing =
      since_us == 0 || work.was_answered
          ? absl::ZeroDuration()
          : work.context.now - absl::FromUnixMicros(since_us);
  if (failing >= options_.backoff.give_up_after && work.doubts == 0) {
    // This one is given up; the next one begins anew.
    record.set_attempts(std::max(record.attempts() + 1, failures_));
    record.set_first_us(since_us);
    record.set_trouble(delivery.trouble);
    Keep(std::move(record), std::nullopt, work);
    work.progress.trouble = delivery.trouble;
    work.progress.failing_since_us = 0;
    return true;
  }
  // A doubt that proves wrong takes back all of the round.
  const bool has_settled =
      work.doubts == 0 && !work.was_answered && !work.progress.kept.empty();
  const bool is_suspect =
      is_parked ||
      (!work.suspicion &&
       std::max(failing, Suspected(EventOf(record), work.context.now)) >=
           options_.suspect_after);
  if (has_settled || !is_suspect) return false;
  ++work.doubts;
  work.doubt = delivery;
  if (!is_parked) work.suspicion = delivery;
  Refuse(std::move(record), delivery, work);
  return true;
}

bool Relay::Settle(DeliveryRecord record, const Delivery& delivery,
                   Work& work) {
  switch (delivery.outcome) {
    case Outcome::kDelivered:
      ++work.progress.delivered;
      work.was_answered = true;
      [[fallthrough]];
    case Outcome::kSkipped:
      if (IsParked(record)) {
        work.parking.Remove(record);
        work.progress.done.push_back(EventOf(record));
      }
      return true;
    case Outcome::kRefused:
    case Outcome::kRejected:
      work.was_answered = true;
      Refuse(std::move(record), delivery, work);
      return true;
    case Outcome::kUnreachable:
      return PassOver(std::move(record), delivery, work);
    case Outcome::kGone:
    case Outcome::kBrokenOff:
      return false;
  }
  return false;
}

absl::Duration Relay::Conclude(const Delivery& stop, Work& work) {
  DeliveryProgress& progress = work.progress;
  if (work.was_answered) {
    progress.failing_since_us = 0;
    answered_at_ = room_.clock.Now();
  }
  const bool has_trouble = !progress.kept.empty() || work.parking.size() > 0;
  if (work.was_answered && !has_trouble) progress.trouble.clear();
  if (stop.outcome == Outcome::kGone) {
    progress.sink = DeliveryProgress::Sink::kIsGone;
    progress.trouble = stop.trouble;
    return options_.poll;
  }
  if (stop.outcome == Outcome::kUnreachable) {
    progress.trouble = stop.trouble;
    if (progress.failing_since_us == 0) {
      progress.failing_since_us = absl::ToUnixMicros(work.context.now);
    }
    if (failures_++ == 0) {
      spdlog::warn("subscription {} of program {} waits: {}",
                   progress.subscription, program_.text(), stop.trouble);
    }
    const absl::Duration wait = std::max(Wait(failures_), Asked(stop));
    wake_at_ = steady_.Elapsed() + wait;
    return std::min(wait, options_.poll);
  }
  if (stop.outcome == Outcome::kBrokenOff) return options_.poll;
  if (progress.failing_since_us != 0 && !work.more && !IsFull(work)) {
    // All of it was handed over, waits or is not told: nothing fails.
    progress.failing_since_us = 0;
    if (!has_trouble) progress.trouble.clear();
  }
  if (progress.failing_since_us == 0 && failures_ > 0) {
    spdlog::info("subscription {} of program {} goes on", progress.subscription,
                 program_.text());
    failures_ = 0;
  }
  wake_at_ = steady_.Elapsed();
  if (work.more || work.handed_over > 0) return absl::ZeroDuration();
  const std::optional<absl::Time> due = work.parking.NextDue();
  wake_at_ = due ? wake_at_ + (std::max(*due, retry_at_) - work.context.now)
                 : absl::InfiniteDuration();
  return options_.poll;
}

bool Relay::IsWorthSaving(const SubscriptionRecord& record,
                          const DeliveryProgress& progress) const {
  return progress.delivered > 0 || !progress.kept.empty() ||
         !progress.done.empty() ||
         progress.sink == DeliveryProgress::Sink::kIsGone ||
         progress.trouble != record.trouble() ||
         progress.failing_since_us != record.failing_since_us() ||
         progress.reached.commit_seq - record.commit_seq() >= kPassedUnrecorded;
}

}  // namespace pistis::server
