#include "clients/cpp/client.h"
#include "clients/cpp/services.h"

namespace pistis {

absl::StatusOr<v1::Subscription> Client::CreateSubscription(
    const v1::CreateSubscriptionRequest& request) {
  return Call(options_, services_->event,
              &v1::EventService::Stub::CreateSubscription, request);
}

absl::StatusOr<v1::ListSubscriptionsResponse> Client::ListSubscriptions(
    const v1::ListSubscriptionsRequest& request) {
  return Call(options_, services_->event,
              &v1::EventService::Stub::ListSubscriptions, request);
}

absl::StatusOr<v1::Subscription> Client::UpdateSubscription(
    const v1::UpdateSubscriptionRequest& request) {
  return Call(options_, services_->event,
              &v1::EventService::Stub::UpdateSubscription, request);
}

absl::StatusOr<v1::Subscription> Client::DeleteSubscription(
    const v1::DeleteSubscriptionRequest& request) {
  return Call(options_, services_->event,
              &v1::EventService::Stub::DeleteSubscription, request);
}

absl::StatusOr<v1::Subscription> Client::AckEvents(
    const v1::AckEventsRequest& request) {
  return Call(options_, services_->event, &v1::EventService::Stub::AckEvents,
              request);
}

absl::StatusOr<v1::Subscription> Client::RotateSecret(
    const v1::RotateSecretRequest& request) {
  return Call(options_, services_->event, &v1::EventService::Stub::RotateSecret,
              request);
}

absl::StatusOr<v1::ReplayDeadLettersResponse> Client::ReplayDeadLetters(
    const v1::ReplayDeadLettersRequest& request) {
  return Call(options_, services_->event,
              &v1::EventService::Stub::ReplayDeadLetters, request);
}

}  // namespace pistis
