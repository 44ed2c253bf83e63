#include "engine/operations/verify_deliveries.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/delivery_records.pb.h"
#include "pistis/v1/subscription.pb.h"

#include "engine/base/status_macros.h"
#include "engine/operations/deliveries.h"
#include "engine/operations/subscription_shape.h"
#include "engine/operations/verify_commits.h"
#include "engine/storage/delivery_keys.h"

namespace pistis {
namespace {

std::string SubscriptionName(absl::string_view id) {
  return absl::StrCat("subscription ", Printable(id));
}

void VerifySubscription(absl::string_view id, absl::string_view value,
                        Recount& recount) {
  const std::string where = SubscriptionName(id);
  const auto record =
      recount.Parse<store::v1::SubscriptionRecord>(value, where);
  if (!record) return;
  Tally& tally = recount.tally();
  tally.Claim(Book::kWaitingDeliveries, where, record->waiting());
  tally.Claim(Book::kDeadLetters, where, record->dead_letters());
  const auto subscription =
      recount.Parse<v1::Subscription>(record->subscription(), where);
  if (!subscription) return;
  const Place here{"record", where};
  if (absl::string_view(subscription->subscription_id()) != id) {
    recount.Find(here,
                 absl::StrCat("says it is ", subscription->subscription_id()));
  }
  if (record->state() != v1::Subscription::ACTIVE &&
      record->state() != v1::Subscription::DISABLED) {
    recount.Find(here, "is in no state that there is");
  }
  if (!CheckSink(*subscription).ok()) {
    recount.Find(here, "has a sink that nobody could ask for");
  }
}

absl::Status VerifyDelivery(const DeliveryName& name, absl::string_view value,
                            Recount& recount) {
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
  PISTIS_RETURN_IF_ERROR(
      recount.Scan({.letter = 's', .stage = "subscriptions"},
                   [&](absl::string_view rest, absl::string_view value) {
                     const std::optional<NamedRest> id = SplitName(rest);
                     if (id && id->after.empty()) {
                       VerifySubscription(id->name, value, recount);
                     } else {
                       FindMalformedKey('s', rest, recount);
                     }
                     return absl::OkStatus();
                   }));
  return recount.Scan(
      {.letter = 'd', .stage = "deliveries"},
      [&](absl::string_view rest, absl::string_view value) {
        const std::optional<DeliveryName> name = ParseDeliveryKey(
            recount.program(),
            absl::StrCat(TablePrefix('d', recount.program()), rest));
        if (name) return VerifyDelivery(*name, value, recount);
        FindMalformedKey('d', rest, recount);
        return absl::OkStatus();
      });
}

}  // namespace pistis
