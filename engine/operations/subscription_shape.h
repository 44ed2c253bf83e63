// What a subscription may look like.
#ifndef PISTIS_ENGINE_OPERATIONS_SUBSCRIPTION_SHAPE_H_
#define PISTIS_ENGINE_OPERATIONS_SUBSCRIPTION_SHAPE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "pistis/v1/subscription.pb.h"

namespace pistis {

// True for 1 to 64 of a-z, 0-9, '-', '_'.
[[nodiscard]] bool IsPlainName(absl::string_view text);

// FIELD_INVALID where a sink, or a webhook's secret, is out of shape. Empty
// secrets are well-formed. Looks at the form alone: whether a target may be
// reached is for the server to say.
absl::Status CheckSink(const v1::Subscription& subscription);

// FIELD_INVALID where kinds are none, are named twice, or do not go with the
// sink.
absl::Status CheckKinds(const v1::Subscription& subscription);

[[nodiscard]] bool WritesSameFile(const v1::Subscription& one,
                                  const v1::Subscription& other);

// FIELD_INVALID where `secret` is none of Standard Webhooks: "whsec_" and 24 to
// 64 bytes in base64.
absl::Status CheckSecret(absl::string_view field, const std::string& secret);

// A secret of 32 random bytes.
[[nodiscard]] std::string NewSecret();

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_SUBSCRIPTION_SHAPE_H_
