// Idempotency: what a request was, and its first reply.
#ifndef PISTIS_ENGINE_OPERATIONS_FINGERPRINT_H_
#define PISTIS_ENGINE_OPERATIONS_FINGERPRINT_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

#include "engine/base/refusal.h"
#include "engine/operations/env.h"

namespace pistis {

// The message as it is stored: the same content has the same bytes, in whatever
// order map entries came.
[[nodiscard]] std::string StableBytes(const google::protobuf::Message& message);

// SHA-256 over the message's type and content; the same content has the same
// fingerprint, in whatever order map entries came.
[[nodiscard]] std::string FingerprintOf(
    const google::protobuf::Message& request);

// The form in which the fingerprint of a request that holds an identifier is
// stored: without `secret` a card number cannot be guessed from it.
[[nodiscard]] std::string KeyedFingerprint(absl::string_view secret,
                                           absl::string_view fingerprint);

// REQUEST_ID_REUSED for the id in `field`.
[[nodiscard]] absl::Status RefuseReuse(absl::string_view field);

// The first reply again, with nothing to write; REQUEST_ID_REUSED where the
// content differs from then.
template <typename Reply>
absl::StatusOr<DecidedReply<Reply>> FirstReply(
    absl::string_view known_fingerprint, absl::string_view fingerprint,
    const std::string& reply_bytes, absl::string_view field) {
  if (known_fingerprint != fingerprint) return RefuseReuse(field);
  return DecidedReply<Reply>{.reply = Encoded<Reply>{reply_bytes},
                             .writes = {}};
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_FINGERPRINT_H_
