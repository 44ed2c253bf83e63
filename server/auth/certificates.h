// What a till's certificate says of it. The TLS layer has checked its chain as
// the connection was made.
#ifndef PISTIS_SERVER_AUTH_CERTIFICATES_H_
#define PISTIS_SERVER_AUTH_CERTIFICATES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#include "server/auth/caller.h"
#include "server/auth/client_authorities.h"
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
  // Both outlive this.
  Certificates(const Revocations& revocations,
               const ClientAuthorities& authorities)
      : revocations_(revocations), authorities_(authorities) {}
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  // Whose certificate it is. UNAUTHENTICATED where it names no till, is
  // revoked, is not valid at `now`, or the authority that signed it was taken
  // out of its file.
  [[nodiscard]] absl::StatusOr<CallerPtr> Find(absl::string_view bytes,
                                               absl::Time now);

  // OK while the certificate of a caller that Find gave is good.
  // UNAUTHENTICATED.
  [[nodiscard]] absl::Status Check(const Caller& caller, absl::Time now);

 private:
  // What is known of a certificate, as of one content of the authorities' file.
  struct Known {
    std::shared_ptr<const TillCertificate> certificate;
    int64_t generation = 0;
    bool is_disowned = false;
  };
  absl::StatusOr<Known> Look(absl::string_view bytes);
  [[nodiscard]] absl::Status Judge(const Known& known, absl::Time now) const;

  const Revocations& revocations_;
  const ClientAuthorities& authorities_;
  absl::Mutex mutex_;
  // By the certificates as they were shown.
  absl::flat_hash_map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_CERTIFICATES_H_
