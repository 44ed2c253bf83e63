// All that tells who calls, as it is at start.
#ifndef PISTIS_SERVER_AUTH_IDENTITIES_H_
#define PISTIS_SERVER_AUTH_IDENTITIES_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

#include "engine/base/clock.h"
#include "engine/storage/store.h"
#include "server/auth/certificates.h"
#include "server/auth/client_authorities.h"
#include "server/auth/gate.h"
#include "server/auth/key_ring.h"
#include "server/auth/revocations.h"

namespace pistis::server {

struct IdentityOptions {
  // The store's, which its keys are sealed with.
  std::string secret = {};
  Identity identity = Identity::kAsked;
  Revocations::Files revocations = {};
  // Of keys and certificates; --dev has no limit.
  RateTerms rates = {};
};

// Any thread.
class Identities {
 public:
  // Takes up the stored keys and the list of revoked certificates.
  // RECORD_CORRUPT, or what Revocations::Open says. The clock outlives it.
  static absl::StatusOr<std::unique_ptr<Identities>> Open(
      const Reader& reader, const Clock& clock, const IdentityOptions& options);

  Identities(const Identities&) = delete;
  Identities& operator=(const Identities&) = delete;

  [[nodiscard]] const Gate& gate() const { return gate_; }

 private:
  Identities(std::unique_ptr<Revocations> revocations, const Clock& clock,
             const IdentityOptions& options)
      : revocations_(std::move(revocations)),
        authorities_(options.revocations.ca),
        certificates_(*revocations_, authorities_),
        limits_(options.rates),
        gate_({.identity = options.identity,
               .clock = clock,
               .keys = keys_,
               .certificates = certificates_,
               .limits = limits_}) {}

  const std::unique_ptr<Revocations> revocations_;
  const ClientAuthorities authorities_;
  KeyRing keys_;
  Certificates certificates_;
  RateLimits limits_;
  const Gate gate_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_IDENTITIES_H_
