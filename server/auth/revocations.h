// The list of client certificates that are good no more, as its file has it.
#ifndef PISTIS_SERVER_AUTH_REVOCATIONS_H_
#define PISTIS_SERVER_AUTH_REVOCATIONS_H_

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#include "server/auth/settled_file.h"
#include "server/ending.h"
#include <openssl/x509.h>

namespace pistis::server {

// A certificate's issuer and serial number, as one name.
[[nodiscard]] std::string SerialName(const X509_NAME* issuer,
                                     const ASN1_INTEGER* serial);

// Takes the list up again within seconds of a change of it, or of those who
// sign it, in whatever order the two files change. Any thread.
class Revocations {
 public:
  struct Files {
    // CRLs, as PEM or DER; empty: nothing is revoked.
    std::string crl;
    // The certificates that sign them, as PEM.
    std::string ca;
  };

  // InvalidArgument, naming the file, where it has no list, one that is not
  // whole, or one that no certificate of `ca` signed. A file that is so later
  // leaves what was known, and a line in the log. They are looked at after each
  // `pause`.
  static absl::StatusOr<std::unique_ptr<Revocations>> Open(
      Files files, absl::Duration pause = absl::Seconds(1));

  ~Revocations();
  Revocations(const Revocations&) = delete;
  Revocations& operator=(const Revocations&) = delete;

  [[nodiscard]] bool Has(const std::string& serial_name) const;

  // Looks at the files now: what two looks in a row find counts.
  void Look();

 private:
  using Serials = absl::flat_hash_set<std::string>;

  explicit Revocations(Files files)
      : crl_(std::move(files.crl)), ca_(std::move(files.ca)) {}

  // Takes up what the files hold.
  [[nodiscard]] absl::Status Take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(looks_);
  [[nodiscard]] absl::StatusOr<Serials> Decode() const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(looks_);
  void Watch(absl::Duration pause);

  absl::Mutex looks_;
  SettledFile crl_ ABSL_GUARDED_BY(looks_);
  SettledFile ca_ ABSL_GUARDED_BY(looks_);
  mutable absl::Mutex mutex_ ABSL_ACQUIRED_AFTER(looks_);
  Serials serials_ ABSL_GUARDED_BY(mutex_);
  Ending ending_;
  std::thread watch_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_REVOCATIONS_H_
