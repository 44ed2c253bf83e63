#include "engine/operations/verify_deliveries.h"

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/delivery_records.pb.h"
#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/subscription.pb.h"

#include "engine/base/status_macros.h"
#include "engine/operations/deliveries.h"
#include "engine/operations/subscription_shape.h"
#include "engine/operations/subscriptions.h"
#include "engine/operations/verify_commits.h"
#include "engine/storage/delivery_keys.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

std::string SubscriptionName(absl::string_view id) {
  return absl::StrCat("subscription ", Printable(id));
}

// Where each subscription stands, by its id.
using Cursors = std::map<std::string, EventCursor, std::less<>>;

// The number of the last commit of all programs; 0 where it cannot be read,
// which VerifyCommits finds.
absl::StatusOr<int64_t> LastCommit(const Recount& recount) {
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                          recount.reader().Get(SequenceKey()));
  store::v1::SequenceRecord sequence;
  if (!bytes || !sequence.ParseFromString(*bytes)) return 0;
  return sequence.commit_seq();
}

void VerifyCursor(const Place& here, const EventCursor& cursor, int64_t last,
                  Recount& recount) {
  if (cursor.commit_seq < 0 || cursor.index < 0 || cursor.commit_seq > last) {
    recount.Find(here,
                 absl::StrCat("stands at event ", cursor.commit_seq, "-",
                              cursor.index, ", but the last commit is ", last));
  }
}

absl::Status VerifySubscription(absl::string_view id, absl::string_view value,
                                Recount& recount, Cursors& cursors) {
  const std::string where = SubscriptionName(id);
  const auto record =
      recount.Parse<store::v1::SubscriptionRecord>(value, where);
  if (!record) return absl::OkStatus();
  Tally& tally = recount.tally();
  tally.Claim(Book::kWaitingDeliveries, where, record->waiting());
  tally.Claim(Book::kDeadLetters, where, record->dead_letters());
  const auto subscription =
      recount.Parse<v1::Subscription>(record->subscription(), where);
  if (!subscription) return absl::OkStatus();
  const Place here{"record", where};
  cursors.emplace(id, CursorOf(*record));
  if (absl::string_view(subscription->subscription_id()) != id) {
    recount.Find(here,
                 absl::StrCat("says it is ", subscription->subscription_id()));
  }
  if (record->state() != v1::Subscription::ACTIVE &&
      record->state() != v1::Subscription::DISABLED) {
    recount.Find(here, "is in no state that there is");
  }
  PISTIS_ASSIGN_OR_RETURN(const int64_t last, LastCommit(recount));
  VerifyCursor(here, CursorOf(*record), last, recount);
  if (subscription->has_webhook() && subscription->webhook().secret().empty()) {
    recount.Find(here, "has no secret to sign with");
  }
  if (!CheckSink(*subscription).ok()) {
    recount.Find(here, "has a sink that nobody could ask for");
  }
  return absl::OkStatus();
}

EventCursor EventOf(const DeliveryName& name) {
  return {.commit_seq = name.commit_seq, .index = name.event};
}

absl::Status VerifyDelivery(const DeliveryName& name, absl::string_view value,
                            const Cursors& cursors, Recount& recount) {
  const std::string subscription = SubscriptionName(name.subscription);
  const std::string where =
      absl::StrCat(subscription, ", event ", name.commit_seq, "-", name.event);
  const auto record = recount.Parse<store::v1::DeliveryRecord>(value, where);
  if (!record) return absl::OkStatus();
  recount.tally().Count(StateOf(*record) == DeliveryState::kWaiting
                            ? Book::kWaitingDeliveries
                            : Book::kDeadLetters,
                        subscription, 1);
  const Place here{"record", where};
  if (record->commit_seq() != name.commit_seq ||
      record->event() != name.event) {
    recount.Find(here,
                 absl::StrCat("says it is of event ", record->commit_seq(), "-",
                              record->event()));
  }
  const auto cursor = cursors.find(name.subscription);
  if (cursor != cursors.end() && cursor->second < EventOf(name)) {
    recount.Find(here, "lies ahead of where its subscription stands");
  }
  PISTIS_ASSIGN_OR_RETURN(const CommitView commit,
                          ViewCommit(recount, name.commit_seq));
  const bool is_there =
      name.event > 0 &&
      static_cast<size_t>(name.event) <= commit.events.size() &&
      commit.events[static_cast<size_t>(name.event) - 1].member_id() ==
          record->member_id();
  if (!is_there) {
    recount.Find(here, "is of no event of that member that there is");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status VerifyDeliveries(Recount& recount) {
  Cursors cursors;
  PISTIS_RETURN_IF_ERROR(recount.Scan(
      {.letter = 's', .stage = "subscriptions"},
      [&](absl::string_view rest, absl::string_view value) {
        const std::optional<NamedRest> id = SplitName(rest);
        if (id && id->after.empty()) {
          return VerifySubscription(id->name, value, recount, cursors);
        }
        FindMalformedKey('s', rest, recount);
        return absl::OkStatus();
      }));
  return recount.Scan(
      {.letter = 'd', .stage = "deliveries"},
      [&](absl::string_view rest, absl::string_view value) {
        const std::optional<DeliveryName> name = ParseDeliveryKey(
            recount.program(),
            absl::StrCat(TablePrefix('d', recount.program()), rest));
        if (name) return VerifyDelivery(*name, value, cursors, recount);
        FindMalformedKey('d', rest, recount);
        return absl::OkStatus();
      });
}

}  // namespace pistis
