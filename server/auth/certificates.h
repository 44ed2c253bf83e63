// What a till's certificate says of it. The TLS layer has checked its chain.
#ifndef PISTIS_SERVER_AUTH_CERTIFICATES_H_
#define PISTIS_SERVER_AUTH_CERTIFICATES_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#include "server/auth/caller.h"
#include "server/auth/revocations.h"

namespace pistis::server {

// A certificate that names a till: one URI among its subject's alternative
// names, "pistis://PROGRAM/STORE/TERMINAL".
struct TillCertificate {
  CallerPtr caller;
  absl::Time begin;
};

// `bytes` are PEM or DER. UNAUTHENTICATED where they are no such certificate.
[[nodiscard]] absl::StatusOr<TillCertificate> ParseTillCertificate(
    absl::string_view bytes);

// Remembers what it parsed. Any thread.
class Certificates {
 public:
  // `revocations` outlives this.
  explicit Certificates(const Revocations& revocations)
      : revocations_(revocations) {}
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  // Whose certificate it is. UNAUTHENTICATED where it names no till, is
  // revoked, or is not valid at `now`.
  [[nodiscard]] absl::StatusOr<CallerPtr> Find(absl::string_view bytes,
                                               absl::Time now);

  // OK while the certificate of a caller that Find gave is good.
  // UNAUTHENTICATED.
  [[nodiscard]] absl::Status Check(const Caller& caller, absl::Time now) const;

 private:
  using Parsed = std::shared_ptr<const TillCertificate>;
  absl::StatusOr<Parsed> Parse(absl::string_view bytes);

  const Revocations& revocations_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Parsed> parsed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_CERTIFICATES_H_
